/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <ctype.h>
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/time.h"

#define READ_SIZE 4096
#define STEP_MS	  20 /* between two tries for a lock */
#define BESIDE	  ".new."
#define DRAWN	  "XXXXXX" /* what mkostemp puts letters and digits in the place of */

/* absent: what is said of a path that is not there. */
static enum nos_code failed(const char *path, const char *absent, int errnum, struct nos_err *err)
{
	switch (errnum) {
	case ENOENT:
	case ENOTDIR:
		return nos_err_set(err, NOS_ABSENT, "%s '%s'", absent, path);
	case ELOOP:
		return nos_err_set(err, NOS_DENIED, "'%s' is a link: name the file itself", path);
	case EACCES:
	case EPERM:
	case EROFS:
		return nos_err_set_errno(err, NOS_DENIED, errnum, "'%s'", path);
	default:
		return nos_err_set_errno(err, NOS_IO, errnum, "'%s'", path);
	}
}

/*
 * May this user read root's file, and nobody else? So systemd hands a credential over where its
 * filesystem has ACLs: root's, 0400, with an entry for the user of the unit. What stat takes for
 * the group's rights then is the ACL's mask.
 */
static bool is_lent(int fd, const struct stat *st)
{
	struct {
		struct posix_acl_xattr_header head;
		struct posix_acl_xattr_entry entries[5]; /* one user beside those that must be */
	} acl;

	if (st->st_uid != 0 ||
	    fgetxattr(fd, "system.posix_acl_access", &acl, sizeof(acl)) != (ssize_t)sizeof(acl) ||
	    le32toh(acl.head.a_version) != POSIX_ACL_XATTR_VERSION)
		return false;
	for (size_t i = 0; i < 5; i++) {
		const struct posix_acl_xattr_entry *e = &acl.entries[i];
		unsigned tag = le16toh(e->e_tag);

		if (tag == ACL_USER_OBJ || tag == ACL_MASK)
			continue;
		if (tag == ACL_USER ? le32toh(e->e_id) != geteuid() : e->e_perm != 0)
			return false;
	}
	return true;
}

/* What a user names may be a link, or come from a pipe: nothing hangs on where it is. */
static enum nos_code check_plain(
    const struct stat *st, const char *path, enum nos_file_kind kind, struct nos_err *err)
{
	if (S_ISDIR(st->st_mode))
		return nos_err_set(err, NOS_IO, "'%s' is a folder", path);
	return kind == NOS_FILE_OWN && (st->st_mode & S_IWOTH)
		   ? nos_err_set(err, NOS_DENIED, "others may write '%s': chmod o-w %s", path, path)
		   : NOS_OK;
}

static enum nos_code check(int fd, const char *path, enum nos_file_kind kind, struct nos_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return failed(path, "no file", errno, err);
	if (kind == NOS_FILE_PLAIN || kind == NOS_FILE_OWN)
		return check_plain(&st, path, kind, err);
	if (!S_ISREG(st.st_mode))
		return nos_err_set(err, NOS_IO, "'%s' is no regular file", path);
	if (kind == NOS_FILE_REGULAR || is_lent(fd, &st))
		return NOS_OK;
	if (st.st_uid != geteuid())
		return nos_err_set(
		    err, NOS_DENIED, "'%s' belongs to another user: run as its owner", path);
	if (st.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH))
		return nos_err_set(
		    err, NOS_DENIED, "'%s' is open to others: chmod 600 %s", path, path);
	return NOS_OK;
}

/* To the end. A full buffer is asked for one byte more, which must not be there. */
static enum nos_code read_all(int fd, const char *path, struct nos_buf *ret, struct nos_err *err)
{
	for (;;) {
		size_t before = ret->len, room = ret->max - before;
		size_t want = room < READ_SIZE ? room : READ_SIZE;
		char beyond = 0;
		char *at = want ? nos_buf_extend(ret, want) : &beyond;
		ssize_t n;

		if (!at)
			return nos_buf_check(ret, path, err);
		do
			n = read(fd, at, want ? want : 1);
		while (n < 0 && errno == EINTR);
		nos_buf_truncate(ret, before + (want && n > 0 ? (size_t)n : 0));
		if (n < 0)
			return failed(path, "no file", errno, err);
		if (n == 0)
			return NOS_OK;
		if (!want) {
			explicit_bzero(&beyond, 1);
			return nos_err_set(
			    err, NOS_LARGE, "'%s' is over %zu bytes", path, ret->max);
		}
	}
}

enum nos_code nos_file_read(
    const char *path, enum nos_file_kind kind, struct nos_buf *ret, struct nos_err *err)
{
	/* O_NONBLOCK: the opening of a pipe would wait for its other end. */
	bool waits = kind == NOS_FILE_PLAIN || kind == NOS_FILE_OWN;
	int strict = (kind == NOS_FILE_SECRET ? O_NOFOLLOW : 0) | (waits ? 0 : O_NONBLOCK);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | strict);
	size_t before = ret->len;
	enum nos_code code;

	if (fd < 0)
		return failed(path, "no file", errno, err);
	code = check(fd, path, kind, err);
	if (!code)
		code = read_all(fd, path, ret, err);
	if (code)
		nos_buf_truncate(ret, before);
	close(fd);
	return code;
}

/* The folder that path is in, opened, so that it can be synced; -1: *err is filled. */
static int open_folder(const char *path, struct nos_err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	int fd;

	if (slash &&
	    !nos_str_copy((struct nos_str){ path, slash == path ? 1 : (size_t)(slash - path) },
		folder, sizeof(folder))) {
		failed(path, "no folder for", ENAMETOOLONG, err);
		return -1;
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		failed(path, "no folder for", errno, err);
	return fd;
}

/* Sync and close. A filesystem that cannot sync a folder says EINVAL. */
static enum nos_code sync_folder(int folder, const char *path, struct nos_err *err)
{
	int rc = fsync(folder), errnum = errno;

	close(folder);
	return rc < 0 && errnum != EINVAL ? failed(path, "no folder for", errnum, err) : NOS_OK;
}

static bool write_all(int fd, struct nos_span text)
{
	while (text.len) {
		ssize_t n = write(fd, text.p, text.len);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			text.p += n, text.len -= (size_t)n;
	}
	return true;
}

/* A synced file with text in it beside path; its name goes to *ret_name. Not left on failure. */
static enum nos_code write_beside(
    const char *path, struct nos_span text, struct nos_buf *ret_name, struct nos_err *err)
{
	int fd, errnum;
	bool good;

	nos_buf_init(ret_name, PATH_MAX);
	nos_buf_addf(ret_name, "%s" BESIDE DRAWN, path);
	if (nos_buf_check(ret_name, "path", err))
		return err->code;
	fd = mkostemp(ret_name->p, O_CLOEXEC);
	if (fd < 0)
		return failed(path, "no folder for", errno, err);
	good = fchmod(fd, S_IRUSR | S_IWUSR) == 0 && write_all(fd, text) && fsync(fd) == 0;
	errnum = errno;
	if (close(fd) < 0 && good) {
		good = false;
		errnum = errno;
	}
	if (good)
		return NOS_OK;
	unlink(ret_name->p);
	return failed(path, "no folder for", errnum, err);
}

/* Give the file beside its name; where none may be there, by a link, which replaces nothing. */
static enum nos_code settle(const char *beside, const char *path, bool create, struct nos_err *err)
{
	int rc = create ? link(beside, path) : rename(beside, path), errnum = errno;

	if (create || rc < 0)
		unlink(beside);
	if (rc == 0)
		return NOS_OK;
	if (create && errnum == EEXIST)
		return nos_err_set(err, NOS_EXISTS, "'%s' is there already", path);
	return failed(path, "no folder for", errnum, err);
}

static enum nos_code put(const char *path, struct nos_span text, bool create, struct nos_err *err)
{
	NOS_AUTO(buf) beside = { 0 };
	int folder = open_folder(path, err);

	if (folder < 0)
		return err->code;
	if (write_beside(path, text, &beside, err) || settle(beside.p, path, create, err)) {
		close(folder);
		return err->code;
	}
	return sync_folder(folder, path, err);
}

enum nos_code nos_file_replace(const char *path, struct nos_span text, struct nos_err *err)
{
	return put(path, text, false, err);
}

enum nos_code nos_file_create(const char *path, struct nos_span text, struct nos_err *err)
{
	return put(path, text, true, err);
}

/* Is name that of a file written beside one of name base? */
static bool is_beside(const char *name, const char *base)
{
	size_t len = strlen(base), drawn = strlen(DRAWN);

	if (strncmp(name, base, len) != 0 || strncmp(name + len, BESIDE, strlen(BESIDE)) != 0)
		return false;
	name += len + strlen(BESIDE);
	for (size_t i = 0; i < drawn; i++)
		if (!isalnum((unsigned char)name[i]))
			return false;
	return !name[drawn];
}

void nos_file_sweep(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct nos_err ignored = { 0 };
	int folder = open_folder(path, &ignored);
	DIR *dir = folder < 0 ? NULL : fdopendir(folder);
	const struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir)))
		if (is_beside(entry->d_name, slash ? slash + 1 : path) &&
		    fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_uid == geteuid())
			unlinkat(folder, entry->d_name, 0);
	if (dir)
		closedir(dir);
	else if (folder >= 0)
		close(folder);
}

enum nos_code nos_file_remove(const char *path, struct nos_err *err)
{
	int folder;

	if (unlink(path) < 0)
		return errno == ENOENT || errno == ENOTDIR ? NOS_OK
							   : failed(path, "no file", errno, err);
	folder = open_folder(path, err);
	return folder < 0 ? err->code : sync_folder(folder, path, err);
}

/* One folder whose parent is there. */
static enum nos_code make_folder(const char *path, struct nos_err *err)
{
	struct stat st;
	int parent;

	if (mkdir(path, S_IRWXU) == 0) {
		parent = open_folder(path, err);
		return parent < 0 ? err->code : sync_folder(parent, path, err);
	}
	if (errno != EEXIST && (errno != EROFS || stat(path, &st) < 0))
		return failed(path, "no folder for", errno, err);
	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return failed(path, "no folder for", EEXIST, err);
	return NOS_OK;
}

enum nos_code nos_file_folder(const char *path, struct nos_err *err)
{
	char part[PATH_MAX];

	if (!nos_str_copy(nos_str_of(path), part, sizeof(part)))
		return failed(path, "no folder", ENAMETOOLONG, err);
	for (char *slash = part + 1; *part && (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (make_folder(part, err))
			return err->code;
		*slash = '/';
	}
	return make_folder(part, err);
}

/* Is path still the file that was opened? Its holder may have replaced or removed it. */
static bool is_same(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* One try; NOS_BUSY without a text. */
static enum nos_code try_lock(const char *path, int *ret, struct nos_err *err)
{
	for (;;) {
		int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
		    S_IRUSR | S_IWUSR);
		int rc, errnum;

		if (fd < 0)
			return failed(path, "no folder for", errno, err);
		rc = flock(fd, LOCK_EX | LOCK_NB);
		errnum = errno;
		if (rc == 0 && is_same(fd, path)) {
			*ret = fd;
			return NOS_OK;
		}
		close(fd);
		if (rc < 0 && errnum == EWOULDBLOCK)
			return NOS_BUSY;
		if (rc < 0 && errnum != EINTR)
			return failed(path, "no folder for", errnum, err);
	}
}

enum nos_code nos_file_lock(const char *path, uint64_t wait_ms, int *ret, struct nos_err *err)
{
	struct nos_mono start = nos_mono_now();

	for (;;) {
		enum nos_code code = try_lock(path, ret, err);
		uint64_t waited_ms = (nos_mono_now().us - start.us) / 1000;
		uint64_t step_ms = STEP_MS;

		if (code != NOS_BUSY)
			return code;
		if (waited_ms >= wait_ms)
			return nos_err_set(
			    err, NOS_BUSY, "'%s' is locked by another process", path);
		if (step_ms > wait_ms - waited_ms)
			step_ms = wait_ms - waited_ms;
		nanosleep(&(struct timespec){ .tv_nsec = (long)step_ms * 1000000 }, NULL);
	}
}

uint64_t nos_file_most(void)
{
	struct rlimit files = { 0 }, raised;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return 0;
	raised = (struct rlimit){ files.rlim_max, files.rlim_max };
	return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : files.rlim_cur;
}
