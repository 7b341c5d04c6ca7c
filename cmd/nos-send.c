/* SPDX-License-Identifier: MIT */
/* nos-send(1): readings on stdin, sealed to a node by the pack, an answer a reading. */
#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "cli/opt.h"
#include "cli/settings.h"
#include "cli/start.h"
#include "net/mqtt.h"
#include "send/sender.h"

struct send_opts {
	struct nos_opt_common common;
	const char *keyring, *kind, *spool, *ca, *mqtt, *mqtt_password, *map;
	struct nos_opt_list urls, via, roam;
	bool anonymous, follow, csv;
	uint64_t batch, linger_ms, spool_max, wait_ms, give_up, max_line;
};

#define AT(field) offsetof(struct send_opts, field)
static const struct nos_opt opts[] = {
	{ "keyring", 0, NOS_OPT_PATH, AT(keyring), "file", "the source's keyring" },
	{ "anonymous", 0, NOS_OPT_FLAG, AT(anonymous), NULL,
	    "without a keyring: no seal, no proof" },
	{ "url", 0, NOS_OPT_AGAIN, AT(urls), "url", "of the node, in place of the keyring's" },
	{ "via", 0, NOS_OPT_AGAIN, AT(via), "url",
	    "a neighbour that relays, where the node is not reached" },
	{ "roam", 0, NOS_OPT_AGAIN, AT(roam), "url",
	    "another node, to send to where the source's own is not reached" },
	{ "give-up", 0, NOS_OPT_UINT, AT(give_up), "node",
	    "what may have arrived at this node goes elsewhere", .min = 1, .max = NOS_NUM_SAFE },
	{ "kind", 0, NOS_OPT_TEXT, AT(kind), "kind", "of an anonymous source" },
	{ "csv", 0, NOS_OPT_FLAG, AT(csv), NULL, "the lines are CSV, the first one a header" },
	{ "map", 0, NOS_OPT_PATH, AT(map), "file", "where in each line the readings stand" },
	{ "batch", 'b', NOS_OPT_UINT, AT(batch), "count", "readings of a pack", .dflt = "50",
	    .min = 1, .max = NOS_PACK_READINGS_MAX },
	{ "linger", 0, NOS_OPT_SPAN, AT(linger_ms), "span", "a pack goes this long after its first",
	    .dflt = "200ms", .max = 3600 * 1000 },
	{ "spool", 0, NOS_OPT_PATH, AT(spool), "dir", "where packs wait for a node that is away" },
	{ "spool-max", 0, NOS_OPT_SIZE, AT(spool_max), "size", "of all that wait", .dflt = "100M",
	    .min = 1 },
	{ "wait", 0, NOS_OPT_SPAN, AT(wait_ms), "span", "for a node that is away", .dflt = "30s",
	    .max = 24 * 3600 * 1000 },
	{ "follow", 0, NOS_OPT_FLAG, AT(follow), NULL, "hear of new keys also between readings" },
	{ "mqtt", 0, NOS_OPT_TEXT, AT(mqtt), "url",
	    "with --follow: hear of them from a broker, mqtt://[USER@]HOST[:PORT] or mqtts://" },
	{ "mqtt-password", 0, NOS_OPT_SECRET, AT(mqtt_password), "file", "the broker's, for USER" },
	{ "ca", 0, NOS_OPT_PATH, AT(ca), "file", "the authorities for https and mqtts" },
	{ "max-line", 0, NOS_OPT_SIZE, AT(max_line), "size", "longest line taken", .dflt = "1M",
	    .min = 64, .max = NOS_SCAN_TEXT_MAX },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-send", "< readings > answers",
	"Send the readings of stdin (JSON, SenML or CSV, line by line) to a node.", opts,
	offsetof(struct send_opts, common) };

static void say(void *state, const char *text)
{
	(void)state;
	nos_start_warn(tool.name, text);
}

static enum nos_code check(const struct send_opts *o, struct nos_err *err)
{
	if (o->anonymous && o->keyring)
		return nos_err_set(err, NOS_USAGE, "--anonymous and --keyring exclude each other");
	if (!o->anonymous && !o->keyring)
		return nos_err_set(err, NOS_USAGE, "one of --keyring and --anonymous is needed");
	if (o->anonymous && !o->urls.count)
		return nos_err_set(err, NOS_USAGE, "--anonymous needs a --url");
	if (o->anonymous && o->spool)
		return nos_err_set(
		    err, NOS_USAGE, "--spool needs a --keyring, whose key it is sealed under");
	if (o->anonymous && o->follow)
		return nos_err_set(err, NOS_USAGE, "--follow needs a --keyring, which it keeps");
	if (o->mqtt && !o->follow)
		return nos_err_set(err, NOS_USAGE, "--mqtt is for --follow");
	if (o->mqtt_password && !o->mqtt)
		return nos_err_set(err, NOS_USAGE, "--mqtt-password is for --mqtt");
	if (o->kind && !o->anonymous)
		return nos_err_set(
		    err, NOS_USAGE, "--kind is an anonymous source's: a keyring has its own");
	if (o->kind && !nos_name_is_kind(nos_str_of(o->kind)))
		return nos_err_set(err, NOS_USAGE, "--kind: '%s' cannot be a kind", o->kind);
	if (o->anonymous && o->roam.count)
		return nos_err_set(
		    err, NOS_USAGE, "--roam needs a --keyring: its home vouches for it");
	if (nos_opt_is_typed(&tool, &o->common, "give-up") && !o->spool)
		return nos_err_set(
		    err, NOS_USAGE, "--give-up is for --spool, where packs wait for that node");
	return nos_nomad_check(o->roam.items, o->roam.count, err)
		   ? err->code
		   : nos_route_check(o->via.items, o->via.count, err);
}

static enum nos_code follow(const struct send_opts *o, struct sender *s, struct nos_err *err)
{
	const struct nos_follow_config config = { .source = s->ring.k.source,
		.urls = s->send.urls,
		.url_count = s->send.url_count,
		.via = o->via.items,
		.via_count = o->via.count,
		.pin = s->ring.k.pin,
		.ca = o->ca };

	if (nos_follow_new(&config, &s->follow, err))
		return err->code;
	s->lines.wake = nos_follow_fd(s->follow);
	return NOS_OK;
}

static enum nos_code listen(const struct send_opts *o, struct sender *s, struct nos_err *err)
{
	NOS_AUTO(secret) password = { 0 };
	const struct nos_listener_config config = { .url = o->mqtt,
		.password = o->mqtt_password ? &password : NULL,
		.ca = o->ca,
		.source = s->ring.k.source,
		.node = s->ring.k.node };

	nos_mqtt_start();
	if ((o->mqtt_password && nos_opt_secret_read(o->mqtt_password, &password, err)) ||
	    nos_listener_new(&config, &s->listener, err))
		return err->code;
	s->lines.wake = nos_listener_fd(s->listener);
	return NOS_OK;
}

static enum nos_code prepare(const struct send_opts *o, struct sender *s, struct nos_err *err)
{
	const struct nos_send_config config = { .ring = o->keyring ? &s->ring : NULL,
		.urls = o->urls.items,
		.url_count = o->urls.count,
		.via = o->via.items,
		.via_count = o->via.count,
		.roam = o->roam.items,
		.roam_count = o->roam.count,
		.kind = o->kind,
		.ca = o->ca,
		.try_ms = o->wait_ms,
		.stop = nos_start_stopped() };

	if (check(o, err) || nos_settings_form(o->csv, o->map, &s->map, &s->load.how, err) ||
	    nos_http_client_start(err) ||
	    (o->keyring && nos_ring_open(&s->ring, o->keyring, o->wait_ms, err)) ||
	    nos_send_open(&s->send, &config, err) ||
	    (o->spool && nos_spool_open(&s->spool, o->spool, &s->ring.k, o->spool_max, err)))
		return err->code;
	nos_nomad_init(&s->nomad, &s->send, o->roam.items, o->roam.count);
	s->courier = (struct nos_courier){ .send = &s->send,
		.nomad = o->keyring ? &s->nomad : NULL,
		.spool = o->spool ? &s->spool : NULL,
		.wait_ms = o->wait_ms,
		.give_up = nos_opt_is_typed(&tool, &o->common, "give-up") ? o->give_up : 0,
		.note = say };
	if (!o->follow)
		return NOS_OK;
	return o->mqtt ? listen(o, s, err) : follow(o, s, err);
}

/* What --verbose adds: readings, those that left the spool among them. */
static void report_readings(const struct sender *s)
{
	char text[128];

	snprintf(text, sizeof(text),
	    "%" PRIu64 " accepted, %" PRIu64 " spooled, %" PRIu64 " rejected, %" PRIu64 " failed",
	    s->fate.accepted + s->courier.readings, s->fate.spooled,
	    s->fate.rejected + s->courier.rejected, s->fate.failed);
	nos_start_warn(tool.name, text);
}

/* Only the oldest of the spool may have arrived anywhere: it was looked at unless the run failed.
 */
static void report_give_up(const struct nos_courier *c)
{
	char text[128];

	if (!c->give_up || c->gave_up)
		return;
	snprintf(text, sizeof(text),
	    "spool: nothing waits for node %" PRIu64 ": --give-up %" PRIu64 " changes nothing",
	    c->give_up, c->give_up);
	nos_start_warn(tool.name, text);
}

/* What became of the spool, and why it is not empty. */
static void report_spool(const struct sender *s)
{
	const struct nos_courier *c = &s->courier;
	char text[128];
	int len;

	if (!c->accepted && !c->spooled && !c->aside && !s->spool.count)
		return;
	len = snprintf(text, sizeof(text), "spool: %" PRIu64 " packs accepted, %zu waiting",
	    c->accepted, s->spool.count);
	if (c->aside)
		snprintf(text + len, sizeof(text) - (size_t)len, ", %" PRIu64 " put aside as .bad",
		    c->aside);
	nos_start_warn(tool.name, text);
	if (s->spool.count && c->away)
		nos_start_warn(tool.name, c->why.text);
}

static int finish(
    const struct send_opts *o, struct sender *s, enum nos_code code, const struct nos_err *err)
{
	struct nos_err failed = { 0 };
	int status = code && !s->closed ? nos_start_fail(tool.name, err) : 0;

	if (o->common.verbose)
		report_readings(s);
	if (!code)
		report_give_up(&s->courier);
	report_spool(s);
	if (s->ring.path && nos_ring_close(&s->ring, &failed)) {
		int other = nos_start_fail(tool.name, &failed);

		status = status ? status : other;
	}
	/* A signal is how following ends. */
	if (*nos_start_stopped())
		return o->follow ? status : nos_start_signalled(*nos_start_stopped());
	if (!status && !s->closed && s->fate.rejected + s->courier.rejected + s->courier.aside)
		return nos_start_status(NOS_DATA);
	return status;
}

int main(int argc, char **argv)
{
	struct send_opts o = { 0 };
	struct sender s;
	struct nos_err err = { 0 };
	enum nos_code code;
	int operands, status;

	nos_start(tool.name);
	nos_start_secret();
	if (!nos_opt_begin(&tool, argc, argv, &o, &operands, &status))
		return status;
	if (operands < argc) {
		nos_err_set(&err, NOS_USAGE, "no operand is taken, readings come on stdin: '%s'",
		    argv[operands]);
		return nos_start_fail(tool.name, &err);
	}
	nos_start_stop();
	sender_init(&s, o.max_line, o.batch, o.via.count ? NOS_LOAD_VIA_MAX : NOS_LOAD_TEXT_MAX);
	s.linger_ms = o.linger_ms;
	code = prepare(&o, &s, &err);
	if (!code)
		code = sender_run(&s, &err);
	status = finish(&o, &s, code, &err);
	sender_release(&s);
	return status;
}
