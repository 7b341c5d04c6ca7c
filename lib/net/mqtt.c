/* SPDX-License-Identifier: MIT */
/*
 * libmosquitto's callbacks only take notes; ours are called when it has returned, since it sends
 * again what was in flight after its on_connect, and a publish from there would overtake that.
 */
#include "net/mqtt.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <mosquitto.h>

#include "base/time.h"
#include "net/flight.h"
#include "net/mqtt_settings.h"
#include "net/mqtt_url.h"

#define CONNECT_MS   10000 /* from the first SYN to the CONNACK */
#define MISC_MS	     1000  /* keepalive is looked after at least this often */
#define LEAVE_MS     1000
#define DELAY_MIN_MS 200
#define DELAY_MAX_MS 30000
#define PAYLOAD_MAX  ((1u << 28) - 1)
#define ANEW	     MOSQ_ERR_AUTH /* MQTT 5 alone knows it: here another password is to be used */

enum phase {
	IDLE, /* not connected, the next attempt is due at next_ms */
	DIALLING,
	UP,
	LEFT, /* for good */
};

struct nos_mqtt {
	struct mosquitto *lib;
	struct nos_mqtt_url url;
	struct nos_mqtt_config config; /* of its pointers state alone outlives nos_mqtt_new */

	enum phase phase;
	unsigned tries;	   /* that failed, since the connection last stood for a while */
	uint64_t since_ms; /* when the phase began */
	uint64_t next_ms;
	uint64_t misc_ms; /* when keepalive was looked after last */
	bool news;	  /* a reason for wait to return */
	bool came;	  /* an acknowledgement or a message */

	int connack;   /* code of the CONNACK, -1: none came yet */
	int broke;     /* what libmosquitto said when the connection broke, 0: it stands */
	int errnum;    /* errno, or getaddrinfo's code, belonging to it */
	char why[128]; /* the last error that libmosquitto logged while TLS was not up */

	struct nos_flight flight;
	char hear[NOS_MQTT_HEAR_MAX]; /* topic to subscribe to, empty: none */
};

static uint64_t now_ms(void)
{
	return nos_mono_now().us / 1000;
}

/* Remember the first thing that went wrong with this connection. */
static void note(struct nos_mqtt *m, int rc)
{
	int errnum = errno;

	if (rc <= 0 || m->broke)
		return;
	m->broke = rc;
	if (!m->errnum && (rc == MOSQ_ERR_ERRNO || rc == MOSQ_ERR_EAI))
		m->errnum = errnum;
}

static void on_connect(struct mosquitto *lib, void *state, int code)
{
	struct nos_mqtt *m = state;

	(void)lib;
	m->connack = code;
}

/* Comes twice for some breaks. */
static void on_disconnect(struct mosquitto *lib, void *state, int rc)
{
	(void)lib;
	note(state, rc ? rc : MOSQ_ERR_CONN_LOST);
}

static void on_publish(struct mosquitto *lib, void *state, int id)
{
	struct nos_mqtt *m = state;

	(void)lib;
	m->came = true;
	nos_flight_ack(&m->flight, (uint16_t)id);
}

static void on_message(struct mosquitto *lib, void *state, const struct mosquitto_message *message)
{
	struct nos_mqtt *m = state;

	(void)lib;
	m->came = true;
	if (message->payloadlen >= 0)
		m->config.heard(m->config.state,
		    (struct nos_str){ message->payload, (size_t)message->payloadlen });
}

/* "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed": the end tells it. */
static void on_log(struct mosquitto *lib, void *state, int level, const char *text)
{
	struct nos_mqtt *m = state;
	const char *colon = strrchr(text, ':');
	struct nos_str end = nos_str_trim(nos_str_of(colon ? colon + 1 : text));

	(void)lib;
	if (level == MOSQ_LOG_ERR && end.len)
		snprintf(m->why, sizeof(m->why), "%.*s", NOS_STR_ARG(end));
}

void nos_mqtt_start(void)
{
	mosquitto_lib_init();
}

enum nos_code nos_mqtt_password_check(const struct nos_secret *password, struct nos_err *err)
{
	return memchr(password->bytes, '\0', password->len)
		   ? nos_err_set(err, NOS_USAGE, "the broker's password holds a NUL")
		   : NOS_OK;
}

static enum nos_code set_up(struct nos_mqtt *m, struct nos_err *err)
{
	const struct nos_mqtt_config *config = &m->config;

	if (nos_flight_init(&m->flight, config->window, err))
		return err->code;
	if (nos_mqtt_settings_new(config->client_id, m, &m->lib, err))
		return err->code;
	mosquitto_connect_callback_set(m->lib, on_connect);
	mosquitto_disconnect_callback_set(m->lib, on_disconnect);
	mosquitto_publish_callback_set(m->lib, on_publish);
	if (config->hear) {
		mosquitto_message_callback_set(m->lib, on_message);
		if (!nos_str_copy(nos_str_of(config->hear), m->hear, sizeof(m->hear)))
			return nos_err_set(err, NOS_USAGE, "MQTT: the topic to hear is too long");
	}
	/* With each message that it is handed, and each that is acknowledged, it goes through all
	 * that it has, but where its own limit is reached: those behind wait, and one goes for each
	 * that is acknowledged. So TCP acknowledges all the while, too: a broker that leaves
	 * Nagle's algorithm on, as Mosquitto does by itself, waits for that with its next ones. */
	mosquitto_max_inflight_messages_set(m->lib, (config->window + 1) / 2);
	if (nos_mqtt_settings_login(m->lib, &m->url, config->password, err) ||
	    nos_mqtt_settings_tls(m->lib, &m->url, config->ca, err))
		return err->code;
	return nos_mqtt_settings_will(m->lib, config->will_topic, config->will, err);
}

enum nos_code nos_mqtt_new(
    const struct nos_mqtt_config *config, struct nos_mqtt **ret, struct nos_err *err)
{
	struct nos_mqtt *m;
	struct nos_mqtt_url url;

	assert(config->window >= 1 && config->window <= NOS_MQTT_WINDOW_MAX);
	assert(config->keepalive_s >= 5 && config->keepalive_s <= 65535);
	if (nos_mqtt_url_parse(config->url, &url, err))
		return err->code;
	m = calloc(1, sizeof(*m));
	if (!m)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	m->url = url;
	m->config = *config;
	if (set_up(m, err)) {
		nos_mqtt_free(m);
		return err->code;
	}
	*ret = m;
	return NOS_OK;
}

void nos_mqtt_free(struct nos_mqtt *m)
{
	if (!m)
		return;
	if (m->lib)
		mosquitto_destroy(m->lib);
	nos_flight_release(&m->flight);
	free(m);
}

unsigned nos_mqtt_room(const struct nos_mqtt *m)
{
	return m->phase == UP ? m->flight.window - m->flight.count : 0;
}

unsigned nos_mqtt_in_flight(const struct nos_mqtt *m)
{
	return m->flight.count;
}

enum nos_code nos_mqtt_publish(struct nos_mqtt *m, const char *topic, struct nos_span payload,
    bool retain, uint64_t tag, struct nos_err *err)
{
	int id = 0, rc;

	if (!nos_mqtt_room(m))
		return nos_err_set(err, NOS_AWAY, "broker: no room for a message now");
	if (payload.len > PAYLOAD_MAX)
		return nos_err_set(err, NOS_DATA, "a message is over %u bytes", PAYLOAD_MAX);
	rc = mosquitto_publish(m->lib, &id, topic, (int)payload.len, payload.p, 1, retain);
	if (rc == MOSQ_ERR_NOMEM)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	/* With an id it is queued, whatever else is said: wait will find the break and repair it.
	 */
	if (!id)
		return nos_err_set(err, NOS_DATA, "'%s' is no topic for a message", topic);
	nos_flight_put(&m->flight, (uint16_t)id, tag);
	return NOS_OK;
}

void nos_mqtt_cork(struct nos_mqtt *m, bool on)
{
	int value = on;

	if (m->phase == UP)
		setsockopt(mosquitto_socket(m->lib), IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
}

/* Between DELAY_MIN_MS and a ceiling that doubles, so that a herd of clients scatters. */
static uint64_t delay_ms(unsigned tries)
{
	uint64_t ceiling = (uint64_t)DELAY_MIN_MS << (tries < 8 ? tries + 1 : 8);
	uint32_t chance = 0;

	if (ceiling > DELAY_MAX_MS)
		ceiling = DELAY_MAX_MS;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) < 0)
		chance = (uint32_t)nos_mono_now().us;
	return DELAY_MIN_MS + chance % (ceiling - DELAY_MIN_MS + 1);
}

static void refusal(int code, struct nos_err *err)
{
	static const char *const words[] = { NULL, "refused MQTT 3.1.1", "refused the client id",
		"not available", "refused the user or password", "refused the user or password" };

	if (code < 1 || code >= (int)(sizeof(words) / sizeof(words[0])))
		nos_err_set(err, NOS_AWAY, "broker: refused, code %d", code);
	else
		nos_err_set(err, code >= 4 ? NOS_DENIED : NOS_AWAY, "broker: %s", words[code]);
}

static void fill_reason(const struct nos_mqtt *m, struct nos_err *err)
{
	if (m->connack > 0)
		refusal(m->connack, err);
	else if (m->broke == MOSQ_ERR_EAI)
		nos_err_set(err, NOS_AWAY, "broker: %s: %s", m->url.host, gai_strerror(m->errnum));
	else if (m->url.tls && m->why[0])
		nos_err_set(err, NOS_AWAY, "broker: TLS: %s", m->why);
	else if (m->errnum)
		nos_err_set_errno(err, NOS_AWAY, m->errnum, "broker");
	else
		nos_err_set(err, NOS_AWAY, "broker: %s",
		    m->broke == MOSQ_ERR_CONN_LOST   ? "connection closed by the other side"
		    : m->broke == ANEW		     ? "another password"
		    : m->broke == MOSQ_ERR_KEEPALIVE ? "no sign of life"
		    : m->broke == MOSQ_ERR_TIMEOUT   ? "no answer"
		    : m->broke == MOSQ_ERR_PROTOCOL  ? "does not speak MQTT 3.1.1"
						     : mosquitto_strerror(m->broke));
}

static void rise(struct nos_mqtt *m)
{
	mosquitto_log_callback_set(m->lib, NULL);
	m->phase = UP;
	m->since_ms = now_ms();
	m->news = true;
	if (m->hear[0])
		note(m, mosquitto_subscribe(m->lib, NULL, m->hear, (int)m->config.hear_qos));
	m->config.turned(m->config.state, true, NULL);
}

/* libmosquitto may still hold the socket: the next attempt, or its end, closes it. */
static void fall(struct nos_mqtt *m)
{
	struct nos_err err = { 0 };
	uint64_t now = now_ms();

	/* Two clients of one name that throw each other out are slowed down as well. */
	if (m->phase == UP && now - m->since_ms >= DELAY_MAX_MS)
		m->tries = 0;
	m->next_ms = now + delay_ms(m->tries++);
	m->phase = IDLE;
	m->news = true;
	fill_reason(m, &err);
	m->broke = 0;
	m->config.turned(m->config.state, false, &err);
}

static void deliver(struct nos_mqtt *m)
{
	uint64_t tag;

	while (nos_flight_take(&m->flight, &tag)) {
		m->news = true;
		m->config.acked(m->config.state, tag);
	}
}

static void dial(struct nos_mqtt *m)
{
	m->phase = DIALLING;
	m->since_ms = m->misc_ms = now_ms();
	m->connack = -1;
	m->broke = m->errnum = 0;
	m->why[0] = '\0';
	/* It is asked for why TLS does not come about, and for no more: it would put each message
	 * and each acknowledgement in words. */
	mosquitto_log_callback_set(m->lib, m->url.tls ? on_log : NULL);
	errno = 0;
	/* It does what mosquitto_reconnect_async does, and makes the library's wake-up pipe anew.
	 */
	note(m,
	    mosquitto_connect_async(m->lib, m->url.host, m->url.port, (int)m->config.keepalive_s));
}

/* All that is there. libmosquitto stops behind what makes it send something, since a write to its
 * wake-up pipe, which nobody reads here, leaves EAGAIN in errno; one from before stops it as well.
 */
static void read_all(struct nos_mqtt *m)
{
	do {
		m->came = false;
		errno = 0;
		note(m, mosquitto_loop_read(m->lib, 1));
	} while (!m->broke && m->came);
}

/* Let libmosquitto do what the socket is ready for. */
static void serve(struct nos_mqtt *m, short ready)
{
	bool hung = ready & (POLLERR | POLLHUP | POLLRDHUP);
	socklen_t size = sizeof(m->errnum);

	if (ready & POLLERR)
		getsockopt(mosquitto_socket(m->lib), SOL_SOCKET, SO_ERROR, &m->errnum, &size);
	/* TLS may hold bytes that poll does not see. */
	if (ready & POLLIN || hung || m->url.tls) {
		/* What is acknowledged lets others go. */
		nos_mqtt_cork(m, true);
		read_all(m);
		nos_mqtt_cork(m, false);
	}
	errno = 0;
	if (!m->broke && ready & POLLOUT)
		note(m, mosquitto_loop_write(m->lib, 1));
	if (!m->broke && now_ms() - m->misc_ms >= MISC_MS) {
		m->misc_ms = now_ms();
		note(m, mosquitto_loop_misc(m->lib));
	}
	/* A TLS handshake that the other side left is no error to libmosquitto. */
	if (m->phase == DIALLING && m->connack < 0 && hung)
		note(m, MOSQ_ERR_CONN_LOST);
	if (m->phase == DIALLING && m->connack < 0 && now_ms() - m->since_ms >= CONNECT_MS)
		note(m, MOSQ_ERR_TIMEOUT);
}

static bool is_open(const struct nos_mqtt *m)
{
	return (m->phase == DIALLING || m->phase == UP) && !m->broke;
}

/* How long poll may sleep. */
static int patience_ms(const struct nos_mqtt *m, uint64_t end_ms)
{
	uint64_t now = now_ms(), until = end_ms;

	if (m->phase == IDLE && m->next_ms < until)
		until = m->next_ms;
	if (until > now + MISC_MS)
		until = now + MISC_MS;
	return m->news || m->broke || until <= now ? 0 : (int)(until - now);
}

/* One turn; true if wake_fd is readable, or a signal came. */
static bool turn(struct nos_mqtt *m, int wake_fd, uint64_t end_ms)
{
	struct pollfd fds[2] = { { .fd = -1 }, { .fd = wake_fd, .events = POLLIN } };

	if (m->phase == IDLE && now_ms() >= m->next_ms)
		dial(m);
	if (is_open(m)) {
		fds[0].fd = mosquitto_socket(m->lib);
		fds[0].events = POLLIN | POLLRDHUP;
		if (mosquitto_want_write(m->lib))
			fds[0].events |= POLLOUT;
	}
	if (poll(fds, 2, patience_ms(m, end_ms)) < 0)
		return true;
	if (is_open(m))
		serve(m, fds[0].revents);
	if (m->phase == DIALLING && m->connack == 0 && !m->broke)
		rise(m);
	deliver(m);
	if (m->broke)
		fall(m);
	return fds[1].revents != 0;
}

void nos_mqtt_wait(struct nos_mqtt *m, int wake_fd, unsigned wait_ms)
{
	uint64_t end_ms = now_ms() + wait_ms;

	m->news = false;
	while (!turn(m, wake_fd, end_ms) && !m->news && now_ms() < end_ms)
		;
}

enum nos_code nos_mqtt_login(
    struct nos_mqtt *m, const struct nos_secret *password, struct nos_err *err)
{
	if (nos_mqtt_settings_login(m->lib, &m->url, password->len ? password : NULL, err))
		return err->code;
	m->tries = 0;
	if (m->phase == IDLE)
		m->next_ms = now_ms();
	if (!is_open(m))
		return NOS_OK;
	/* Noted first: what it was, not what the library makes of the end. */
	note(m, ANEW);
	mosquitto_disconnect(m->lib);
	return NOS_OK;
}

void nos_mqtt_disconnect(struct nos_mqtt *m)
{
	uint64_t end_ms = now_ms() + LEAVE_MS;
	bool open = is_open(m);

	m->phase = LEFT;
	m->news = false;
	if (open)
		note(m, mosquitto_disconnect(m->lib));
	/* The library closes the socket once the last byte is out. */
	while (open && !m->broke && mosquitto_socket(m->lib) >= 0 && now_ms() < end_ms) {
		struct pollfd fd = { .fd = mosquitto_socket(m->lib), .events = POLLIN | POLLOUT };

		if (poll(&fd, 1, patience_ms(m, end_ms)) > 0)
			serve(m, fd.revents);
	}
	m->broke = 0;
	deliver(m);
}
