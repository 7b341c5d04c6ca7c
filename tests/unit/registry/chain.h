/* SPDX-License-Identifier: MIT */
/* A node on SQLite, whose file is changed by hand as somebody would who has something to hide. */
#ifndef NOS_TEST_CHAIN_H
#define NOS_TEST_CHAIN_H

#include "../test.h"

#include <sqlite3.h>
#include <unistd.h>

#include "audit/audit.h"

#define NOW  ((struct nos_time){ 1547812800480 })
#define NODE 5

static struct nos_err err;
static char folder[40], path[60], url[70];
static struct nos_store *a, *b;
static struct nos_vault vault;
static struct nos_self self;

static int chain_start(void **state)
{
	struct nos_buf text;

	(void)state;
	nos_err_clear(&err);
	snprintf(folder, sizeof(folder), "/tmp/nos-audit-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/node.db", folder);
	snprintf(url, sizeof(url), "sqlite:%s", path);
	nos_buf_init_secret(&text, 1000);
	if (!nos_store_open(&(struct nos_store_where){ .url = url }, true, &a, &err) &&
	    !nos_store_open(&(struct nos_store_where){ .url = url }, false, &b, &err) &&
	    !nos_vault_new(&vault, &text, &err) && !nos_self_make(a, &vault, NODE, &err))
		(void)!nos_self_open(a, &vault, &self, &err);
	nos_buf_release(&text);
	return err.code;
}

static int chain_stop(void **state)
{
	static const char *const tails[] = { "", "-wal", "-shm", ".door" };
	char name[80];

	(void)state;
	nos_self_release(&self);
	nos_vault_release(&vault);
	nos_store_close(a);
	nos_store_close(b);
	for (size_t i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		unlink(name);
	}
	return rmdir(folder);
}

static inline void by_hand(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static inline enum nos_code note(struct nos_audit *w, const char *to, struct nos_err *e)
{
	const struct nos_audit_event event = {
		.what = NOS_AUDIT_KEY, .source = "s-7f3a09c2e1", .key = "p.2", .to = to
	};

	if (nos_store_begin(w->store, e))
		return e->code;
	nos_audit_begin(w);
	if (nos_audit_append(w, NOW, &event, e)) {
		nos_store_rollback(w->store);
		return e->code;
	}
	return nos_store_commit(w->store, e);
}

/* Entries by one writer, a group each. */
static inline void some(int count)
{
	struct nos_audit w;

	nos_audit_init(&w, a, "nos-serve", false);
	for (int i = 0; i < count; i++)
		assert_int_equal(note(&w, "active", &err), NOS_OK);
}

static inline enum nos_code verify(struct nos_audit_verdict *ret)
{
	nos_err_clear(&err);
	*ret = (struct nos_audit_verdict){ 0 };
	return nos_audit_verify(a, NODE, &self.sign_public, 1, ret, &err);
}

static inline void assert_broken(const char *text)
{
	struct nos_audit_verdict v;

	assert_int_equal(verify(&v), NOS_DATA);
	assert_string_equal(err.text, text);
	nos_err_clear(&err);
}

static inline void assert_whole(uint64_t entries, uint64_t signed_n)
{
	struct nos_audit_verdict v;

	if (verify(&v))
		fail_msg("%s", err.text);
	assert_true(v.entries == entries && v.signed_n == signed_n);
	assert_true(v.has_head == !!signed_n && v.is_signed == !!signed_n);
}

static inline struct nos_audit_head sign(bool anew)
{
	struct nos_audit_head head;
	bool signed_now = !anew;

	if (nos_audit_sign(a, &self, NOW, &head, &signed_now, &err))
		fail_msg("%s", err.text);
	assert_true(signed_now == anew);
	return head;
}

#define CHAIN_TEST(f) cmocka_unit_test_setup_teardown(f, chain_start, chain_stop)

#endif
