/* SPDX-License-Identifier: MIT */
#include "ingest_site.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "cli/start.h"
#include "node/limit.h"

#define SERVE	   "nos-serve"
#define BROKER	   "mosquitto"
#define READY_FD   3
#define READY_MAX  4096 /* bytes of the line that says so */
#define TRIES	   50	/* ports for the broker */
#define WAIT_MS	   30000
#define STEP_MS	   10
#define ANSWER_MS  30000
#define ANSWER_MAX (1u << 20) /* bytes */
#define LINE_SIZE  256
#define LIMIT_SIZE 64
#define WORDS_MAX  48
#define SPARE	   100 /* connections and requests beside those that are counted */

extern char **environ;

/* ---- processes ---- */

/* Only what was meant for nos-bench: no setting of the user's reaches the node. */
static void forget_settings(void)
{
	for (char **at = environ; *at;) {
		if (strncmp(*at, "NOS_", 4) == 0) {
			char name[LINE_SIZE];

			snprintf(name, sizeof(name), "%.*s", (int)strcspn(*at, "="), *at);
			if (unsetenv(name) == 0)
				continue; /* the next one stands here now */
		}
		at++;
	}
}

/* Debian has the broker where only an administrator's PATH leads. */
static void look_further(void)
{
	const char *path = getenv("PATH");
	char longer[LINE_SIZE * 16];

	if (snprintf(longer, sizeof(longer), "%s:/usr/local/sbin:/usr/sbin", path ? path : "") <
	    (int)sizeof(longer))
		setenv("PATH", longer, 1);
}

/* Of the child: no way back. ready: becomes READY_FD; -1: none. */
static void become(const struct ingest_site *s, const char *const *argv, int ready)
{
	char path[PATH_MAX + 16];
	sigset_t none;
	int log;

	snprintf(path, sizeof(path), "%s/log", s->folder);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	/* Ctrl-C is for who measures, who then ends this. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	forget_settings();
	look_further();
	if (log < 0 || dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0 ||
	    (ready >= 0 &&
		(ready == READY_FD ? fcntl(ready, F_SETFD, 0) : dup2(ready, READY_FD)) < 0))
		_exit(127);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static enum nos_code spawn(const struct ingest_site *s, const char *const *argv, int ready,
    pid_t *ret, struct nos_err *err)
{
	*ret = fork();
	if (*ret < 0) {
		*ret = 0;
		return nos_err_set_errno(err, NOS_INTERNAL, errno, "%s", argv[0]);
	}
	if (!*ret)
		become(s, argv, ready);
	return NOS_OK;
}

/* Has it ended? Then *pid is 0 and *ret its status. */
static bool has_ended(pid_t *pid, int *ret)
{
	if (!*pid || waitpid(*pid, ret, WNOHANG) == 0)
		return !*pid;
	*pid = 0;
	return true;
}

/* The status; one that does not end is made to. */
static int end(pid_t *pid, int signal)
{
	int status = 0;

	if (!*pid)
		return 0;
	kill(*pid, signal);
	for (int ms = 0; ms < WAIT_MS; ms += STEP_MS) {
		if (has_ended(pid, &status))
			return status;
		poll(NULL, 0, STEP_MS);
	}
	kill(*pid, SIGKILL);
	waitpid(*pid, &status, 0);
	*pid = 0;
	return status;
}

/* The last line of what both have said. */
static void read_log(const struct ingest_site *s, char *ret, size_t size)
{
	char path[PATH_MAX + 16];
	FILE *f;

	snprintf(ret, size, "not a word");
	snprintf(path, sizeof(path), "%s/log", s->folder);
	f = fopen(path, "re");
	while (f && fgets(ret, (int)size, f))
		ret[strcspn(ret, "\n")] = '\0';
	if (f)
		fclose(f);
}

/* ---- the broker ---- */

/* One that is free now; whoever takes it first has it. */
static uint16_t free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		at.sin_port = 0;
	if (fd >= 0)
		close(fd);
	return ntohs(at.sin_port);
}

static bool listens(uint16_t port)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool good = fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

static enum nos_code write_settings(const char *path, uint16_t port, struct nos_err *err)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return nos_err_set_errno(err, NOS_IO, errno, "%s", path);
	fprintf(f,
	    "listener %" PRIu16 " 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 1000\n"
	    "max_queued_messages 0\n%s",
	    port, geteuid() == 0 ? "user root\n" : "");
	return fclose(f) ? nos_err_set_errno(err, NOS_IO, errno, "%s", path) : NOS_OK;
}

/* False: it has ended, for another took the port, or there is none. */
static bool try_broker(struct ingest_site *s, uint16_t port, int *ret_status, struct nos_err *err)
{
	char path[PATH_MAX + 32];
	const char *const argv[] = { BROKER, "-c", path, NULL };

	snprintf(path, sizeof(path), "%s/broker.conf", s->folder);
	if (write_settings(path, port, err) || spawn(s, argv, -1, &s->broker, err))
		return false;
	for (int ms = 0; !has_ended(&s->broker, ret_status); ms += STEP_MS) {
		if (listens(port) && !has_ended(&s->broker, ret_status))
			return true;
		if (bench_go_on(err))
			return false;
		if (ms >= WAIT_MS) {
			nos_err_set(
			    err, NOS_AWAY, BROKER " does not listen within %d s", WAIT_MS / 1000);
			return false;
		}
		poll(NULL, 0, STEP_MS);
	}
	return false;
}

static enum nos_code start_broker(struct ingest_site *s, struct nos_err *err)
{
	char line[LINE_SIZE];

	for (int i = 0; i < TRIES; i++) {
		const uint16_t port = free_port();
		int status = 0;

		if (try_broker(s, port, &status, err)) {
			snprintf(s->mqtt, sizeof(s->mqtt), "mqtt://127.0.0.1:%" PRIu16, port);
			return NOS_OK;
		}
		if (err->code)
			return err->code;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
			return nos_err_set(
			    err, NOS_ABSENT, "no " BROKER " on PATH: apt install " BROKER);
	}
	read_log(s, line, sizeof(line));
	return nos_err_set(err, NOS_AWAY, BROKER " does not start: %s", line);
}

/* ---- the node ---- */

/* Beside this very program, as it was built or installed; else the one on PATH. */
static enum nos_code find_node(struct ingest_site *s, struct nos_err *err)
{
	const char *path = getenv("PATH");
	struct nos_str rest = nos_str_of(path ? path : ""), folder;
	ssize_t len = readlink("/proc/self/exe", s->program, PATH_MAX - sizeof(SERVE));

	if (len > 0) {
		s->program[len] = '\0';
		snprintf(strrchr(s->program, '/') + 1, sizeof(SERVE), SERVE);
		if (access(s->program, X_OK) == 0)
			return NOS_OK;
	}
	while (nos_str_cut(&rest, ':', &folder)) {
		snprintf(s->program, sizeof(s->program), "%.*s/" SERVE, NOS_STR_ARG(folder));
		if (access(s->program, X_OK) == 0)
			return NOS_OK;
	}
	return nos_err_set(
	    err, NOS_ABSENT, "no " SERVE " beside nos-bench, nor on PATH: install it");
}

static bool read_address(const char *line, const char *before, char *ret, size_t size)
{
	const char *at = strstr(line, before);

	if (!at)
		return false;
	at += strlen(before);
	return nos_str_copy((struct nos_str){ at, strcspn(at, "\"") }, ret, size);
}

static enum nos_code await(struct ingest_site *s, int ready, struct nos_err *err)
{
	char line[READY_MAX] = "", address[64];
	struct pollfd p = { .fd = ready, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(line) - 1 && !strchr(line, '\n')) {
		if (poll(&p, 1, WAIT_MS) <= 0)
			break;
		n = read(ready, line + len, sizeof(line) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		line[len] = '\0';
	}
	if (!read_address(line, "\"listen\":[\"", address, sizeof(address)) ||
	    !read_address(line, "\"admin\":\"", s->admin, sizeof(s->admin))) {
		read_log(s, line, sizeof(line));
		return nos_err_set(err, bench_is_stopped() ? NOS_BUSY : NOS_AWAY,
		    "%s does not come up: %s", s->program, line);
	}
	s->port = (uint16_t)strtoul(strrchr(address, ':') + 1, NULL, 10);
	return NOS_OK;
}

struct allowance {
	char connections[LIMIT_SIZE], requests[LIMIT_SIZE], polls[LIMIT_SIZE];
};

static void format(const struct nos_limit *l, enum nos_limit_name name, uint64_t least,
    char ret[static LIMIT_SIZE])
{
	snprintf(ret, LIMIT_SIZE, "%s=%" PRIu64, nos_limit_text(name),
	    l->of[name] > least ? l->of[name] : least);
}

/* The limits as they are by themselves, or as much as what is to come takes: of requests and of
 * connections polls get half. */
static void allow(const struct ingest_site *s, struct allowance *ret)
{
	struct nos_limit l;

	nos_limit_init(&l);
	format(&l, NOS_LIMIT_CONNECTIONS, s->connections + 2 * s->polls + SPARE, ret->connections);
	format(&l, NOS_LIMIT_REQUESTS, 2 * s->polls + SPARE, ret->requests);
	format(&l, NOS_LIMIT_POLLS, s->polls, ret->polls);
}

/* What nos-serve is to know of the store; how many words. */
static size_t name_store(
    const struct ingest_site *s, const struct ingest_store *store, const char **argv)
{
	const struct nos_store_where where = ingest_store_where(store);
	size_t n = 0;

	argv[n++] = s->program;
	argv[n++] = "--config";
	argv[n++] = "/dev/null";
	argv[n++] = "--quiet";
	argv[n++] = "--store";
	argv[n++] = store->url;
	argv[n++] = "--node-key";
	argv[n++] = store->key;
	if (where.creds) {
		argv[n++] = "--store-creds";
		argv[n++] = where.creds;
	}
	if (where.ca) {
		argv[n++] = "--store-ca";
		argv[n++] = where.ca;
	}
	return n;
}

enum nos_code ingest_site_init(
    struct ingest_site *s, const struct ingest_store *store, struct nos_err *err)
{
	const char *argv[WORDS_MAX];
	size_t n = name_store(s, store, argv);
	char line[LINE_SIZE];
	int status = 0;

	argv[n++] = "--init";
	argv[n] = NULL;
	if (spawn(s, argv, -1, &s->node, err))
		return err->code;
	while (!has_ended(&s->node, &status) && !bench_is_stopped())
		poll(NULL, 0, STEP_MS);
	if (bench_go_on(err))
		return err->code;
	if (!status)
		return NOS_OK;
	read_log(s, line, sizeof(line));
	return nos_err_set(err, NOS_AWAY, "%s --init fails: %s", s->program, line);
}

enum nos_code ingest_site_start(
    struct ingest_site *s, const struct ingest_store *store, struct nos_err *err)
{
	struct allowance a;
	const char *const more[] = { "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--mqtt",
		s->mqtt, "--ready-fd", "3", "--limit", a.connections, "--limit", a.requests,
		"--limit", a.polls, "--limit", "idle=3600", NULL };
	const char *argv[WORDS_MAX];
	int ends[2];

	allow(s, &a);
	memcpy(argv + name_store(s, store, argv), more, sizeof(more));
	if (pipe2(ends, O_CLOEXEC) < 0)
		return nos_err_set_errno(err, NOS_INTERNAL, errno, "pipe");
	(void)!spawn(s, argv, ends[1], &s->node, err);
	close(ends[1]);
	if (!err->code)
		(void)!await(s, ends[0], err);
	close(ends[0]);
	return err->code;
}

enum nos_code ingest_site_stop(struct ingest_site *s, struct nos_err *err)
{
	int status = end(&s->node, SIGTERM);

	return status ? nos_err_set(err, NOS_INTERNAL, "%s ended with status %d", s->program,
			    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status))
		      : NOS_OK;
}

/* ---- all of it ---- */

enum nos_code ingest_site_open(struct ingest_site *s, struct nos_err *err)
{
	const struct nos_http_client_config http = { .connect_ms = ANSWER_MS,
		.total_ms = ANSWER_MS,
		.answer_max = ANSWER_MAX,
		.stop = nos_start_stopped() };

	if (find_node(s, err) || folder_make(NULL, s->folder, err) || start_broker(s, err) ||
	    nos_http_client_start(err))
		return err->code;
	return nos_http_client_new(&http, &s->client, err);
}

void ingest_site_close(struct ingest_site *s)
{
	/* Still there: the run was broken off, and nobody wants what the node has in hand. */
	end(&s->node, SIGKILL);
	end(&s->broker, SIGTERM);
	nos_http_client_free(s->client);
	folder_remove(s->folder);
	*s = (struct ingest_site){ 0 };
}
