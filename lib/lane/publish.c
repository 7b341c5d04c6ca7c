/* SPDX-License-Identifier: MIT */
#include "lane/publish.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "json/encode.h"
#include "lane/announce.h"
#include "lane/backlog.h"
#include "lane/print.h"
#include "lane/thrown.h"
#include "lane/topic.h"
#include "net/mqtt.h"
#include "node/lap.h"

#define BURST	      500 /* records read at once */
#define WAIT_MS	      250
#define BYE_MS	      1000    /* for the last message */
#define SHORT_US      1000000 /* where another goes on */
#define NO_RECORD     0	      /* no position of a record */
#define KEEPALIVE_S   30
#define DROPPED_TOPIC "$SYS/broker/publish/messages/dropped"

struct nos_publish {
	struct nos_publish_config config;
	pthread_t thread;
	atomic_bool stop, connected;

	pthread_mutex_t lock;
	char head[NOS_PUBLISH_HEAD_MAX]; /* guarded by lock; empty: none */
	atomic_bool head_waits;		 /* it is to be published */

	/* The thread's own. */
	struct nos_mqtt *mqtt; /* NULL: none */
	uint64_t sent;	       /* position of the newest record handed over whole */
	uint64_t begun;	       /* position of the one of which some messages were */
	size_t messages;       /* so many of them */
	bool greet;	       /* the status is to be published */
	bool was_connected;
	struct nos_thrown thrown;
	char status_topic[64], head_topic[64];
	struct nos_announce announce;
	struct nos_lap lap;
	struct nos_mono *handed; /* when, by position modulo the window */
	struct nos_print print;
	bool knows_dropped; /* dropped is the broker's last count */
	uint64_t dropped;
	struct nos_backlog backlog;
	uint64_t login_age; /* of the password in use */
};

static bool is_ours(const struct nos_publish *p)
{
	return !p->config.until_us || nos_mono_now().us < atomic_load(p->config.until_us);
}

static void encode_status(const struct nos_publish *p, const char *status, struct nos_buf *b)
{
	nos_buf_add_char(b, '{');
	nos_encode_member_uint(b, "node", p->config.node);
	nos_encode_member_text(b, "status", nos_str_of(status));
	nos_encode_member_time(b, "since", p->config.since);
	nos_encode_member_text(b, "version", nos_str_of(p->config.version));
	nos_buf_add_char(b, '}');
}

static void acked(void *state, uint64_t tag)
{
	struct nos_publish *p = state;

	if (tag == NO_RECORD)
		return;
	nos_metric_add(p->config.metric, NOS_METRIC_PUBLISHED, 1);
	nos_metric_time(p->config.metric, NOS_METRIC_TIME_PUBLISH,
	    p->handed[tag % p->config.limits->of[NOS_LIMIT_WINDOW]]);
	/* Behind the last that is on its way there may be some that have gone. */
	nos_commit_published(p->config.commit, --p->backlog.flying ? tag : p->sent);
}

static void turned(void *state, bool connected, const struct nos_err *err)
{
	struct nos_publish *p = state;

	atomic_store(&p->connected, connected);
	p->greet = connected && p->config.speaks;
	if (p->greet)
		atomic_store(&p->head_waits, true);
	nos_announce_forget(&p->announce);
	if (connected)
		nos_log_line(p->config.speaks ? NOS_LOG_INFO : NOS_LOG_DEBUG, "broker: connected");
	else if (p->was_connected || p->sent == nos_commit_mark(p->config.commit))
		nos_log_line(NOS_LOG_WARN, "%s; records wait", err->text);
	p->was_connected = connected;
	if (nos_thrown_turned(&p->thrown, connected, nos_mono_now()) && p->config.speaks)
		nos_thrown_say(p->config.node);
}

/* Mosquitto counts what it dropped since it began: QoS 1 for a subscriber that is too slow. */
static void heard(void *state, struct nos_str payload)
{
	struct nos_publish *p = state;
	uint64_t dropped;

	if (!nos_num_parse(nos_str_trim(payload), 0, UINT64_MAX, &dropped))
		return;
	if (p->knows_dropped && dropped > p->dropped) {
		nos_metric_add(p->config.metric, NOS_METRIC_BROKER_DROPPED, dropped - p->dropped);
		nos_log_line(NOS_LOG_WARN,
		    "broker: dropped %" PRIu64 " messages: raise its max_queued_messages",
		    dropped - p->dropped);
	}
	p->dropped = dropped;
	p->knows_dropped = true;
}

static void say(struct nos_publish *p, const char *status)
{
	NOS_AUTO(buf) text = { 0 };
	struct nos_err err = { 0 };

	nos_buf_init(&text, 1024);
	encode_status(p, status, &text);
	if (nos_mqtt_room(p->mqtt) &&
	    nos_mqtt_publish(p->mqtt, p->status_topic, nos_buf_span(&text), true, NO_RECORD, &err))
		nos_log_line(NOS_LOG_WARN, "%s: %s", p->status_topic, err.text);
}

static void say_head(struct nos_publish *p)
{
	char head[NOS_PUBLISH_HEAD_MAX];
	struct nos_err err = { 0 };

	if (!p->mqtt || !nos_mqtt_room(p->mqtt) || !atomic_exchange(&p->head_waits, false))
		return;
	pthread_mutex_lock(&p->lock);
	memcpy(head, p->head, sizeof(head));
	pthread_mutex_unlock(&p->lock);
	if (*head && nos_mqtt_publish(p->mqtt, p->head_topic, nos_str_bytes(nos_str_of(head)), true,
			 NO_RECORD, &err))
		nos_log_line(NOS_LOG_WARN, "%s: %s", p->head_topic, err.text);
}

/*
 * The messages of a record, one for its topic and one for each filter, from the first that was not
 * handed over yet. Only the last has the tag: they are acknowledged in order, so all are with it.
 */
static enum nos_code send_record(
    struct nos_publish *p, uint64_t position, const struct nos_processed *r, struct nos_err *err)
{
	struct nos_str rest = r->filters, filter = { 0 };
	char topic[NOS_TOPIC_MAX];
	bool more;

	if (p->begun != position) {
		p->begun = position;
		p->messages = 0;
	}
	for (size_t i = 0;; i++) {
		more = rest.len > 0;
		if (i >= p->messages) {
			if (!nos_topic_make(r->topic, filter, topic))
				return nos_err_set(
				    err, NOS_IO, "store: record %" PRIu64 " is damaged", position);
			if (nos_mqtt_publish(p->mqtt, topic, nos_str_bytes(r->record), false,
				more ? NO_RECORD : position, err))
				return err->code;
			if (!i)
				p->handed[position % p->config.limits->of[NOS_LIMIT_WINDOW]] =
				    nos_mono_now();
			p->messages = i + 1;
			p->backlog.flying += !more;
		}
		if (!more)
			return NOS_OK;
		nos_str_cut(&rest, ' ', &filter);
	}
}

static enum nos_code hand_over(
    void *state, uint64_t position, const struct nos_processed *r, struct nos_err *err)
{
	struct nos_publish *p = state;

	if (p->mqtt && send_record(p, position, r, err))
		return err->code;
	nos_backlog_pass(&p->backlog, p->sent, position);
	p->sent = position;
	nos_print_add(&p->print, r->record);
	return NOS_OK;
}

static enum nos_code hand_over_entry(
    void *state, uint64_t position, struct nos_span entry, struct nos_err *err)
{
	struct nos_processed r;

	if (!nos_processed_decode(entry, &r))
		return nos_err_set(err, NOS_IO, "store: record %" PRIu64 " is damaged", position);
	return hand_over(state, position, &r, err);
}

/* The next: out of memory where they were just committed, else out of the store. */
static enum nos_code read_next(struct nos_publish *p, size_t most, struct nos_err *err)
{
	struct nos_fresh *fresh = nos_commit_fresh(p->config.commit);
	const size_t missing = nos_fresh_missing(fresh, p->sent);

	if (!missing)
		return nos_fresh_read(fresh, p->sent, most, hand_over, p, err);
	return nos_store_read(p->config.store, NOS_PROCESSED_STREAM, p->sent,
	    missing < most ? missing : most, hand_over_entry, p, err);
}

/* How many records may go now, each being a message at least: the window is filled again once it is
 * half empty. */
static size_t room(const struct nos_publish *p)
{
	size_t room;

	if (!p->mqtt)
		return BURST;
	room = nos_mqtt_room(p->mqtt);
	return room >= p->config.limits->of[NOS_LIMIT_WINDOW] / 2 ? room : 0;
}

/* False: there is nothing more to do before something happens. */
static bool push(struct nos_publish *p)
{
	const uint64_t last = nos_commit_last(p->config.commit), before = p->sent;
	const size_t n = room(p);
	struct nos_err err = { 0 };

	if (p->mqtt)
		nos_backlog_say(&p->backlog, &p->config, before, last);
	if (!n || p->sent >= last || !is_ours(p))
		return false;
	if (p->mqtt)
		nos_mqtt_cork(p->mqtt, true);
	if (read_next(p, n < BURST ? n : BURST, &err) && err.code != NOS_AWAY)
		nos_log_line(NOS_LOG_WARN, "publishing: %s", err.text);
	if (p->mqtt)
		nos_mqtt_cork(p->mqtt, false);
	nos_print_flush(&p->print);
	if (!err.code && p->sent == before &&
	    nos_backlog_is_gone(&p->backlog, p->config.store, last))
		p->sent = last;
	/* Where there is no broker, what is printed is what is handed over. */
	if (!p->backlog.flying)
		nos_commit_published(p->config.commit, p->sent);
	return !err.code && p->sent != before;
}

static void wait(struct nos_publish *p, unsigned ms)
{
	struct pollfd f = { .fd = p->config.wake_fd, .events = POLLIN };
	uint64_t count;

	if (p->mqtt)
		nos_mqtt_wait(p->mqtt, p->config.wake_fd, ms);
	else if (poll(&f, 1, (int)ms) < 0)
		return;
	/* Not blocking: 0 or more were written. */
	(void)!read(p->config.wake_fd, &count, sizeof(count));
}

static bool is_done(const struct nos_publish *p)
{
	return p->sent >= nos_commit_last(p->config.commit) &&
	       (!p->mqtt || !nos_mqtt_in_flight(p->mqtt));
}

static void say_bye(struct nos_publish *p)
{
	uint64_t until = nos_mono_now().us + BYE_MS * 1000;

	if (!p->mqtt || !is_ours(p))
		return;
	if (p->config.speaks) {
		say_head(p);
		say(p, "offline");
	}
	while (
	    nos_mqtt_in_flight(p->mqtt) && atomic_load(&p->connected) && nos_mono_now().us < until)
		nos_mqtt_wait(p->mqtt, -1, BYE_MS / 10);
	if (atomic_load(&p->connected))
		nos_mqtt_disconnect(p->mqtt);
}

static uint64_t drain_us(const struct nos_publish *p)
{
	const uint64_t drain = p->config.limits->of[NOS_LIMIT_DRAIN] * 1000000;

	if (!p->config.until_us)
		return drain;
	if (p->mqtt && !atomic_load(&p->connected))
		return 0;
	return drain < SHORT_US ? drain : SHORT_US;
}

static void take_login(struct nos_publish *p)
{
	NOS_AUTO(secret) password = { 0 };
	struct nos_err err = { 0 };

	if (!p->mqtt || nos_login_age(p->config.login) == p->login_age)
		return;
	p->login_age = nos_login_get(p->config.login, &password);
	if (nos_mqtt_login(p->mqtt, &password, &err))
		nos_log_line(NOS_LOG_WARN, "%s", err.text);
}

static void *run(void *state)
{
	struct nos_publish *p = state;
	uint64_t until = 0;
	bool pushed;

	while (!atomic_load(&p->stop) || !is_done(p)) {
		if (atomic_load(&p->stop)) {
			if (!until)
				until = nos_mono_now().us + drain_us(p);
			if (nos_mono_now().us >= until || !is_ours(p))
				break;
		}
		take_login(p);
		if (p->greet && nos_mqtt_room(p->mqtt)) {
			p->greet = false;
			say(p, "online");
		}
		say_head(p);
		if (p->config.speaks && p->mqtt && nos_publish_is_connected(p))
			nos_announce_say(&p->announce, p->mqtt);
		pushed = push(p);
		nos_lap_turn(&p->lap, pushed);
		wait(p, pushed ? 0 : until ? WAIT_MS / 10 : WAIT_MS);
	}
	say_bye(p);
	return NULL;
}

static enum nos_code open_broker(struct nos_publish *p, struct nos_err *err)
{
	const struct nos_publish_config *f = &p->config;
	size_t window = f->limits->of[NOS_LIMIT_WINDOW];
	NOS_AUTO(secret) password = { 0 };
	NOS_AUTO(buf) will = { 0 };
	struct nos_mqtt_config config = { .url = f->mqtt,
		.ca = f->ca,
		.client_id = f->client_id,
		.window = (unsigned)window,
		.keepalive_s = KEEPALIVE_S,
		.will_topic = f->speaks ? p->status_topic : NULL,
		.state = p,
		.acked = acked,
		.hear = f->speaks ? DROPPED_TOPIC : NULL,
		.heard = heard,
		.turned = turned };

	snprintf(p->status_topic, sizeof(p->status_topic), "nos/%" PRIu64 "/status", f->node);
	snprintf(p->head_topic, sizeof(p->head_topic), "nos/%" PRIu64 "/audit", f->node);
	nos_buf_init(&will, 1024);
	encode_status(p, "offline", &will);
	p->handed = calloc(window, sizeof(*p->handed));
	if (!p->handed || will.fail)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	config.will = will.p;
	p->login_age = nos_login_get(f->login, &password);
	config.password = password.len ? &password : NULL;
	return nos_mqtt_new(&config, &p->mqtt, err);
}

static void drop(struct nos_publish *p)
{
	nos_backlog_leave(&p->backlog, p->config.metric);
	nos_mqtt_free(p->mqtt);
	nos_print_release(&p->print);
	nos_announce_release(&p->announce);
	pthread_mutex_destroy(&p->lock);
	free(p->handed);
	free(p);
}

enum nos_code nos_publish_new(
    const struct nos_publish_config *config, struct nos_publish **ret, struct nos_err *err)
{
	struct nos_publish *p = calloc(1, sizeof(*p));

	if (!p)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	p->config = *config;
	nos_print_init(&p->print, config->print_fd, config->print_lock);
	nos_announce_init(&p->announce, config->store, config->node);
	nos_lap_init(&p->lap, config->metric, NOS_METRIC_STAGE_PUBLISH);
	pthread_mutex_init(&p->lock, NULL);
	p->sent = nos_commit_mark(config->commit);
	if (config->mqtt && open_broker(p, err)) {
		drop(p);
		return err->code;
	}
	if (pthread_create(&p->thread, NULL, run, p)) {
		drop(p);
		return nos_err_set(err, NOS_INTERNAL, "cannot start the publisher");
	}
	pthread_setname_np(p->thread, "nos-publish");
	*ret = p;
	return NOS_OK;
}

static void wake(struct nos_publish *p)
{
	uint64_t one = 1;

	/* Where the counter is full it is awake. */
	(void)!write(p->config.wake_fd, &one, sizeof(one));
}

void nos_publish_head(struct nos_publish *p, struct nos_str head)
{
	bool is_new;

	pthread_mutex_lock(&p->lock);
	is_new = !nos_str_is(head, p->head) && nos_str_copy(head, p->head, sizeof(p->head));
	pthread_mutex_unlock(&p->lock);
	if (!is_new)
		return;
	atomic_store(&p->head_waits, true);
	wake(p);
}

bool nos_publish_is_connected(const struct nos_publish *p)
{
	return atomic_load(&p->connected);
}

void nos_publish_free(struct nos_publish *p)
{
	if (!p)
		return;
	atomic_store(&p->stop, true);
	wake(p);
	pthread_join(p->thread, NULL);
	drop(p);
}
