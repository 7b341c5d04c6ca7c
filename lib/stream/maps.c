/* SPDX-License-Identifier: MIT */
#include "stream/maps.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/file.h"
#include "crypto/hash.h"

#define SUFFIX	   ".json"
#define SUFFIX_LEN (sizeof(SUFFIX) - 1)

struct nos_maps_set {
	atomic_size_t holders;
	struct nos_maps_one *maps;
	size_t count;
};

struct nos_maps {
	pthread_mutex_t lock;
	struct nos_maps_set *set;
};

/* ---- a folder ---- */

static enum nos_code hash_text(struct nos_maps_one *one, struct nos_err *err)
{
	const struct nos_span text = nos_buf_span(&one->text);
	uint8_t hash[NOS_HASH_LEN];
	NOS_AUTO(buf) hex = { 0 };

	if (nos_hash_sha256(&text, 1, hash, err))
		return err->code;
	nos_buf_init(&hex, NOS_MAPS_HASH_MAX);
	nos_enc_hex(&hex, hash, (NOS_MAPS_HASH_MAX - 1) / 2);
	if (nos_buf_check(&hex, "hash", err))
		return err->code;
	memcpy(one->hash, hex.p, NOS_MAPS_HASH_MAX);
	return NOS_OK;
}

static enum nos_code read_text(const char *path, struct nos_maps_one *one, struct nos_err *err)
{
	nos_buf_init(&one->text, NOS_MAP_TEXT_MAX);
	if (nos_file_read(path, NOS_FILE_REGULAR, &one->text, err))
		return err->code == NOS_LARGE ? nos_err_set(err, NOS_CONFIG, "%s", err->text)
					      : err->code;
	if (nos_map_parse(nos_buf_str(&one->text), &one->map, err))
		return nos_err_within(err, "%s", path);
	return hash_text(one, err);
}

static enum nos_code read_one(
    struct nos_maps_set *set, const char *folder, const char *file, struct nos_err *err)
{
	struct nos_maps_one *one = &set->maps[set->count];
	const struct nos_str name = { file, strlen(file) - SUFFIX_LEN };
	char *path;

	if (!nos_name_is_word(name) || !nos_str_copy(name, one->name, sizeof(one->name)))
		return nos_err_set(err, NOS_CONFIG,
		    "%s/%s: the name of a map has letters, digits, '-' and '_', at most 64", folder,
		    file);
	if (asprintf(&path, "%s/%s", folder, file) < 0)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	set->count++;
	read_text(path, one, err);
	free(path);
	return err->code;
}

/* What begins with a dot is an editor's. */
static int is_map(const struct dirent *entry)
{
	const size_t len = strlen(entry->d_name);

	return *entry->d_name != '.' && len > SUFFIX_LEN &&
	       strcmp(entry->d_name + len - SUFFIX_LEN, SUFFIX) == 0;
}

static enum nos_code read_files(struct nos_maps_set *set, const char *folder,
    struct dirent *const *files, size_t count, struct nos_err *err)
{
	set->maps = calloc(count + 1, sizeof(*set->maps));
	if (!set->maps)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	for (size_t i = 0; i < count && !err->code; i++)
		read_one(set, folder, files[i]->d_name, err);
	return err->code;
}

static enum nos_code no_folder(const char *folder, struct nos_err *err)
{
	const enum nos_code code = errno == ENOENT || errno == ENOTDIR ? NOS_ABSENT
				   : errno == EACCES		       ? NOS_DENIED
								       : NOS_IO;

	return nos_err_set_errno(err, code, errno, "%s", folder);
}

enum nos_code nos_maps_read(const char *folder, struct nos_maps_set **ret, struct nos_err *err)
{
	struct nos_maps_set *set;
	struct dirent **files;
	int count = scandir(folder, &files, is_map, alphasort);

	nos_err_clear(err);
	if (count < 0)
		return no_folder(folder, err);
	set = calloc(1, sizeof(*set));
	if (set) {
		set->holders = 1;
		read_files(set, folder, files, (size_t)count, err);
	} else {
		nos_err_set(err, NOS_INTERNAL, "out of memory");
	}
	for (int i = 0; i < count; i++)
		free(files[i]);
	free(files);
	if (err->code)
		nos_maps_drop(set);
	else
		*ret = set;
	return err->code;
}

struct nos_maps_set *nos_maps_hold(struct nos_maps_set *set)
{
	if (set)
		atomic_fetch_add_explicit(&set->holders, 1, memory_order_relaxed);
	return set;
}

void nos_maps_drop(struct nos_maps_set *set)
{
	if (!set || atomic_fetch_sub_explicit(&set->holders, 1, memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < set->count; i++) {
		nos_map_free(set->maps[i].map);
		nos_buf_release(&set->maps[i].text);
	}
	free(set->maps);
	free(set);
}

const struct nos_maps_one *nos_maps_find(const struct nos_maps_set *set, struct nos_str name)
{
	for (size_t i = 0; set && i < set->count; i++)
		if (nos_str_is(name, set->maps[i].name))
			return &set->maps[i];
	return NULL;
}

enum nos_code nos_maps_keep(
    const struct nos_maps_set *set, struct nos_store *store, struct nos_err *err)
{
	uint64_t rev;

	nos_err_clear(err);
	for (size_t i = 0; set && i < set->count; i++) {
		const struct nos_maps_one *one = &set->maps[i];

		if (!nos_store_put(store, NOS_MAPS_NS, nos_str_of(one->hash),
			nos_buf_str(&one->text), NOS_STORE_NEW, &rev, err))
			continue;
		if (err->code != NOS_EXISTS)
			return err->code;
		nos_err_clear(err);
	}
	return NOS_OK;
}

/* ---- the set in force ---- */

enum nos_code nos_maps_new(struct nos_maps_set *set, struct nos_maps **ret, struct nos_err *err)
{
	struct nos_maps *m = calloc(1, sizeof(*m));

	if (!m)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	pthread_mutex_init(&m->lock, NULL);
	m->set = set;
	*ret = m;
	return NOS_OK;
}

void nos_maps_free(struct nos_maps *m)
{
	if (!m)
		return;
	nos_maps_drop(m->set);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

void nos_maps_replace(struct nos_maps *m, struct nos_maps_set *set)
{
	struct nos_maps_set *before;

	pthread_mutex_lock(&m->lock);
	before = m->set;
	m->set = set;
	pthread_mutex_unlock(&m->lock);
	nos_maps_drop(before);
}

struct nos_maps_set *nos_maps_present(struct nos_maps *m)
{
	struct nos_maps_set *set;

	if (!m)
		return NULL;
	pthread_mutex_lock(&m->lock);
	set = nos_maps_hold(m->set);
	pthread_mutex_unlock(&m->lock);
	return set;
}

/* ---- the past ---- */

static bool make_room(struct nos_maps_past *past)
{
	const size_t more = past->cap ? 2 * past->cap : 8;
	void *grown;

	if (past->count < past->cap)
		return true;
	grown = reallocarray(past->maps, more, sizeof(*past->maps));
	if (!grown)
		return false;
	past->maps = grown;
	past->cap = more;
	return true;
}

static enum nos_code fetch(
    struct nos_store *store, const char *hash, struct nos_map **ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };
	uint64_t rev;

	nos_buf_init(&text, NOS_MAP_TEXT_MAX);
	if (nos_store_get(store, NOS_MAPS_NS, nos_str_of(hash), &text, &rev, err))
		return err->code == NOS_ABSENT
			   ? nos_err_set(err, NOS_IO, "store: the map %s is not there", hash)
			   : err->code;
	if (!nos_map_parse(nos_buf_str(&text), ret, err) || err->code == NOS_INTERNAL)
		return err->code;
	return nos_err_set(err, NOS_IO, "store: the map %s is damaged", hash);
}

enum nos_code nos_maps_of(struct nos_maps_past *past, struct nos_store *store, const char *hash,
    const struct nos_map **ret, struct nos_err *err)
{
	struct nos_map *map = NULL;

	*ret = NULL;
	if (!*hash)
		return NOS_OK;
	for (size_t i = 0; i < past->count; i++)
		if (strcmp(past->maps[i].hash, hash) == 0) {
			*ret = past->maps[i].map;
			return NOS_OK;
		}
	if (fetch(store, hash, &map, err))
		return err->code;
	if (!make_room(past)) {
		nos_map_free(map);
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	}
	snprintf(past->maps[past->count].hash, NOS_MAPS_HASH_MAX, "%s", hash);
	past->maps[past->count++].map = map;
	*ret = map;
	return NOS_OK;
}

void nos_maps_past_release(struct nos_maps_past *past)
{
	for (size_t i = 0; i < past->count; i++)
		nos_map_free(past->maps[i].map);
	free(past->maps);
	*past = (struct nos_maps_past){ 0 };
}
