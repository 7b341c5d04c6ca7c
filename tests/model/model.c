/* SPDX-License-Identifier: MIT */
/*
 * A source and its node through random schedules of what goes wrong in the field: messages lost,
 * doubled, delayed, answered by old answers; both sides killed at any step and restarted; keyring and
 * store put back from a backup, with and without notice; keys replaced and renewed meanwhile.
 * Afterwards, once messages arrive, both must hold the same current key within two contacts, no
 * reading that was settled may be lost or stored twice, no name, generation or number may fall, and
 * no nonce may come twice. All of nos but sockets and threads is what runs; the clock is made up.
 *
 * model [--seed N] [--schedules N] [--jobs N] [--trace]
 */
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/num.h"
#include "crypto/jose.h"
#include "node.h"
#include "scheme/holder.h"
#include "source/courier.h"

#define SOURCE	    "s-7f3a09c2e1"
#define STEPS	    40
#define VALUES_MAX  256
#define LATE_MAX    16
#define NONCES_MAX  4096
#define BATCH	    100 /* schedules of one process */
#define CLEAN	    2	/* contacts within which all must be whole */
#define MINUTE_MS   60000
#define HOUR_MS	    (60 * MINUTE_MS)
#define PATH_SIZE   160

/* ---- the clock ---- */

static int64_t clock_ms;

struct nos_time __real_nos_time_now(void);
struct nos_time __wrap_nos_time_now(void);
struct nos_mono __wrap_nos_mono_now(void);
bool __wrap_nos_attempt_wait(
    const struct nos_attempt *a, struct nos_mono until, const volatile int *stop);

struct nos_time __wrap_nos_time_now(void)
{
	return (struct nos_time){ clock_ms };
}

struct nos_mono __wrap_nos_mono_now(void)
{
	return (struct nos_mono){ (uint64_t)clock_ms * 1000 };
}

bool __wrap_nos_attempt_wait(
    const struct nos_attempt *a, struct nos_mono until, const volatile int *stop)
{
	(void)stop;
	if (a->earliest.us > until.us)
		return false;
	if (a->earliest.us > (uint64_t)clock_ms * 1000)
		clock_ms = (int64_t)(a->earliest.us / 1000) + 1;
	return true;
}

/* ---- the world ---- */

/* A request that somebody on the way has kept. */
struct late {
	char path[128];
	char media[64];
	uint8_t *body;
	size_t len;
};

struct nonce {
	uint8_t iv[16];
	uint8_t hash[8]; /* of the pack */
};

static struct world {
	uint64_t rng;
	bool trace;
	char dir[64], key[PATH_SIZE], backup[PATH_SIZE], spool_dir[PATH_SIZE];

	struct node node;
	struct nos_ring ring;
	struct nos_send send;
	struct nos_spool spool;
	struct nos_courier courier;
	struct nos_carrier carrier;
	bool open;
	volatile int stop;

	double loss, twice, stale; /* shares of messages */
	int die; /* at the nth point from here the source dies; -1: it does not */
	jmp_buf grave;
	struct late late[LATE_MAX];
	size_t late_count;
	struct node_answer old; /* an answer of before */
	struct nonce nonces[NONCES_MAX];
	size_t nonce_count;

	uint64_t next; /* value of the next reading */
	enum { NEVER, MAYBE, SETTLED, EXCUSED } fate[VALUES_MAX];
	struct memory_copy *store_backup;
	bool stored_then[VALUES_MAX]; /* in that backup */
	bool has_backup, keyring_back, replaced;
	uint64_t top_version, top_z, top_seq; /* of the node, of the node, of the source */

	uint64_t asks, heals, anew, deaths, contacts;
} w;

static uint64_t draw(void)
{
	/* splitmix64 */
	uint64_t z = (w.rng += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t below(uint64_t n)
{
	return draw() % n;
}

static bool chance(double share)
{
	return (double)(draw() >> 11) / (double)(UINT64_C(1) << 53) < share;
}

/* The jitter of pauses among it: a schedule is the same for the same seed. */
enum nos_code __wrap_nos_random_bytes(void *p, size_t len, struct nos_err *err);

enum nos_code __wrap_nos_random_bytes(void *p, size_t len, struct nos_err *err)
{
	(void)err;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)p)[i] = (uint8_t)draw();
	return NOS_OK;
}

static void trace(const char *what, uint64_t n)
{
	if (w.trace)
		printf("  %12" PRId64 "  %s %" PRIu64 "\n", clock_ms, what, n);
}

static uint64_t schedule, first_seed;

static _Noreturn void wrong(const char *what, uint64_t n)
{
	printf("not ok: schedule %" PRIu64 ": %s (%" PRIu64 ")\n  again: model --seed %" PRIu64
	       " --schedules 1 --trace\n",
	    schedule, what, n, first_seed + schedule);
	fflush(stdout);
	_exit(1);
}

#define MUST(call)                                \
	do {                                      \
		struct nos_err err = { 0 };         \
		(void)!(call);                    \
		if (err.code) {                   \
			printf("%s\n", err.text); \
			wrong(#call, err.code);   \
		}                                 \
	} while (0)

/* ---- death of the source ---- */

/* A step at which it may die. */
static void step(void)
{
	if (w.die < 0 || w.die-- > 0)
		return;
	w.die = -1;
	longjmp(w.grave, 1);
}

enum nos_code __real_nos_file_replace(const char *path, struct nos_span text, struct nos_err *err);
enum nos_code __wrap_nos_file_replace(const char *path, struct nos_span text, struct nos_err *err);
enum nos_code __real_nos_file_create(const char *path, struct nos_span text, struct nos_err *err);
enum nos_code __wrap_nos_file_create(const char *path, struct nos_span text, struct nos_err *err);

enum nos_code __wrap_nos_file_replace(const char *path, struct nos_span text, struct nos_err *err)
{
	enum nos_code code;

	step();
	code = __real_nos_file_replace(path, text, err);
	step();
	return code;
}

enum nos_code __wrap_nos_file_create(const char *path, struct nos_span text, struct nos_err *err)
{
	enum nos_code code;

	step();
	code = __real_nos_file_create(path, text, err);
	step();
	return code;
}

/* ---- the way between them ---- */

static void note_nonce(const struct nos_span *body)
{
	struct nos_str rest = { (const char *)body->p, body->len }, part;
	uint8_t hash[NOS_HASH_LEN];
	struct nonce *n = &w.nonces[w.nonce_count];

	for (int i = 0; i < 3; i++)
		if (!nos_str_cut(&rest, '.', &part))
			return;
	MUST(nos_hash_sha256(body, 1, hash, &err));
	if (part.len != sizeof(n->iv) || w.nonce_count == NONCES_MAX)
		wrong("no nonce in a pack", part.len);
	for (size_t i = 0; i < w.nonce_count; i++)
		if (memcmp(w.nonces[i].iv, part.p, sizeof(n->iv)) == 0 &&
		    memcmp(w.nonces[i].hash, hash, sizeof(n->hash)) != 0)
			wrong("a nonce came twice", i);
	memcpy(n->iv, part.p, sizeof(n->iv));
	memcpy(n->hash, hash, sizeof(n->hash));
	w.nonce_count++;
}

static void keep_late(const struct nos_carrier_request *r)
{
	struct late *l = &w.late[w.late_count % LATE_MAX];

	if (!r->body)
		return;
	free(l->body);
	snprintf(l->path, sizeof(l->path), "%s", r->path);
	snprintf(l->media, sizeof(l->media), "%s", r->media);
	l->body = malloc(r->body->len + 1);
	memcpy(l->body, r->body->p, r->body->len);
	l->len = r->body->len;
	w.late_count++;
}

static void deliver_late(void)
{
	const size_t held = w.late_count < LATE_MAX ? w.late_count : LATE_MAX;
	const struct late *l = held ? &w.late[below(held)] : NULL;
	struct node_answer ignored = { 0 };
	struct nos_span body;
	struct nos_carrier_request r = { .url = NODE_URL, .body = &body };

	if (!l || !w.node.up)
		return;
	trace(l->path, l->len);
	body = (struct nos_span){ l->body, l->len };
	r.path = l->path;
	r.media = l->media;
	nos_buf_init(&ignored.body, 1 << 20);
	if (!node_take(&w.node, &r, &ignored))
		node_up(&w.node);
	nos_buf_release(&ignored.body);
}

static void keep_old(const struct node_answer *a)
{
	w.old.status = a->status;
	memcpy(w.old.receipt, a->receipt, sizeof(a->receipt));
	nos_buf_truncate(&w.old.body, 0);
	nos_buf_add_str(&w.old.body, nos_buf_str(&a->body));
}

static enum nos_code away(struct nos_err *err)
{
	return nos_err_set(err, NOS_AWAY, "no answer");
}

static enum nos_code give(
    const struct node_answer *a, struct nos_http_answer *ret, struct nos_err *err)
{
	ret->status = a->status;
	snprintf(ret->receipt, sizeof(ret->receipt), "%s", a->receipt);
	nos_buf_truncate(&ret->body, 0);
	nos_buf_add_str(&ret->body, nos_buf_str(&a->body));
	return nos_buf_check(&ret->body, "answer", err);
}

static enum nos_code carry(void *state, const struct nos_carrier_request *r,
    struct nos_http_answer *ret, struct nos_err *err)
{
	struct node_answer a = { 0 };
	enum nos_code code;
	bool alive;

	(void)state;
	step();
	trace(r->path, r->body ? r->body->len : 0);
	if (strstr(r->path, "/resync"))
		w.asks++;
	if (strcmp(r->path, "/v1/data") == 0)
		note_nonce(r->body);
	ret->sent = true;
	clock_ms += (int64_t)below(50);
	if (chance(0.2))
		keep_late(r);
	if (chance(w.loss))
		return away(err);
	if (w.stale && w.old.body.len && chance(w.stale))
		return give(&w.old, ret, err);
	if (!w.node.up)
		return away(err);
	nos_buf_init(&a.body, 1 << 20);
	alive = node_take(&w.node, r, &a);
	if (alive && chance(w.twice))
		alive = node_take(&w.node, r, &a);
	trace("  answer", a.status);
	if (!alive) {
		trace("the node died", 0);
		w.deaths++;
	}
	if (chance(0.2))
		keep_old(&a);
	code = alive && !chance(w.loss) ? give(&a, ret, err) : away(err);
	nos_buf_release(&a.body);
	step();
	return code;
}

/* ---- the source ---- */

static void say(void *state, const char *text)
{
	(void)state;
	if (w.trace)
		printf("  source: %s\n", text);
}

static void source_open(void)
{
	const struct nos_send_config config = {
		.ring = &w.ring, .carrier = &w.carrier, .stop = &w.stop
	};

	if (w.open)
		return;
	nos_ring_init(&w.ring);
	nos_send_init(&w.send);
	nos_spool_init(&w.spool);
	MUST(nos_ring_open(&w.ring, w.key, 0, &err));
	MUST(nos_send_open(&w.send, &config, &err));
	MUST(nos_spool_open(&w.spool, w.spool_dir, &w.ring.k, UINT64_MAX, &err));
	w.courier = (struct nos_courier){ .send = &w.send, .spool = &w.spool, .note = say };
	w.open = true;
}

static void source_gone(void)
{
	nos_spool_release(&w.spool);
	nos_send_release(&w.send);
	nos_ring_release(&w.ring);
	w.open = false;
}

static void source_close(void)
{
	if (!w.open)
		return;
	MUST(nos_ring_close(&w.ring, &err));
	source_gone();
}

/* What goes wrong that a source of flesh may say and go on. */
static void complain(const struct nos_err *err)
{
	if (err->code && w.trace)
		printf("  source: error: %s\n", err->text);
	if (err->code == NOS_INTERNAL || err->code == NOS_CONFIG || err->code == NOS_IO)
		wrong(err->text, err->code);
}

static void deliver(void)
{
	enum nos_courier_fate fate = NOS_COURIER_FAILED;
	struct nos_answer answer = { 0 };
	struct nos_err err = { 0 };
	const uint64_t value = w.next++;
	char text[64];
	struct nos_send_pack p = { .readings = 1 };

	w.contacts++;
	snprintf(text, sizeof(text), "{\"type\":\"t\",\"value\":%" PRIu64 "}\n", value);
	p.text = nos_str_of(text);
	w.fate[value] = MAYBE;
	if (setjmp(w.grave)) {
		trace("the source died", 0);
		w.deaths++;
		source_gone();
		return;
	}
	source_open();
	trace("reading", value);
	(void)!nos_courier_deliver(&w.courier, &p, &fate, &answer, &err);
	if (fate != NOS_COURIER_FAILED)
		w.fate[value] = SETTLED;
	else
		trace("failed", value);
	w.die = -1;
	nos_answer_release(&answer);
	complain(&err);
}

/* ---- what is stored ---- */

static enum nos_code see_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	uint8_t *count = state;
	struct nos_raw raw;
	struct nos_str body;
	const char *at;

	(void)position;
	if (nos_raw_decode(entry, &raw, &body, err))
		return err->code;
	at = memmem(body.p, body.len, "\"value\":", 8);
	if (!at)
		wrong("an entry without a value", position);
	count[strtoul(at + 8, NULL, 10) % VALUES_MAX]++;
	return NOS_OK;
}

static void count_stored(uint8_t count[static VALUES_MAX])
{
	memset(count, 0, VALUES_MAX);
	MUST(nos_store_read(w.node.store, NOS_RAW_STREAM, 0, SIZE_MAX, see_entry, count, &err));
}

static void check_stored(bool at_end)
{
	uint8_t count[VALUES_MAX];

	count_stored(count);
	for (uint64_t v = 0; v < w.next; v++) {
		if (count[v] > 1)
			wrong("a reading was stored twice", v);
		if (at_end && w.fate[v] == SETTLED && !count[v])
			wrong("a reading that was settled is lost", v);
	}
}

/* No counter falls, save where its side was put back. */
static void check_counters(void)
{
	NOS_AUTO(record) r = { 0 };

	node_look(&w.node, SOURCE, &r);
	if (r.a.version < w.top_version || r.a.base.z < w.top_z)
		wrong("a name or a generation fell at the node", r.a.version);
	w.top_version = r.a.version;
	w.top_z = r.a.base.z;
	if (!w.open)
		return;
	if (w.ring.next < w.top_seq)
		wrong("a number fell at the source", w.ring.next);
	w.top_seq = w.ring.next;
}

/* ---- what an operator does ---- */

static enum nos_code do_replace(void *state, struct nos_record *r, const struct nos_issuer *world,
    bool *ret_changed, struct nos_err *err)
{
	enum nos_issuer_did did;

	(void)state;
	if (nos_issuer_replace(&r->a, world, &did, err))
		return err->code;
	*ret_changed = did != NOS_ISSUER_NOTHING;
	return NOS_OK;
}

static enum nos_code do_renew(void *state, struct nos_record *r, const struct nos_issuer *world,
    bool *ret_changed, struct nos_err *err)
{
	(void)state, (void)world, (void)err;
	*ret_changed = nos_issuer_renew(&r->a);
	return NOS_OK;
}

static void operate(nos_life_step *what)
{
	NOS_AUTO(record) r = { 0 };

	node_change(&w.node, SOURCE, what, NULL, &r);
}

static void copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	int c;

	if (!in || !out)
		wrong("a keyring cannot be copied", (uint64_t)errno);
	fchmod(fileno(out), 0600);
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	fclose(out);
}

static void backup_keyring(void)
{
	/* As it is on disk, whatever runs. */
	copy_file(w.key, w.backup);
	w.has_backup = true;
}

static void restore_keyring(void)
{
	NOS_AUTO(keyring) now = { 0 };
	NOS_AUTO(keyring) then = { 0 };
	uint8_t count[VALUES_MAX];

	if (!w.has_backup)
		return;
	if (w.open)
		source_gone();
	MUST(nos_ring_read(w.key, &now, &err));
	MUST(nos_ring_read(w.backup, &then, &err));
	count_stored(count);
	/* What waits is sealed under a Z that only the lost keyring had. */
	for (uint64_t v = 0; now.z > then.z && v < w.next; v++)
		if (!count[v])
			w.fate[v] = EXCUSED;
	copy_file(w.backup, w.key);
	w.keyring_back = true;
	w.top_seq = 0;
}

static void backup_store(void)
{
	uint8_t count[VALUES_MAX];

	memory_drop(w.store_backup);
	w.store_backup = memory_backup();
	count_stored(count);
	for (size_t v = 0; v < VALUES_MAX; v++)
		w.stored_then[v] = count[v] != 0;
}

static void restore_store(bool said)
{
	uint8_t count[VALUES_MAX];

	if (!w.store_backup)
		return;
	count_stored(count);
	for (uint64_t v = 0; v < w.next; v++)
		if (count[v] && !w.stored_then[v])
			w.fate[v] = EXCUSED; /* it went with the disk */
	node_down(&w.node);
	memory_restore(w.store_backup);
	node_up(&w.node);
	w.top_version = w.top_z = 0;
	if (said)
		node_next_life(&w.node);
}

/* The source is enrolled again in its own place: what its spool holds is sealed under a Z that is
 * gone from its new keyring, unless it was taken over. */
static void enrol_again(void)
{
	NOS_AUTO(keyring) before = { 0 };
	NOS_AUTO(keyring) after = { 0 };

	source_close();
	MUST(nos_ring_read(w.key, &before, &err));
	node_register(&w.node, SOURCE, true, w.key);
	MUST(nos_ring_read(w.key, &after, &err));
	MUST(nos_holder_inherit(&after, &before, &err));
	MUST(nos_ring_write(w.key, &after, true, &err));
	w.top_version = 0;
	w.top_seq = 0;
	w.anew++;
	w.keyring_back = false;
	w.has_backup = false; /* of a keyring that is no more */
}

/* ---- a schedule ---- */

static void pass_time(void)
{
	static const int64_t spans[] = { 1000, 10000, MINUTE_MS, 10 * MINUTE_MS, HOUR_MS,
		5 * HOUR_MS, 24 * HOUR_MS, 10 * 24 * (int64_t)HOUR_MS };

	clock_ms += (int64_t)below((uint64_t)spans[below(8)]);
	node_tick(&w.node);
	if (!w.node.up)
		node_up(&w.node);
}

static void act(void)
{
	uint64_t n = below(100);

	if (n < 45) {
		if (chance(0.15))
			w.die = (int)below(12);
		if (chance(0.1))
			memory_fail((int)below(4));
		deliver();
		w.die = -1;
		memory_fail(-1);
		if (!w.node.up)
			node_up(&w.node);
	} else if (n < 58) {
		trace("re-key", 0);
		operate(do_replace);
	} else if (n < 61) {
		trace("renew", 0);
		operate(do_renew);
	} else if (n < 73) {
		pass_time();
	} else if (n < 78) {
		trace("the source ends and begins", 0);
		source_close();
	} else if (n < 83) {
		trace("the node is killed", 0);
		node_down(&w.node);
		node_up(&w.node);
	} else if (n < 89) {
		deliver_late();
	} else if (n < 92) {
		trace("backup of the keyring", 0);
		backup_keyring();
	} else if (n < 94) {
		trace("the keyring is put back", 0);
		restore_keyring();
	} else if (n < 97) {
		trace("backup of the store", 0);
		backup_store();
	} else {
		bool said = chance(0.5);

		trace("the store is put back; with notice:", said);
		restore_store(said);
	}
}

static bool is_whole(void)
{
	const struct nos_keyring_key *k = nos_keyring_active(&w.ring.k);
	NOS_AUTO(record) r = { 0 };
	const struct nos_assoc_key *at;

	node_look(&w.node, SOURCE, &r);
	at = nos_assoc_active(&r.a, 'p');
	return k && at && at->name.parts[0] == k->name.parts[0] &&
	       nos_secret_eq(&at->value, &k->value) && !w.spool.count &&
	       !nos_issuer_is_pending(&r.a, w.node.ledger.life.life);
}

/* Contacts whose messages all arrive, apart from each other. */
static bool heal(void)
{
	w.loss = w.twice = w.stale = 0;
	w.die = -1;
	memory_fail(-1);
	for (int i = 0; i < CLEAN; i++) {
		clock_ms += 2 * HOUR_MS;
		node_tick(&w.node);
		deliver();
	}
	return is_whole();
}

/* A keyring put back over a renew: the node has none of its Z any more, as for a thief. */
static bool is_lost(void)
{
	const struct nos_keyring *k = &w.ring.k;
	NOS_AUTO(secret) mine = { 0 };
	NOS_AUTO(secret) theirs = { 0 };
	NOS_AUTO(record) r = { 0 };
	bool same;

	node_look(&w.node, SOURCE, &r);
	MUST(nos_derive_static(&r.a.base.z_key, NOS_DERIVE_RESYNC, &theirs, &err));
	MUST(nos_derive_static(&k->z_key, NOS_DERIVE_RESYNC, &mine, &err));
	same = k->z == r.a.base.z && nos_secret_eq(&mine, &theirs);
	for (size_t i = 0; i < k->older_count; i++)
		same |= k->older[i].z == r.a.base.z &&
			nos_secret_eq(&k->older[i].resync, &theirs);
	return !same;
}

static void begin(uint64_t seed)
{
	w.rng = seed;
	clock_ms = INT64_C(1700000000000);
	w.next = w.nonce_count = w.late_count = 0;
	memset(w.fate, 0, sizeof(w.fate));
	w.has_backup = w.keyring_back = false;
	memory_drop(w.store_backup);
	w.store_backup = NULL;
	w.top_version = w.top_z = w.top_seq = 0;
	nos_buf_truncate(&w.old.body, 0);
	w.loss = (double)below(10) / 10;
	w.twice = chance(0.5) ? 0.2 : 0;
	w.stale = chance(0.3) ? 0.1 : 0;
	w.die = -1;
	node_init(&w.node);
	node_register(&w.node, SOURCE, false, w.key);
	w.late_count = 0;
}

static void finish(void)
{
	if (!heal()) {
		if (!w.keyring_back || !is_lost())
			wrong("not the same key within two contacts", w.next);
		trace("enrolled again", 0);
		enrol_again();
		if (!heal())
			wrong("not the same key after it was enrolled again", w.next);
	}
	w.heals++;
	check_stored(true);
	check_counters();
	source_close();
	node_free(&w.node);
}

static void run(uint64_t seed)
{
	begin(seed);
	for (int i = 0; i < STEPS; i++) {
		act();
		check_stored(false);
		check_counters();
	}
	finish();
}

/* ---- the program ---- */

static void prepare(void)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(w.dir, sizeof(w.dir), "%s/nos-model-XXXXXX", tmp);
	if (!mkdtemp(w.dir)) {
		perror("model: mkdtemp");
		exit(1);
	}
	snprintf(w.key, sizeof(w.key), "%s/key", w.dir);
	snprintf(w.backup, sizeof(w.backup), "%s/backup", w.dir);
	snprintf(w.spool_dir, sizeof(w.spool_dir), "%s/spool", w.dir);
	w.carrier.carry = carry;
	nos_buf_init(&w.old.body, 1 << 20);
}

static void clean(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", w.dir);
	if (system(command))
		perror("model: rm");
}

/* A batch in a process of its own, since a source that dies leaves memory behind. */
static _Noreturn void batch(uint64_t from, uint64_t to, int report)
{
	uint64_t sums[5];

	prepare();
	for (schedule = from; schedule < to; schedule++) {
		if (w.trace)
			printf("schedule %" PRIu64 "\n", schedule);
		run(first_seed + schedule);
	}
	clean();
	memcpy(sums, (uint64_t[]){ w.contacts, w.asks, w.deaths, w.anew, w.heals }, sizeof(sums));
	fflush(stdout);
	_exit(write(report, sums, sizeof(sums)) == sizeof(sums) ? 0 : 1);
}

static uint64_t number(const char *text)
{
	uint64_t n;

	if (!nos_num_parse(nos_str_of(text), 0, UINT64_MAX, &n)) {
		fprintf(stderr, "model: not a number: %s\n", text);
		exit(64);
	}
	return n;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "seed", 1, NULL, 's' },
		{ "schedules", 1, NULL, 'n' }, { "jobs", 1, NULL, 'j' }, { "trace", 0, NULL, 't' },
		{ 0 } };
	uint64_t schedules = 1000, jobs = 2, next = 0, running = 0, sums[5] = { 0 }, one[5];
	int pipes[2], c, status, bad = 0;

	first_seed = (uint64_t)__real_nos_time_now().ms;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 's': first_seed = number(optarg); break;
		case 'n': schedules = number(optarg); break;
		case 'j': jobs = number(optarg); break;
		case 't': w.trace = true; break;
		default: return 64;
		}
	nos_jose_start();
	printf("# seed %" PRIu64 ", %" PRIu64 " schedules\n", first_seed, schedules);
	fflush(stdout);
	if (pipe(pipes) < 0)
		return 1;
	while (running || (next < schedules && !bad)) {
		if (next < schedules && !bad && running < jobs) {
			uint64_t to = next + BATCH < schedules ? next + BATCH : schedules;
			pid_t pid = fork();

			if (pid < 0)
				return 1;
			if (!pid)
				batch(next, to, pipes[1]);
			running++;
			next = to;
			continue;
		}
		if (wait(&status) < 0)
			return 1;
		running--;
		bad |= status;
		if (!status && read(pipes[0], one, sizeof(one)) == sizeof(one))
			for (int i = 0; i < 5; i++)
				sums[i] += one[i];
	}
	printf("%s: %" PRIu64 " of %" PRIu64 " schedules whole: %" PRIu64 " contacts, %" PRIu64
	       " asks, %" PRIu64 " deaths, %" PRIu64 " enrolled again\n",
	    bad ? "not ok" : "ok", sums[4], schedules, sums[0], sums[1], sums[2], sums[3]);
	return bad ? 1 : 0;
}
