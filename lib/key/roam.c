/* SPDX-License-Identifier: MIT */
#include "key/roam.h"

#include "key/derive.h"

#define KIND   'r'
#define DAY_MS INT64_C(86400000)

uint64_t nos_roam_day(struct nos_time now)
{
	return now.ms > 0 ? (uint64_t)(now.ms / DAY_MS) : 0;
}

bool nos_roam_is_near(uint64_t day, struct nos_time now)
{
	const uint64_t today = nos_roam_day(now);

	return day <= today ? today - day <= 1 : day - today <= 1;
}

struct nos_time nos_roam_since(uint64_t day)
{
	return (struct nos_time){ (int64_t)day * DAY_MS };
}

struct nos_time nos_roam_until(uint64_t day)
{
	return nos_roam_since(day + 2);
}

struct nos_name nos_roam_name(uint64_t home, uint64_t day)
{
	return (struct nos_name){ .kind = KIND, .count = 2, .parts = { home, day } };
}

bool nos_roam_is(const struct nos_name *name, uint64_t *ret_home, uint64_t *ret_day)
{
	if (name->kind != KIND || name->count != 2)
		return false;
	*ret_home = name->parts[0];
	*ret_day = name->parts[1];
	return true;
}

enum nos_code nos_roam_key(const struct nos_secret *z,
    const uint8_t thumbprint[static NOS_HASH_LEN], uint64_t day, struct nos_secret *ret,
    struct nos_err *err)
{
	const struct nos_derive_field ctx[] = {
		NOS_DERIVE_BYTES(thumbprint, NOS_HASH_LEN),
		NOS_DERIVE_NUM(day),
	};

	return nos_derive_key(z, "roam", ctx, 2, NOS_ROAM_KEY_LEN, ret, err);
}
