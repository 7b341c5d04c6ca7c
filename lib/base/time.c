/* SPDX-License-Identifier: MIT */
#include "base/time.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/num.h"

struct nos_time nos_time_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (struct nos_time){ (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 };
}

struct nos_mono nos_mono_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (struct nos_mono){ (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000 };
}

/* Days since 1970 of a date of the proleptic Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t in_era = y - era * 400;
	int64_t in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	if (month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)))
		return 29;
	return days[month - 1];
}

/* Take exactly n digits. */
static bool digits(struct nos_str *s, int n, int *ret)
{
	int v = 0;

	if (s->len < (size_t)n)
		return false;
	for (int i = 0; i < n; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		v = v * 10 + (s->p[i] - '0');
	}
	s->p += n;
	s->len -= (size_t)n;
	*ret = v;
	return true;
}

static bool one_of(struct nos_str *s, const char *set)
{
	if (!s->len || !strchr(set, s->p[0]) || s->p[0] == '\0')
		return false;
	s->p++;
	s->len--;
	return true;
}

static bool parse_offset(struct nos_str *s, const int32_t *zone_s, int64_t *ret_s)
{
	int hours, minutes = 0;
	bool minus;

	if (s->len == 0 && zone_s) {
		*ret_s = *zone_s;
		return true;
	}
	if (one_of(s, "Zz")) {
		*ret_s = 0;
		return true;
	}
	minus = s->len && s->p[0] == '-';
	if (!one_of(s, "+-") || !digits(s, 2, &hours))
		return false;
	if (s->len) {
		one_of(s, ":");
		if (!digits(s, 2, &minutes))
			return false;
	}
	if (hours > 23 || minutes > 59)
		return false;
	*ret_s = (minus ? -1 : 1) * (int64_t)(hours * 3600 + minutes * 60);
	return true;
}

bool nos_time_parse(struct nos_str s, const int32_t *zone_s, struct nos_time *ret)
{
	int year, month, day, hour, minute, second, digit, ms = 0, scale = 100;
	int64_t offset_s;

	if (!digits(&s, 4, &year) || !one_of(&s, "-") || !digits(&s, 2, &month) ||
	    !one_of(&s, "-") || !digits(&s, 2, &day) || !one_of(&s, "Tt ") ||
	    !digits(&s, 2, &hour) || !one_of(&s, ":") || !digits(&s, 2, &minute) ||
	    !one_of(&s, ":") || !digits(&s, 2, &second))
		return false;
	if (one_of(&s, ".,")) {
		if (!digits(&s, 1, &digit))
			return false;
		do {
			ms += digit * scale;
			scale /= 10;
		} while (digits(&s, 1, &digit));
	}
	if (!parse_offset(&s, zone_s, &offset_s) || s.len)
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 ||
	    minute > 59 || second > 60)
		return false;
	ret->ms =
	    (days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset_s) *
		1000 +
	    ms;
	return true;
}

bool nos_time_from_number(double n, struct nos_time *ret)
{
	double size = fabs(n);

	if (!isfinite(n) || size >= 1e20)
		return false;
	if (size < 1e11)
		n *= 1000;
	else if (size >= 1e17)
		n /= 1e6;
	else if (size >= 1e14)
		n /= 1000;
	ret->ms = llrint(n);
	return true;
}

double nos_time_seconds(struct nos_time t)
{
	return (double)t.ms / 1000;
}

void nos_time_format(struct nos_buf *b, struct nos_time t)
{
	if (t.ms >= 0)
		nos_num_add_fixed(b, (uint64_t)t.ms, 3);
	else
		nos_num_format(b, nos_time_seconds(t), 3);
}

void nos_time_format_rfc3339(struct nos_buf *b, struct nos_time t)
{
	int64_t s = t.ms / 1000 - (t.ms % 1000 < 0);
	time_t seconds = (time_t)s;
	struct tm tm;
	char text[40];

	if (gmtime_r(&seconds, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		nos_buf_add_text(b, text);
	else
		nos_buf_addf(b, "%lld", (long long)s);
}

static const struct {
	const char *unit;
	uint64_t ms;
} spans[] = {
	{ "d", 86400000 },
	{ "h", 3600000 },
	{ "m", 60000 },
	{ "s", 1000 },
	{ "ms", 1 },
};

bool nos_time_parse_span(struct nos_str s, uint64_t *ret_ms)
{
	size_t n = 0;
	uint64_t count;

	while (n < s.len && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		if (!nos_str_is((struct nos_str){ s.p + n, s.len - n }, spans[i].unit))
			continue;
		return nos_num_parse(
			   (struct nos_str){ s.p, n }, 0, UINT64_MAX / spans[i].ms, &count) &&
		       !__builtin_mul_overflow(count, spans[i].ms, ret_ms);
	}
	return false;
}

void nos_time_format_span(struct nos_buf *b, uint64_t ms)
{
	size_t i = 0;

	while (i < 4 && ms < 2 * spans[i].ms)
		i++;
	nos_buf_addf(b, "%llu%s", (unsigned long long)(ms / spans[i].ms), spans[i].unit);
}
