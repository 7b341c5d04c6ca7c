/* SPDX-License-Identifier: MIT */
/*
 * What takes packs in on the node's store (registry/node.h): an ingest, a loop of it, and what a
 * ledger is to be told that commits what it took, which has a view of the store of its own.
 */
#ifndef NOS_TEST_INTAKE_H
#define NOS_TEST_INTAKE_H

#include "../registry/node.h"

#include "ingest/ingest.h"
#include "lane/ledger.h"

static struct nos_store *own; /* the ledger's */
static struct nos_card *card;
static struct nos_limit limits;
static struct nos_metric metric;
static struct nos_member_table *members;
static struct nos_ingest ingest;
static struct nos_ingest_loop loop;
static struct nos_http_request answer; /* the last one */

/* The node and its own view, by an engine over cluster_engine; room: sources. */
static inline int intake_start(void **state, const struct nos_store_engine *engine, uint64_t room)
{
	struct nos_home home;

	if (node_start(state))
		return 1;
	home = (struct nos_home){ .store = store, .vault = vault, .self = self };
	nos_limit_init(&limits);
	limits.of[NOS_LIMIT_SOURCES] = room;
	return nos_store_open_engine(engine, "", true, &own, &err) ||
	       nos_card_new(&home, false, &card, &err) ||
	       nos_member_table_new(room, &members, &err);
}

static inline struct nos_ledger_config intake_ledger(void)
{
	return (struct nos_ledger_config){ .store = own,
		.card = card,
		.vault = &vault,
		.members = members,
		.limits = &limits,
		.metric = &metric,
		.node = 5 };
}

static inline void intake_commits(struct nos_ledger *ret)
{
	const struct nos_ledger_config config = intake_ledger();

	assert_int_equal(nos_ledger_init(ret, &config, nos_profile_builtin(), &err), NOS_OK);
}

static inline void intake_takes(struct nos_store *loops)
{
	ingest = (struct nos_ingest){ .card = card,
		.vault = &vault,
		.limits = &limits,
		.members = members,
		.metric = &metric };
	nos_ingest_loop_init(&loop, loops, &metric);
}

static inline int intake_stop(void **state)
{
	nos_ingest_loop_release(&loop);
	nos_member_table_free(members);
	nos_card_free(card);
	nos_store_close(own);
	return node_stop(state);
}

/* ---- a request ---- */

/* The answer is filled where there is no job. */
static inline struct nos_job *intake_take(const char *media, struct nos_span body)
{
	nos_buf_truncate(&answer.out, 0);
	answer.status = 0;
	answer.header_count = 0;
	answer.path = NOS_STR("/v1/data");
	answer.media = nos_str_of(media);
	answer.body = body;
	return nos_ingest_take(&ingest, &loop, &answer);
}

static inline uint64_t intake_last(const char *stream)
{
	uint64_t first, last;

	assert_int_equal(nos_store_bounds(store, stream, &first, &last, &err), NOS_OK);
	return last;
}

#endif
