/* SPDX-License-Identifier: MIT */
#include "cluster/aim.h"

#include "cluster/placement.h"
#include "self/lanes.h"

enum nos_code nos_aim(
    const struct nos_placement *k, struct nos_job *job, struct nos_str id, struct nos_err *err)
{
	job->aimed = true;
	if (!k || (nos_placement_lanes(k) == 1 && nos_placement_has(k, 0)))
		return NOS_OK;
	if (nos_lanes_of(nos_placement_lanes(k), id, &job->lane, err))
		return err->code;
	job->elsewhere = !nos_placement_has(k, job->lane);
	return job->elsewhere ? nos_err_set(err, NOS_AWAY, "of another nos-serve") : NOS_OK;
}

enum nos_code nos_aim_raw(const struct nos_placement *k, struct nos_job *job, struct nos_err *err)
{
	char id[NOS_TRACK_ID_MAX];

	if (!k || nos_placement_lanes(k) == 1)
		return nos_aim(k, job, NOS_STR(""), err);
	nos_analyse_track_id(&job->raw, id);
	return nos_aim(k, job, nos_str_of(id), err);
}

/* What is wrong with what is inside stays so. */
enum nos_code nos_aim_relays(
    const struct nos_placement *k, struct nos_job *job, struct nos_err *err)
{
	const struct nos_err inside = *err;

	nos_err_clear(err);
	if (nos_aim(k, job, nos_str_of(job->relays[job->relay_count - 1].via.source), err))
		return err->code;
	*err = inside;
	return NOS_OK;
}

enum nos_code nos_aim_check(const struct nos_placement *k, struct nos_err *err)
{
	return k ? nos_placement_check(k, false, err) : NOS_OK;
}
