/* SPDX-License-Identifier: MIT */
/* Groups as a store keeps them: their values, names and tokens. */
#include "../registry/node.h"

#include "base/num.h"
#include "group/groups.h"
#include "group/groups_text.h"

#define NOW  ((struct nos_time){ 1795600000000 })
#define NODE 5

static const struct nos_group_step step = { NOW, 1000 };

static struct nos_group make(const char *name, const char *scheme, bool shared)
{
	struct nos_group g = { .depth = 7, .shared = shared };

	snprintf(g.name, sizeof(g.name), "%s", name);
	snprintf(g.scheme, sizeof(g.scheme), "%s", scheme);
	nos_err_clear(&err);
	assert_int_equal(nos_groups_make(store, &vault, &g, 1, NOW, &err), NOS_OK);
	return g;
}

static struct nos_secret draw(int seed)
{
	struct nos_secret s = { .len = NOS_LKH_KEY_LEN };

	memset(s.bytes, seed, s.len);
	return s;
}

/* The next session, put. */
static void tick(struct nos_group *g)
{
	uint8_t token[NOS_SESSION_TOKEN_LEN];

	assert_int_equal(nos_groups_token(store, &vault, g, NODE, token, &err), NOS_OK);
	assert_int_equal(nos_group_tick(g, token, &step, &err), NOS_OK);
	assert_int_equal(nos_groups_put(store, &vault, g, &err), NOS_OK);
}

/* The next epoch, not put. */
static void turn(struct nos_group *g, enum nos_group_how how, uint32_t leaf)
{
	const struct nos_secret s = draw((int)g->clock.epoch + 9);

	assert_int_equal(nos_group_turn(g, g->clock.epoch + 1, how, leaf, &s, &step, &err), NOS_OK);
}

static struct nos_group get(uint64_t number, const struct nos_vault *with)
{
	struct nos_group g;

	nos_err_clear(&err);
	assert_int_equal(nos_groups_get(store, with, number, &g, &err), NOS_OK);
	return g;
}

static void assert_secret(const struct nos_secret *a, const struct nos_secret *b, bool is)
{
	if (is && b->len)
		assert_true(nos_secret_eq(a, b));
	else
		assert_int_equal(a->len, 0);
}

/* secrets: with what is secret of it. */
static void assert_same(const struct nos_group *a, const struct nos_group *b, bool secrets)
{
	assert_true(a->number == b->number && a->rev == b->rev);
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->scheme, b->scheme);
	assert_true(a->depth == b->depth && a->shared == b->shared && a->made.ms == b->made.ms);
	assert_true(a->life == b->life && a->clock.group == b->clock.group);
	assert_true(a->clock.epoch == b->clock.epoch && a->clock.t == b->clock.t);
	assert_true(a->chain == b->chain && a->began == b->began && a->since.ms == b->since.ms);
	assert_memory_equal(a->token, b->token, sizeof(a->token));
	assert_true(a->how == b->how && a->leaf == b->leaf && a->turning == b->turning);
	assert_true(a->broadcast_len == b->broadcast_len);
	assert_memory_equal(a->broadcast, b->broadcast, a->broadcast_len);
	assert_secret(&a->clock.a, &b->clock.a, secrets);
	assert_secret(&a->secret, &b->secret, secrets);
	assert_int_equal(a->key_count, b->key_count);
	for (size_t i = 0; i < a->key_count; i++) {
		const struct nos_group_key *x = &a->keys[i], *y = &b->keys[i];

		assert_true(x->epoch == y->epoch && x->t == y->t);
		assert_true(x->since.ms == y->since.ms && x->until.ms == y->until.ms);
		assert_secret(&x->value, &y->value, secrets);
	}
}

static void a_group_comes_back_as_it_was_put_in_either_scheme(void **state)
{
	static const char *const schemes[] = { "dipietro", "tree" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct nos_group g = make(schemes[i], schemes[i], i == 0), again;

		again = get(g.number, &vault);
		assert_same(&again, &g, true);
		for (int n = 0; n < 3; n++) {
			turn(&g, NOS_GROUP_EVICTED, 100);
			memset(g.broadcast, n, sizeof(g.broadcast));
			g.broadcast_len = 300;
			if (nos_group_has_clock(&g))
				tick(&g);
			else
				assert_int_equal(nos_groups_put(store, &vault, &g, &err), NOS_OK);
		}
		again = get(g.number, &vault);
		assert_same(&again, &g, true);
		assert_true(again.turning && again.key_count == (g.shared ? 1 : 3));
		again = get(g.number, NULL);
		assert_same(&again, &g, false);
		turn(&g, NOS_GROUP_HEALED, 0);
		g.turning = false;
		g.leaf = 0;
		assert_int_equal(nos_groups_put(store, &vault, &g, &err), NOS_OK);
		again = get(g.number, &vault);
		assert_same(&again, &g, true);
	}
}

static void the_fullest_group_there_can_be_has_room(void **state)
{
	struct nos_group g = make("roof", "dipietro", true), again;

	(void)state;
	memset(g.name, 'n', NOS_NAME_WORD_MAX);
	g.clock.epoch = g.clock.t = g.chain = g.began = g.life = NOS_NUM_SAFE - 1;
	g.depth = NOS_LKH_DEPTH_MAX;
	g.how = NOS_GROUP_EVICTED;
	g.secret = draw(1);
	g.turning = true;
	g.broadcast_len = sizeof(g.broadcast);
	for (g.key_count = 0; g.key_count < NOS_GROUP_KEYS_MAX; g.key_count++) {
		struct nos_group_key *k = &g.keys[g.key_count];

		*k = (struct nos_group_key){ .epoch = NOS_NUM_SAFE - 1,
			.t = NOS_NUM_SAFE - 1 - g.key_count,
			.since = NOW,
			.until = { NOW.ms + 1 } };
		k->value = (struct nos_secret){ .len = 32, .bytes = { (uint8_t)g.key_count } };
	}
	assert_int_equal(nos_groups_put(store, &vault, &g, &err), NOS_OK);
	again = get(g.number, &vault);
	assert_same(&again, &g, true);
}

static void names_and_numbers_lead_to_one_group_and_no_name_is_given_twice(void **state)
{
	struct nos_group roof = make("roof", "dipietro", false), g;
	const struct nos_group cellar = make("cellar", "tree", false);
	struct nos_group second = { .depth = 2, .name = "roof", .scheme = "tree" };

	(void)state;
	assert_true(roof.number == 1 && cellar.number == 2);
	assert_int_equal(nos_groups_find(store, &vault, NOS_STR("roof"), &g, &err), NOS_OK);
	assert_same(&g, &roof, true);
	assert_int_equal(nos_groups_find(store, NULL, NOS_STR("cellar"), &g, &err), NOS_OK);
	assert_same(&g, &cellar, false);
	assert_int_equal(nos_groups_make(store, &vault, &second, 1, NOW, &err), NOS_EXISTS);
	nos_err_clear(&err);
	assert_int_equal(nos_groups_find(store, &vault, NOS_STR("roof"), &g, &err), NOS_OK);
	assert_int_equal(g.number, 1);
}

static void what_is_not_there_is_absent_under_name_and_number(void **state)
{
	static const char *const names[] = { "hall", "1", "", "name/roof", "../roof", "ro of" };
	struct nos_group g;
	uint64_t rev = 7;
	struct nos_buf order;

	(void)state;
	make("roof", "dipietro", false);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(
		    nos_groups_find(store, &vault, nos_str_of(names[i]), &g, &err), NOS_ABSENT);
		nos_err_clear(&err);
	}
	assert_int_equal(nos_groups_get(store, &vault, 2, &g, &err), NOS_ABSENT);
	assert_string_equal(err.text, "no group of number 2");
	nos_err_clear(&err);
	assert_int_equal(nos_groups_rev(store, 2, &rev, &err), NOS_OK);
	assert_int_equal(rev, 0);
	nos_buf_init(&order, 100);
	assert_int_equal(nos_groups_order(store, 2, &order, &err), NOS_ABSENT);
	nos_buf_release(&order);
}

static void who_read_it_before_another_put_it_changes_nothing(void **state)
{
	struct nos_group g = make("roof", "dipietro", false), old = get(1, &vault), now;
	uint64_t rev;

	(void)state;
	tick(&g);
	old.depth = 3;
	assert_int_equal(nos_groups_put(store, &vault, &old, &err), NOS_EXISTS);
	now = get(1, &vault);
	assert_same(&now, &g, true);
	assert_int_equal(nos_groups_rev(store, 1, &rev, &err), NOS_OK);
	assert_int_equal(rev, g.rev);
}

/* The value of a group, or its tokens. */
static struct nos_str value_of(const char *ns, const char *key)
{
	const struct cluster_value *v = cluster_find(ns, nos_str_of(key));

	assert_non_null(v);
	return (struct nos_str){ v->value, v->len };
}

static void assert_nowhere(const void *bytes, size_t len)
{
	struct nos_buf text;

	nos_buf_init(&text, 200);
	nos_enc_base64(&text, bytes, len / 3 * 3); /* whole groups of four characters */
	for (size_t i = 0; i < cluster.values_count; i++) {
		const struct cluster_value *v = &cluster.values[i];

		assert_null(memmem(v->value, v->len, bytes, len));
		assert_null(memmem(v->value, v->len, text.p, text.len));
	}
	nos_buf_release(&text);
}

static void nothing_secret_stands_in_the_store_in_clear(void **state)
{
	struct nos_group_chain *c = malloc(sizeof(*c));
	struct nos_group g = make("roof", "dipietro", false), tree = make("cellar", "tree", false);

	(void)state;
	turn(&g, NOS_GROUP_HEALED, 0);
	tick(&g);
	tick(&g);
	turn(&tree, NOS_GROUP_EVICTED, 5);
	assert_int_equal(nos_groups_put(store, &vault, &tree, &err), NOS_OK);
	assert_nowhere(g.clock.a.bytes, g.clock.a.len);
	assert_nowhere(g.secret.bytes, g.secret.len);
	assert_nowhere(tree.secret.bytes, tree.secret.len);
	assert_nowhere(tree.keys[0].value.bytes, tree.keys[0].value.len);
	for (size_t i = 0; i < g.key_count; i++)
		assert_nowhere(g.keys[i].value.bytes, g.keys[i].value.len);
	assert_int_equal(
	    nos_groups_text_chain_decode(1, value_of(NOS_GROUPS_CHAINS_NS, "1"), &vault, c, &err),
	    NOS_OK);
	assert_int_equal(c->last, NOS_SESSION_CHAIN_MAX);
	for (size_t i = 1; i < sizeof(c->kept) / sizeof(c->kept[0]); i++)
		assert_nowhere(c->kept[i], NOS_SESSION_TOKEN_LEN);
	free(c);
}

static void the_order_is_read_without_the_node_s_key(void **state)
{
	struct nos_group g = make("roof", "dipietro", false), tree = make("cellar", "tree", false);
	struct nos_buf order, own;

	(void)state;
	nos_buf_init(&order, 100);
	nos_buf_init(&own, 100);
	assert_int_equal(nos_groups_order(store, g.number, &order, &err), NOS_OK);
	assert_int_equal(order.len, 0);
	tick(&g);
	tick(&g);
	assert_int_equal(nos_groups_order(store, g.number, &order, &err), NOS_OK);
	assert_true(nos_group_order(&g, &own));
	assert_true(order.len == own.len && memcmp(order.p, own.p, own.len) == 0);
	turn(&tree, NOS_GROUP_HEALED, 0);
	assert_int_equal(nos_groups_put(store, &vault, &tree, &err), NOS_OK);
	nos_buf_truncate(&order, 0);
	assert_int_equal(nos_groups_order(store, tree.number, &order, &err), NOS_OK);
	assert_int_equal(order.len, 0);
	nos_buf_release(&order);
	nos_buf_release(&own);
}

/* ---- damage ---- */

static void assert_no_group(struct nos_str text, const struct nos_vault *with, enum nos_code code)
{
	struct nos_group g;

	nos_err_clear(&err);
	assert_int_equal(nos_groups_text_decode(1, text, with, &g, &err), code);
	assert_true(!g.number && !g.clock.a.len && !g.key_count);
}

static void a_value_that_is_cut_off_anywhere_is_damage(void **state)
{
	struct nos_group_chain *c = malloc(sizeof(*c));
	struct nos_group g = make("roof", "dipietro", false);
	struct nos_str text, tokens;

	(void)state;
	turn(&g, NOS_GROUP_HEALED, 0);
	tick(&g);
	text = value_of(NOS_GROUPS_NS, "1");
	for (size_t len = 0; len < text.len; len++)
		assert_no_group((struct nos_str){ text.p, len }, &vault, NOS_IO);
	tokens = value_of(NOS_GROUPS_CHAINS_NS, "1");
	for (size_t len = 0; len < tokens.len; len += 7) {
		nos_err_clear(&err);
		assert_int_equal(nos_groups_text_chain_decode(
				     1, (struct nos_str){ tokens.p, len }, &vault, c, &err),
		    NOS_IO);
	}
	free(c);
}

/* The value with one text in place of another, which it has. */
static void replace(struct nos_buf *b, struct nos_str text, const char *from, const char *to)
{
	const char *at = memmem(text.p, text.len, from, strlen(from));
	const char *behind = at + strlen(from);

	assert_non_null(at);
	nos_buf_truncate(b, 0);
	nos_buf_add(b, text.p, (size_t)(at - text.p));
	nos_buf_add_text(b, to);
	nos_buf_add(b, behind, text.len - (size_t)(behind - text.p));
}

static void what_a_group_cannot_be_is_damage_and_a_newer_one_is_said_to_be_that(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "\"depth\":7", "\"depth\":0" },
		{ "\"depth\":7", "\"depth\":21" },
		{ "\"life\":1", "\"life\":0" },
		{ "\"how\":\"evicted\"", "\"how\":\"made\"" }, /* one secret more than it has */
		{ "\"how\":\"evicted\"", "\"how\":\"gone\"" },
		{ "\"leaf\":5", "\"leaf\":128" },
		{ "\"scheme\":\"dipietro\"", "\"scheme\":\"tree\"" },
		{ "\"keys\":[{", "\"keys\":[{},{" },
		{ "\"order\":\"", "\"order\":\"AAAA" },
		{ "\"sealed\":\"", "\"sealed\":\"AAAA" },
		{ "\"t\":1", "\"t\":-1" },
	};
	struct nos_group g = make("roof", "dipietro", false);
	struct nos_buf b;

	(void)state;
	turn(&g, NOS_GROUP_EVICTED, 5);
	tick(&g);
	nos_buf_init(&b, NOS_GROUPS_TEXT_MAX);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		replace(&b, value_of(NOS_GROUPS_NS, "1"), cases[i].from, cases[i].to);
		nos_err_clear(&err);
		assert_int_not_equal(
		    nos_groups_text_decode(1, nos_buf_str(&b), &vault, &g, &err), NOS_OK);
		assert_true(err.code == NOS_IO || err.code == NOS_DENIED);
	}
	replace(&b, value_of(NOS_GROUPS_NS, "1"), "\"v\":1", "\"v\":2");
	assert_no_group(nos_buf_str(&b), &vault, NOS_CONFIG);
	node_put(NOS_GROUPS_NS, "name/roof", "one");
	nos_err_clear(&err);
	assert_int_equal(nos_groups_find(store, &vault, NOS_STR("roof"), &g, &err), NOS_IO);
	nos_buf_release(&b);
}

static void what_is_sealed_opens_in_its_own_place_under_its_own_key_alone(void **state)
{
	struct nos_group_chain *c = malloc(sizeof(*c));
	struct nos_buf text;
	struct nos_vault other;
	struct nos_group g;

	(void)state;
	make("roof", "dipietro", false);
	g = make("hall", "dipietro", false);
	tick(&g); /* which draws its tokens */
	nos_buf_init_secret(&text, 1000);
	assert_int_equal(nos_vault_new(&other, &text, &err), NOS_OK);
	assert_no_group(value_of(NOS_GROUPS_NS, "1"), &other, NOS_DENIED);
	assert_no_group(value_of(NOS_GROUPS_NS, "2"), &vault, NOS_DENIED);
	nos_err_clear(&err);
	assert_int_equal(
	    nos_groups_text_chain_decode(1, value_of(NOS_GROUPS_CHAINS_NS, "2"), &vault, c, &err),
	    NOS_DENIED);
	assert_int_equal(c->last, 0);
	nos_err_clear(&err);
	assert_int_equal(nos_groups_get(store, &other, 1, &g, &err), NOS_DENIED);
	nos_vault_release(&other);
	nos_buf_release(&text);
	free(c);
}

/* ---- all of them ---- */

static enum nos_code see(void *state, struct nos_group *g, struct nos_err *e)
{
	char *names = state;

	(void)e;
	assert_int_equal(g->rev, get(g->number, NULL).rev);
	snprintf(names + strlen(names), 100, "%s%s ", g->name, g->clock.a.len ? "+" : "");
	return NOS_OK;
}

static enum nos_code see_rev(void *state, uint64_t number, uint64_t rev, struct nos_err *e)
{
	uint64_t *sum = state, own;

	assert_int_equal(nos_groups_rev(store, number, &own, e), NOS_OK);
	assert_int_equal(own, rev);
	*sum += number;
	return NOS_OK;
}

static void each_group_is_seen_once_and_its_secrets_where_there_is_a_key(void **state)
{
	char names[200] = "";
	uint64_t sum = 0;

	(void)state;
	assert_int_equal(nos_groups_scan(store, &vault, see, names, &err), NOS_OK);
	assert_string_equal(names, "");
	make("roof", "dipietro", false);
	make("cellar", "tree", false);
	make("hall", "dipietro", true);
	assert_int_equal(nos_groups_scan(store, &vault, see, names, &err), NOS_OK);
	assert_string_equal(names, "roof+ cellar hall+ ");
	*names = '\0';
	assert_int_equal(nos_groups_scan(store, NULL, see, names, &err), NOS_OK);
	assert_string_equal(names, "roof cellar hall ");
	assert_int_equal(nos_groups_scan_revs(store, see_rev, &sum, &err), NOS_OK);
	assert_int_equal(sum, 1 + 2 + 3);
}

/* ---- tokens ---- */

/* A chain of its own for a group, of this length. */
static void shorten(const struct nos_group *g, uint64_t length)
{
	static const uint8_t last[NOS_SESSION_TOKEN_LEN] = "the last of them";
	struct nos_group_chain *c = malloc(sizeof(*c));
	struct nos_buf text;
	char key[24];

	nos_buf_init(&text, NOS_GROUPS_TEXT_MAX);
	assert_int_equal(
	    nos_group_chain_make(c, NODE, g->number, g->chain, length, last, &err), NOS_OK);
	assert_int_equal(nos_groups_text_chain_encode(&text, g->number, c, &vault, &err), NOS_OK);
	nos_buf_add_char(&text, '\0');
	snprintf(key, sizeof(key), "%u", (unsigned)g->number);
	node_put(NOS_GROUPS_CHAINS_NS, key, text.p);
	nos_buf_release(&text);
	free(c);
}

static bool follows(const struct nos_group *g, const struct nos_session_token *before)
{
	struct nos_session_token now = { .t = g->clock.t };
	bool is;

	memcpy(now.h, g->token, sizeof(now.h));
	nos_err_clear(&err);
	is = nos_session_verify(NODE, g->number, before, &now, NOS_SESSION_CHAIN_MAX, &err) ==
	     NOS_OK;
	nos_err_clear(&err);
	return is;
}

static void behind_the_end_of_its_tokens_others_are_drawn_and_t_goes_on(void **state)
{
	struct nos_group g = make("roof", "dipietro", false);
	struct nos_session_token before;
	struct nos_buf order;

	(void)state;
	shorten(&g, 4);
	tick(&g);
	for (uint64_t t = 2; t <= 4; t++) {
		before = (struct nos_session_token){ .t = g.clock.t };
		memcpy(before.h, g.token, sizeof(before.h));
		tick(&g);
		assert_true(g.clock.t == t && g.chain == 0 && follows(&g, &before));
	}
	tick(&g);
	assert_true(g.clock.t == 5 && g.chain == 4);
	assert_false(follows(&g, &before));
	nos_buf_init(&order, 100);
	assert_int_equal(nos_groups_order(store, g.number, &order, &err), NOS_OK);
	assert_true(order.len);
	nos_buf_release(&order);
	before = (struct nos_session_token){ .t = g.clock.t };
	memcpy(before.h, g.token, sizeof(before.h));
	for (int i = 0; i < 3; i++)
		tick(&g);
	assert_true(g.clock.t == 8 && g.chain == 4 && follows(&g, &before));
}

static void a_change_that_came_to_nothing_leaves_tokens_that_serve(void **state)
{
	struct nos_group g = make("roof", "dipietro", false), lost;
	uint8_t token[NOS_SESSION_TOKEN_LEN];
	struct nos_session_token before = { .t = 3 };

	(void)state;
	shorten(&g, 2);
	tick(&g);
	tick(&g);
	lost = g;
	assert_int_equal(nos_groups_token(store, &vault, &lost, NODE, token, &err), NOS_OK);
	assert_int_equal(lost.chain, 2);
	tick(&g); /* by another, who knows nothing of it */
	assert_true(g.clock.t == 3 && g.chain == 2);
	memcpy(before.h, g.token, sizeof(before.h));
	tick(&g);
	assert_true(follows(&g, &before));
}

static void a_group_whose_tokens_are_gone_draws_others_behind_where_it_stands(void **state)
{
	struct nos_group g = make("roof", "dipietro", false);

	(void)state;
	tick(&g);
	tick(&g);
	assert_int_equal(
	    nos_store_del(store, NOS_GROUPS_CHAINS_NS, NOS_STR("1"), NOS_STORE_ANY, &err), NOS_OK);
	tick(&g);
	assert_true(g.clock.t == 3 && g.chain == 2);
}

static void in_a_new_life_of_the_node_all_is_drawn_anew_and_no_number_falls(void **state)
{
	struct nos_group g = make("roof", "dipietro", false), before;
	struct nos_group tree = make("cellar", "tree", false);
	struct nos_session_token last;

	(void)state;
	turn(&g, NOS_GROUP_EVICTED, 3);
	tick(&g);
	tick(&g);
	before = g;
	last = (struct nos_session_token){ .t = g.clock.t };
	memcpy(last.h, g.token, sizeof(last.h));
	assert_int_equal(nos_groups_renew(store, &g, 3, NOW, &err), NOS_OK);
	assert_int_equal(nos_groups_put(store, &vault, &g, &err), NOS_OK);
	assert_true(g.life == 3 && g.clock.epoch == UINT64_C(2) << 32 && g.clock.t == 2);
	assert_true(!g.turning && !g.key_count && !g.broadcast_len && g.how == NOS_GROUP_MADE);
	assert_true(!g.secret.len && !nos_group_present(&g) && g.chain == 2);
	assert_false(nos_secret_eq(&g.clock.a, &before.clock.a));
	g = get(1, &vault);
	tick(&g);
	assert_true(g.clock.t == 3 && !follows(&g, &last));
	turn(&tree, NOS_GROUP_EVICTED, 3);
	assert_int_equal(nos_groups_renew(store, &tree, 2, NOW, &err), NOS_OK);
	assert_true(tree.clock.epoch == UINT64_C(1) << 32 && !tree.key_count && !tree.clock.a.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NODE_TEST(a_group_comes_back_as_it_was_put_in_either_scheme),
		NODE_TEST(the_fullest_group_there_can_be_has_room),
		NODE_TEST(names_and_numbers_lead_to_one_group_and_no_name_is_given_twice),
		NODE_TEST(what_is_not_there_is_absent_under_name_and_number),
		NODE_TEST(who_read_it_before_another_put_it_changes_nothing),
		NODE_TEST(nothing_secret_stands_in_the_store_in_clear),
		NODE_TEST(the_order_is_read_without_the_node_s_key),
		NODE_TEST(a_value_that_is_cut_off_anywhere_is_damage),
		NODE_TEST(what_a_group_cannot_be_is_damage_and_a_newer_one_is_said_to_be_that),
		NODE_TEST(what_is_sealed_opens_in_its_own_place_under_its_own_key_alone),
		NODE_TEST(each_group_is_seen_once_and_its_secrets_where_there_is_a_key),
		NODE_TEST(behind_the_end_of_its_tokens_others_are_drawn_and_t_goes_on),
		NODE_TEST(a_change_that_came_to_nothing_leaves_tokens_that_serve),
		NODE_TEST(a_group_whose_tokens_are_gone_draws_others_behind_where_it_stands),
		NODE_TEST(in_a_new_life_of_the_node_all_is_drawn_anew_and_no_number_falls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
