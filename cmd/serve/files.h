/* SPDX-License-Identifier: MIT */
/*
 * The files that nos-serve reads when it starts, and again when it is told to: certificate and key,
 * rules, maps, the tokens of who reads records, peers, the broker's password. One that is bad ends
 * the start; later it leaves what was there, and is told of.
 */
#ifndef NOS_CMD_SERVE_FILES_H
#define NOS_CMD_SERVE_FILES_H

#include "lane/login.h"
#include "net/tls.h"
#include "serve/node.h"

/* As the options name them; NULL: none. */
struct files_paths {
	const char *tls_cert, *tls_key; /* both or none */
	const char *rules, *map_dir, *peers, *readers;
	const char *password; /* as nos_opt_secret_read takes it */
};

/* What stands in them. To be begun; drop it, also after an error. */
struct files {
	const struct files_paths *paths; /* the caller's, as long as this is used */
	struct nos_tls *tls;		 /* holds a secret; NULL: none is spoken */
	struct nos_profile *rules;	 /* NULL: the built-in sets */
	struct nos_maps_set *maps;	 /* NULL: none */
	struct nos_readers readers;
	struct nos_peers_list peers;
	struct nos_login login; /* to the broker; holds a secret */
};

void files_begin(struct files *f, const struct files_paths *paths);

/* What reading and understanding them gives; the error names the file. */
enum nos_code files_read(struct files *f, struct nos_err *err) NOS_CHECK;

/* What is good the node goes by from now on. */
void files_reread(struct files *f, struct nos_node *node);

void files_drop(struct files *f);

#endif
