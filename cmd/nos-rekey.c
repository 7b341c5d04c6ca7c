/* SPDX-License-Identifier: MIT */
/* nos-rekey(1): replaces and revokes the keys of sources, and the node's own. */
#include <stdio.h>
#include <string.h>

#include "cli/choice.h"
#include "cli/opt_time.h"
#include "cli/start.h"
#include "lifecycle/order.h"
#include "rekey/errand.h"

#define SPAN_MAX_MS (UINT64_C(3650) * 24 * 3600 * 1000)

struct rekey_opts {
	struct nos_opt_common common;
	struct nos_store_where store;
	const char *node_key, *reason;
	bool all, source, group, heal, renew, revoke, invalidate, compromised, identity,
	    after_restore, dry_run;
	uint64_t older_than_ms, overlap_ms, wait_ms;
	struct nos_time since;
};

#define AT(field) offsetof(struct rekey_opts, field)
static const struct nos_opt opts[] = {
	{ "all", 0, NOS_OPT_FLAG, AT(all), NULL, "replace the key of every source" },
	{ "source", 0, NOS_OPT_FLAG, AT(source), NULL, "replace the keys of these sources" },
	{ "group", 0, NOS_OPT_FLAG, AT(group), NULL, "replace the keys of these groups" },
	{ "heal", 0, NOS_OPT_FLAG, AT(heal), NULL,
	    "replace them so that no copy of what a member had follows" },
	{ "renew", 0, NOS_OPT_FLAG, AT(renew), NULL,
	    "make all keys of these sources, or of all, anew" },
	{ "revoke", 0, NOS_OPT_FLAG, AT(revoke), NULL, "take the keys of these sources back" },
	{ "invalidate", 0, NOS_OPT_FLAG, AT(invalidate), NULL,
	    "take these global keys back, and replace what was made of them" },
	{ "compromised", 0, NOS_OPT_FLAG, AT(compromised), NULL,
	    "others may have known keys that these sources had before" },
	{ "identity", 0, NOS_OPT_FLAG, AT(identity), NULL, "replace the node's own keys" },
	{ "after-restore", 0, NOS_OPT_FLAG, AT(after_restore), NULL,
	    "a backup of the store was put back" },
	{ "older-than", 0, NOS_OPT_SPAN, AT(older_than_ms), "time", "only keys that are older",
	    .max = SPAN_MAX_MS },
	{ "overlap", 0, NOS_OPT_SPAN, AT(overlap_ms), "time",
	    "how long a replaced key still serves", .max = SPAN_MAX_MS },
	{ "dry-run", 0, NOS_OPT_FLAG, AT(dry_run), NULL, "say what would be done, and do nothing" },
	{ "wait", 0, NOS_OPT_SPAN, AT(wait_ms), "time", "wait for the sources to confirm",
	    .max = SPAN_MAX_MS },
	{ "since", 0, NOS_OPT_TIME, AT(since), "time",
	    "others may have known them from then on: correct what came" },
	{ "reason", 0, NOS_OPT_TEXT, AT(reason), "text", "why, for the audit stream" },
	{ "store", 0, NOS_OPT_TEXT, AT(store.url), "url", "the node's store" },
	{ "store-creds", 0, NOS_OPT_PATH, AT(store.creds), "file",
	    "who it is to a store of servers" },
	{ "store-ca", 0, NOS_OPT_PATH, AT(store.ca), "file", "the authorities for tls://" },
	{ "node-key", 0, NOS_OPT_PATH, AT(node_key), "file", "the key that seals the store" },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-rekey",
	"--all | --source SOURCE… | --group GROUP… | --heal GROUP… | --renew [SOURCE…] | --revoke SOURCE… | "
	"--invalidate GLOBALKEY… | --compromised SOURCE… | --identity | --after-restore",
	"Replace the keys of sources, or the node's own, or take them back.", opts,
	offsetof(struct rekey_opts, common), .rows = true };

#define SOURCES "name the sources by their ids or names"
#define GROUPS	"name the groups, as nos-keytable groups shows them"
#define ITSELF	"name no source: this is for the node itself"

/* In the order of the modes; with the reason that is written down where none is given. */
static const struct nos_choice choices[] = {
	{ "all", AT(all), NULL, "name no source: this is for all of them" },
	{ "source", AT(source), SOURCES, NULL },
	{ "group", AT(group), GROUPS, NULL },
	{ "heal", AT(heal), GROUPS, NULL },
	{ "renew", AT(renew), NULL, NULL },
	{ "revoke", AT(revoke), SOURCES, NULL },
	{ "invalidate", AT(invalidate), "name the global keys, as nos-keytable gt shows them",
	    NULL },
	{ "compromised", AT(compromised), SOURCES, NULL },
	{ "identity", AT(identity), NULL, ITSELF },
	{ "after-restore", AT(after_restore), NULL, ITSELF },
	{ 0 },
};
static const char *const reasons[] = { "ordered", "ordered", "ordered", "healed", "renewed",
	"revoked", "its global key was taken back", NULL, "renewed", "a backup was put back" };

/* Settings of nos.conf and the environment may be for other tools, and are passed over where they
 * make no sense; but who has set a dry run must not be given a wet one. */
static enum nos_code check(const struct rekey_opts *o, size_t choice, struct nos_err *err)
{
	static const struct nos_choice_fit fits[] = {
		{ "older-than", MODES_REPLACE },
		{ "overlap", MODES_REPLACE },
		{ "dry-run", MODES_REPLACE },
		{ "wait", MODES_REPLACE | MODE_RENEW | MODE_INVALIDATE },
		{ "reason", MODES_GROUP | MODE_RENEW | MODE_REVOKE | MODE_INVALIDATE |
				MODE_IDENTITY | MODE_RESTORE },
		{ "since", MODES_KNOWN },
		{ 0 },
	};
	const bool since = nos_opt_is_typed(&tool, &o->common, "since");

	if (nos_choice_fit(fits, &tool, &o->common, choice, err))
		return err->code;
	if (o->compromised && !since)
		return nos_err_set(err, NOS_USAGE, "--compromised: say --since when");
	if (since && nos_opt_time_past("since", o->since, err))
		return err->code;
	if (o->dry_run && !(MODES_REPLACE >> choice & 1))
		return nos_err_set(err, NOS_USAGE, "--dry-run makes no sense here");
	if (o->dry_run && nos_opt_is_typed(&tool, &o->common, "wait"))
		return nos_err_set(err, NOS_USAGE, "--wait: a dry run has nothing to wait for");
	if (o->reason && (!*o->reason || strlen(o->reason) > NOS_ORDER_REASON_MAX))
		return nos_err_set(err, NOS_USAGE, "--reason: 1 to %d bytes", NOS_ORDER_REASON_MAX);
	return NOS_OK;
}

/* A setting may be for another tool: nothing is corrected by one of since. */
static struct errand errand_of(const struct rekey_opts *o, size_t choice)
{
	return (struct errand){ .tool = tool.name,
		.mode = (enum mode)(1u << choice),
		.store = o->store,
		.node_key = o->node_key,
		.reason = o->reason ? o->reason : reasons[choice],
		.format = o->common.format,
		.dry_run = o->dry_run,
		.known = nos_opt_is_typed(&tool, &o->common, "since"),
		.since = o->since,
		.older_than_ms = o->older_than_ms,
		.overlap_ms = o->overlap_ms,
		.wait_ms = o->wait_ms };
}

int main(int argc, char **argv)
{
	struct rekey_opts o = { .overlap_ms = ERRAND_NOT_GIVEN, .wait_ms = ERRAND_NOT_GIVEN };
	struct errand errand;
	struct nos_err err = { 0 };
	size_t choice;
	int at, status;

	nos_start(tool.name);
	nos_start_secret();
	if (!nos_opt_begin(&tool, argc, argv, &o, &at, &status))
		return status;
	if (nos_choice_take(choices, &o, argc - at, &choice, &err) || check(&o, choice, &err))
		return nos_start_fail(tool.name, &err);
	errand = errand_of(&o, choice);
	nos_start_stop();
	status = errand_run(&errand, argv + at, argc - at);
	if (status || !*nos_start_stopped())
		return status;
	return nos_start_signalled(*nos_start_stopped());
}
