/* SPDX-License-Identifier: MIT */
/*
 * What schemes of groups promise beside test_contract.c (nos-schemes(7), "The interface"): whatever
 * of messages, orders and acknowledgements was lost or came again, and whoever went back to an old
 * copy, a member comes to the group's present key once messages flow (1); no name falls or comes
 * twice (2); what is of one group is nothing in another (3).
 */
#include "pair.h"

#include <time.h>

#define SCHEDULES 300
#define EVENTS	  30
#define OTHERS	  8 /* the first leaf of those that are put out */
#define OLD_MAX	  24
#define ROUNDS	  12 /* exchanges until all is well */

static unsigned seed;
static struct pair_group group;
static struct pair members[2];

static unsigned below(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

/* ---- names ---- */

static struct nos_name last, most; /* of the group's keys: the newest, and the highest ever */

static bool is_above(const struct nos_name *n, const struct nos_name *of)
{
	return n->parts[1] > of->parts[1] ||
	       (n->parts[1] == of->parts[1] && n->parts[2] > of->parts[2]);
}

/* The present key is called as none was before. */
static void note_name(void)
{
	const struct nos_name now = nos_group_name(&group.g, nos_group_present(&group.g));

	assert_true(is_above(&now, &last));
	last = now;
	if (is_above(&now, &most))
		most = now;
}

/* ---- what happens ---- */

/* Messages that were on their way, from whenever. */
struct old {
	int whose;
	size_t len;
	uint8_t bytes[NOS_ASSOC_MESSAGE_MAX];
};

/* What a side had, to which it may go back. */
struct copies {
	struct nos_keyring sources[2];
	struct nos_assoc nodes[2];
	struct pair_group group;
};

static struct old olds[OLD_MAX];
static size_t old_count;
static struct copies copies;

static void keep_old(int whose, const uint8_t *bytes, size_t len)
{
	struct old *o = &olds[old_count++ % OLD_MAX];

	*o = (struct old){ .whose = whose, .len = len };
	memcpy(o->bytes, bytes, len);
}

static void move_group(void)
{
	const unsigned what = below(4);

	if (what == 0)
		pair_group_heal(&group);
	else if (what == 1)
		pair_group_evict(&group, OTHERS + below(PAIR_LEAVES - OTHERS));
	else
		pair_group_order(&group);
	note_name();
}

/* What all hear, or do not. */
static void speak(int i)
{
	NOS_AUTO(buf) order = { 0 };
	const struct nos_span broadcast = { group.g.broadcast, group.g.broadcast_len };

	if (group.g.broadcast_len) {
		keep_old(i, broadcast.p, broadcast.len);
		if (below(2))
			(void)pair_take(&members[i], broadcast);
	}
	if (pair_order(&members[i], &order)) {
		keep_old(i, (const uint8_t *)order.p, order.len);
		if (below(2))
			(void)pair_take(&members[i], nos_buf_span(&order));
	}
}

/* A contact, of which each half may be lost. */
static void meet(int i)
{
	struct pair *p = &members[i];

	p->node.event_count = 0; /* whose caller has written them down */
	(void)pair_fill(p);
	for (size_t j = 0; j < p->node.out_count; j++)
		keep_old(i, p->node.out[j].bytes, p->node.out[j].len);
	if (below(3) == 0 || pair_deliver(p) != NOS_HOLDER_TOOK)
		return;
	pair_make_ack(p);
	if (below(3))
		(void)pair_ack(p);
	if (below(3))
		(void)pair_pack(p);
}

static void come_late(void)
{
	const struct old *o = &olds[below(OLD_MAX)];

	if (o->len)
		(void)pair_take(&members[o->whose], (struct nos_span){ o->bytes, o->len });
}

static void copy_all(void)
{
	for (int i = 0; i < 2; i++) {
		copies.sources[i] = members[i].source;
		copies.nodes[i] = members[i].node;
	}
	copies.group = group;
}

/* The node's store is put back. What it draws from then on is not what it drew before. */
static void put_back(void)
{
	const unsigned drawn = group.drawn;

	group = copies.group;
	group.drawn = drawn;
	for (int i = 0; i < 2; i++)
		members[i].node = copies.nodes[i];
}

/* That was announced: what follows is another life of it. */
static void restore(void)
{
	const uint64_t life = group.g.life + 1;

	put_back();
	group.g.life = life;
	pair_group_renew(&group);
	for (int i = 0; i < 2; i++)
		members[i].world.life = life;
	pair_group_order(&group);
	note_name();
}

/* Nobody said so. In the same life: a node knows which one it is in. */
static void go_back(void)
{
	if (copies.group.g.life != group.g.life)
		return;
	put_back();
	last = (struct nos_name){ 0 };
}

static void (*restored)(void); /* either of these */

static void happen(void)
{
	const int i = (int)below(2);

	switch (below(10)) {
	case 0:
	case 1:
		move_group();
		break;
	case 2:
	case 3:
		speak(i);
		break;
	case 4:
		come_late();
		break;
	case 5:
		copy_all();
		break;
	case 6:
		if (below(3) == 0)
			members[i].source = copies.sources[i];
		break;
	case 7:
		if (below(8) == 0)
			restored();
		break;
	default:
		meet(i);
	}
}

/* ---- and how it ends ---- */

/* The source asks, under each Z that it may have, and sends under what it is given. */
static void ask(struct pair *p)
{
	p->world.now.ms += 300000;
	for (size_t way = 0; way < nos_holder_ways(&p->source); way++) {
		if (pair_ask(p, way, false) || pair_answer(p, 1) || pair_take_answer(p))
			continue;
		assert_true(pair_pack(p));
		return;
	}
	fail_msg("no ask was answered");
}

/* What is outstanding is taken and acknowledged; false: it says that something does not fit. */
static bool take_all(struct pair *p)
{
	const enum nos_holder_did did = pair_deliver(p);

	if (did != NOS_HOLDER_TOOK && did != NOS_HOLDER_AGAIN)
		return false;
	pair_make_ack(p);
	return pair_ack(p) == NOS_OK;
}

/* It sends under p. though it is taken to have its group's. */
static void look_for_loss(struct pair *p)
{
	if (!p->node.out_count && nos_keyring_active(&p->source)->name.kind == 'p' &&
	    nos_place_is_current(&p->node, &group.g))
		(void)nos_issuer_lost(&p->node, &p->world);
}

static bool is_there(struct pair *p)
{
	const struct nos_name present = pair_present(p);

	return !nos_issuer_is_pending(&p->node, p->world.life) &&
	       nos_name_eq(&present, &nos_keyring_active(&p->source)->name) && pair_pack(p);
}

/* It sends under what was replaced, and no order leads on from there: it is told to ask. */
static bool has_lost(struct pair *p)
{
	const struct nos_name *name = &nos_keyring_active(&p->source)->name;
	const struct nos_assoc_key *own = nos_assoc_key(&p->node, name);

	if (p->node.out_count)
		return false;
	if (own)
		return own->state == NOS_STATE_DEACTIVATED;
	return name->parts[1] != group.g.clock.epoch;
}

/* One exchange, as both sides do it. */
static void exchange(struct pair *p)
{
	p->node.event_count = 0;
	(void)pair_fill(p);
	if (nos_issuer_wants_ask(&p->node, p->world.life) || (p->node.out_count && !take_all(p))) {
		ask(p);
		return;
	}
	(void)pair_hear(p);
	if (!pair_pack(p) || has_lost(p)) /* the first is a 401 */
		ask(p);
	look_for_loss(p);
}

static void end(struct pair *p)
{
	int i = 0;

	for (; i < ROUNDS && !is_there(p); i++)
		exchange(p);
	if (i == ROUNDS)
		fail_msg("%s: not at the present key", p->world.scheme->name);
	pair_is_whole(p);
}

static void begin(const struct nos_scheme *scheme)
{
	pair_group_init(&group, scheme->name);
	last = most = (struct nos_name){ 0 };
	old_count = 0;
	memset(olds, 0, sizeof(olds));
	for (int i = 0; i < 2; i++) {
		pair_init_as(&members[i], scheme, i ? "s-0000000002" : SOURCE);
		pair_enter(&members[i], &group);
	}
	copy_all();
}

/* A node that went back without a word leads on who was ahead once it is past that. */
static void catch_up(void)
{
	const bool clock = nos_group_has_clock(&group.g);

	while (group.g.clock.epoch <= most.parts[1] || (clock && group.g.clock.t <= most.parts[2]))
		pair_group_heal(&group);
}

static void play(const struct nos_scheme *scheme)
{
	begin(scheme);
	for (int i = 0; i < EVENTS; i++)
		happen();
	if (restored == go_back)
		catch_up();
	/* Who is placed in the present session is given the next. */
	for (int i = 0; i < ROUNDS; i++)
		exchange(&members[i % 2]);
	pair_group_order(&group);
	note_name();
	end(&members[0]);
	end(&members[1]);
	assert_true(nos_secret_eq(&nos_keyring_active(&members[0].source)->value,
	    &nos_keyring_active(&members[1].source)->value));
}

static void play_all(void (*as)(void))
{
	const struct nos_scheme *scheme;

	restored = as;
	for (size_t i = 0; (scheme = nos_scheme_at(i)); i++)
		for (int j = 0; scheme->grouped && j < SCHEDULES; j++)
			play(scheme);
}

static void a_member_comes_to_the_present_key_whatever_was_lost_or_put_back(void **state)
{
	(void)state;
	play_all(restore);
}

static void after_a_node_that_went_back_without_a_word_it_does_once_that_is_past_where_it_stood(
    void **state)
{
	(void)state;
	play_all(go_back);
}

/* ---- two groups ---- */

/* The first is told something; the second, of another group, would open it but for that. */
static void assert_nothing_in_another(enum nos_message_kind kind)
{
	struct pair *a = &members[0], *b = &members[1];
	const size_t i = a->node.out_count - 1;
	const struct nos_span message = { a->node.out[i].bytes, a->node.out[i].len };
	struct nos_keyring before;

	assert_int_equal(message.p[0] >> 4, kind);
	b->source.down = a->source.down;
	memcpy(b->source.source, a->source.source, sizeof(b->source.source));
	before = b->source;
	assert_int_not_equal(pair_take(b, message), NOS_HOLDER_TOOK);
	assert_memory_equal(&before, &b->source, sizeof(before));
	assert_int_equal(pair_deliver(a), NOS_HOLDER_TOOK); /* the control */
}

static void begin_two(const struct nos_scheme *scheme, struct pair_group *other)
{
	begin(scheme);
	pair_group_init_as(other, scheme->name, 1, PAIR_GROUP + 1, false);
	pair_enter(&members[1], other);
	for (int i = 0; i < 2; i++)
		pair_settle(&members[i]);
	pair_group_order(&group);
	pair_group_order(other);
	pair_settle(&members[1]);
	(void)pair_fill(&members[0]);
}

static void what_a_member_of_one_group_is_told_is_nothing_in_another(void **state)
{
	static struct pair_group other;
	const struct nos_scheme *scheme;

	(void)state;
	for (size_t i = 0; (scheme = nos_scheme_at(i)); i++) {
		if (!scheme->grouped)
			continue;
		begin_two(scheme, &other);
		assert_nothing_in_another(
		    nos_group_has_clock(&group.g) ? NOS_MESSAGE_JOIN : NOS_MESSAGE_HEAL);
		begin_two(scheme, &other);
		pair_settle(&members[0]);
		pair_group_heal(&group);
		(void)pair_fill(&members[0]);
		assert_nothing_in_another(NOS_MESSAGE_HEAL);
		begin_two(scheme, &other);
		pair_settle(&members[0]);
		pair_group_evict(&group, OTHERS);
		(void)pair_fill(&members[0]);
		assert_nothing_in_another(NOS_MESSAGE_EVICT);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_member_comes_to_the_present_key_whatever_was_lost_or_put_back),
		cmocka_unit_test(
		    after_a_node_that_went_back_without_a_word_it_does_once_that_is_past_where_it_stood),
		cmocka_unit_test(what_a_member_of_one_group_is_told_is_nothing_in_another),
	};

	seed = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : (unsigned)time(NULL);
	printf("# seed %u\n", seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
