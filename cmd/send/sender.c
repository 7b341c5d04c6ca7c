/* SPDX-License-Identifier: MIT */
#include "sender.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "cli/start.h"

#define OUT_MAX (16u << 20) /* bytes of the answers to one pack */

void sender_init(struct sender *s, uint64_t max_line, uint64_t batch, size_t text_max)
{
	*s = (struct sender){ 0 };
	nos_ring_init(&s->ring);
	nos_send_init(&s->send);
	nos_spool_init(&s->spool);
	nos_lines_init(&s->lines, STDIN_FILENO, max_line, nos_start_stopped());
	nos_load_init(&s->load, batch, text_max, (struct nos_batch_how){ 0 });
	nos_buf_init(&s->out, OUT_MAX);
}

void sender_release(struct sender *s)
{
	nos_follow_free(s->follow);
	nos_listener_free(s->listener);
	nos_buf_release(&s->out);
	nos_load_release(&s->load);
	nos_map_free(s->map);
	nos_lines_release(&s->lines);
	nos_spool_release(&s->spool);
	nos_nomad_release(&s->nomad);
	nos_send_release(&s->send);
	nos_ring_release(&s->ring);
}

/* ---- answers ---- */

static enum nos_code flush(struct sender *s, struct nos_err *err)
{
	size_t done = 0;

	while (done < s->out.len) {
		ssize_t n = write(STDOUT_FILENO, s->out.p + done, s->out.len - done);

		if (n >= 0) {
			done += (size_t)n;
		} else if (errno != EINTR) {
			s->closed = errno == EPIPE;
			return nos_err_set_errno(err, NOS_IO, errno, "output");
		}
	}
	nos_buf_truncate(&s->out, 0);
	return NOS_OK;
}

/* ---- packs ---- */

/* Close the pack: send it, and answer its readings whatever becomes of it. */
static enum nos_code close_pack(struct sender *s, struct nos_err *err)
{
	struct nos_send_pack p = { .text = nos_buf_str(&s->load.text), .readings = s->load.good };
	enum nos_courier_fate fate = NOS_COURIER_FAILED;
	struct nos_answer answer = { 0 };
	struct nos_err why = { 0 }, failed = { 0 };

	if (p.readings)
		(void)!nos_courier_deliver(&s->courier, &p, &fate, &answer, &why);
	nos_fate_encode(&s->fate,
	    &(struct nos_fate_pack){
		&s->load, p.node ? p.node : s->ring.k.node, p.seq, fate, &answer, &why },
	    &s->out);
	nos_answer_release(&answer);
	nos_load_clear(&s->load);
	if (nos_buf_check(&s->out, "output", &failed) || flush(s, &failed))
		*err = failed;
	else
		*err = why;
	return err->code;
}

/* What of the line in hand has room; a pack that is full goes. */
static enum nos_code fill(struct sender *s, struct nos_err *err)
{
	bool full;

	do {
		size_t before = s->load.good;

		if (nos_load_fill(&s->load, &full, err))
			return err->code;
		if (!before && s->load.good)
			s->since = nos_mono_now();
		/* A line that is bad needs not wait for company. */
		if ((full || (s->load.count && !s->load.good)) && close_pack(s, err))
			return err->code;
	} while (full);
	return NOS_OK;
}

static enum nos_code take_line(
    struct sender *s, struct nos_str line, bool is_long, struct nos_err *err)
{
	struct nos_err why = { 0 };

	if (!is_long)
		return nos_load_line(&s->load, s->lines.number, line, nos_time_now(), err)
			   ? err->code
			   : fill(s, err);
	nos_err_set(&why, NOS_LARGE, "line is over %" PRIu64 " bytes", s->lines.max);
	return nos_load_reject(&s->load, s->lines.number, &why, err) ? err->code : fill(s, err);
}

/* Until when to wait for a line: what lingers is sent then, and what waits looked at. */
static bool next_moment(const struct sender *s, struct nos_mono *ret)
{
	bool is_set = nos_courier_next(&s->courier, ret);
	uint64_t due = s->since.us + s->linger_ms * 1000;

	if (s->load.good && (!is_set || due < ret->us)) {
		ret->us = due;
		is_set = true;
	}
	return is_set;
}

static bool has_lingered(const struct sender *s)
{
	return s->load.good && nos_mono_now().us >= s->since.us + s->linger_ms * 1000;
}

/* What came by the broker, and that nothing does. */
static enum nos_code take_overheard(struct sender *s, struct nos_err *err)
{
	struct nos_err trouble = { 0 };
	NOS_AUTO(buf) message = { 0 };

	nos_buf_init(&message, NOS_LISTENER_MESSAGE_MAX);
	if (nos_listener_trouble(s->listener, &trouble))
		s->courier.note(s->courier.note_state, trouble.text);
	while (nos_listener_take(s->listener, &message))
		if (nos_courier_overheard(&s->courier, nos_buf_span(&message), err))
			break;
	return err->code;
}

/*
 * What the follower heard. Where that is that the source was revoked, the readings in hand are
 * answered all the same.
 */
static enum nos_code take_followed(struct sender *s, struct nos_err *err)
{
	struct nos_answer_news news = { 0 };
	struct nos_err other = { 0 };

	if (s->listener)
		(void)!take_overheard(s, err);
	else if (!nos_follow_take(s->follow, &news, err))
		(void)!nos_courier_heard(&s->courier, &news, err);
	nos_answer_news_release(&news);
	if (err->code && s->load.count)
		(void)!close_pack(s, &other);
	return err->code;
}

/* The next event; the follower goes by the keyring as it is before each wait. */
static enum nos_code next_event(
    struct sender *s, enum nos_lines_event *ret, struct nos_str *ret_line, struct nos_err *err)
{
	struct nos_mono until;
	bool is_set = next_moment(s, &until);

	if (s->follow && nos_follow_aim(s->follow, &s->ring.k, err))
		return err->code;
	return nos_lines_next(&s->lines, is_set ? &until : NULL, ret, ret_line, err);
}

enum nos_code sender_run(struct sender *s, struct nos_err *err)
{
	enum nos_lines_event event = NOS_LINES_WAIT;
	struct nos_str line;

	if (nos_courier_drain(&s->courier, err))
		return err->code;
	if (s->spool.count && s->spool.bytes >= s->spool.max_bytes)
		return nos_err_set(err, NOS_BUSY, "the spool '%s' is full", s->spool.folder);
	while (event != NOS_LINES_END && event != NOS_LINES_STOP) {
		if (next_event(s, &event, &line, err) ||
		    (event == NOS_LINES_WAKE && take_followed(s, err)))
			return err->code;
		if ((event == NOS_LINES_LINE || event == NOS_LINES_LONG) &&
		    take_line(s, line, event == NOS_LINES_LONG, err))
			return err->code;
		if (s->load.batch.over)
			event = NOS_LINES_END;
		if ((event == NOS_LINES_END || event == NOS_LINES_STOP || has_lingered(s)) &&
		    s->load.count && close_pack(s, err))
			return err->code;
		if (event != NOS_LINES_LINE && nos_courier_drain(&s->courier, err))
			return err->code;
	}
	return NOS_OK;
}
