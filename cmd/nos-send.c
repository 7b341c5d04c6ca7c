/* SPDX-License-Identifier: MIT */
/* nos-send(1): readings on stdin, sealed to a node by the pack, an answer a reading. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/num.h"
#include "cli/opt.h"
#include "cli/settings.h"
#include "cli/start.h"
#include "crypto/jose.h"
#include "net/mqtt.h"
#include "source/courier.h"
#include "source/fate.h"
#include "source/follow.h"
#include "source/lines.h"
#include "source/listener.h"
#include "source/load.h"
#include "source/nomad.h"

#define OUT_MAX (16u << 20) /* bytes of the answers to one pack */

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
	    "what may have arrived at this other node goes elsewhere", .min = 1,
	    .max = NOS_NUM_SAFE },
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

/* A run. */
struct sender {
	const struct send_opts *o;
	struct nos_ring ring; /* path NULL: anonymous */
	struct nos_send send;
	struct nos_spool spool;
	struct nos_nomad nomad;
	struct nos_courier courier;
	struct nos_follow *follow;     /* NULL: without --follow, or with a broker */
	struct nos_listener *listener; /* NULL: without one */
	struct nos_lines lines;
	struct nos_map *map; /* NULL: none */
	struct nos_load load;
	struct nos_buf out;
	struct nos_mono since; /* when the load had its first good reading */
	struct nos_fate fate;
	bool closed; /* the reader of the answers has gone */
};

static void sender_init(struct sender *s, const struct send_opts *o)
{
	*s = (struct sender){ .o = o };
	nos_ring_init(&s->ring);
	nos_send_init(&s->send);
	nos_spool_init(&s->spool);
	nos_lines_init(&s->lines, STDIN_FILENO, o->max_line, nos_start_stopped());
	nos_load_init(&s->load, o->batch, o->via.count ? NOS_LOAD_VIA_MAX : NOS_LOAD_TEXT_MAX,
	    (struct nos_batch_how){ 0 });
	nos_buf_init(&s->out, OUT_MAX);
}

static void sender_release(struct sender *s)
{
	nos_follow_free(s->follow);
	nos_listener_free(s->listener);
	nos_buf_release(&s->out);
	nos_load_release(&s->load);
	nos_map_free(s->map);
	nos_lines_release(&s->lines);
	nos_spool_release(&s->spool);
	nos_nomad_release(&s->nomad);
	nos_send_release(&s->send);
	nos_ring_release(&s->ring);
}

static void say(void *state, const char *text)
{
	(void)state;
	nos_start_warn(tool.name, text);
}

/* ---- answers ---- */

static enum nos_code flush(struct sender *s, struct nos_err *err)
{
	size_t done = 0;

	while (done < s->out.len) {
		ssize_t n = write(STDOUT_FILENO, s->out.p + done, s->out.len - done);

		if (n >= 0) {
			done += (size_t)n;
		} else if (errno != EINTR) {
			s->closed = errno == EPIPE;
			return nos_err_set_errno(err, NOS_IO, errno, "output");
		}
	}
	nos_buf_truncate(&s->out, 0);
	return NOS_OK;
}

/* ---- packs ---- */

/* Close the pack: send it, and answer its readings whatever becomes of it. */
static enum nos_code close_pack(struct sender *s, struct nos_err *err)
{
	struct nos_send_pack p = { .text = nos_buf_str(&s->load.text), .readings = s->load.good };
	enum nos_courier_fate fate = NOS_COURIER_FAILED;
	struct nos_answer answer = { 0 };
	struct nos_err why = { 0 }, failed = { 0 };

	if (p.readings)
		(void)!nos_courier_deliver(&s->courier, &p, &fate, &answer, &why);
	nos_fate_encode(&s->fate,
	    &(struct nos_fate_pack){
		&s->load, p.node ? p.node : s->ring.k.node, p.seq, fate, &answer, &why },
	    &s->out);
	nos_answer_release(&answer);
	nos_load_clear(&s->load);
	if (nos_buf_check(&s->out, "output", &failed) || flush(s, &failed))
		*err = failed;
	else
		*err = why;
	return err->code;
}

/* What of the line in hand has room; a pack that is full goes. */
static enum nos_code fill(struct sender *s, struct nos_err *err)
{
	bool full;

	do {
		size_t before = s->load.good;

		if (nos_load_fill(&s->load, &full, err))
			return err->code;
		if (!before && s->load.good)
			s->since = nos_mono_now();
		/* A line that is bad needs not wait for company. */
		if ((full || (s->load.count && !s->load.good)) && close_pack(s, err))
			return err->code;
	} while (full);
	return NOS_OK;
}

static enum nos_code take_line(
    struct sender *s, struct nos_str line, bool is_long, struct nos_err *err)
{
	struct nos_err why = { 0 };

	if (!is_long)
		return nos_load_line(&s->load, s->lines.number, line, nos_time_now(), err)
			   ? err->code
			   : fill(s, err);
	nos_err_set(&why, NOS_LARGE, "line is over %" PRIu64 " bytes", s->lines.max);
	return nos_load_reject(&s->load, s->lines.number, &why, err) ? err->code : fill(s, err);
}

/* Until when to wait for a line: what lingers is sent then, and what waits looked at. */
static bool next_moment(const struct sender *s, struct nos_mono *ret)
{
	bool is_set = nos_courier_next(&s->courier, ret);
	uint64_t due = s->since.us + s->o->linger_ms * 1000;

	if (s->load.good && (!is_set || due < ret->us)) {
		ret->us = due;
		is_set = true;
	}
	return is_set;
}

static bool has_lingered(const struct sender *s)
{
	return s->load.good && nos_mono_now().us >= s->since.us + s->o->linger_ms * 1000;
}

/* What came by the broker, and that nothing does. */
static enum nos_code take_overheard(struct sender *s, struct nos_err *err)
{
	struct nos_err trouble = { 0 };
	NOS_AUTO(buf) message = { 0 };

	nos_buf_init(&message, NOS_LISTENER_MESSAGE_MAX);
	if (nos_listener_trouble(s->listener, &trouble))
		nos_start_warn(tool.name, trouble.text);
	while (nos_listener_take(s->listener, &message))
		if (nos_courier_overheard(&s->courier, nos_buf_span(&message), err))
			break;
	return err->code;
}

/*
 * What the follower heard. Where that is that the source was revoked, the readings in hand are
 * answered all the same.
 */
static enum nos_code take_followed(struct sender *s, struct nos_err *err)
{
	struct nos_answer_news news = { 0 };
	struct nos_err other = { 0 };

	if (s->listener)
		(void)!take_overheard(s, err);
	else if (!nos_follow_take(s->follow, &news, err))
		(void)!nos_courier_heard(&s->courier, &news, err);
	nos_answer_news_release(&news);
	if (err->code && s->load.count)
		(void)!close_pack(s, &other);
	return err->code;
}

/* The next event; the follower goes by the keyring as it is before each wait. */
static enum nos_code next_event(
    struct sender *s, enum nos_lines_event *ret, struct nos_str *ret_line, struct nos_err *err)
{
	struct nos_mono until;
	bool is_set = next_moment(s, &until);

	if (s->follow && nos_follow_aim(s->follow, &s->ring.k, err))
		return err->code;
	return nos_lines_next(&s->lines, is_set ? &until : NULL, ret, ret_line, err);
}

static enum nos_code run(struct sender *s, struct nos_err *err)
{
	enum nos_lines_event event = NOS_LINES_WAIT;
	struct nos_str line;

	if (nos_courier_drain(&s->courier, err))
		return err->code;
	if (s->spool.count && s->spool.bytes >= s->spool.max_bytes)
		return nos_err_set(err, NOS_BUSY, "the spool '%s' is full", s->spool.folder);
	while (event != NOS_LINES_END && event != NOS_LINES_STOP) {
		if (next_event(s, &event, &line, err) ||
		    (event == NOS_LINES_WAKE && take_followed(s, err)))
			return err->code;
		if ((event == NOS_LINES_LINE || event == NOS_LINES_LONG) &&
		    take_line(s, line, event == NOS_LINES_LONG, err))
			return err->code;
		if (s->load.batch.over)
			event = NOS_LINES_END;
		if ((event == NOS_LINES_END || event == NOS_LINES_STOP || has_lingered(s)) &&
		    s->load.count && close_pack(s, err))
			return err->code;
		if (event != NOS_LINES_LINE && nos_courier_drain(&s->courier, err))
			return err->code;
	}
	return NOS_OK;
}

/* ---- the tool ---- */

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

static enum nos_code follow(struct sender *s, struct nos_err *err)
{
	const struct nos_follow_config config = { .source = s->ring.k.source,
		.urls = s->send.urls,
		.url_count = s->send.url_count,
		.via = s->o->via.items,
		.via_count = s->o->via.count,
		.pin = s->ring.k.pin,
		.ca = s->o->ca };

	if (nos_follow_new(&config, &s->follow, err))
		return err->code;
	s->lines.wake = nos_follow_fd(s->follow);
	return NOS_OK;
}

static enum nos_code listen(struct sender *s, struct nos_err *err)
{
	NOS_AUTO(secret) password = { 0 };
	const struct nos_listener_config config = { .url = s->o->mqtt,
		.password = s->o->mqtt_password ? &password : NULL,
		.ca = s->o->ca,
		.source = s->ring.k.source,
		.node = s->ring.k.node };

	nos_mqtt_start();
	if ((s->o->mqtt_password && nos_opt_secret_read(s->o->mqtt_password, &password, err)) ||
	    nos_listener_new(&config, &s->listener, err))
		return err->code;
	s->lines.wake = nos_listener_fd(s->listener);
	return NOS_OK;
}

static enum nos_code prepare(struct sender *s, struct nos_err *err)
{
	const struct send_opts *o = s->o;
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
	return o->mqtt ? listen(s, err) : follow(s, err);
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

static int finish(struct sender *s, enum nos_code code, const struct nos_err *err)
{
	struct nos_err failed = { 0 };
	int status = code && !s->closed ? nos_start_fail(tool.name, err) : 0;

	if (s->o->common.verbose)
		report_readings(s);
	report_spool(s);
	if (s->ring.path && nos_ring_close(&s->ring, &failed)) {
		int other = nos_start_fail(tool.name, &failed);

		status = status ? status : other;
	}
	/* A signal is how following ends. */
	if (*nos_start_stopped())
		return s->o->follow ? status : nos_start_signalled(*nos_start_stopped());
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
	nos_jose_start();
	if (!nos_opt_begin(&tool, argc, argv, &o, &operands, &status))
		return status;
	if (operands < argc) {
		nos_err_set(&err, NOS_USAGE, "no operand is taken, readings come on stdin: '%s'",
		    argv[operands]);
		return nos_start_fail(tool.name, &err);
	}
	nos_start_stop();
	sender_init(&s, &o);
	code = prepare(&s, &err);
	if (!code)
		code = run(&s, &err);
	status = finish(&s, code, &err);
	sender_release(&s);
	return status;
}
