/* SPDX-License-Identifier: MIT */
#include "folder.h"

#include <errno.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#define NAME	"nos-bench-XXXXXX"
#define FOLDERS 16 /* descriptors for removing */

#define MAGIC_XFS 0x58465342
#define MAGIC_ZFS 0x2fc12fc1

static bool make_below(const char *below, char ret[static FOLDER_SIZE])
{
	const int n = snprintf(ret, FOLDER_SIZE, "%s/" NAME, below);

	if (n >= FOLDER_SIZE)
		errno = ENAMETOOLONG;
	return n < FOLDER_SIZE && mkdtemp(ret);
}

enum nos_code folder_make(const char *otherwise, char ret[static FOLDER_SIZE], struct nos_err *err)
{
	const char *said = getenv("TMPDIR");

	if (said && *said) {
		if (make_below(said, ret))
			return NOS_OK;
	} else if ((otherwise && make_below(otherwise, ret)) || make_below("/tmp", ret)) {
		return NOS_OK;
	}
	*ret = '\0';
	return nos_err_set_errno(err, NOS_IO, errno, "no folder can be made in '%s' (TMPDIR)",
	    said && *said ? said : "/tmp");
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

void folder_remove(const char *path)
{
	if (*path)
		nftw(path, remove_one, FOLDERS, FTW_DEPTH | FTW_PHYS);
}

struct folder_disk folder_disk(const char *path)
{
	static const struct {
		unsigned long magic;
		struct folder_disk disk;
	} known[] = { { EXT4_SUPER_MAGIC, { "ext4", false } }, { MAGIC_XFS, { "xfs", false } },
		{ BTRFS_SUPER_MAGIC, { "btrfs", false } }, { F2FS_SUPER_MAGIC, { "f2fs", false } },
		{ MAGIC_ZFS, { "zfs", false } }, { OVERLAYFS_SUPER_MAGIC, { "overlayfs", false } },
		{ NFS_SUPER_MAGIC, { "nfs", false } }, { TMPFS_MAGIC, { "tmpfs", true } },
		{ RAMFS_MAGIC, { "ramfs", true } } };
	struct folder_disk other = { 0 };
	struct statfs s = { 0 };

	(void)statfs(path, &s);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if ((unsigned long)s.f_type == known[i].magic)
			return known[i].disk;
	snprintf(other.name, sizeof(other.name), "fs %#lx", (unsigned long)s.f_type);
	return other;
}
