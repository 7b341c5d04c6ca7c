/* SPDX-License-Identifier: MIT */
#include "cli/opt.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/num.h"

#define FD    "fd:"
#define CRED  "cred:"
#define SPACE (NOS_SECRET_MAX + 2) /* a newline, and one byte that is too many */

static struct nos_str behind(struct nos_str spec, const char *prefix)
{
	size_t len = strlen(prefix);

	return (struct nos_str){ spec.p + len, spec.len - len };
}

static bool parse_fd(struct nos_str spec, uint64_t *ret)
{
	return nos_num_parse(behind(spec, FD), 0, INT_MAX, ret);
}

bool nos_opt_secret_is(const char *text)
{
	struct nos_str spec = nos_str_of(text);
	uint64_t fd;

	if (nos_str_starts(spec, FD))
		return parse_fd(spec, &fd);
	if (nos_str_starts(spec, CRED))
		return spec.len > strlen(CRED) && !memchr(spec.p, '/', spec.len);
	return spec.len > 0;
}

static enum nos_code read_fd(struct nos_str spec, struct nos_buf *ret, struct nos_err *err)
{
	uint64_t fd = 0;
	ssize_t n = 1;
	int errnum;

	if (!parse_fd(spec, &fd))
		return nos_err_set(err, NOS_USAGE, "'%.*s' is not a descriptor", NOS_STR_ARG(spec));
	while (n != 0 && !ret->fail) {
		char space[SPACE];

		n = read((int)fd, space, sizeof(space));
		errnum = errno;
		if (n > 0)
			nos_buf_add(ret, space, (size_t)n);
		explicit_bzero(space, sizeof(space));
		if (n < 0 && errnum != EINTR)
			return nos_err_set_errno(err, NOS_IO, errnum, "'%.*s'", NOS_STR_ARG(spec));
	}
	if (fd > STDERR_FILENO)
		close((int)fd);
	return nos_buf_check(ret, "secret", err);
}

/* systemd gives the unit's user the file by other means than its mode, which is not looked at. */
static enum nos_code read_credential(struct nos_str spec, struct nos_buf *ret, struct nos_err *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	struct nos_str name = behind(spec, CRED);
	char path[PATH_MAX];

	if (!folder)
		return nos_err_set(err, NOS_CONFIG,
		    "'%.*s': no CREDENTIALS_DIRECTORY, which systemd sets", NOS_STR_ARG(spec));
	if (snprintf(path, sizeof(path), "%s/%.*s", folder, NOS_STR_ARG(name)) >= (int)sizeof(path))
		return nos_err_set(err, NOS_CONFIG, "CREDENTIALS_DIRECTORY is too long");
	return nos_file_read(path, NOS_FILE_PLAIN, ret, err);
}

enum nos_code nos_opt_secret_text(const char *text, struct nos_buf *ret, struct nos_err *err)
{
	struct nos_str spec = nos_str_of(text);

	if (!nos_opt_secret_is(text))
		return nos_err_set(
		    err, NOS_USAGE, "neither a file nor " FD "N nor " CRED "NAME: '%s'", text);
	if (nos_str_starts(spec, FD))
		return read_fd(spec, ret, err);
	if (nos_str_starts(spec, CRED))
		return read_credential(spec, ret, err);
	return nos_file_read(text, NOS_FILE_SECRET, ret, err);
}

enum nos_code nos_opt_secret_read(const char *text, struct nos_secret *ret, struct nos_err *err)
{
	NOS_AUTO(buf) secret = { 0 };
	enum nos_code code;

	nos_buf_init_secret(&secret, SPACE);
	code = nos_opt_secret_text(text, &secret, err);
	if (code && code != NOS_LARGE)
		return code;
	if (!code && secret.len && secret.p[secret.len - 1] == '\n')
		nos_buf_truncate(&secret, secret.len - 1);
	if (code || secret.len > NOS_SECRET_MAX)
		return nos_err_set(
		    err, NOS_LARGE, "the secret in '%s' is over %d bytes", text, NOS_SECRET_MAX);
	if (!secret.len)
		return nos_err_set(err, NOS_DATA, "the secret in '%s' is empty", text);
	return nos_secret_put(ret, secret.p, secret.len) ? NOS_OK
							 : nos_err_set(err, NOS_INTERNAL, "secret");
}
