/* SPDX-License-Identifier: MIT */
#include "self/home.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "self/moved.h"

#define KEY_TEXT_MAX  1024
#define SQLITE	      "sqlite:"
#define PURGE_STEP_NS 20000000 /* between two tries */

void nos_home_release(struct nos_home *h)
{
	nos_store_close(h->store);
	nos_vault_release(&h->vault);
	nos_self_release(&h->self);
	h->store = NULL;
}

static bool is_set(const char *text)
{
	return text && *text;
}

static enum nos_code state_folder(char *ret, size_t size, struct nos_err *err)
{
	const char *state = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME"),
		   *home = getenv("HOME");
	int len;

	if (is_set(state)) /* systemd gives several, parted by ':': the first is the node's */
		len = snprintf(ret, size, "%.*s", (int)strcspn(state, ":"), state);
	else if (geteuid() == 0)
		len = snprintf(ret, size, "/var/lib/nos");
	else if (is_set(xdg))
		len = snprintf(ret, size, "%s/nos", xdg);
	else if (is_set(home))
		len = snprintf(ret, size, "%s/.local/state/nos", home);
	else
		return nos_err_set(
		    err, NOS_CONFIG, "no place for the store: name it with --store and --node-key");
	return len < (int)size ? NOS_OK : nos_err_set(err, NOS_CONFIG, "the path is too long");
}

/* Said here, since a store that is not there is no fault where one is made. */
static enum nos_code is_there(const char *path, const char *option, struct nos_err *err)
{
	if (path && access(path, F_OK) < 0 && errno == ENOENT)
		return nos_err_set(err, NOS_ABSENT, "%s: is not there: look at %s", path, option);
	return NOS_OK;
}

enum nos_code nos_home_locate(
    struct nos_home *h, const struct nos_store_where *where, const char *key, struct nos_err *err)
{
	char state[NOS_HOME_PATH_MAX - 32] = "";
	const char *store = where->url;

	*h = (struct nos_home){ .creds = where->creds, .ca = where->ca };
	if ((!store || !key) && state_folder(state, sizeof(state), err))
		return err->code;
	if (snprintf(h->url, sizeof(h->url), "%s%s", store ? store : SQLITE, store ? "" : state) >=
		(int)sizeof(h->url) - 16 ||
	    snprintf(h->key, sizeof(h->key), "%s%s", key ? key : state, key ? "" : "/node.key") >=
		(int)sizeof(h->key))
		return nos_err_set(err, NOS_USAGE, "the path of the store or its key is too long");
	if (!store)
		strncat(h->url, "/node.db", sizeof(h->url) - strlen(h->url) - 1);
	return is_there(h->creds, "--store-creds", err) ? err->code
							: is_there(h->ca, "--store-ca", err);
}

struct nos_store_where nos_home_where(const struct nos_home *h)
{
	return (struct nos_store_where){ h->url, h->creds, h->ca };
}

static enum nos_code open_key(struct nos_home *h, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init_secret(&text, KEY_TEXT_MAX);
	if (nos_file_read(h->key, NOS_FILE_SECRET, &text, err))
		return err->code;
	return nos_vault_decode(nos_buf_str(&text), &h->vault, err)
		   ? nos_err_within(err, "%s", h->key)
		   : NOS_OK;
}

static enum nos_code open_store(struct nos_home *h, struct nos_err *err)
{
	const struct nos_store_where where = nos_home_where(h);

	return nos_store_open(&where, false, &h->store, err) == NOS_ABSENT
		   ? nos_err_set(err, NOS_ABSENT, "no store '%s': run nos-serve --init", h->url)
		   : err->code;
}

enum nos_code nos_home_open(struct nos_home *h, struct nos_err *err)
{
	if (open_store(h, err) || open_key(h, err) || nos_moved_check(h->store, h->away_too, err))
		return err->code;
	return nos_self_open(h->store, &h->vault, &h->self, err);
}

enum nos_code nos_home_look(struct nos_home *h, struct nos_err *err)
{
	if (open_store(h, err) || nos_moved_check(h->store, true, err))
		return err->code;
	return nos_self_number(h->store, &h->self.number, err);
}

enum nos_code nos_home_purge(struct nos_home *h, uint64_t wait_ms, struct nos_err *err)
{
	const uint64_t end_us = nos_mono_now().us + wait_ms * 1000;

	while (nos_store_purge(h->store, err) == NOS_BUSY && nos_mono_now().us < end_us) {
		nos_err_clear(err);
		nanosleep(&(struct timespec){ .tv_nsec = PURGE_STEP_NS }, NULL);
	}
	return err->code ? nos_err_within(err, "what is gone may still be in the store's files")
			 : NOS_OK;
}

static enum nos_code make_folder(const char *path, struct nos_err *err)
{
	char copy[NOS_HOME_PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	return nos_file_folder(dirname(copy), err);
}

/* Without a key: is there no node that has one? */
static enum nos_code check_bare(const struct nos_home *h, struct nos_err *err)
{
	uint64_t rev;

	if (!nos_store_get(h->store, NOS_SELF_NS, NOS_STR("identity"), NULL, &rev, err))
		return nos_err_set(err, NOS_CONFIG,
		    "the store's node key '%s' is missing: put it back, it cannot be made anew",
		    h->key);
	if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

static enum nos_code make_key(struct nos_home *h, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	if (check_bare(h, err))
		return err->code;
	nos_buf_init_secret(&text, KEY_TEXT_MAX);
	if (make_folder(h->key, err) || nos_vault_new(&h->vault, &text, err))
		return err->code;
	return nos_file_create(h->key, nos_buf_span(&text), err);
}

static enum nos_code make_store(struct nos_home *h, struct nos_err *err)
{
	const struct nos_store_where where = nos_home_where(h);

	if (strncmp(h->url, SQLITE, strlen(SQLITE)) == 0 &&
	    make_folder(h->url + strlen(SQLITE), err))
		return err->code;
	return nos_store_open(&where, true, &h->store, err);
}

enum nos_code nos_home_bare(struct nos_home *h, struct nos_err *err)
{
	/* Without its key nothing is made. */
	return open_key(h, err) ? err->code : make_store(h, err);
}

static enum nos_code check_number(const struct nos_home *h, uint64_t number, struct nos_err *err)
{
	return !number || number == h->self.number
		   ? NOS_OK
		   : nos_err_set(err, NOS_CONFIG,
			 "the store is node %" PRIu64 "'s, not %" PRIu64 "'s", h->self.number,
			 number);
}

enum nos_code nos_home_make(
    struct nos_home *h, uint64_t number, enum nos_home_made *ret_made, struct nos_err *err)
{
	*ret_made = NOS_HOME_MADE_NOTHING;
	if (make_store(h, err) || nos_moved_check(h->store, h->away_too, err))
		return err->code;
	if (open_key(h, err) == NOS_ABSENT) {
		nos_err_clear(err);
		*ret_made = NOS_HOME_MADE_ALL;
		if (make_key(h, err))
			return err->code;
	}
	if (err->code)
		return err->code;
	if (nos_self_open(h->store, &h->vault, &h->self, err) == NOS_ABSENT) {
		nos_err_clear(err);
		if (*ret_made == NOS_HOME_MADE_NOTHING)
			*ret_made = NOS_HOME_MADE_NODE;
		if (nos_self_make(h->store, &h->vault, number ? number : 1, err) ||
		    nos_self_open(h->store, &h->vault, &h->self, err))
			return err->code;
	}
	return err->code ? err->code : check_number(h, number, err);
}

enum nos_code nos_home_check(struct nos_home *h, uint64_t number, struct nos_err *err)
{
	const bool has_key = open_key(h, err) != NOS_ABSENT;

	if (!has_key)
		nos_err_clear(err);
	if (err->code)
		return err->code;
	if (open_store(h, err) == NOS_ABSENT) {
		nos_err_clear(err);
		return NOS_OK;
	}
	if (err->code || nos_moved_check(h->store, h->away_too, err))
		return err->code;
	if (!has_key)
		return check_bare(h, err);
	if (nos_self_open(h->store, &h->vault, &h->self, err) == NOS_ABSENT) {
		nos_err_clear(err);
		return NOS_OK;
	}
	return err->code ? err->code : check_number(h, number, err);
}

enum nos_code nos_home_lock(
    const struct nos_home *h, const char *tail, uint64_t wait_ms, int *ret, struct nos_err *err)
{
	char path[NOS_HOME_PATH_MAX + 32];

	*ret = -1;
	if (strncmp(h->url, SQLITE, strlen(SQLITE)) != 0)
		return NOS_OK;
	snprintf(path, sizeof(path), "%s.%s", h->url + strlen(SQLITE), tail);
	return nos_file_lock(path, wait_ms, ret, err) == NOS_BUSY
		   ? nos_err_set(err, NOS_BUSY, "another nos-%s is at work", tail)
		   : err->code;
}
