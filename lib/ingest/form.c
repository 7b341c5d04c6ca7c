/* SPDX-License-Identifier: MIT */
#include "ingest/form.h"

#include "lifecycle/token.h"

/* ?kind=K and map=NAME. */
struct query {
	struct nos_str kind, map; /* len 0: not said */
};

static bool read_query(enum nos_form_of of, struct nos_str text, struct query *ret)
{
	struct nos_str part;

	*ret = (struct query){ .kind = NOS_STR(NOS_TOKEN_KIND) };
	if (!text.len)
		return true;
	for (bool kind = of == NOS_FORM_REGISTERED; nos_str_cut(&text, '&', &part);) {
		if (nos_str_starts(part, "kind=") && !kind) {
			ret->kind = (struct nos_str){ part.p + 5, part.len - 5 };
			kind = true;
		} else if (nos_str_starts(part, "map=") && part.len > 4 && !ret->map.len) {
			ret->map = (struct nos_str){ part.p + 4, part.len - 4 };
		} else {
			return false;
		}
	}
	return nos_name_is_kind(ret->kind);
}

/* *ret: the map of that name for that form; NULL: none was named. */
static enum nos_code find_map(const struct nos_maps_set *set, struct nos_str name,
    enum nos_batch_form form, const struct nos_maps_one **ret, struct nos_err *err)
{
	*ret = name.len ? nos_maps_find(set, name) : NULL;
	if (name.len && !*ret)
		return nos_err_set_field(
		    err, NOS_DATA, "map", "there is no map '%.*s' here", NOS_STR_ARG(name));
	if (*ret && form == NOS_BATCH_SENML)
		return nos_err_set_field(err, NOS_DATA, "map", "a SenML pack takes no map");
	if (*ret && nos_map_is_csv((*ret)->map) != (form == NOS_BATCH_CSV))
		return nos_err_set_field(err, NOS_DATA, "map", "the map '%.*s' is of %s",
		    NOS_STR_ARG(name), form == NOS_BATCH_CSV ? "JSON" : "CSV: send text/csv");
	if (!*ret && form == NOS_BATCH_CSV)
		return nos_err_set_field(
		    err, NOS_DATA, "map", "text/csv takes map=NAME, a map of CSV");
	return NOS_OK;
}

/* A body of readings in the open. */
struct opened {
	enum nos_batch_form form;
	struct query query;
	const struct nos_maps_one *map;
};

static enum nos_code look(const struct nos_maps_set *set, enum nos_form_of of, struct nos_str media,
    struct nos_str query, struct opened *ret, struct nos_err *err)
{
	if (!nos_batch_form_parse(media, &ret->form))
		return nos_err_set(err, NOS_MEDIA,
		    "media type '%.*s': take application/jose, application/json,"
		    " application/x-ndjson, application/senml+json or text/csv",
		    NOS_STR_ARG(media));
	if (!read_query(of, query, &ret->query))
		return nos_err_set(err, NOS_DATA, "query '%.*s': take %s", NOS_STR_ARG(query),
		    of == NOS_FORM_ANONYMOUS ? "kind=NAME and map=NAME" : "map=NAME");
	return find_map(set, ret->query.map, ret->form, &ret->map, err);
}

enum nos_code nos_form_check(struct nos_maps *maps, enum nos_form_of of, struct nos_str media,
    struct nos_str query, struct nos_err *err)
{
	struct nos_maps_set *set = nos_maps_present(maps);
	struct opened o;

	(void)!look(set, of, media, query, &o, err);
	nos_maps_drop(set);
	return err->code;
}

enum nos_code nos_form_take(struct nos_maps *maps, enum nos_form_of of, struct nos_str media,
    struct nos_str query, struct nos_job *job, struct nos_err *err)
{
	struct opened o;

	job->maps = nos_maps_present(maps);
	if (look(job->maps, of, media, query, &o, err))
		return err->code;
	if (of == NOS_FORM_ANONYMOUS &&
	    !nos_str_copy(o.query.kind, job->raw.kind, sizeof(job->raw.kind)))
		return nos_err_set(err, NOS_DATA, "not a kind");
	job->raw.form = o.form;
	job->map = o.map;
	if (o.map)
		snprintf(job->raw.map, sizeof(job->raw.map), "%s", o.map->hash);
	return NOS_OK;
}
