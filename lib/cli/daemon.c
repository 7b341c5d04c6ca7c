/* SPDX-License-Identifier: MIT */
#include "cli/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"

enum nos_code nos_daemon_check(uint64_t ready_fd, struct nos_err *err)
{
	if (ready_fd && fcntl((int)ready_fd, F_GETFD) < 0)
		return nos_err_set(
		    err, NOS_USAGE, "--ready-fd: no descriptor %" PRIu64 " is open", ready_fd);
	return NOS_OK;
}

void nos_daemon_block(sigset_t *ret, bool hup)
{
	sigemptyset(ret);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGTERM);
	if (hup)
		sigaddset(ret, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ret, NULL);
}

/* A datagram to the service manager, if one started us. */
static void notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, strlen(path));
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))) < 0)
		nos_log_line(NOS_LOG_WARN, "the service manager does not answer");
	close(fd);
}

enum nos_code nos_daemon_ready(uint64_t ready_fd, const struct nos_buf *line, struct nos_err *err)
{
	if (ready_fd) {
		if (write((int)ready_fd, line->p, line->len) != (ssize_t)line->len)
			nos_err_set_errno(err, NOS_IO, errno, "--ready-fd");
		close((int)ready_fd);
	}
	notify("READY=1");
	return err->code;
}

void nos_daemon_ending(int signal)
{
	nos_log_line(NOS_LOG_INFO, "ending: %s", strsignal(signal));
	notify("STOPPING=1");
}
