/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>

#include "base/num.h"
#include "reading/map_part.h"

/* What a conversion gives. */
enum { YEAR = 1, MONTH = 2, DAY = 4, HOUR = 8, HALF = 16, OFFSET = 32, REST = 64, TWELVE = 128 };

/* Those that say the same everywhere: none that asks for the machine's zone or its language. */
static unsigned gives(char conversion)
{
	switch (conversion) {
	case 'Y':
	case 'y':
		return YEAR;
	case 'm':
	case 'b':
	case 'B':
	case 'h':
		return MONTH;
	case 'd':
	case 'e':
		return DAY;
	case 'F':
	case 'D':
		return YEAR | MONTH | DAY;
	case 'H':
	case 'k':
	case 'T':
	case 'R':
		return HOUR;
	case 'I':
	case 'l':
		return TWELVE;
	case 'p':
		return HALF;
	case 'z':
		return OFFSET;
	case 'M':
	case 'S':
	case 'a':
	case 'A':
	case 'n':
	case 't':
	case '%':
		return REST;
	default:
		return 0;
	}
}

/* All that a format gives; 0: it has what is not taken. */
static unsigned all_of(const char *format)
{
	unsigned given = REST, one;

	for (; *format; format++) {
		if (*format != '%')
			continue;
		one = gives(*++format);
		if (!one)
			return 0;
		given |= one;
	}
	return given;
}

bool nos_map_time_check(const char *format, bool has_zone, const char **ret_why)
{
	const unsigned given = all_of(format), date = YEAR | MONTH | DAY;

	*ret_why = NULL;
	if (!given)
		*ret_why = "has a conversion that is not taken: take %Y %y %m %b %d %e %H %I %p %M "
			   "%S %F %D %T %R %z %a";
	else if ((given & date) != date)
		*ret_why = "gives no year, month and day";
	else if ((given & TWELVE && !(given & HALF)) || (given & HALF && !(given & TWELVE)))
		*ret_why = "has one of %I and %p without the other";
	else if (!(given & OFFSET) && !has_zone)
		*ret_why = "has no %z: say in 'zone' what its times are in";
	return !*ret_why;
}

bool nos_map_time_zone(struct nos_str text, int32_t *ret_s)
{
	char whole[32];
	struct nos_time t;

	if (!text.len || text.len > 6)
		return false;
	snprintf(whole, sizeof(whole), "1970-01-01T00:00:00%.*s", NOS_STR_ARG(text));
	if (!nos_time_parse(nos_str_of(whole), NULL, &t))
		return false;
	*ret_s = (int32_t)(-t.ms / 1000);
	return true;
}

/* What a clock writes behind whole seconds, as milliseconds. */
static bool read_fraction(const char *s, int *ret_ms)
{
	int scale = 100;

	*ret_ms = 0;
	if (!*s)
		return true;
	if ((*s != '.' && *s != ',') || !s[1])
		return false;
	for (s++; *s; s++, scale /= 10) {
		if (*s < '0' || *s > '9')
			return false;
		*ret_ms += (*s - '0') * scale;
	}
	return true;
}

/* strptime takes the 31st of any month, so that the date is made of the seconds again. */
static bool is_date(const struct tm *tm)
{
	struct tm again = *tm;

	timegm(&again);
	return again.tm_mday == tm->tm_mday && again.tm_mon == tm->tm_mon;
}

static bool read_format(const struct nos_map *m, struct nos_str s, struct nos_time *ret)
{
	struct tm tm = { .tm_mday = 1 };
	char text[128];
	const char *rest;
	int64_t seconds, offset_s = m->zone_s;
	int second, ms;

	if (!nos_str_copy(s, text, sizeof(text)))
		return false;
	rest = strptime(text, m->format, &tm);
	if (!rest || !read_fraction(rest, &ms))
		return false;
	/* A leap second is of its minute, and of the day that it ends. */
	second = tm.tm_sec;
	tm.tm_sec = 0;
	if (all_of(m->format) & OFFSET)
		offset_s = tm.tm_gmtoff;
	tm.tm_gmtoff = 0;
	if (!is_date(&tm))
		return false;
	seconds = (int64_t)timegm(&tm) + second - offset_s;
	ret->ms = seconds * 1000 + ms;
	return true;
}

bool nos_map_time_read(
    const struct nos_map *m, const struct nos_map_piece *piece, struct nos_time *ret)
{
	const struct nos_str s = nos_str_trim(piece->text);
	const bool digits = piece->found == NOS_MAP_NUMBER || m->is_csv;
	double number;

	switch (m->clock) {
	case NOS_MAP_CLOCK_FORMAT:
		return read_format(m, s, ret);
	case NOS_MAP_CLOCK_EPOCH:
		return nos_num_parse_decimal(s, &number) && nos_time_from_number(number, ret);
	case NOS_MAP_CLOCK_ANY:
		if (digits && nos_num_parse_decimal(s, &number))
			return nos_time_from_number(number, ret);
		break;
	case NOS_MAP_CLOCK_RFC3339:
		break;
	}
	return piece->found == NOS_MAP_TEXT &&
	       nos_time_parse(s, m->has_zone ? &m->zone_s : NULL, ret);
}
