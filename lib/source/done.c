/* SPDX-License-Identifier: MIT */
#include "source/done.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "source/ring.h"

#define SUFFIX ".key"

void nos_done_init(struct nos_done *d, const char *folder)
{
	*d = (struct nos_done){ .folder = folder };
}

void nos_done_release(struct nos_done *d)
{
	free(d->entries);
	nos_done_init(d, d->folder);
}

static enum nos_code add(
    struct nos_done *d, const struct nos_keyring *k, const char *file, struct nos_err *err)
{
	size_t more = d->cap ? d->cap * 2 : 64;
	struct nos_done_entry *entry;
	void *grown;

	if (d->count == d->cap) {
		grown = reallocarray(d->entries, more, sizeof(*d->entries));
		if (!grown)
			return nos_err_set(err, NOS_INTERNAL, "out of memory");
		d->entries = grown;
		d->cap = more;
	}
	entry = &d->entries[d->count++];
	snprintf(entry->enrolment, sizeof(entry->enrolment), "%s", k->enrolment);
	snprintf(entry->name, sizeof(entry->name), "%s", k->name);
	snprintf(entry->file, sizeof(entry->file), "%s", file);
	return NOS_OK;
}

/* A file of the folder, which may be anything. */
static enum nos_code see(struct nos_done *d, const char *file, struct nos_err *err)
{
	const char *dot = strrchr(file, '.');
	NOS_AUTO(keyring) k = { 0 };
	struct nos_err ignored = { 0 };
	char path[PATH_MAX];

	if (!dot || strcmp(dot, SUFFIX) != 0 ||
	    snprintf(path, sizeof(path), "%s/%s", d->folder, file) >= (int)sizeof(path) ||
	    nos_ring_read(path, &k, &ignored) || !*k.enrolment)
		return NOS_OK;
	return add(d, &k, file, err);
}

static enum nos_code look(struct nos_done *d, struct nos_err *err)
{
	DIR *dir = opendir(d->folder);
	const struct dirent *entry;

	if (!dir)
		return nos_err_set_errno(
		    err, errno == EACCES ? NOS_DENIED : NOS_IO, errno, "'%s'", d->folder);
	while (!err->code && (entry = readdir(dir)))
		(void)!see(d, entry->d_name, err);
	closedir(dir);
	d->looked = !err->code;
	return err->code;
}

enum nos_code nos_done_find(struct nos_done *d, const char *enrolment, const char *name,
    const char **ret_file, struct nos_err *err)
{
	*ret_file = NULL;
	if (!d->looked && look(d, err))
		return err->code;
	for (size_t i = 0; !*ret_file && i < d->count; i++)
		if (strcmp(d->entries[i].enrolment, enrolment) == 0 &&
		    (!name || strcmp(d->entries[i].name, name) == 0))
			*ret_file = d->entries[i].file;
	return NOS_OK;
}

enum nos_code nos_done_add(
    struct nos_done *d, const struct nos_keyring *k, const char *file, struct nos_err *err)
{
	return d->looked ? add(d, k, file, err) : NOS_OK;
}
