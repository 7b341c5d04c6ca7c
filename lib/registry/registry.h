/* SPDX-License-Identifier: MIT */
/*
 * The registered sources and their keys, as the store keeps them (state sources/<id>,
 * keys/<id>/<kid>, names/<name>). Secrets are sealed under the node key. Belongs to the thread
 * whose store it is given.
 */
#ifndef NOS_REGISTRY_REGISTRY_H
#define NOS_REGISTRY_REGISTRY_H

#include "base/buf.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "key/chain.h"
#include "key/name.h"
#include "key/state.h"
#include "registry/vault.h"
#include "scheme/scheme.h"
#include "store/store.h"

#define NOS_REGISTRY_SOURCES_NS "sources"
#define NOS_REGISTRY_KEYS_NS	"keys"
#define NOS_REGISTRY_NAMES_NS	"names"
#define NOS_REGISTRY_ID_MAX	16 /* "s-" and ten hex digits */
#define NOS_REGISTRY_KEYS_MAX	16
#define NOS_REGISTRY_TYPES_MAX	4096 /* bytes of the list of types */

struct nos_registry_key {
	struct nos_name name;
	enum nos_state state;
	struct nos_time since, until; /* until.ms 0: none */
	struct nos_secret value;      /* empty where it was not asked for */
};

/* Holds secrets: release it. */
struct nos_registry_source {
	char id[NOS_REGISTRY_ID_MAX];
	char name[NOS_NAME_WORD_MAX + 1]; /* empty: none; so also mode */
	char kind[NOS_NAME_WORD_MAX + 1];
	char mode[8];
	char types[NOS_REGISTRY_TYPES_MAX]; /* a JSON array, empty: not said */
	char scheme[16];
	char token[16];
	bool open; /* registered without a token */
	enum nos_state state;
	struct nos_time registered;
	uint64_t z; /* generation of Z */
	struct nos_secret z_key;
	struct nos_chain down, up;
	uint64_t rev;
	struct nos_registry_key keys[NOS_REGISTRY_KEYS_MAX];
	size_t key_count;
};

void nos_registry_source_release(struct nos_registry_source *s);

/* NOS_ABSENT: no such source. Its keys' values and other secrets only with a vault (not NULL). */
enum nos_code nos_registry_get(struct nos_store *store, const struct nos_vault *vault,
    struct nos_str id, struct nos_registry_source *ret, struct nos_err *err) NOS_CHECK;

/*
 * Put a new source with its keys, and the answer m2 that its registration got. NOS_EXISTS: the id
 * is there already. Puts the keys first, so that doing it again after a fault is right.
 */
enum nos_code nos_registry_add(struct nos_store *store, const struct nos_vault *vault,
    const struct nos_registry_source *s, struct nos_str m2, struct nos_err *err) NOS_CHECK;

/* The stored m2 of a source. NOS_ABSENT: no such source. */
enum nos_code nos_registry_answer(
    struct nos_store *store, struct nos_str id, struct nos_buf *ret, struct nos_err *err) NOS_CHECK;

/* Give a name to an id; NOS_EXISTS: it is another's. Its own again is fine. */
enum nos_code nos_registry_name(
    struct nos_store *store, struct nos_str name, const char *id, struct nos_err *err) NOS_CHECK;

/* The id behind a SOURCE as typed: an id or a name. NOS_ABSENT: neither. */
enum nos_code nos_registry_resolve(struct nos_store *store, struct nos_str word,
    char ret[static NOS_REGISTRY_ID_MAX], struct nos_err *err) NOS_CHECK;

/* Each source, with its keys but without secrets. */
typedef enum nos_code nos_registry_each(
    void *state, const struct nos_registry_source *s, struct nos_err *err);
enum nos_code nos_registry_scan(
    struct nos_store *store, nos_registry_each *each, void *state, struct nos_err *err) NOS_CHECK;

#endif
