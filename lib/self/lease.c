/* SPDX-License-Identifier: MIT */
#include "self/lease.h"

#include <inttypes.h>
#include <string.h>

#include "base/enc.h"
#include "base/num.h"
#include "crypto/random.h"
#include "json/decode.h"
#include "json/encode.h"
#include "self/moved.h"

#define VERSION	 1
#define WHAT	 "store: lease"
#define TEXT_MAX 1024
#define KEY_MAX	 32
#define BURY_US	 UINT64_C(60000000) /* a beat that has ended is taken away after it */
#define WAIT_US	 UINT64_C(3000000)  /* for one that has fewer, and does not take what is free */

enum nos_code nos_lease_init(struct nos_lease *l, struct nos_store *store, unsigned lanes,
    const char *url, struct nos_err *err)
{
	uint8_t drawn[NOS_LEASE_HOLDER_LEN / 2];
	NOS_AUTO(buf) hex = { 0 };

	*l = (struct nos_lease){ .store = store, .lanes = lanes };
	if (!nos_str_copy(nos_str_of(url), l->url, sizeof(l->url)))
		return nos_err_set(err, NOS_USAGE, "the URL of this nos-serve is over %d bytes",
		    NOS_LEASE_URL_MAX - 1);
	if (nos_random_bytes(drawn, sizeof(drawn), err))
		return err->code;
	nos_buf_init(&hex, TEXT_MAX);
	nos_enc_hex(&hex, drawn, sizeof(drawn));
	if (nos_buf_check(&hex, "holder", err))
		return err->code;
	(void)nos_str_copy(nos_buf_str(&hex), l->holder, sizeof(l->holder));
	return nos_seat_init(&l->seat, store, l->holder, l->url, err);
}

/* ---- what is there ---- */

static bool is_own(const struct nos_lease *l, const struct nos_lease_beat *b)
{
	return strcmp(b->holder, l->holder) == 0;
}

static bool is_over(const struct nos_lease_beat *b, struct nos_mono now)
{
	return !*b->holder || now.us - b->since.us >= NOS_LEASE_FREE_US;
}

/* A look that began before a put of this one's own ended may show what was before it. */
static enum nos_code note(struct nos_lease_beat *b, struct nos_str value, uint64_t rev,
    struct nos_mono now, struct nos_err *err)
{
	struct nos_scan scan = { 0 };
	struct nos_decode d;

	b->seen = true;
	if (rev <= b->rev)
		return NOS_OK;
	if (!nos_decode_object(&scan, value, WHAT, &d, err) &&
	    !nos_decode_version(&d, VERSION, WHAT, err) &&
	    !nos_decode_copy(&d, "holder", false, b->holder, sizeof(b->holder), err) &&
	    !nos_decode_copy(&d, "url", false, b->url, sizeof(b->url), err)) {
		b->lives = b->rev != 0;
		b->rev = rev;
		b->since = now;
	}
	nos_scan_release(&scan);
	return nos_store_damaged(err);
}

struct look {
	struct nos_lease *l;
	struct nos_mono now;
};

static enum nos_code take_lane(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	const struct look *k = state;
	uint64_t lane;

	if (!nos_num_parse(key, 0, k->l->lanes - 1, &lane))
		return NOS_OK;
	return note(&k->l->lane[lane].beat, value, rev, k->now, err);
}

static enum nos_code take_peer(
    void *state, struct nos_str key, struct nos_str value, uint64_t rev, struct nos_err *err)
{
	const struct look *k = state;
	struct nos_lease *l = k->l;
	size_t i = 0;

	if (nos_seat_note(&l->seat, key, value, rev))
		return NOS_OK;
	while (i < l->peer_count && !nos_str_is(key, l->peers[i].holder))
		i++;
	if (i == NOS_LEASE_PEERS_MAX || key.len != NOS_LEASE_HOLDER_LEN)
		return NOS_OK;
	if (i == l->peer_count) {
		l->peers[l->peer_count++] = (struct nos_lease_beat){ 0 };
		(void)nos_str_copy(key, l->peers[i].holder, sizeof(l->peers[i].holder));
	}
	return note(&l->peers[i], value, rev, k->now, err);
}

static void forget_gone(struct nos_lease *l)
{
	for (unsigned i = 0; i < l->lanes; i++)
		if (!l->lane[i].beat.seen)
			l->lane[i].beat = (struct nos_lease_beat){ 0 };
	for (size_t i = 0; i < l->peer_count;)
		if (l->peers[i].seen)
			i++;
		else
			l->peers[i] = l->peers[--l->peer_count];
}

static enum nos_code look(struct nos_lease *l, struct nos_mono now, struct nos_err *err)
{
	struct look k = { l, now };

	for (unsigned i = 0; i < l->lanes; i++)
		l->lane[i].beat.seen = false;
	for (size_t i = 0; i < l->peer_count; i++)
		l->peers[i].seen = false;
	nos_seat_look(&l->seat);
	if (nos_store_scan(l->store, NOS_LEASE_LIVE_NS, NOS_STR(""), take_peer, &k, err) ||
	    nos_store_scan(l->store, NOS_LEASE_NS, NOS_STR(""), take_lane, &k, err))
		return err->code;
	forget_gone(l);
	return NOS_OK;
}

/* After a look: the URL. */
static enum nos_code sit(struct nos_lease *l, struct nos_mono now, struct nos_err *err)
{
	uint64_t beat = 0;

	for (size_t i = 0; i < l->peer_count; i++)
		if (strcmp(l->peers[i].holder, l->seat.other) == 0)
			beat = l->peers[i].rev;
	return l->ending ? NOS_OK : nos_seat_turn(&l->seat, beat, now, err);
}

bool nos_lease_is_seated(const struct nos_lease *l)
{
	return l->seat.whose == NOS_SEAT_OWN;
}

bool nos_lease_is_refused(const struct nos_lease *l)
{
	return l->seat.whose == NOS_SEAT_TAKEN;
}

/* ---- beats ---- */

static enum nos_code put(struct nos_lease *l, const char *ns, const char *key, uint64_t expect_rev,
    uint64_t *ret_rev, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, TEXT_MAX);
	nos_buf_add_char(&text, '{');
	nos_encode_member_uint(&text, "v", VERSION);
	nos_encode_member_text(&text, "holder", nos_str_of(l->holder));
	nos_encode_member_text(&text, "url", nos_str_of(l->url));
	nos_encode_member_uint(&text, "beat", ++l->beats);
	nos_buf_add_char(&text, '}');
	if (nos_buf_check(&text, "lease", err))
		return err->code;
	return nos_store_put(
	    l->store, ns, nos_str_of(key), nos_buf_str(&text), expect_rev, ret_rev, err);
}

/* Others go by how it changes alone: whatever stands there is overwritten. */
static enum nos_code beat_live(struct nos_lease *l, struct nos_err *err)
{
	uint64_t rev;

	if (l->ending || !nos_lease_is_seated(l))
		return NOS_OK;
	l->beats_live = true;
	return put(l, NOS_LEASE_LIVE_NS, l->holder, NOS_STORE_ANY, &rev, err);
}

static void write_key(unsigned lane, char ret[static KEY_MAX])
{
	snprintf(ret, KEY_MAX, "%u", lane);
}

/* NOS_EXISTS: another was before this one. */
static enum nos_code beat_lane(
    struct nos_lease *l, unsigned lane, struct nos_mono now, struct nos_err *err)
{
	struct nos_lease_lane *x = &l->lane[lane];
	char key[KEY_MAX];

	write_key(lane, key);
	if (put(l, NOS_LEASE_NS, key, x->beat.rev, &x->beat.rev, err))
		return err->code;
	snprintf(x->beat.holder, sizeof(x->beat.holder), "%s", l->holder);
	x->beat.since = now;
	x->held = true;
	x->until.us = now.us + NOS_LEASE_LAPSE_US;
	x->free.us = 0;
	return NOS_OK;
}

/* Each that is held; what was taken from this one is not any more. A failure of the store is told
 * once all were tried. */
static enum nos_code beat(struct nos_lease *l, struct nos_mono now, struct nos_err *err)
{
	for (unsigned i = 0; i < l->lanes; i++) {
		struct nos_lease_lane *x = &l->lane[i];
		struct nos_err fault = { 0 };

		if (!x->held)
			continue;
		x->held = is_own(l, &x->beat);
		if (!x->held || !beat_lane(l, i, now, &fault))
			continue;
		if (fault.code == NOS_EXISTS)
			x->held = false;
		else
			*err = fault;
	}
	return err->code;
}

/* ---- who has how many ---- */

static size_t count(const struct nos_lease *l, const char *holder, struct nos_mono now)
{
	size_t n = 0;

	for (unsigned i = 0; i < l->lanes; i++)
		n += strcmp(l->lane[i].beat.holder, holder) == 0 && !is_over(&l->lane[i].beat, now);
	return n;
}

/* Those that live, this one among them, whether or not its own beat has been seen; *ret_least: the
 * fewest lanes that another of them has, SIZE_MAX where there is none. */
static size_t live(const struct nos_lease *l, struct nos_mono now, size_t *ret_least)
{
	size_t n = 1;

	*ret_least = SIZE_MAX;
	for (size_t i = 0; i < l->peer_count; i++) {
		size_t has;

		if (is_own(l, &l->peers[i]) || is_over(&l->peers[i], now))
			continue;
		n++;
		has = count(l, l->peers[i].holder, now);
		if (has < *ret_least)
			*ret_least = has;
	}
	return n;
}

static size_t own(const struct nos_lease *l)
{
	size_t n = 0;

	for (unsigned i = 0; i < l->lanes; i++)
		n += l->lane[i].held;
	return n;
}

bool nos_lease_is_much(const struct nos_lease *l, unsigned *ret_lane)
{
	struct nos_mono now = l->looked;
	size_t least;
	bool found = false;

	(void)live(l, now, &least);
	if (least == SIZE_MAX || own(l) < least + 2)
		return false;
	for (unsigned i = 0; i < l->lanes; i++) {
		/* One that has fewer is about to take it. */
		if (!l->lane[i].held && is_over(&l->lane[i].beat, now))
			return false;
		if (l->lane[i].held) {
			*ret_lane = i;
			found = true;
		}
	}
	return found;
}

/* ---- what is free ---- */

static bool is_free(struct nos_lease_lane *x, struct nos_mono now)
{
	if (x->held || !is_over(&x->beat, now)) {
		x->free.us = 0;
		return false;
	}
	if (!x->free.us)
		x->free = now;
	return true;
}

/* Who has the fewest takes it; where that one does not, another does. */
static enum nos_code take(struct nos_lease *l, struct nos_mono now, struct nos_err *err)
{
	size_t least, lives = live(l, now, &least), has = own(l);
	const size_t share = (l->lanes + lives - 1) / lives;

	for (unsigned i = 0; i < l->lanes; i++) {
		struct nos_lease_lane *x = &l->lane[i];

		if (!is_free(x, now) || l->ending || has >= share)
			continue;
		if (has > least && now.us - x->free.us < WAIT_US)
			continue;
		if (!beat_lane(l, i, now, err))
			has++;
		else if (err->code == NOS_EXISTS)
			nos_err_clear(err); /* another was quicker */
		else
			return err->code;
	}
	return NOS_OK;
}

/* Beats that have ended for good. */
static void bury(struct nos_lease *l, struct nos_mono now)
{
	struct nos_err err = { 0 };

	for (size_t i = 0; i < l->peer_count; i++) {
		const struct nos_lease_beat *b = &l->peers[i];

		if (is_own(l, b) || now.us - b->since.us < BURY_US)
			continue;
		/* Who is at it as well, or lives after all, writes what stands. */
		if (nos_seat_bury(l->store, b->url, b->holder, &err) ||
		    nos_store_del(l->store, NOS_LEASE_LIVE_NS, nos_str_of(b->holder), b->rev, &err))
			nos_err_clear(&err);
	}
}

static void lapse(struct nos_lease *l, struct nos_mono now)
{
	for (unsigned i = 0; i < l->lanes; i++)
		if (now.us >= l->lane[i].until.us)
			l->lane[i].held = false;
}

enum nos_code nos_lease_turn(struct nos_lease *l, struct nos_mono now, struct nos_err *err)
{
	lapse(l, now);
	l->looked = now;
	l->blind = look(l, now, err) != NOS_OK;
	if (l->blind || sit(l, now, err) || beat(l, now, err) || beat_live(l, err))
		return err->code;
	if (!nos_lease_is_seated(l))
		return NOS_OK;
	/* Who moves the node away marks its store and then looks for beats: one of the two is seen.
	 */
	if ((!own(l) && nos_moved_check(l->store, false, err)) || take(l, now, err))
		return err->code;
	bury(l, now);
	return NOS_OK;
}

bool nos_lease_is_held(const struct nos_lease *l, unsigned lane, struct nos_mono now)
{
	return l->lane[lane].held && now.us < l->lane[lane].until.us;
}

const char *nos_lease_url(const struct nos_lease *l, unsigned lane)
{
	const struct nos_lease_beat *b = &l->lane[lane].beat;

	return is_over(b, l->looked) || is_own(l, b) ? NULL : b->url;
}

bool nos_lease_is_elsewhere(const struct nos_lease *l, unsigned lane)
{
	const struct nos_lease_beat *b = &l->lane[lane].beat;

	return b->lives && nos_lease_url(l, lane);
}

enum nos_code nos_lease_give(struct nos_lease *l, unsigned lane, struct nos_err *err)
{
	struct nos_lease_lane *x = &l->lane[lane];
	char key[KEY_MAX];

	if (!x->held)
		return NOS_OK;
	x->held = false;
	write_key(lane, key);
	if (nos_store_del(l->store, NOS_LEASE_NS, nos_str_of(key), x->beat.rev, err) == NOS_EXISTS)
		nos_err_clear(err);
	if (!err->code)
		x->beat.holder[0] = '\0';
	return err->code;
}

enum nos_code nos_lease_end(struct nos_lease *l, struct nos_err *err)
{
	if (l->ending)
		return NOS_OK;
	l->ending = true;
	if (l->beats_live &&
	    nos_store_del(l->store, NOS_LEASE_LIVE_NS, nos_str_of(l->holder), NOS_STORE_ANY, err))
		return err->code;
	return nos_seat_leave(&l->seat, err);
}
