/* SPDX-License-Identifier: MIT */
/* What people write by hand: nos.conf, a rules file, a filter, the address of a broker. */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "cli/conf.h"
#include "net/mqtt_url.h"
#include "score/profile.h"

static int file;
static char path[64];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	file = memfd_create("nos.conf", MFD_CLOEXEC);
	must(file >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return 0;
}

/* A setting that is handed on is a word with a value, without blanks at their ends. */
static enum nos_code setting(
    void *state, const char *name, bool own, const char *value, struct nos_err *err)
{
	struct nos_str trimmed = nos_str_trim(nos_str_of(value));

	(void)own;
	(void)err;
	must(*name && !strpbrk(name, ". \t\r\n=") && !strchr(value, '\n'));
	must(trimmed.len == strlen(value));
	++*(unsigned *)state;
	return NOS_OK;
}

static void read_conf(const uint8_t *data, size_t size)
{
	struct nos_err err = { 0 };
	unsigned lines = 1, settings = 0;
	enum nos_code code;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	must(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
	code = nos_conf_read(path, "nos-score", setting, &settings, &err);
	must(code == err.code && settings <= lines);
	must(code == NOS_OK || code == NOS_CONFIG || code == NOS_LARGE);
}

/* Whatever rules a file gives, a score is in [0,1] or not known. */
static void score_by(const struct nos_profile *p)
{
	const struct nos_reading reading = { .type = NOS_STR("t"),
		.kind = NOS_READING_NUMBER,
		.number = 21.5,
		.decimals = 1,
		.has_time = true,
		.time = { 1547812800000 } };
	const struct nos_rule_security security = { .key_period_s = nos_profile_key_period_s(p) };
	struct nos_rule_state state = { 0 };
	struct nos_rule_input in = { .reading = &reading,
		.type = nos_profile_find(p, NOS_STR("k"), reading.type),
		.security = &security };

	must(isfinite(security.key_period_s) && security.key_period_s > 0);
	(void)nos_profile_is_missing(in.type, reading.number);
	for (int64_t i = 0; i < 3; i++) {
		struct nos_rule_scores scores;

		in.received.ms = reading.time.ms + 1000 * i;
		scores = nos_rule_score(&in, &state);
		for (int s = 0; s < NOS_RULE_COUNT; s++)
			must(isnan(scores.of[s]) || (scores.of[s] >= 0 && scores.of[s] <= 1));
		for (size_t f = 0; f < nos_profile_filter_count(p); f++)
			(void)nos_filter_passes(nos_profile_filter_at(p, f),
			    &(struct nos_filter_input){ &in, &state, &scores });
	}
}

static void parse_rules(struct nos_str text)
{
	struct nos_profile *p = NULL;
	struct nos_err err = { 0 };

	if (nos_profile_parse(text, &p, &err))
		must(err.code == NOS_CONFIG && *err.text);
	else
		score_by(p);
	nos_profile_free(p);
}

/* An expression by itself, at most so long, passes or does not; a fault lies within it. */
static void parse_filter(struct nos_str text)
{
	const struct nos_reading reading = { .type = NOS_STR("t") };
	const struct nos_rule_security security = { .bits = 128, .fresh = true };
	const struct nos_rule_input in = {
		.reading = &reading, .type = &nos_rule_unknown, .security = &security
	};
	struct nos_rule_state state = { 0 };
	struct nos_rule_scores scores = nos_rule_score(&in, &state);
	struct nos_filter *f = NULL;
	struct nos_err err = { 0 };

	if (nos_filter_parse(text, &f, &err))
		must(err.code == NOS_CONFIG && err.has_offset && err.offset <= text.len);
	else
		(void)nos_filter_passes(f, &(struct nos_filter_input){ &in, &state, &scores });
	nos_filter_free(f);
}

static void parse_url(struct nos_str text)
{
	struct nos_mqtt_url url;
	struct nos_err err = { 0 };
	char copy[512];

	if (!nos_str_copy(text, copy, sizeof(copy)))
		return;
	if (!nos_mqtt_url_parse(copy, &url, &err))
		must(*url.host && url.port && !strchr(url.user, ':'));
	else
		must(err.code == NOS_USAGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_conf(data, size);
	parse_rules(fuzz_text(data, size));
	parse_filter(fuzz_text(data, size));
	parse_url(fuzz_text(data, size));
	return 0;
}
