/* SPDX-License-Identifier: MIT */
#include "lane/lane.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ID_MAX	 96
#define QUIET_MS 5 /* between two looks whether all is committed */

struct nos_lane {
	unsigned number;
	struct nos_store *commit_store, *publish_store;
	struct nos_commit *commit;
	struct nos_publish *publish;
	int wake_fd;
};

static enum nos_code open_store(const struct nos_lane_config *config, unsigned lane,
    struct nos_store **ret, struct nos_err *err)
{
	const struct nos_store_where where = nos_home_where(config->home);

	if (nos_store_open(&where, false, ret, err))
		return err->code;
	nos_store_enter(*ret, lane);
	/* Of whom it is that alone has them. */
	nos_store_hush(*ret, NOS_TRACK_NS);
	nos_store_hush(*ret, NOS_MARK_NS);
	nos_store_hush(*ret, NOS_RAW_STREAM);
	nos_store_hush(*ret, NOS_PROCESSED_STREAM);
	return NOS_OK;
}

static enum nos_code start_commit(struct nos_lane *l, const struct nos_lane_config *config,
    const struct nos_profile *profile, const atomic_uint_least64_t *until_us, struct nos_err *err)
{
	struct nos_commit_config f = config->commit;

	f.ledger.store = l->commit_store;
	f.ledger.until_us = until_us;
	f.wake_fd = l->wake_fd;
	return nos_commit_new(&f, profile, &l->commit, err);
}

/* A broker parts from the one before when another comes with its client id: who has the lane now is
 * the one that is heard. */
static enum nos_code start_publish(struct nos_lane *l, const struct nos_lane_config *config,
    const atomic_uint_least64_t *until_us, struct nos_err *err)
{
	struct nos_publish_config f = config->publish;
	char id[ID_MAX];

	if (!f.mqtt && f.print_fd < 0)
		return NOS_OK;
	snprintf(
	    id, sizeof(id), config->shared || l->number ? "%s-%u" : "%s", config->id, l->number);
	f.store = l->publish_store;
	f.commit = l->commit;
	f.client_id = id;
	f.speaks = !l->number;
	f.wake_fd = l->wake_fd;
	f.until_us = until_us;
	return nos_publish_new(&f, &l->publish, err);
}

static enum nos_code start(struct nos_lane *l, const struct nos_lane_config *config,
    const struct nos_profile *profile, const atomic_uint_least64_t *until_us, struct nos_err *err)
{
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake_fd < 0)
		return nos_err_set(err, NOS_INTERNAL, "cannot make an eventfd");
	if (open_store(config, l->number, &l->commit_store, err) ||
	    open_store(config, l->number, &l->publish_store, err) ||
	    start_commit(l, config, profile, until_us, err))
		return err->code;
	return start_publish(l, config, until_us, err);
}

enum nos_code nos_lane_open(const struct nos_lane_config *config, unsigned number,
    const struct nos_profile *profile, const atomic_uint_least64_t *until_us, struct nos_lane **ret,
    struct nos_err *err)
{
	struct nos_lane *l = calloc(1, sizeof(*l));

	if (!l)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	l->number = number;
	l->wake_fd = -1;
	if (start(l, config, profile, until_us, err)) {
		nos_lane_close(l);
		return err->code;
	}
	*ret = l;
	return NOS_OK;
}

struct nos_commit *nos_lane_commit(const struct nos_lane *l)
{
	return l->commit;
}

struct nos_publish *nos_lane_publish(const struct nos_lane *l)
{
	return l->publish;
}

void nos_lane_close(struct nos_lane *l)
{
	if (!l)
		return;
	while (l->commit && !nos_commit_is_quiet(l->commit))
		poll(NULL, 0, QUIET_MS);
	/* The publisher before the committer, which writes down how far it came. */
	nos_publish_free(l->publish);
	nos_commit_free(l->commit);
	nos_store_close(l->commit_store);
	nos_store_close(l->publish_store);
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	free(l);
}
