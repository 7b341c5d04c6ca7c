/* SPDX-License-Identifier: MIT */
/*
 * A node with a store of its own, and sources that are registered with it, as the default profile
 * has them: by the library's own functions, in one process and without a network, so that bytes and
 * operations are those of the tools. The store stands in a folder below TMPDIR that goes with it.
 * Belongs to one thread. Every function may give NOS_IO, NOS_BUSY and NOS_INTERNAL.
 */
#ifndef BENCH_PARTY_H
#define BENCH_PARTY_H

#include "folder.h"
#include "key/keyring.h"
#include "lifecycle/life.h"

struct party {
	char folder[FOLDER_SIZE];
	struct nos_store *store;
	struct nos_vault vault;
	struct nos_self self;
	struct nos_audit audit;
	struct nos_life life;
};

/* Holds secrets, which go with the process. */
struct party_source {
	struct nos_keyring keyring;
	size_t m1, m2; /* bytes of its registration's two messages */
};

/* Close it, also where this fails. */
enum nos_code party_open(struct party *p, struct nos_err *err) NOS_CHECK;
void party_close(struct party *p);

/* Make a group of that scheme's name, with a tree as deep as a node makes it. */
enum nos_code party_group(struct party *p, const char *scheme, struct nos_err *err) NOS_CHECK;

/* Register a source; one of dipietro or tree is of the group of that name. */
enum nos_code party_enrol(
    struct party *p, const char *scheme, struct party_source *ret, struct nos_err *err) NOS_CHECK;

/* The source as the node has it, with its world for local keys: good until the next call. */
enum nos_code party_read(struct party *p, const struct party_source *s, struct nos_record *ret,
    struct nos_issuer *ret_world, struct nos_err *err) NOS_CHECK;

/* What the source lacks waits for it, as when it polls. *ret to be released. */
enum nos_code party_look(struct party *p, const struct party_source *s, struct nos_record *ret,
    struct nos_err *err) NOS_CHECK;

/* It takes what waits, hears the last order, acknowledges, and sends under its newest key. */
enum nos_code party_settle(struct party *p, struct party_source *s, struct nos_err *err) NOS_CHECK;

/* What waits in a record that was looked at, as a list. */
size_t party_list(const struct party *p, const struct nos_record *r,
    struct nos_span ret[static NOS_ASSOC_OUT_MAX]);

/* The group moves on: the next session, or with heal the next epoch. */
enum nos_code party_advance(
    struct party *p, const char *scheme, bool heal, struct nos_err *err) NOS_CHECK;

/* Replace the key of its scheme; it waits for the source then. */
enum nos_code party_replace(
    struct party *p, const struct party_source *s, struct nos_err *err) NOS_CHECK;

/* Revoke, and put it out of its group. */
enum nos_code party_revoke(
    struct party *p, const struct party_source *s, struct nos_err *err) NOS_CHECK;

#endif
