/* SPDX-License-Identifier: MIT */
/* What an engine offers to store.c: one function for each of store.h's. For the files of this room.
 */
#ifndef NOS_STORE_ENGINE_H
#define NOS_STORE_ENGINE_H

#include "store/store.h"

struct nos_store_engine {
	const char *kind; /* what stands before ':' in the URL */
	bool atomic;	  /* a group is written in one go, or not at all */
	/* url of where: what stands behind it */
	enum nos_code (*open)(
	    const struct nos_store_where *where, bool create, void **ret, struct nos_err *err);
	void (*close)(void *e);
	enum nos_code (*begin)(void *e, struct nos_err *err);
	enum nos_code (*commit)(void *e, struct nos_err *err);
	void (*rollback)(void *e);
	enum nos_code (*settle)(void *e, struct nos_err *err); /* NULL: a group is atomic */
	void (*hush)(void *e, const char *what);	       /* NULL: all is told */
	enum nos_code (*changed)(void *e, bool *ret, struct nos_err *err);
	/* Both NULL: it has no such thing */
	enum nos_code (*look)(void *e, struct nos_err *err);
	void (*look_end)(void *e);
	enum nos_code (*get)(void *e, const char *ns, struct nos_str key, struct nos_buf *ret,
	    uint64_t *ret_rev, struct nos_err *err);
	/* value NULL: delete; ret_rev may be NULL */
	enum nos_code (*put)(void *e, const char *ns, struct nos_str key,
	    const struct nos_str *value, uint64_t expect_rev, uint64_t *ret_rev,
	    struct nos_err *err);
	enum nos_code (*scan)(void *e, const char *ns, struct nos_str prefix, nos_store_each *each,
	    void *state, struct nos_err *err);
	/* ret_position may be NULL */
	enum nos_code (*append)(void *e, const char *stream, struct nos_time now,
	    struct nos_span entry, uint64_t *ret_position, struct nos_err *err);
	enum nos_code (*append_behind)(void *e, const char *stream, struct nos_time now,
	    struct nos_span entry, uint64_t last, struct nos_err *err);
	enum nos_code (*read)(void *e, const char *stream, uint64_t after, size_t limit,
	    nos_store_entry *each, void *state, struct nos_err *err);
	enum nos_code (*bounds)(void *e, const char *stream, uint64_t *ret_first,
	    uint64_t *ret_last, struct nos_err *err);
	enum nos_code (*claim)(void *e, const char *stream, uint64_t *ret_first, uint64_t *ret_last,
	    struct nos_err *err);
	enum nos_code (*trim)(void *e, const char *stream, const struct nos_store_trim *what,
	    size_t *ret_dropped, struct nos_err *err);
	enum nos_code (*erase)(void *e, const char *stream, uint64_t position, struct nos_err *err);
	/* NOS_OK where it has no meaning */
	enum nos_code (*purge)(void *e, struct nos_err *err);
	enum nos_code (*space)(
	    void *e, uint64_t *ret_used, uint64_t *ret_free, struct nos_err *err);
	/* Both NULL: it has no such thing */
	void (*account)(void *e, uint64_t *ret_bytes, uint64_t *ret_limit);
	enum nos_code (*copies)(void *e, bool make, struct nos_err *err);
};

extern const struct nos_store_engine nos_sqlite_engine;
extern const struct nos_store_engine nos_nats_engine;
extern const struct nos_store_engine nos_nats_tls_engine;

/* As nos_store_open, with an engine that is not in the table: a test's. */
enum nos_code nos_store_open_engine(const struct nos_store_engine *engine, const char *rest,
    bool create, struct nos_store **ret, struct nos_err *err) NOS_CHECK;

#endif
