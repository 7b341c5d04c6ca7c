/* SPDX-License-Identifier: MIT */
/*
 * NATS servers of a test's own, in a folder of their own, that end with it: one alone, or three
 * that are a cluster. Whether they are ready is found by asking.
 */
#ifndef NOS_TEST_SERVERS_H
#define NOS_TEST_SERVERS_H

#include "../net/port.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nats/nats.h>

#include "base/time.h"
#include "store/store.h"

/* A question, asked again by whoever is told that no server answers: on a busy machine, and with a
 * server that disturbs the others as it wakes, an election takes longer than a store waits. */
#define assert_answered(call, err)                                                          \
	do {                                                                                \
		const uint64_t answered_end = nos_mono_now().us + SERVERS_WAIT_US;          \
		enum nos_code answered;                                                     \
		while ((answered = (call)) == NOS_BUSY && nos_mono_now().us < answered_end) \
			nos_err_clear(err);                                                 \
		if (answered)                                                               \
			fail_msg("%s", (err)->text);                                        \
	} while (0)

#define SERVERS_MAX	3
#define SERVERS_WAIT_US 60000000

static struct {
	char folder[40];
	int count;
	pid_t pids[SERVERS_MAX];
	int ports[SERVERS_MAX], routes[SERVERS_MAX];
} servers;

static void servers_settings(int i, const char *more)
{
	char path[80];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d.conf", servers.folder, i);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(
	    f, "server_name: n%d\nlisten: 127.0.0.1:%d\nmax_payload: 8MB\n", i, servers.ports[i]);
	fprintf(f, "jetstream { store_dir: \"%s/%d\", max_mem: 64M, max_file: 1G }\n%s\n",
	    servers.folder, i, more);
	if (servers.count > 1) {
		fprintf(
		    f, "cluster { name: nos, listen: 127.0.0.1:%d, routes: [", servers.routes[i]);
		for (int j = 0; j < servers.count; j++)
			fprintf(f, "%s nats://127.0.0.1:%d", j ? "," : "", servers.routes[j]);
		fprintf(f, " ] }\n");
	}
	assert_int_equal(fclose(f), 0);
}

static void servers_run(int i)
{
	char path[80], log[80];
	pid_t parent = getpid();

	snprintf(path, sizeof(path), "%s/%d.conf", servers.folder, i);
	snprintf(log, sizeof(log), "%s/%d.log", servers.folder, i);
	servers.pids[i] = fork();
	assert_true(servers.pids[i] >= 0);
	if (servers.pids[i])
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		execlp("nats-server", "nats-server", "-c", path, "-l", log, (char *)NULL);
	fprintf(stderr, "nats-server does not run: scripts/install-deps test\n");
	_exit(127);
}

static void servers_kill(int i)
{
	if (!servers.pids[i])
		return;
	kill(servers.pids[i], SIGKILL);
	waitpid(servers.pids[i], NULL, 0);
	servers.pids[i] = 0;
}

/* The URL of a store in them, with what stands behind the hosts. */
static void servers_url(char *ret, size_t size, const char *scheme, const char *tail)
{
	size_t n = (size_t)snprintf(ret, size, "%s://", scheme);

	for (int i = 0; i < servers.count; i++)
		n += (size_t)snprintf(
		    ret + n, size - n, "%s127.0.0.1:%d", i ? "," : "", servers.ports[i]);
	snprintf(ret + n, size - n, "%s", tail);
}

static bool servers_live(void)
{
	for (int i = 0; i < servers.count; i++)
		if (servers.pids[i] && waitpid(servers.pids[i], NULL, WNOHANG) == servers.pids[i])
			return false;
	return true;
}

/* Make a store in them, as soon as they are ready. */
static struct nos_store *servers_store(const struct nos_store_where *where)
{
	const uint64_t end_us = nos_mono_now().us + SERVERS_WAIT_US;
	struct nos_store *ret = NULL;
	struct nos_err e = { 0 };

	while (nos_store_open(where, true, &ret, &e) && nos_mono_now().us < end_us &&
	       servers_live() && (e.code == NOS_AWAY || e.code == NOS_BUSY))
		nos_err_clear(&e);
	assert_string_equal(e.text, "");
	return ret;
}

static void servers_start(int count, const char *more)
{
	memset(&servers, 0, sizeof(servers));
	snprintf(servers.folder, sizeof(servers.folder), "/tmp/nos-nats-XXXXXX");
	assert_non_null(mkdtemp(servers.folder));
	servers.count = count;
	for (int i = 0; i < count; i++) {
		servers.ports[i] = (int)port_free();
		servers.routes[i] = (int)port_free();
	}
	for (int i = 0; i < count; i++) {
		servers_settings(i, more);
		servers_run(i);
	}
}

/* Which of them leads the stream. */
static inline int servers_leader(const char *stream)
{
	natsConnection *nc = NULL;
	jsCtx *js = NULL;
	jsStreamInfo *info = NULL;
	char at[40];
	int ret = -1;

	for (int i = 0; i < servers.count && ret < 0; i++) {
		if (!servers.pids[i])
			continue;
		snprintf(at, sizeof(at), "nats://127.0.0.1:%d", servers.ports[i]);
		if (natsConnection_ConnectTo(&nc, at) == NATS_OK &&
		    natsConnection_JetStream(&js, nc, NULL) == NATS_OK &&
		    js_GetStreamInfo(&info, js, stream, NULL, NULL) == NATS_OK && info->Cluster &&
		    info->Cluster->Leader)
			ret = (int)strtol(info->Cluster->Leader + 1, NULL, 10);
		jsStreamInfo_Destroy(info);
		jsCtx_Destroy(js);
		natsConnection_Destroy(nc);
		info = NULL;
		js = NULL;
		nc = NULL;
	}
	return ret;
}

/* Until the stream has a leader. */
static inline int servers_led(const char *stream)
{
	const uint64_t end_us = nos_mono_now().us + SERVERS_WAIT_US;
	int ret = servers_leader(stream);

	for (; ret < 0 && nos_mono_now().us < end_us; ret = servers_leader(stream))
		assert_true(servers_live());
	assert_true(ret >= 0);
	return ret;
}

static int servers_stop(void)
{
	char command[64];

	for (int i = 0; i < servers.count; i++)
		servers_kill(i);
	snprintf(command, sizeof(command), "rm -r %s", servers.folder);
	return system(command);
}

#endif
