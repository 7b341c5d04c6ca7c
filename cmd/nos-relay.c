/* SPDX-License-Identifier: MIT */
/* nos-relay(8): neighbours that do not reach their node send through this source. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/daemon.h"
#include "cli/opt.h"
#include "cli/start.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "source/relay.h"
#include "source/route.h"

#define LOOPS	  2
#define READY_MAX 4096
#define WAIT_MAX  (60 * 1000) /* for an answer */

struct relay_opts {
	struct nos_opt_common common;
	const char *keyring, *ca;
	struct nos_opt_list listen, via, urls;
	uint64_t wait_ms, ready_fd; /* ready_fd 0: none */
};

#define AT(field) offsetof(struct relay_opts, field)
static const struct nos_opt opts[] = {
	{ "keyring", 0, NOS_OPT_PATH, AT(keyring), "file", "the relay's own, as a source" },
	{ "listen", 0, NOS_OPT_AGAIN, AT(listen), "address", "for neighbours" },
	{ "via", 0, NOS_OPT_AGAIN, AT(via), "url",
	    "a neighbour that relays, where the node is not reached" },
	{ "url", 0, NOS_OPT_AGAIN, AT(urls), "url", "of the node, in place of the keyring's" },
	{ "ca", 0, NOS_OPT_PATH, AT(ca), "file", "the authorities for https" },
	{ "wait", 0, NOS_OPT_SPAN, AT(wait_ms), "span", "for an answer, and for a locked keyring",
	    .dflt = "30s", .min = 1000, .max = WAIT_MAX },
	{ "ready-fd", 0, NOS_OPT_UINT, AT(ready_fd), "number",
	    "descriptor that gets one line when ready", .min = 1, .max = 65535 },
	{ 0 },
};

static const struct nos_opt_tool tool = { "nos-relay", "",
	"Send on what neighbours send to a node that they do not reach.", opts, AT(common) };

/* A run. */
struct run {
	struct relay_opts o;
	struct nos_ring ring;
	struct nos_relay *relay;
};

static enum nos_code check(const struct relay_opts *o, struct nos_err *err)
{
	if (!o->keyring)
		return nos_err_set(err, NOS_USAGE, "--keyring is needed");
	if (!o->listen.count)
		return nos_err_set(err, NOS_USAGE, "--listen is needed: HOST:PORT");
	if (o->listen.count > NOS_HTTP_LISTEN_MAX)
		return nos_err_set(
		    err, NOS_USAGE, "--listen: over %d addresses", NOS_HTTP_LISTEN_MAX);
	for (size_t i = 0; i < o->listen.count; i++)
		if (nos_http_server_check(o->listen.items[i], err))
			return nos_err_within(err, "--listen");
	if (nos_route_check(o->via.items, o->via.count, err))
		return err->code;
	return nos_daemon_check(o->ready_fd, err);
}

/* It can go on no more: the thread that waits for signals ends it. */
static void end(void *state)
{
	(void)state;
	kill(getpid(), SIGTERM);
}

static enum nos_code start(struct run *run, struct nos_err *err)
{
	const struct relay_opts *o = &run->o;
	const struct nos_relay_config config = { .ring = &run->ring,
		.listen = o->listen.items,
		.listen_count = o->listen.count,
		.loops = LOOPS,
		.urls = o->urls.items,
		.url_count = o->urls.count,
		.via = o->via.items,
		.via_count = o->via.count,
		.ca = o->ca,
		.wait_ms = o->wait_ms,
		.failed = end };
	NOS_AUTO(buf) line = { 0 };

	if (nos_relay_new(&config, &run->relay, err))
		return err->code;
	for (size_t i = 0; i < o->listen.count; i++)
		nos_log_line(NOS_LOG_INFO, "ready: http://%s", nos_relay_address(run->relay, i));
	nos_buf_init(&line, READY_MAX);
	nos_relay_ready(run->relay, &line);
	return nos_daemon_ready(o->ready_fd, &line, err);
}

/* What was reserved of numbers is given back, whatever ended it. */
static enum nos_code finish(struct run *run, struct nos_err *err)
{
	struct nos_err why = { 0 };

	if (run->relay && nos_relay_fault(run->relay, &why) && !err->code)
		*err = why;
	nos_err_clear(&why);
	nos_relay_free(run->relay);
	if (run->ring.path && nos_ring_close(&run->ring, &why) && !err->code)
		*err = why;
	nos_ring_release(&run->ring);
	return err->code;
}

static enum nos_code prepare(struct run *run, struct nos_err *err)
{
	const struct relay_opts *o = &run->o;

	nos_ring_init(&run->ring);
	(void)nos_file_most();
	if (check(o, err) || nos_http_client_start(err))
		return err->code;
	return nos_ring_open(&run->ring, o->keyring, o->wait_ms, err);
}

static enum nos_code serve(struct run *run, struct nos_err *err)
{
	sigset_t signals;
	int got;

	nos_daemon_block(&signals, false);
	if (start(run, err))
		return err->code;
	while (sigwait(&signals, &got))
		;
	nos_daemon_ending(got);
	return NOS_OK;
}

int main(int argc, char **argv)
{
	struct run run = { 0 };
	struct nos_err err = { 0 };
	int operands, status;

	nos_start(tool.name);
	nos_start_secret();
	if (!nos_opt_begin(&tool, argc, argv, &run.o, &operands, &status))
		return status;
	if (operands < argc) {
		nos_err_set(&err, NOS_USAGE, "no operand is taken: '%s'", argv[operands]);
		return nos_start_fail(tool.name, &err);
	}
	nos_log_start(tool.name, run.o.common.quiet	? NOS_LOG_WARN
				 : run.o.common.verbose ? NOS_LOG_DEBUG
							: NOS_LOG_INFO);
	if (!prepare(&run, &err))
		(void)!serve(&run, &err);
	return finish(&run, &err) ? nos_start_fail(tool.name, &err) : 0;
}
