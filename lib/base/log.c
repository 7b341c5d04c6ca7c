/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX 600

/* Set once, before threads. */
static const char *who;
static enum nos_log_level highest;

void nos_log_start(const char *tool, enum nos_log_level most)
{
	who = tool;
	highest = most;
}

void nos_log_line(enum nos_log_level level, const char *fmt, ...)
{
	char line[LINE_MAX];
	va_list args;
	int head, len;

	if (!who || level > highest)
		return;
	head = snprintf(line, sizeof(line), "%s: ", who);
	va_start(args, fmt);
	len = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, fmt, args);
	va_end(args);
	len = len < 0 ? head : len + head;
	if (len > (int)sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	for (int i = head; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len] = '\n';
	/* Nobody is left to be told that stderr cannot be written. */
	if (write(STDERR_FILENO, line, (size_t)len + 1) < 0)
		return;
}
