/* SPDX-License-Identifier: MIT */
#include "lane/analyse.h"

#include <string.h>

#include "base/num.h"
#include "json/encode.h"
#include "self/era.h"
#include "score/identity.h"
#include "score/measure.h"
#include "score/normal.h"

void nos_analyse_escape(struct nos_buf *b, struct nos_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '_')
			nos_buf_add_char(b, (char)c);
		else
			nos_buf_addf(b, "=%02X", c);
	}
}

void nos_analyse_track_id(const struct nos_raw *raw, char ret[static NOS_TRACK_ID_MAX])
{
	if (*raw->source)
		snprintf(ret, NOS_TRACK_ID_MAX, "%s", raw->source);
	else
		snprintf(ret, NOS_TRACK_ID_MAX, "anonymous/%s", raw->kind);
}

enum nos_code nos_analyse_admit(const struct nos_analyse *a, const struct nos_raw *raw,
    struct nos_track *track, struct nos_batch *batch, struct nos_err *err)
{
	for (size_t i = 0; i < batch->count;) {
		const struct nos_reading *r = &batch->items[i].reading;

		if (nos_track_series(track, NOS_STR(""), r->type, a->types, err) &&
		    (!*raw->source || !r->claimed.len ||
			nos_track_series(track, r->claimed, r->type, a->types, err))) {
			i++;
			continue;
		}
		if (err->code == NOS_INTERNAL)
			return err->code;
		nos_batch_reject_item(batch, i, err);
		nos_err_clear(err);
	}
	return NOS_OK;
}

/* Hardware or a person named anywhere in what is passed on. */
static enum nos_rule_identity identity_of(const struct nos_raw *raw, const struct nos_reading *r)
{
	if (nos_identity_of(nos_str_of(raw->name)) == NOS_RULE_IDENTITY_HARDWARE ||
	    nos_identity_of(r->type) == NOS_RULE_IDENTITY_HARDWARE ||
	    nos_identity_of(r->claimed) == NOS_RULE_IDENTITY_HARDWARE ||
	    (r->kind == NOS_READING_TEXT && nos_identity_of(r->text) == NOS_RULE_IDENTITY_HARDWARE))
		return NOS_RULE_IDENTITY_HARDWARE;
	return *raw->source ? NOS_RULE_IDENTITY_PSEUDONYM : NOS_RULE_IDENTITY_NONE;
}

/* By hand, as is encode_topic: printf would cost more than all scores. */
static void encode_id(struct nos_buf *b, const struct nos_analyse *a, uint64_t pack, uint32_t index)
{
	nos_buf_add_text(b, "{\"id\":\"");
	nos_num_add_uint(b, a->node);
	if (a->lane) {
		nos_buf_add_char(b, '.');
		nos_num_add_uint(b, a->lane);
	}
	nos_buf_add_char(b, '-');
	nos_num_add_uint(b, pack);
	nos_buf_add_char(b, '-');
	nos_num_add_uint(b, index);
	nos_buf_add_char(b, '"');
}

static void encode_head(struct nos_buf *b, const struct nos_analyse *a, const struct nos_raw *raw,
    uint64_t pack, uint32_t index, uint64_t n, const struct nos_reading *r)
{
	encode_id(b, a, pack, index);
	nos_encode_member_uint(b, "node", a->node);
	nos_encode_member_uint(b, "n", n);
	nos_encode_member_text(b, "source", nos_str_of(*raw->source ? raw->source : "anonymous"));
	if (raw->seq)
		nos_encode_member_uint(b, "seq", raw->seq);
	nos_encode_member_text(b, "kind", nos_str_of(raw->kind));
	if (*raw->mode)
		nos_encode_member_text(b, "mode", nos_str_of(raw->mode));
	nos_encode_member_text(b, "type", r->type);
	nos_reading_encode_value(b, r);
	if (r->unit.len)
		nos_encode_member_text(b, "unit", r->unit);
	if (r->has_time)
		nos_encode_member_time(b, "time", r->time);
	nos_encode_member_time(b, "received", raw->received);
	if (*raw->kid)
		nos_encode_member_text(b, "key", nos_str_of(raw->kid));
	nos_encode_member(b, "via");
	nos_buf_add_char(b, '[');
	for (size_t i = 0; i < raw->via_count; i++) {
		nos_encode_comma(b);
		nos_encode_text(b, nos_str_of(raw->via[i].source));
	}
	nos_buf_add_char(b, ']');
}

static void encode_tail(struct nos_buf *b, const struct nos_raw *raw, const struct nos_reading *r)
{
	if (*raw->name)
		nos_encode_member_text(b, "name", nos_str_of(raw->name));
	if (r->claimed.len)
		nos_encode_member_text(b, "claimed", r->claimed);
	if (r->has_position) {
		nos_encode_member_number(b, "lat", r->lat);
		nos_encode_member_number(b, "lon", r->lon);
	}
	nos_buf_add_char(b, '}');
}

/* The topic, and each filter that lets it pass. */
static void encode_topic(struct nos_buf *b, const struct nos_analyse *a, const struct nos_raw *raw,
    const struct nos_filter_input *of)
{
	nos_buf_add_text(b, "nos/");
	nos_num_add_uint(b, a->node);
	nos_buf_add_char(b, '/');
	nos_buf_add_text(b, raw->kind);
	nos_buf_add_char(b, '/');
	nos_buf_add_text(b, *raw->source ? raw->source : "anonymous");
	nos_buf_add_char(b, '/');
	nos_analyse_escape(b, of->in->reading->type);
	for (size_t i = 0; i < nos_profile_filter_count(a->profile); i++) {
		if (!nos_filter_passes(nos_profile_filter_at(a->profile, i), of))
			continue;
		nos_buf_add_char(b, ' ');
		nos_buf_add_str(b, nos_profile_filter_name(a->profile, i));
	}
	nos_buf_add_char(b, '\n');
}

static void told(const struct nos_analyse *a, enum nos_metric_stage stage)
{
	if (a->lap)
		nos_lap_stage(a->lap, stage);
}

static enum nos_code one(const struct nos_analyse *a, const struct nos_raw *raw, uint64_t position,
    const struct nos_batch_item *item, bool known, struct nos_analyse_packs packs,
    struct nos_track *track, struct nos_weighed *ret, struct nos_err *err)
{
	struct nos_normal normal;
	const struct nos_reading *r = &normal.reading;
	struct nos_rule_security security = raw->security;
	struct nos_rule_input in = { .security = &security,
		.type = nos_profile_find(a->profile, nos_str_of(raw->kind), item->reading.type),
		.received = raw->received,
		.packs_seen = packs.seen,
		.packs_expected = packs.expected };
	struct nos_rule_state before = { 0 };
	struct nos_rule_scores scores;
	struct nos_track_series *topic, *series;
	size_t topic_at;
	uint64_t after;

	nos_normal_make(&item->reading, in.type, &normal);
	nos_normal_tell(&normal, &in);
	security.identity = identity_of(raw, r);
	security.has_position = r->has_position;
	security.decimals = r->lat_decimals;
	topic = nos_track_series(track, NOS_STR(""), r->type, a->types, err);
	if (!topic)
		return err->code;
	topic_at = (size_t)(topic - track->series);
	series = nos_track_series(track, r->claimed, r->type, a->types, err);
	if (!series)
		return err->code;
	if (*raw->source)
		before = series->state;
	scores = nos_rule_score(&in, *raw->source ? &series->state : NULL);
	told(a, NOS_METRIC_STAGE_SCORE);
	topic = &track->series[topic_at]; /* the table may have moved */
	after = topic->n;
	topic->n = nos_era_next(raw->era, after);
	if (!known) {
		encode_topic(
		    &ret->text, a, raw, &(struct nos_filter_input){ &in, &before, &scores });
		encode_head(&ret->text, a, raw, raw->era + position, item->index, topic->n, r);
		nos_measure_encode(&ret->text, &in, &before, &scores);
		encode_tail(&ret->text, raw, r);
	}
	(void)!nos_weighed_note(ret,
	    &(struct nos_weighed_record){ .track = track,
		.series = topic_at,
		.n = topic->n,
		.after = after,
		.era = raw->era },
	    err);
	told(a, NOS_METRIC_STAGE_ENCODE);
	return err->code;
}

static enum nos_code note_way(
    const struct nos_raw *raw, uint64_t position, struct nos_track *track, struct nos_err *err)
{
	struct nos_path path;

	if (*raw->kid && nos_track_use(track, raw->kid, position, raw->received, err))
		return err->code;
	if (!raw->via_count && !track->path)
		return NOS_OK;
	nos_raw_path(raw, &path);
	return nos_track_came(track, &path, err);
}

enum nos_code nos_analyse_pack(const struct nos_analyse *a, const struct nos_raw *raw,
    uint64_t position, const struct nos_batch *batch, size_t known, struct nos_analyse_packs packs,
    struct nos_track *track, struct nos_weighed *ret, struct nos_err *err)
{
	for (size_t i = 0; i < batch->count; i++)
		if (one(a, raw, position, &batch->items[i], i < known, packs, track, ret, err))
			return err->code;
	track->readings += batch->count;
	if (raw->received.ms > track->last_seen.ms)
		track->last_seen = raw->received;
	if (note_way(raw, position, track, err))
		return err->code;
	return nos_buf_check(&ret->text, "records of one commit", err);
}
