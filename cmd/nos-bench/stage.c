/* SPDX-License-Identifier: MIT */
#include "stage.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/version.h"
#include "net/http_server.h"
#include "lifecycle/advance.h"
#include "lifecycle/campaign.h"
#include "lifecycle/recall.h"
#include "scheme/pool.h"
#include "serve/node.h"
#include "folder.h"
#include "stage_enrol.h"

#define MEMORY	   "/dev/shm"
#define POOL	   100 /* as nos-serve has it, and the paper's */
#define RING	   1
#define OVERLAP_MS 60000
#define FOLDER	   50 /* keyrings */
#define REASON	   "measured"

struct stage {
	char folder[FOLDER_SIZE];
	char url[NOS_HTTP_ADDRESS_MAX + 8];
	struct nos_home node_home, home; /* of the node; of who orders */
	struct nos_limit limits;
	struct nos_node *node;
	struct crowd *crowd;
	struct nos_audit audit;
	struct nos_life life;
};

const char *stage_url(const struct stage *s)
{
	return s->url;
}

const char *stage_folder(const struct stage *s)
{
	return s->folder;
}

const struct nos_home *stage_home(const struct stage *s)
{
	return &s->home;
}

struct crowd *stage_crowd(struct stage *s)
{
	return s->crowd;
}

/* ---- the node ---- */

static enum nos_code locate(struct stage *s, struct nos_home *h, struct nos_err *err)
{
	char store[NOS_HOME_PATH_MAX], key[NOS_HOME_PATH_MAX];

	snprintf(store, sizeof(store), "sqlite:%.4000s/node.db", s->folder);
	snprintf(key, sizeof(key), "%.4000s/node.key", s->folder);
	return nos_home_locate(h, &(struct nos_store_where){ .url = store }, key, err);
}

static enum nos_code start_node(struct stage *s, struct nos_err *err)
{
	static const char *const listen[] = { "127.0.0.1:0" };
	const struct nos_node_config config = { .home = &s->node_home,
		.limits = &s->limits,
		.version = NOS_VERSION,
		.listen = listen,
		.listen_count = 1,
		.loops = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
		.print_fd = -1,
		.pool = POOL,
		.ring = RING,
		.overlap_ms = OVERLAP_MS,
		.profile = nos_profile_builtin() };
	enum nos_home_made made;

	nos_limit_init(&s->limits);
	if (locate(s, &s->node_home, err) || nos_home_make(&s->node_home, 1, &made, err) ||
	    nos_node_new(&config, &s->node, err))
		return err->code;
	nos_node_url(s->node, 0, s->url);
	return NOS_OK;
}

static enum nos_code start(struct stage *s, uint64_t rtt_ms, struct nos_err *err)
{
	(void)nos_file_most();
	if (folder_make(MEMORY, s->folder, err) || start_node(s, err) || locate(s, &s->home, err) ||
	    nos_home_open(&s->home, err))
		return err->code;
	nos_audit_init(&s->audit, s->home.store, "nos-bench", true);
	return crowd_open(rtt_ms, &s->crowd, err);
}

enum nos_code stage_open(uint64_t rtt_ms, struct stage **ret, struct nos_err *err)
{
	struct stage *s = calloc(1, sizeof(*s));

	if (!s)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (start(s, rtt_ms, err))
		stage_close(s);
	else
		*ret = s;
	return err->code;
}

void stage_close(struct stage *s)
{
	if (!s)
		return;
	crowd_close(s->crowd);
	nos_life_release(&s->life);
	nos_home_release(&s->home);
	nos_node_free(s->node);
	nos_home_release(&s->node_home);
	folder_remove(s->folder);
	free(s);
}

/* ---- sources ---- */

void stage_fleet_release(struct stage_fleet *f)
{
	stage_fleet_rest(f);
	free(f->sources);
	f->sources = NULL;
	f->count = 0;
}

void stage_fleet_keyring(const struct stage *s, const struct stage_fleet *f, size_t i, char *ret)
{
	snprintf(ret, PATH_MAX, "%.4000s/%s-%zu/%zu.key", s->folder, bench_scheme_text(f->scheme),
	    i / FOLDER, i);
}

/* Who opens a keyring looks through its folder for what was left beside it: they are many. */
static enum nos_code make_folders(
    const struct stage *s, const struct stage_fleet *f, size_t count, struct nos_err *err)
{
	char path[PATH_MAX];

	for (size_t i = f->count / FOLDER; i * FOLDER < f->count + count && !err->code; i++) {
		stage_fleet_keyring(s, f, i * FOLDER, path);
		*strrchr(path, '/') = '\0';
		(void)!nos_file_folder(path, err);
	}
	return err->code;
}

enum nos_code stage_fleet_add(struct stage *s, struct stage_fleet *f, size_t count,
    struct nos_progress *progress, struct nos_err *err)
{
	const struct stage_enrol e = {
		.stage = s, .fleet = f, .audit = &s->audit, .progress = progress
	};
	struct stage_source *grown = reallocarray(f->sources, f->count + count, sizeof(*grown));

	if (!grown)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	f->sources = grown;
	stage_fleet_rest(f);
	if (make_folders(s, f, count, err) || stage_enrol_run(&e, count, err) ||
	    stage_fleet_wake(s, f, err))
		return err->code;
	/* Who has come to a group is let in with its next key. */
	if (!stage_enrol_group(f->scheme) || !stage_order(s, f, STAGE_REPLACE, err))
		(void)!stage_follow(s, f, err);
	stage_fleet_rest(f);
	return err->code;
}

/* ---- orders ---- */

static enum nos_code told(void *state, const struct nos_order_done *done, struct nos_err *err)
{
	(void)state, (void)done, (void)err;
	return NOS_OK;
}

static void absent(void *state, const struct nos_err *err)
{
	(void)state, (void)err;
}

static void progress(void *state, uint64_t count)
{
	(void)state, (void)count;
}

static bool is_stopped(void *state)
{
	(void)state;
	return bench_is_stopped();
}

static enum nos_code give(
    struct stage *s, const struct stage_fleet *f, enum nos_order_what what, struct nos_err *err)
{
	struct nos_campaign c;

	nos_campaign_init(&c);
	c.life = &s->life;
	c.order = (struct nos_order){ .what = what, .reason = REASON };
	c.calls = (struct nos_campaign_calls){ told, absent, progress, is_stopped, NULL };
	for (size_t i = 0; i < f->count && !err->code; i++) {
		struct nos_roster_item item = { 0 };

		nos_str_copy(nos_str_of(f->sources[i].id), item.id, sizeof(item.id));
		(void)!nos_roster_add(&c.sources, &item, err);
	}
	if (!err->code && !nos_campaign_give(&c, err))
		(void)!bench_go_on(err);
	nos_campaign_release(&c);
	return err->code;
}

static enum nos_code advance(struct stage *s, const struct stage_fleet *f, struct nos_err *err)
{
	const struct nos_advance a = { .reason = REASON };
	struct nos_advance_done done = { 0 };

	return nos_advance_group(
	    &s->life, &a, nos_str_of(stage_enrol_group(f->scheme)), nos_time_now(), &done, err);
}

static enum nos_code open_life(struct stage *s, struct nos_err *err)
{
	return nos_life_open(
	    &s->life, s->home.store, &s->home.vault, &s->audit, &s->home.self, err);
}

static enum nos_code recall(struct stage *s, const struct stage_fleet *f, struct nos_err *err)
{
	uint64_t ring[NOS_POOL_RING_MAX];
	struct nos_recall_done done;
	char word[32];

	if (nos_pool_ring(&s->life.pool, nos_str_of(f->sources[0].id), ring, err))
		return err->code;
	snprintf(word, sizeof(word), "w.%llu", (unsigned long long)ring[0]);
	if (nos_recall_one(
		&s->life, &s->home.self, nos_str_of(word), REASON, nos_time_now(), &done, err) ||
	    open_life(s, err))
		return err->code;
	return give(s, f, NOS_ORDER_INVALIDATE, err);
}

enum nos_code stage_order(
    struct stage *s, struct stage_fleet *f, enum stage_what what, struct nos_err *err)
{
	for (size_t i = 0; i < f->count; i++) {
		f->sources[i].before = f->sources[i].held;
		f->sources[i].done = false;
	}
	if (open_life(s, err))
		return err->code;
	if (what == STAGE_RECALL)
		return recall(s, f, err);
	return stage_enrol_group(f->scheme) ? advance(s, f, err)
					    : give(s, f, NOS_ORDER_REPLACE, err);
}
