/* SPDX-License-Identifier: MIT */
#include "reading/batch.h"

#include <stdlib.h>
#include <string.h>

#include "reading/senml_readings.h"

#define APPLICATION "application/"
#define MARK	    "\xef\xbb\xbf" /* what some programs put before UTF-8 */
#define SPACE_MAX                                                                       \
	(4 * (size_t)NOS_SCAN_TEXT_MAX) /* what is made of a body may be longer than it \
					 */

static const char *const forms[] = {
	[NOS_BATCH_JSON] = APPLICATION "json",
	[NOS_BATCH_NDJSON] = APPLICATION "x-ndjson",
	[NOS_BATCH_SENML] = APPLICATION "senml+json",
	[NOS_BATCH_CSV] = "text/csv",
};

/* Without what may be left out. */
static const char *short_form(size_t i)
{
	size_t len = strlen(APPLICATION);

	return strncmp(forms[i], APPLICATION, len) ? forms[i] : forms[i] + len;
}

bool nos_batch_form_parse(struct nos_str media, enum nos_batch_form *ret)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (nos_str_is(media, forms[i]) || nos_str_eq(media, nos_str_of(short_form(i)))) {
			*ret = (enum nos_batch_form)i;
			return true;
		}
	return false;
}

const char *nos_batch_form_text(enum nos_batch_form form)
{
	return short_form(form);
}

void nos_batch_release(struct nos_batch *b)
{
	free(b->items);
	free(b->rejects);
	nos_buf_release(&b->space);
	nos_csv_release(&b->csv);
	*b = (struct nos_batch){ 0 };
}

size_t nos_batch_clear(struct nos_batch *b)
{
	struct nos_batch kept = { .items = b->items, .cap = b->cap, .space = b->space };

	free(b->rejects);
	nos_csv_release(&b->csv);
	if (kept.space.p)
		nos_buf_truncate(&kept.space, 0);
	*b = kept;
	return b->cap * sizeof(*b->items) + b->space.cap;
}

/* ---- items and rejects ---- */

/* Room for one more of size bytes in an array that doubles; NULL: out of memory. */
static void *room(void *array, size_t count, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *grown;

	if (count < *cap)
		return array;
	grown = reallocarray(array, more, size);
	if (grown)
		*cap = more;
	return grown;
}

static bool note_reject(struct nos_batch *b, uint32_t index, const struct nos_err *why)
{
	void *p = room(b->rejects, b->reject_count, &b->reject_cap, sizeof(*b->rejects));

	if (!p)
		return false;
	b->rejects = p;
	b->rejects[b->reject_count++] = (struct nos_batch_reject){ index, *why };
	return true;
}

/* What is being taken, and from what. */
struct taking {
	struct nos_batch *b;
	size_t most;
	const struct nos_scan_value *object; /* where it is a reading of our own; NULL */
};

/* The next one, good or bad: a nos_map_each. */
static enum nos_code take_one(
    void *state, const struct nos_reading *reading, const struct nos_err *why, struct nos_err *err)
{
	struct taking *t = state;
	struct nos_batch *b = t->b;
	uint32_t index = (uint32_t)(b->count + b->reject_count);
	void *p;

	if (index == t->most)
		return nos_err_set(err, NOS_LARGE, "over %zu readings in one pack", t->most);
	if (why)
		return note_reject(b, index, why) ? NOS_OK
						  : nos_err_set(err, NOS_INTERNAL, "out of memory");
	p = room(b->items, b->count, &b->cap, sizeof(*b->items));
	if (!p)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	b->items = p;
	b->items[b->count++] = (struct nos_batch_item){ .index = index,
		.reading = *reading,
		.text = t->object ? t->object->raw : NOS_STR(""),
		.object = t->object };
	return NOS_OK;
}

/* ---- space ---- */

static void move(struct nos_str *s, uintptr_t from, size_t len, const char *to)
{
	uintptr_t at = (uintptr_t)s->p;

	if (at >= from && at <= from + len)
		s->p = to + (at - from);
}

/* Room for len more bytes that will not move. Where what is there moves, the readings go along. */
static enum nos_code need(struct nos_batch *b, size_t len, struct nos_err *err)
{
	uintptr_t from = (uintptr_t)b->space.p;

	if (!nos_buf_reserve(&b->space, len + 1))
		return nos_buf_check(&b->space, "what a body stands for", err);
	if (from == (uintptr_t)b->space.p)
		return NOS_OK;
	for (size_t i = 0; i < b->count; i++) {
		struct nos_reading *r = &b->items[i].reading;
		struct nos_str *const texts[] = { &r->type, &r->text, &r->unit, &r->lat_text,
			&r->lon_text, &r->claimed };

		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			move(texts[k], from, b->space.len, b->space.p);
	}
	return NOS_OK;
}

static void begin(struct nos_batch *b)
{
	b->count = b->reject_count = 0;
	if (!b->space.p)
		nos_buf_init(&b->space, SPACE_MAX);
	nos_buf_truncate(&b->space, 0);
}

/* ---- JSON ---- */

/* A text that was found good as a whole. */
struct opened {
	const struct nos_batch_how *how;
	const struct nos_scan *scan;
	bool pack;   /* of SenML */
	size_t room; /* that its readings take */
};

static enum nos_code open_text(const struct nos_batch_how *how, struct nos_str text,
    struct nos_scan *scan, struct opened *ret, struct nos_err *err)
{
	*ret = (struct opened){ .how = how, .scan = scan };
	if (nos_scan_parse(scan, text, err))
		return err->code;
	ret->pack =
	    how->form == NOS_BATCH_SENML || (!how->map && nos_senml_is_pack(scan, scan->values));
	return ret->pack ? nos_senml_readings_check(scan, scan->values, &ret->room, err) : NOS_OK;
}

/* A message of whoever the map is for, or a reading of our own. */
static enum nos_code take_value(
    struct taking *t, const struct opened *o, const struct nos_scan_value *v, struct nos_err *err)
{
	struct nos_reading reading;
	struct nos_err why = { 0 };

	if (need(t->b, v->raw.len, err))
		return err->code;
	if (o->how->map)
		return nos_map_object(o->how->map, o->scan, v, &t->b->space, take_one, t, err);
	t->object = v;
	if (nos_reading_decode(o->scan, v, &t->b->space, &reading, &why))
		return take_one(t, NULL, &why, err);
	return take_one(t, &reading, NULL, err);
}

/* An array holds several, anything else is one. */
static enum nos_code take_opened(struct taking *t, const struct opened *o, struct nos_err *err)
{
	const struct nos_scan_value *root = o->scan->values, *v;
	uint32_t at = 0;

	if (o->pack)
		return need(t->b, o->room, err) ? err->code
						: nos_senml_readings_each(o->scan, root,
						      o->how->now, &t->b->space, take_one, t, err);
	if (root->kind != NOS_SCAN_ARRAY)
		return take_value(t, o, root, err);
	while (nos_scan_element(o->scan, root, &at, &v))
		if (take_value(t, o, v, err))
			return err->code;
	return NOS_OK;
}

/* ---- CSV ---- */

/* Split the line; *ret_header: it names the columns, and has no reading. */
static enum nos_code open_row(struct nos_batch *b, const struct nos_map *map, struct nos_str line,
    bool *ret_header, struct nos_err *err)
{
	*ret_header = nos_map_has_header(map) && !b->csv.has_names;
	if (!nos_csv_split(&b->csv, line, nos_map_separator(map), err) &&
	    (!*ret_header ||
		(!nos_csv_name(&b->csv, err) && !nos_map_header_check(map, &b->csv, err))))
		return NOS_OK;
	if (!*ret_header)
		return err->code;
	/* What comes behind a header that is not good is none. */
	b->csv.has_names = true;
	b->csv.name_count = 0;
	b->over = true;
	return nos_err_within(err, "header");
}

static enum nos_code take_row(
    struct taking *t, const struct nos_map *map, size_t line_len, struct nos_err *err)
{
	struct nos_csv *c = &t->b->csv;
	const char *own;

	/* What was quoted is to outlive the line. */
	if (need(t->b, c->space.len + line_len, err))
		return err->code;
	own = t->b->space.p + t->b->space.len;
	nos_buf_add_str(&t->b->space, nos_buf_str(&c->space));
	for (size_t i = 0; i < c->count; i++)
		move(&c->fields[i], (uintptr_t)c->space.p, c->space.len, own);
	return nos_map_row(map, c, &t->b->space, take_one, t, err);
}

static const struct nos_map *map_of(const struct nos_batch_how *how)
{
	return how->map ? how->map : nos_map_plain();
}

/* ---- a body ---- */

/* A line that is not good as a whole is one that is rejected. */
static enum nos_code reject_line(struct taking *t, const struct nos_err *why, struct nos_err *err)
{
	if (why->code != NOS_INTERNAL)
		return take_one(t, NULL, why, err);
	*err = *why;
	return err->code;
}

/* JSON of a line. A message that a tool has laid out over many is each line's fault: say what to
 * do.
 */
static enum nos_code open_line(const struct nos_batch_how *how, struct nos_str line,
    struct nos_scan *scan, struct opened *ret, struct nos_err *err)
{
	const struct nos_str text = nos_str_trim(line);

	if (open_text(how, text, scan, ret, err) != NOS_DATA || !how->map || !err->has_offset ||
	    err->offset != text.len)
		return err->code;
	nos_err_set(
	    err, NOS_DATA, "JSON is cut off: a message stands on one line, as jq -c . writes it");
	return nos_err_at(err, text.len);
}

static enum nos_code body_line(struct taking *t, const struct nos_batch_how *how,
    struct nos_str line, struct nos_scan *scan, struct nos_err *err)
{
	struct nos_err why = { 0 };
	struct opened o;
	bool header;

	if (how->form != NOS_BATCH_CSV) {
		if (open_line(how, line, scan, &o, &why))
			return reject_line(t, &why, err);
		return take_opened(t, &o, err);
	}
	if (!open_row(t->b, map_of(how), line, &header, &why))
		return header ? NOS_OK : take_row(t, map_of(how), line.len, err);
	if (!header)
		return reject_line(t, &why, err);
	*err = why;
	return err->code;
}

static enum nos_code body_lines(struct taking *t, const struct nos_batch_how *how,
    struct nos_str rest, struct nos_scan *scan, struct nos_err *err)
{
	struct nos_str line;

	nos_csv_begin(&t->b->csv);
	t->b->over = false;
	while (nos_str_cut(&rest, '\n', &line)) {
		if (nos_str_trim(line).len && body_line(t, how, line, scan, err))
			return err->code;
		t->object = NULL;
	}
	/* The scan was used for line after line. */
	for (size_t i = 0; i < t->b->count; i++)
		t->b->items[i].object = NULL;
	return NOS_OK;
}

enum nos_code nos_batch_decode(struct nos_batch *b, const struct nos_batch_how *how,
    struct nos_str text, size_t most, struct nos_scan *scan, struct nos_err *err)
{
	struct taking t = { .b = b, .most = most };
	struct opened o;

	begin(b);
	if (nos_str_starts(text, MARK))
		text.p += strlen(MARK), text.len -= strlen(MARK);
	if (text.len > NOS_SCAN_TEXT_MAX - 2)
		return nos_err_set(err, NOS_LARGE, "over %u bytes", NOS_SCAN_TEXT_MAX);
	/* What is unescaped is never longer than it was: most bodies take no more. */
	if (need(b, text.len, err))
		return err->code;
	if (how->form == NOS_BATCH_NDJSON || how->form == NOS_BATCH_CSV)
		return body_lines(&t, how, text, scan, err);
	return open_text(how, text, scan, &o, err) ? err->code : take_opened(&t, &o, err);
}

enum nos_code nos_batch_line(struct nos_batch *b, const struct nos_batch_how *how,
    struct nos_str line, size_t most, struct nos_scan *scan, bool *ret_many, struct nos_err *err)
{
	struct taking t = { .b = b, .most = most };
	struct opened o;
	bool header, array;

	begin(b);
	*ret_many = false;
	if (how->form == NOS_BATCH_CSV) {
		if (open_row(b, map_of(how), line, &header, err) ||
		    (!header && take_row(&t, map_of(how), line.len, err)))
			return err->code;
		*ret_many = b->count + b->reject_count > 1;
		return NOS_OK;
	}
	if (open_line(how, line, scan, &o, err) || take_opened(&t, &o, err))
		return err->code;
	array = scan->values->kind == NOS_SCAN_ARRAY;
	*ret_many = array || b->count + b->reject_count > 1;
	return NOS_OK;
}

bool nos_batch_next(const struct nos_batch *b, size_t at[static 2],
    const struct nos_batch_item **ret_item, const struct nos_batch_reject **ret_reject)
{
	const struct nos_batch_item *item = at[0] < b->count ? &b->items[at[0]] : NULL;
	const struct nos_batch_reject *reject = at[1] < b->reject_count ? &b->rejects[at[1]] : NULL;

	if (item && reject && reject->index < item->index)
		item = NULL;
	else if (item)
		reject = NULL;
	at[0] += item != NULL;
	at[1] += reject != NULL;
	*ret_item = item;
	*ret_reject = reject;
	return item || reject;
}

void nos_batch_reject_item(struct nos_batch *b, size_t i, const struct nos_err *why)
{
	uint32_t index = b->items[i].index;

	/* Out of memory leaves it without its reason, and off all the same. */
	if (note_reject(b, index, why)) {
		struct nos_batch_reject last = b->rejects[b->reject_count - 1];
		size_t at = b->reject_count - 1;

		for (; at > 0 && b->rejects[at - 1].index > index; at--)
			b->rejects[at] = b->rejects[at - 1];
		b->rejects[at] = last;
	}
	memmove(&b->items[i], &b->items[i + 1], (b->count - i - 1) * sizeof(*b->items));
	b->count--;
}
