/* SPDX-License-Identifier: MIT */
#include "lane/print.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define PRINT_MAX (16u << 20)

void nos_print_init(struct nos_print *p, int fd, pthread_mutex_t *lock)
{
	*p = (struct nos_print){ .fd = fd, .lock = lock };
	nos_buf_init(&p->text, PRINT_MAX);
}

void nos_print_release(struct nos_print *p)
{
	nos_buf_release(&p->text);
}

void nos_print_add(struct nos_print *p, struct nos_str line)
{
	if (p->fd < 0)
		return;
	nos_buf_add_str(&p->text, line);
	nos_buf_add_char(&p->text, '\n');
}

void nos_print_flush(struct nos_print *p)
{
	size_t done = 0;

	if (p->lock)
		pthread_mutex_lock(p->lock);
	while (p->fd >= 0 && done < p->text.len) {
		ssize_t n = write(p->fd, p->text.p + done, p->text.len - done);

		if (n > 0) {
			done += (size_t)n;
		} else if (errno != EINTR) {
			nos_log_line(NOS_LOG_WARN, "printing ends: %s", strerror(errno));
			p->fd = -1;
		}
	}
	if (p->lock)
		pthread_mutex_unlock(p->lock);
	nos_buf_truncate(&p->text, 0);
}
