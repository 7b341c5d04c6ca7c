/* SPDX-License-Identifier: MIT */
/* nos-register(1): enrolments on stdin, a keyring for each, a receipt a line. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/opt.h"
#include "cli/start.h"
#include "json/encode.h"
#include "source/admission.h"
#include "source/register.h"
#include "source/route.h"

#define INPUT_MAX    (1u << 20) /* bytes of stdin */
#define RECEIPT_MAX  8192
#define READ_SIZE    4096
#define CONNECT_MS   10000
#define ANSWER_MS    30000
#define DEFAULT_MODE "push"

struct register_opts {
	struct nos_opt_common common;
	const char *keyring, *keyring_dir, *name, *mode, *ca;
	struct nos_opt_list types, urls, via;
	bool replace;
	uint64_t wait_ms;
};

#define AT(field) offsetof(struct register_opts, field)
static const struct nos_opt opts[] = {
	{ "keyring", 0, NOS_OPT_PATH, AT(keyring), "file", "where the source's keyring is made" },
	{ "keyring-dir", 0, NOS_OPT_PATH, AT(keyring_dir), "dir",
	    "many enrolments, a keyring each, named by source" },
	{ "name", 0, NOS_OPT_TEXT, AT(name), "name", "what the operator calls the source" },
	{ "mode", 0, NOS_OPT_CHOICE, AT(mode), "push|poll|event", "how it gives its readings",
	    .dflt = DEFAULT_MODE },
	{ "type", 0, NOS_OPT_LIST, AT(types), "types", "of its readings, parted by commas" },
	{ "replace", 0, NOS_OPT_FLAG, AT(replace), NULL, "overwrite a keyring that is there" },
	{ "ca", 0, NOS_OPT_PATH, AT(ca), "file", "the authorities for https" },
	{ "url", 0, NOS_OPT_AGAIN, AT(urls), "url", "of the node, in place of the enrolment's" },
	{ "via", 0, NOS_OPT_AGAIN, AT(via), "url",
	    "a neighbour that relays, where the node is not reached" },
	{ "wait", 0, NOS_OPT_SPAN, AT(wait_ms), "span", "for a node that is away", .dflt = "30s",
	    .max = 24 * 3600 * 1000 },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-register", "< enrolments > receipts",
	"Register sources with their node: a keyring for each enrolment on stdin.", opts,
	offsetof(struct register_opts, common) };

/* How requests get to the node. */
struct ways {
	struct nos_http_client *client;
	struct nos_carrier straight, carrier;
	struct nos_route route;
};

static void close_ways(struct ways *w)
{
	nos_route_release(&w->route);
	nos_http_client_free(w->client);
}

static enum nos_code open_ways(const struct register_opts *o, struct ways *ret, struct nos_err *err)
{
	const struct nos_http_client_config http = { .ca = o->ca,
		.connect_ms = o->via.count ? NOS_ROUTE_CONNECT_MS : CONNECT_MS,
		.total_ms = ANSWER_MS,
		.answer_max = NOS_ADMISSION_TEXT_MAX,
		.stop = nos_start_stopped() };

	if (nos_http_client_start(err) || nos_http_client_new(&http, &ret->client, err))
		return err->code;
	ret->carrier = ret->straight = nos_carrier_straight(ret->client);
	if (!o->via.count)
		return NOS_OK;
	nos_route_init(&ret->route, &ret->straight, NULL, o->via.items, o->via.count);
	ret->carrier = nos_route_carrier(&ret->route);
	return NOS_OK;
}

/* All of stdin: nothing is sent before it is known what there is. */
static enum nos_code read_input(struct nos_buf *ret, struct nos_err *err)
{
	char space[READ_SIZE];
	ssize_t n = 1;

	while (n != 0 && !*nos_start_stopped()) {
		n = read(STDIN_FILENO, space, sizeof(space));
		if (n > 0)
			nos_buf_add(ret, space, (size_t)n);
		else if (n < 0 && errno != EINTR)
			return nos_err_set_errno(err, NOS_IO, errno, "input");
	}
	explicit_bzero(space, sizeof(space));
	return nos_buf_check(ret, "input", err);
}

/* The next line that is not blank, numbered by physical lines. */
static bool next_line(struct nos_str *rest, uint64_t *number, struct nos_str *ret)
{
	while (nos_str_cut(rest, '\n', ret)) {
		if (++*number == 1 && nos_str_starts(*ret, "\xef\xbb\xbf"))
			ret->p += 3, ret->len -= 3;
		*ret = nos_str_trim(*ret);
		if (ret->len)
			return true;
	}
	return false;
}

static size_t count_lines(struct nos_str text)
{
	struct nos_str line;
	uint64_t number = 0;
	size_t n = 0;

	while (next_line(&text, &number, &line))
		n++;
	return n;
}

/* A reader that has gone is told by *ret_closed: what was registered stays so. */
static enum nos_code print(const struct nos_buf *b, bool *ret_closed, struct nos_err *err)
{
	fwrite(b->p, 1, b->len, stdout);
	if (fflush(stdout) == 0)
		return NOS_OK;
	*ret_closed = errno == EPIPE;
	return nos_err_set_errno(err, NOS_IO, errno, "output");
}

static void encode_failure(struct nos_buf *b, uint64_t number, const struct nos_err *why)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "line", number);
	nos_encode_member(b, "error");
	nos_encode_error(b, why);
	nos_buf_add_text(b, "}\n");
}

static void warn_expired(const struct nos_enrolment *e)
{
	NOS_AUTO(buf) text = { 0 };

	if (nos_time_now().ms < e->expires.ms)
		return;
	nos_buf_init(&text, 128);
	nos_buf_addf(&text, "by this clock enrolment %s expired at ", e->id);
	nos_time_format_rfc3339(&text, e->expires);
	nos_start_warn(tool.name, text.p);
}

static enum nos_code one(
    const struct nos_register *r, struct nos_str line, struct nos_buf *ret, struct nos_err *err)
{
	NOS_AUTO(enrolment) e = { 0 };

	if (nos_enrolment_decode(line, &e, err))
		return err->code;
	warn_expired(&e);
	return nos_register_run(r, &e, ret, err);
}

/* What stops the run: the next enrolment would meet the same. */
static bool is_fatal(const struct nos_register *r, enum nos_code code)
{
	return r->keyring || *r->stop || code == NOS_AWAY || code == NOS_BUSY || code == NOS_IO ||
	       code == NOS_INTERNAL;
}

/* What became of the enrolments. */
struct tally {
	size_t registered, failed; /* failed: and did not stop the run */
	bool closed;		   /* the reader of the receipts has gone */
};

/* Each line in its turn. */
static enum nos_code each(
    const struct nos_register *r, struct nos_str input, struct tally *tally, struct nos_err *err)
{
	uint64_t number = 0;
	struct nos_str line;

	while (!*r->stop && next_line(&input, &number, &line)) {
		NOS_AUTO(buf) out = { 0 };
		struct nos_err why = { 0 };

		nos_buf_init(&out, RECEIPT_MAX);
		if (one(r, line, &out, &why)) {
			if (is_fatal(r, why.code)) {
				*err = why;
				return nos_err_within(err, "line %" PRIu64, number);
			}
			tally->failed++;
			encode_failure(&out, number, &why);
		} else {
			tally->registered++;
		}
		if (print(&out, &tally->closed, err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code prepare(
    const struct register_opts *o, struct ways *w, struct nos_register *r, struct nos_err *err)
{
	if (!o->keyring == !o->keyring_dir)
		return nos_err_set(err, NOS_USAGE, "one of --keyring and --keyring-dir is needed");
	*r = (struct nos_register){ .carrier = &w->carrier,
		.route = o->via.count ? &w->route : NULL,
		.keyring = o->keyring,
		.folder = o->keyring_dir,
		.name = o->name,
		.mode = o->mode,
		.types = o->types.items,
		.type_count = o->types.count,
		.urls = o->urls.items,
		.url_count = o->urls.count,
		.replace = o->replace,
		.wait_ms = o->wait_ms,
		.stop = nos_start_stopped() };
	if (nos_register_check(r, err) || nos_route_check(o->via.items, o->via.count, err) ||
	    (o->keyring_dir && nos_file_folder(o->keyring_dir, err)))
		return err->code;
	return open_ways(o, w, err);
}

static enum nos_code run(const struct register_opts *o, const struct nos_register *r,
    struct tally *tally, struct nos_err *err)
{
	NOS_AUTO(buf) input = { 0 };
	size_t n;

	nos_buf_init_secret(&input, INPUT_MAX);
	if (read_input(&input, err))
		return err->code;
	n = count_lines(nos_buf_str(&input));
	if (!n && o->keyring && !*r->stop)
		return nos_err_set(err, NOS_DATA, "no enrolment on standard input");
	if (n > 1 && o->keyring)
		return nos_err_set(err, NOS_USAGE,
		    "%zu enrolments for one --keyring: --keyring-dir takes many", n);
	if (n > 1 && o->name)
		return nos_err_set(err, NOS_USAGE, "%zu enrolments for one --name", n);
	return each(r, nos_buf_str(&input), tally, err);
}

/* What --verbose adds, at the end. */
static void report(const struct tally *tally)
{
	char text[80];

	snprintf(
	    text, sizeof(text), "%zu registered, %zu failed", tally->registered, tally->failed);
	nos_start_warn(tool.name, text);
}

int main(int argc, char **argv)
{
	struct register_opts o = { 0 };
	struct nos_register r = { 0 };
	struct ways ways = { 0 };
	struct nos_done done = { 0 };
	struct nos_err err = { 0 };
	struct tally tally = { 0 };
	enum nos_code code;
	int operands, status;

	nos_start(tool.name);
	nos_start_secret();
	if (!nos_opt_begin(&tool, argc, argv, &o, &operands, &status))
		return status;
	if (operands < argc) {
		nos_err_set(&err, NOS_USAGE, "no operand is taken, enrolments come on stdin");
		return nos_start_fail(tool.name, &err);
	}
	nos_start_stop();
	nos_done_init(&done, o.keyring_dir);
	code = prepare(&o, &ways, &r, &err);
	r.done = o.keyring_dir ? &done : NULL;
	if (!code)
		code = run(&o, &r, &tally, &err);
	close_ways(&ways);
	nos_done_release(&done);
	if (tally.closed)
		return 0;
	if (o.common.verbose)
		report(&tally);
	if (code)
		(void)nos_start_fail(tool.name, &err);
	if (*nos_start_stopped())
		return nos_start_signalled(*nos_start_stopped());
	if (code)
		return nos_start_status(code);
	return tally.failed ? nos_start_status(NOS_DATA) : 0;
}
