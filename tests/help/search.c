/* SPDX-License-Identifier: MIT */
/*
 * search PLACE… <SECRETS: is a secret in one of these places? A line of SECRETS is a name and bytes
 * in hex, a PLACE a file or "pid:N", the memory of a process. Looked for are the bytes as they are,
 * in hex, and in base64 and base64url behind any number of other bytes. Each find is a line "NAME
 * FORM PLACE"; exit status 0: something was found, 1: nothing was, 2: a place cannot be read.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FORMS_MAX  4096
#define BYTES_MAX  1024
#define SHORTEST   8	      /* letters of a form that is looked for; of raw bytes half of it */
#define REGION_MAX (1u << 30) /* bytes of a region of memory */

struct form {
	char name[64];
	const char *kind;
	size_t len;
	char *p;
};

static struct form forms[FORMS_MAX];
static size_t form_count;
static bool found;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void add(const char *name, const char *kind, const void *p, size_t len)
{
	struct form *f = &forms[form_count];

	if (len < SHORTEST / 2 || (len < SHORTEST && strcmp(kind, "raw") != 0))
		return;
	if (++form_count == FORMS_MAX)
		die("search: too many secrets");
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->kind = kind;
	f->len = len;
	f->p = malloc(len);
	if (!f->p)
		die("search");
	memcpy(f->p, p, len);
}

static void add_hex(const char *name, const uint8_t *p, size_t len, const char *digits)
{
	char text[2 * BYTES_MAX];

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[p[i] >> 4];
		text[2 * i + 1] = digits[p[i] & 15];
	}
	add(name, "hex", text, 2 * len);
}

/* Behind skip bytes that are not known: the letters that have bits of the secret alone. */
static void add_base64(
    const char *name, const uint8_t *p, size_t len, unsigned skip, const char *last)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const size_t first = (8 * skip + 5) / 6, end = 8 * (skip + len) / 6;
	char text[2 * BYTES_MAX];

	for (size_t i = first; i < end; i++) {
		unsigned v = 0;

		for (size_t bit = 6 * i - 8 * skip; bit < 6 * i - 8 * skip + 6; bit++)
			v = v << 1 | (p[bit / 8] >> (7 - bit % 8) & 1);
		text[i - first] = v < 62 ? letters[v] : last[v - 62];
	}
	add(name, "base64", text, end - first);
}

static void take_secret(const char *line)
{
	uint8_t bytes[BYTES_MAX];
	char name[64], hex[2 * BYTES_MAX + 1];
	size_t len = 0;

	if (sscanf(line, "%63s %2048[0-9a-fA-F]", name, hex) != 2)
		die("search: not a name and hex");
	for (; hex[2 * len] && hex[2 * len + 1]; len++)
		sscanf(hex + 2 * len, "%2hhx", &bytes[len]);
	add(name, "raw", bytes, len);
	add_hex(name, bytes, len, "0123456789abcdef");
	add_hex(name, bytes, len, "0123456789ABCDEF");
	for (unsigned skip = 0; skip < 3; skip++) {
		add_base64(name, bytes, len, skip, "+/");
		add_base64(name, bytes, len, skip, "-_");
	}
}

static void look(const char *place, const char *p, size_t len)
{
	for (size_t i = 0; i < form_count; i++)
		if (memmem(p, len, forms[i].p, forms[i].len)) {
			printf("%s %s %s\n", forms[i].name, forms[i].kind, place);
			found = true;
		}
}

static void look_in_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	char *p = size < 0 ? NULL : malloc((size_t)size + 1);

	if (!p || pread(fd, p, (size_t)size, 0) != size)
		die(path);
	look(path, p, (size_t)size);
	free(p);
	close(fd);
}

static bool look_in_region(const char *pid, int mem, const char *line)
{
	unsigned long from, to;
	char place[512];
	char *p;
	ssize_t n;

	/* What cannot be written has nothing but what the file has that it was mapped from. */
	if (sscanf(line, "%lx-%lx", &from, &to) != 2 || to - from > REGION_MAX ||
	    !strstr(line, " rw"))
		return false;
	p = malloc(to - from);
	if (!p)
		die("search");
	n = pread(mem, p, to - from, (off_t)from);
	snprintf(place, sizeof(place), "%s %.*s", pid, (int)strcspn(line, "\n"), line);
	if (n > 0)
		look(place, p, (size_t)n);
	free(p);
	return n > 0;
}

static void look_in_memory(const char *pid)
{
	char path[64], line[512];
	FILE *maps;
	bool any = false;
	int mem;

	snprintf(path, sizeof(path), "/proc/%.20s/maps", pid);
	maps = fopen(path, "re");
	snprintf(path, sizeof(path), "/proc/%.20s/mem", pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	if (!maps || mem < 0)
		die(path);
	while (fgets(line, sizeof(line), maps))
		any |= look_in_region(pid, mem, line);
	if (!any)
		die(path);
	fclose(maps);
	close(mem);
}

int main(int argc, char **argv)
{
	char line[2 * BYTES_MAX + 128];

	while (fgets(line, sizeof(line), stdin))
		take_secret(line);
	if (!form_count || argc < 2)
		die("search: no secret, or no place");
	for (int i = 1; i < argc; i++)
		if (strncmp(argv[i], "pid:", 4) == 0)
			look_in_memory(argv[i] + 4);
		else
			look_in_file(argv[i]);
	return found ? 0 : 1;
}
