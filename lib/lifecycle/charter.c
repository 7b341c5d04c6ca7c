/* SPDX-License-Identifier: MIT */
#include "lifecycle/charter.h"

#include <string.h>

#include "self/self.h"
#include "scheme/scheme.h"

#define SCHEME "dipietro" /* where none is said */

static enum nos_code check_scheme(const struct nos_charter *c, struct nos_err *err)
{
	const struct nos_scheme *scheme = nos_scheme_find(nos_str_of(c->scheme));

	if (!scheme)
		return nos_err_set(err, NOS_USAGE, "no scheme '%s'", c->scheme);
	if (c->name && !scheme->grouped)
		return nos_err_set(err, NOS_USAGE, "%s has no groups", c->scheme);
	if (!c->name && scheme->grouped)
		return nos_err_set(
		    err, NOS_USAGE, "%s is a scheme of groups: no --group", c->scheme);
	return NOS_OK;
}

enum nos_code nos_charter_check(const struct nos_charter *c, struct nos_err *err)
{
	if (c->scheme && check_scheme(c, err))
		return nos_err_within(err, c->name ? "--group" : "--scheme");
	if (!c->name && (c->depth || c->shared))
		return nos_err_set(err, NOS_USAGE, "--%s is for groups: no --group",
		    c->depth ? "depth" : "shared");
	if (!c->name)
		return NOS_OK;
	if (!nos_name_is_word(nos_str_of(c->name)))
		return nos_err_set(err, NOS_USAGE, "--group: '%s' cannot be a group", c->name);
	if (c->shared && c->scheme && strcmp(c->scheme, SCHEME) != 0)
		return nos_err_set(
		    err, NOS_USAGE, "--shared: a group of %s cannot be shared", c->scheme);
	return NOS_OK;
}

static enum nos_code compare(
    const struct nos_charter *c, const struct nos_group *g, struct nos_err *err)
{
	if (c->scheme && strcmp(c->scheme, g->scheme) != 0)
		return nos_err_set(
		    err, NOS_USAGE, "--scheme: the group '%s' is of %s", g->name, g->scheme);
	if (c->depth && c->depth != g->depth)
		return nos_err_set(
		    err, NOS_USAGE, "--depth: the group '%s' has a depth of %u", g->name, g->depth);
	if (c->shared && !g->shared)
		return nos_err_set(
		    err, NOS_USAGE, "--shared: the group '%s' is not shared", g->name);
	return NOS_OK;
}

/* Its name in the entry is what the names of all its keys begin with. */
static enum nos_code write_down(
    const struct nos_group *g, struct nos_audit *audit, struct nos_time now, struct nos_err *err)
{
	const struct nos_group_key none = { 0 };
	struct nos_name name = nos_group_name(g, &none);
	char kid[NOS_NAME_TEXT_MAX];
	const struct nos_audit_event event = {
		.what = NOS_AUDIT_GROUP, .key = kid, .to = "made", .reason = "new"
	};

	name.count = 1;
	nos_name_format(&name, kid);
	return nos_audit_append(audit, now, &event, err);
}

static enum nos_code make(const struct nos_charter *c, struct nos_audit *audit,
    const struct nos_vault *vault, struct nos_time now, struct nos_err *err)
{
	NOS_AUTO(group)
	g = { .depth = c->depth ? c->depth : NOS_GROUP_DEPTH, .shared = c->shared };
	uint64_t life;

	nos_str_copy(nos_str_of(c->name), g.name, sizeof(g.name));
	nos_str_copy(nos_str_of(c->scheme ? c->scheme : SCHEME), g.scheme, sizeof(g.scheme));
	if (nos_self_life(audit->store, &life, err) ||
	    nos_groups_make(audit->store, vault, &g, life, now, err))
		return err->code;
	return write_down(&g, audit, now, err);
}

enum nos_code nos_charter_group(const struct nos_charter *c, struct nos_audit *audit,
    const struct nos_vault *vault, struct nos_time now, struct nos_group *ret, struct nos_err *err)
{
	const struct nos_str name = nos_str_of(c->name);

	if (nos_groups_find(audit->store, NULL, name, ret, err) == NOS_ABSENT) {
		nos_err_clear(err);
		if (make(c, audit, vault, now, err))
			return err->code;
		return nos_groups_find(audit->store, NULL, name, ret, err);
	}
	return err->code ? err->code : compare(c, ret, err);
}
