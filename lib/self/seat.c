/* SPDX-License-Identifier: MIT */
#include "self/seat.h"

#include <ctype.h>

#include "json/decode.h"
#include "json/encode.h"
#include "self/lease.h"

#define VERSION	 1
#define WHAT	 "store: seat"
#define PREFIX	 "url/"
#define TEXT_MAX 1024
#define SURE	 2 /* beats: one may have been on its way when its sender died */

/* As it is written is no other URL's: HTTP://N1:80/ is http://n1:80. */
static bool write_key(const char *url, char ret[static NOS_SEAT_KEY_MAX])
{
	const int len = snprintf(ret, NOS_SEAT_KEY_MAX, PREFIX "%s", url);
	size_t n = (size_t)len;

	if (len < 0 || n >= NOS_SEAT_KEY_MAX)
		return false;
	while (n && ret[n - 1] == '/')
		ret[--n] = '\0';
	for (size_t i = 0; i < n; i++)
		ret[i] = (char)tolower((unsigned char)ret[i]);
	return true;
}

enum nos_code nos_seat_init(struct nos_seat *s, struct nos_store *store, const char *holder,
    const char *url, struct nos_err *err)
{
	*s = (struct nos_seat){ .store = store, .holder = holder, .url = url };
	return write_key(url, s->key)
		   ? NOS_OK
		   : nos_err_set(err, NOS_USAGE, "the URL of this nos-serve is too long");
}

/* Who wrote a seat; empty: nobody knows. */
static void read_holder(struct nos_str value, char ret[static NOS_SEAT_HOLDER_MAX])
{
	struct nos_scan scan = { 0 };
	struct nos_err err = { 0 };
	struct nos_decode d;

	if (nos_decode_object(&scan, value, WHAT, &d, &err) ||
	    nos_decode_copy(&d, "holder", false, ret, NOS_SEAT_HOLDER_MAX, &err))
		*ret = '\0';
	nos_scan_release(&scan);
}

void nos_seat_look(struct nos_seat *s)
{
	s->seen = false;
}

bool nos_seat_note(struct nos_seat *s, struct nos_str key, struct nos_str value, uint64_t rev)
{
	if (!nos_str_starts(key, PREFIX))
		return false;
	if (!nos_str_is(key, s->key))
		return true;
	s->seen = true;
	/* What is older than what this one put there is what was before it. */
	if (rev > s->rev) {
		s->rev = rev;
		read_holder(value, s->other);
	}
	return true;
}

/* NOS_EXISTS is no error: another was quicker, and is watched from the next look on. */
static enum nos_code take(struct nos_seat *s, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, TEXT_MAX);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	nos_encode_member_text(&text, "holder", nos_str_of(s->holder));
	nos_encode_member_text(&text, "url", nos_str_of(s->url));
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "seat", err))
		return err->code;
	if (!nos_store_put(s->store, NOS_LEASE_LIVE_NS, nos_str_of(s->key), nos_buf_str(&text),
		s->seen ? s->rev : NOS_STORE_NEW, &s->rev, err)) {
		s->whose = NOS_SEAT_OWN;
		snprintf(s->other, sizeof(s->other), "%s", s->holder);
	} else if (err->code == NOS_EXISTS) {
		nos_err_clear(err);
	}
	return err->code;
}

/* Another than before is looked at from now on. */
static void watch(struct nos_seat *s, uint64_t beat, struct nos_mono now)
{
	/* For so long nobody looked, for which that one's beats may have had to wait as well. */
	const bool blind = now.us - s->looked.us >= NOS_LEASE_LAPSE_US;

	s->looked = now;
	if (!s->watches || strcmp(s->watched, s->other) != 0) {
		snprintf(s->watched, sizeof(s->watched), "%s", s->other);
		s->watches = true;
		s->whose = NOS_SEAT_OPEN;
		s->beats = 0;
		s->beat = beat;
		s->since = now;
	} else if (beat != s->beat) {
		s->beats++;
		s->beat = beat;
		s->since = now;
	} else if (blind) {
		s->since = now;
	}
}

/* It is another's. */
static enum nos_code wait(
    struct nos_seat *s, uint64_t beat, struct nos_mono now, struct nos_err *err)
{
	const bool had = s->watches && s->beat;

	watch(s, beat, now);
	if ((had && !beat) || now.us - s->since.us >= NOS_LEASE_FREE_US)
		return take(s, err);
	if (s->beats >= SURE)
		s->whose = NOS_SEAT_TAKEN;
	return s->whose != NOS_SEAT_TAKEN
		   ? NOS_OK
		   : nos_err_set(err, NOS_BUSY,
			 "another nos-serve that shares the store is reached at %s as well: give "
			 "each its own --cluster-url",
			 s->url);
}

enum nos_code nos_seat_turn(
    struct nos_seat *s, uint64_t beat, struct nos_mono now, struct nos_err *err)
{
	const bool own = s->seen && strcmp(s->other, s->holder) == 0;

	if (s->seen && !own)
		return wait(s, beat, now, err);
	s->watches = false;
	if (own)
		s->whose = NOS_SEAT_OWN;
	return own ? NOS_OK : take(s, err);
}

enum nos_code nos_seat_leave(struct nos_seat *s, struct nos_err *err)
{
	if (s->whose != NOS_SEAT_OWN)
		return NOS_OK;
	s->whose = NOS_SEAT_OPEN;
	if (nos_store_del(s->store, NOS_LEASE_LIVE_NS, nos_str_of(s->key), s->rev, err) ==
	    NOS_EXISTS)
		nos_err_clear(err);
	return err->code;
}

enum nos_code nos_seat_bury(
    struct nos_store *store, const char *url, const char *holder, struct nos_err *err)
{
	char key[NOS_SEAT_KEY_MAX], has[NOS_SEAT_HOLDER_MAX];
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	nos_buf_init(&text, TEXT_MAX);
	if (!write_key(url, key))
		return NOS_OK;
	if (!nos_store_get(store, NOS_LEASE_LIVE_NS, nos_str_of(key), &text, &rev, err)) {
		read_holder(nos_buf_str(&text), has);
		if (strcmp(has, holder) == 0)
			(void)!nos_store_del(store, NOS_LEASE_LIVE_NS, nos_str_of(key), rev, err);
	}
	/* It is gone, or another's by now. */
	if (err->code == NOS_ABSENT || err->code == NOS_EXISTS)
		nos_err_clear(err);
	return err->code;
}
