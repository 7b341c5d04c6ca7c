/* SPDX-License-Identifier: MIT */
/*
 * What is lost: messages, the last things that a node did before it was killed, and all that it did
 * since a backup. Counted is what stops a source for good: that no pack of it arrives, whatever it
 * does. A source that is refused asks; without that it only goes on.
 */
#include <string.h>

#include "robustness.h"
#include "scene.h"

#define TURNS  6 /* contacts in which a source may mend itself */
#define BEHIND 3 /* re-keys since the backup */

static enum nos_code unless_fatal(struct nos_err *err)
{
	if (err->code != NOS_INTERNAL)
		nos_err_clear(err);
	return err->code;
}

/* What is there is told and acknowledged; then packs, and asks where they are refused. */
static enum nos_code mend(struct scene *s, bool may_ask, bool *ret_sent, struct nos_err *err)
{
	for (unsigned i = 0; i < TURNS; i++) {
		enum nos_holder_did did;

		(void)!scene_down(s, 0, &did, err);
		if (unless_fatal(err))
			return err->code;
		*ret_sent = !scene_send(s, 0, err);
		if (unless_fatal(err) || *ret_sent)
			return err->code;
		if (may_ask && scene_ask(s, 0, false, err) && unless_fatal(err))
			return err->code;
	}
	return NOS_OK;
}

static enum nos_code judge(struct attack *a, struct scene *s, struct nos_err *err)
{
	bool sent = false;

	if (mend(s, a->defence, &sent, err))
		return err->code;
	a->k += !sent;
	a->m++;
	return NOS_OK;
}

/* ---- 15: killed ---- */

/* A re-key is five steps; what was not on disk by then is as it was before. */
enum step { ORDERED, SENT, TAKEN, ACKED, USED, STEPS };

static enum nos_code until(struct scene *s, enum step last, struct nos_err *err)
{
	enum nos_holder_did did;

	if (scene_order(s, 0, err) || last == ORDERED)
		return err->code;
	if (scene_down(s, 0, &did, err) || last <= TAKEN)
		return err->code;
	if (scene_up(s, 0, err) || last == ACKED)
		return err->code;
	return scene_send(s, 0, err);
}

/*
 * The commit goes before the bytes: what is lost of a step is its reply, and what the node did
 * since. Without: the bytes go first, and all of the order is lost with the node.
 */
static enum nos_code kill_at(struct attack *a, enum step last, struct nos_err *err)
{
	SCENE_AUTO s = { 0 };
	NOS_AUTO(assoc) before = { 0 };
	NOS_AUTO(assoc) committed = { 0 };
	NOS_AUTO(keyring) source = { 0 };
	struct scene_member *m;

	if (scene_open(&s, a->b, a->scheme, false, 1, err) || scene_rekey(&s, 0, err) ||
	    scene_send(&s, 0, err))
		return err->code;
	m = &s.members[0];
	before = m->node;
	source = m->source;
	if (until(&s, last, err))
		return err->code;
	if (!a->defence) {
		m->node = before;
		return judge(a, &s, err);
	}
	/* Killed behind the step, and before the step's own commit. */
	committed = m->node;
	if (judge(a, &s, err))
		return err->code;
	m->node = last == ORDERED ? before : committed;
	m->source = last <= SENT ? source : m->source;
	return judge(a, &s, err);
}

enum nos_code attack_loss_kill(struct attack *a, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++)
		for (enum step last = ORDERED; last < STEPS; last++)
			if (kill_at(a, last, err))
				return err->code;
	return NOS_OK;
}

/* ---- 15: put back ---- */

enum back { NOTICE, SILENT, KEYRING };

/* What stands in a backup. */
struct backup {
	struct nos_assoc node;
	struct nos_keyring source;
	struct nos_group group;
	struct nos_secret tree[2u << SCENE_DEPTH];
};

static void backup_release(struct backup *b)
{
	explicit_bzero(b, sizeof(*b));
}

#define BACKUP_AUTO __attribute__((cleanup(backup_release))) struct backup

static void make_backup(const struct scene *s, struct backup *ret)
{
	ret->node = s->members[0].node;
	ret->source = s->members[0].source;
	ret->group = s->group;
	memcpy(ret->tree, s->tree, sizeof(ret->tree));
}

static void put(struct scene *s, const struct backup *b, enum back back)
{
	struct scene_member *m = &s->members[0];

	if (back == KEYRING) {
		m->source = b->source;
		return;
	}
	m->node = b->node;
	s->group = b->group;
	memcpy(s->tree, b->tree, sizeof(s->tree));
	if (back == NOTICE)
		m->world.life++;
}

/* What has had its overlap is gone, also of what was put back. */
static void expire(struct scene *s)
{
	(void)nos_issuer_expire(&scene_begin(s, 0)->node, s->now);
	(void)nos_group_expire(&s->group, s->now);
}

static enum nos_code put_back(struct attack *a, enum back back, struct nos_err *err)
{
	for (uint64_t i = 0; i < a->rounds; i++) {
		SCENE_AUTO s = { 0 };
		BACKUP_AUTO b = { 0 };

		if (scene_open(&s, a->b, a->scheme, false, 1, err) || scene_send(&s, 0, err))
			return err->code;
		make_backup(&s, &b);
		for (unsigned j = 0; j < BEHIND; j++)
			if (scene_rekey(&s, 0, err) || scene_send(&s, 0, err))
				return err->code;
		s.now.ms += SCENE_OVERLAP;
		put(&s, &b, back);
		expire(&s);
		if (judge(a, &s, err))
			return err->code;
	}
	return NOS_OK;
}

enum nos_code attack_loss_notice(struct attack *a, struct nos_err *err)
{
	return put_back(a, NOTICE, err);
}

enum nos_code attack_loss_silent(struct attack *a, struct nos_err *err)
{
	return put_back(a, SILENT, err);
}

enum nos_code attack_loss_old(struct attack *a, struct nos_err *err)
{
	return put_back(a, KEYRING, err);
}
