/* SPDX-License-Identifier: MIT */
#include "store/sqlite_scrub.h"

#include <stdio.h>
#include <string.h>

#define PAGE_MIN 512u
#define PAGE_MAX 65536u
#define ALIGN	 16

/* Behind what the real VFS keeps of a file. */
struct tail {
	sqlite3_io_methods mine; /* first: the file points to it; the real ones but for xWrite */
	const sqlite3_io_methods *real;
};

static size_t number(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* A freeblock is two bytes to the next one, two of its size, and what is left of a cell. They stand
 * in order. */
static void clear_freeblocks(uint8_t *page, size_t size, size_t at, size_t least)
{
	while (at >= least && at + 4 <= size) {
		size_t next = number(page + at), len = number(page + at + 2);

		if (len < 4 || len > size - at)
			return;
		memset(page + at + 4, 0, len - 4);
		if (next < at + len)
			return;
		at = next;
	}
}

/* SQLite's "Database File Format", 1.6: kind, first freeblock, number of cells, where cells begin;
 * an inner page has four bytes more before the pointers to the cells. */
void nos_sqlite_scrub_page(uint8_t *page, size_t size, bool first)
{
	const size_t at = first ? 100 : 0;
	const uint8_t *head = page + at;
	bool inner = head[0] == 2 || head[0] == 5, leaf = head[0] == 10 || head[0] == 13;
	size_t cells = number(head + 5), pointers_end;

	if (!inner && !leaf)
		return;
	if (!cells)
		cells = PAGE_MAX;
	pointers_end = at + (inner ? 12 : 8) + 2 * number(head + 3);
	if (pointers_end > cells || cells > size)
		return;
	memset(page + pointers_end, 0, cells - pointers_end);
	clear_freeblocks(page, size, number(head + 1), cells);
}

static bool is_page(int len, sqlite3_int64 at)
{
	return len >= (int)PAGE_MIN && len <= (int)PAGE_MAX && at % len == 0;
}

/* SQLite writes the file by whole pages. The cache keeps what it has: it never reads a gap. */
static int write_scrubbed(sqlite3_file *file, const void *p, int len, sqlite3_int64 at)
{
	const struct tail *tail = (const struct tail *)file->pMethods;
	uint8_t page[PAGE_MAX];

	if (!is_page(len, at))
		return tail->real->xWrite(file, p, len, at);
	memcpy(page, p, (size_t)len);
	nos_sqlite_scrub_page(page, (size_t)len, at == 0);
	return tail->real->xWrite(file, page, len, at);
}

static int tail_offset(const sqlite3_vfs *real)
{
	return (real->szOsFile + ALIGN - 1) / ALIGN * ALIGN;
}

static int open_file(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	sqlite3_vfs *real = ((struct nos_sqlite_scrub *)vfs)->real;
	struct tail *tail = (struct tail *)((char *)file + tail_offset(real));
	int rc = real->xOpen(real, name, file, flags, ret_flags);

	if (rc != SQLITE_OK || !(flags & SQLITE_OPEN_MAIN_DB))
		return rc;
	tail->real = file->pMethods;
	tail->mine = *tail->real;
	tail->mine.xWrite = write_scrubbed;
	file->pMethods = &tail->mine;
	return rc;
}

int nos_sqlite_scrub_open(struct nos_sqlite_scrub *s, const char *path, int flags, sqlite3 **ret)
{
	int rc;

	s->real = sqlite3_vfs_find(NULL);
	if (!s->real)
		return SQLITE_ERROR;
	s->vfs = *s->real;
	s->vfs.pNext = NULL;
	s->vfs.szOsFile = tail_offset(s->real) + (int)sizeof(struct tail);
	s->vfs.xOpen = open_file;
	/* Found by its name alone, so it has one of its own for as long as that takes. */
	snprintf(s->name, sizeof(s->name), "nos-%p", (void *)s);
	s->vfs.zName = s->name;
	rc = sqlite3_vfs_register(&s->vfs, 0);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_open_v2(path, ret, flags, s->name);
	sqlite3_vfs_unregister(&s->vfs);
	return rc;
}

static int page_size(sqlite3_file *file, size_t *ret)
{
	uint8_t head[PAGE_MIN];
	int rc = file->pMethods->xRead(file, head, sizeof(head), 0);

	*ret = number(head + 16) == 1 ? PAGE_MAX : number(head + 16);
	return rc == SQLITE_OK && !is_page((int)*ret, 0) ? SQLITE_CORRUPT : rc;
}

int nos_sqlite_scrub_file(sqlite3 *db)
{
	uint8_t page[PAGE_MAX], clean[PAGE_MAX];
	sqlite3_file *file = NULL;
	sqlite3_int64 end = 0;
	size_t size = PAGE_MIN;
	int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);

	if (rc == SQLITE_OK)
		rc = file->pMethods->xFileSize(file, &end);
	if (rc == SQLITE_OK)
		rc = page_size(file, &size);
	for (sqlite3_int64 at = 0; rc == SQLITE_OK && at < end; at += (sqlite3_int64)size) {
		rc = file->pMethods->xRead(file, page, (int)size, at);
		if (rc != SQLITE_OK)
			break;
		memcpy(clean, page, size);
		nos_sqlite_scrub_page(clean, size, at == 0);
		if (memcmp(clean, page, size) != 0)
			rc = file->pMethods->xWrite(file, clean, (int)size, at);
	}
	return rc == SQLITE_OK ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : rc;
}
