/* SPDX-License-Identifier: MIT */
/*
 * mqtt_load SETTINGS send EACH whole|apart SECONDS [PACKS]: publishes packs of EACH readings with
 * QoS 1 over one connection for so long, PACKS of them at most: a message each, or a message a
 * reading; waits for what is in flight, and prints a line of JSON (peers.h). A pack is acknowledged
 * when the last of its messages is.
 *
 * mqtt_load SETTINGS keep: leaves a session behind that subscribes to all of it with QoS 1.
 * mqtt_load SETTINGS take: comes back to that session, and prints how many messages waited for it.
 *
 * SETTINGS is a file of lines "NAME VALUE": port, of 127.0.0.1, and topic; identity and psk in
 * hexadecimal, or ca, a file; user and password. libmosquitto is driven by this thread, as lib/net
 * does it: window 1000, half of it at the broker, refilled at half, corked.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>

#include <mosquitto.h>

#include "peers.h"

#define WINDOW	  1000 /* messages that are not acknowledged */
#define SLOTS	  65536
#define SILENT_NS UINT64_C(30000000000) /* without an answer: it is lost */
#define REST_NS	  UINT64_C(2000000000)	/* without a message: that was all */
#define LOOK_MS	  100
#define KEEPER	  "peers-keeper"

struct pack {
	uint64_t sent;
	size_t left; /* messages of it that are not acknowledged */
};

struct load {
	struct mosquitto *lib;
	const char *topic;
	bool up, kept;
	struct peers_readings readings;
	size_t each, parts; /* messages of a pack */
	struct pack packs[SLOTS];
	size_t pack_of[SLOTS]; /* of each message's id */
	size_t in_flight;
	uint64_t heard, last; /* messages, and when something came */
	struct peers_tally tally;
};

static void on_connect(struct mosquitto *lib, void *state, int code)
{
	struct load *l = state;

	(void)lib;
	if (code)
		peers_die("mqtt_load", mosquitto_connack_string(code));
	l->up = true;
}

static void on_disconnect(struct mosquitto *lib, void *state, int code)
{
	(void)lib, (void)state;
	if (code)
		peers_die("mqtt_load: the broker broke off", mosquitto_strerror(code));
}

static void on_publish(struct mosquitto *lib, void *state, int id)
{
	struct load *l = state;
	struct pack *p = &l->packs[l->pack_of[id] % SLOTS];

	(void)lib;
	l->in_flight--;
	l->last = peers_now();
	l->tally.messages++;
	if (--p->left == 0)
		peers_tally_add(&l->tally, p->sent);
}

static void on_subscribe(struct mosquitto *lib, void *state, int id, int count, const int *granted)
{
	(void)lib, (void)id;
	if (count != 1 || granted[0] != 1)
		peers_die("mqtt_load", "no subscription of QoS 1");
	((struct load *)state)->kept = true;
}

static void on_message(struct mosquitto *lib, void *state, const struct mosquitto_message *m)
{
	struct load *l = state;

	(void)lib, (void)m;
	l->heard++;
	l->last = peers_now();
}

static void secure(struct load *l, const struct peers_settings *s)
{
	const char *psk = peers_setting(s, "psk"), *ca = peers_setting(s, "ca");
	const char *user = peers_setting(s, "user");
	int code = MOSQ_ERR_SUCCESS;

	if (psk)
		code = mosquitto_tls_psk_set(l->lib, psk, peers_setting_need(s, "identity"), NULL);
	else if (ca)
		code = mosquitto_tls_set(l->lib, ca, NULL, NULL, NULL, NULL);
	if (!code && user)
		code = mosquitto_username_pw_set(l->lib, user, peers_setting_need(s, "password"));
	if (code)
		peers_die("mqtt_load", mosquitto_strerror(code));
}

static void set(const struct load *l, int what, int value)
{
	setsockopt(mosquitto_socket(l->lib), IPPROTO_TCP, what, &value, sizeof(value));
}

static void one_round(struct load *l)
{
	struct pollfd p = { .fd = mosquitto_socket(l->lib), .events = POLLIN };
	int code = MOSQ_ERR_SUCCESS;

	if (mosquitto_want_write(l->lib))
		p.events |= POLLOUT;
	poll(&p, 1, LOOK_MS);
	/* What was acknowledged makes room for what waits in the library. */
	set(l, TCP_CORK, 1);
	if (p.revents & (POLLIN | POLLHUP | POLLERR))
		code = mosquitto_loop_read(l->lib, 1);
	if (!code)
		set(l, TCP_CORK, 0);
	if (!code && p.revents & POLLOUT)
		code = mosquitto_loop_write(l->lib, 1);
	if (!code)
		code = mosquitto_loop_misc(l->lib);
	if (code)
		peers_die("mqtt_load", mosquitto_strerror(code));
}

static void open_it(struct load *l, const struct peers_settings *s, const char *id)
{
	const int port = (int)strtoul(peers_setting_need(s, "port"), NULL, 10);

	mosquitto_lib_init();
	l->topic = peers_setting_need(s, "topic");
	l->lib = mosquitto_new(id, !id, l);
	if (!l->lib)
		peers_die("mqtt_load", "out of memory");
	mosquitto_connect_callback_set(l->lib, on_connect);
	mosquitto_disconnect_callback_set(l->lib, on_disconnect);
	mosquitto_publish_callback_set(l->lib, on_publish);
	mosquitto_subscribe_callback_set(l->lib, on_subscribe);
	mosquitto_message_callback_set(l->lib, on_message);
	mosquitto_int_option(l->lib, MOSQ_OPT_SEND_MAXIMUM, WINDOW / 2);
	mosquitto_int_option(l->lib, MOSQ_OPT_RECEIVE_MAXIMUM, WINDOW);
	secure(l, s);
	if (mosquitto_connect(l->lib, "127.0.0.1", port, 60))
		peers_die("mqtt_load", "no broker");
	set(l, TCP_NODELAY, 1);
	while (!l->up)
		one_round(l);
	l->last = peers_now();
}

/* ---- sending ---- */

static void publish(struct load *l, size_t pack)
{
	const size_t lines = l->each / l->parts;
	struct pack *p = &l->packs[pack % SLOTS];
	int id, code;

	*p = (struct pack){ peers_now(), l->parts };
	for (size_t i = 0; i < l->parts; i++) {
		const struct nos_str text = peers_readings_of(&l->readings, pack, i * lines, lines);

		code = mosquitto_publish(l->lib, &id, l->topic, (int)text.len, text.p, 1, false);
		if (code)
			peers_die("mqtt_load", mosquitto_strerror(code));
		l->pack_of[id] = pack;
		l->in_flight++;
	}
}

static void send_all(struct load *l, double seconds, size_t most)
{
	const uint64_t until = peers_now() + (uint64_t)(seconds * 1e9);
	size_t pack = 0;

	peers_tally_begin(&l->tally, l->each);
	while (peers_now() < until && pack < most) {
		if (l->in_flight <= WINDOW / 2) {
			set(l, TCP_CORK, 1);
			while (l->in_flight + l->parts <= WINDOW && pack < most)
				publish(l, pack++);
			set(l, TCP_CORK, 0);
		}
		one_round(l);
	}
	while (l->in_flight) {
		if (peers_now() - l->last > SILENT_NS)
			peers_die("mqtt_load", "the broker does not answer");
		one_round(l);
	}
	peers_tally_print(&l->tally);
}

static void keep(struct load *l)
{
	if (mosquitto_subscribe(l->lib, NULL, l->topic, 1))
		peers_die("mqtt_load", "subscribe");
	while (!l->kept)
		one_round(l);
}

static void take(struct load *l)
{
	while (peers_now() - l->last < REST_NS)
		one_round(l);
	printf("{\"messages\":%" PRIu64 "}\n", l->heard);
}

int main(int argc, char **argv)
{
	static struct load l;
	static struct peers_settings s;
	const char *what = argc > 2 ? argv[2] : "";
	const bool sends = strcmp(what, "send") == 0 && argc >= 6;

	if (!sends && !(argc == 3 && (strcmp(what, "keep") == 0 || strcmp(what, "take") == 0)))
		peers_die("usage",
		    "mqtt_load SETTINGS send EACH whole|apart SECONDS [PACKS] | keep | take");
	peers_settings_read(&s, argv[1]);
	open_it(&l, &s, sends ? NULL : KEEPER);
	if (sends) {
		l.each = strtoul(argv[3], NULL, 10);
		l.parts = strcmp(argv[4], "apart") == 0 ? l.each : 1;
		peers_readings_make(&l.readings, l.each);
		send_all(
		    &l, strtod(argv[5], NULL), argc > 6 ? strtoul(argv[6], NULL, 10) : SIZE_MAX);
	} else if (*what == 'k') {
		keep(&l);
	} else {
		take(&l);
	}
	mosquitto_disconnect(l.lib);
	return fflush(stdout) != 0;
}
