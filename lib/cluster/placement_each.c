/* SPDX-License-Identifier: MIT */
/* What is done with each lane that is here. */
#include "cluster/placement_part.h"

/* Does any go by these? With use: all shall. */
static bool profile_used(void *state, const struct nos_profile *profile, bool use)
{
	struct nos_placement *p = state;
	bool used = false;

	for (unsigned i = 0; i < p->lanes; i++) {
		struct nos_lane *l = nos_hosted_enter(&p->slots[i].hosted);

		if (!l)
			continue;
		if (use)
			nos_commit_profile(nos_lane_commit(l), profile);
		used |= nos_commit_uses(nos_lane_commit(l), profile);
		nos_hosted_leave(&p->slots[i].hosted);
	}
	return used;
}

void nos_placement_profile(struct nos_placement *p, struct nos_profile *profile)
{
	nos_rulebook_add(&p->rules, profile, profile_used, p);
}

void nos_placement_purge(struct nos_placement *p)
{
	for (unsigned i = 0; i < p->lanes; i++) {
		struct nos_lane *l = nos_hosted_enter(&p->slots[i].hosted);

		if (l) {
			nos_commit_purge(nos_lane_commit(l));
			nos_hosted_leave(&p->slots[i].hosted);
		}
	}
}

void nos_placement_head(struct nos_placement *p, struct nos_str head)
{
	struct nos_lane *l = nos_hosted_enter(&p->slots[0].hosted);

	if (l && nos_lane_publish(l))
		nos_publish_head(nos_lane_publish(l), head);
	if (l)
		nos_hosted_leave(&p->slots[0].hosted);
}

bool nos_placement_is_connected(struct nos_placement *p)
{
	bool connected = true;

	for (unsigned i = 0; i < p->lanes; i++) {
		struct nos_lane *l = nos_hosted_enter(&p->slots[i].hosted);

		if (l && nos_lane_publish(l))
			connected &= nos_publish_is_connected(nos_lane_publish(l));
		if (l)
			nos_hosted_leave(&p->slots[i].hosted);
	}
	return connected;
}

enum nos_code nos_placement_health(struct nos_placement *p, struct nos_err *err)
{
	pthread_mutex_lock(&p->lock);
	*err = p->fault;
	pthread_mutex_unlock(&p->lock);
	if (!err->code)
		(void)!nos_placement_check(p, true, err);
	for (unsigned i = 0; i < p->lanes && !err->code; i++) {
		struct nos_lane *l = nos_hosted_enter(&p->slots[i].hosted);

		if (!l)
			continue;
		(void)!nos_commit_health(nos_lane_commit(l), err);
		nos_hosted_leave(&p->slots[i].hosted);
	}
	return err->code;
}
