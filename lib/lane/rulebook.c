/* SPDX-License-Identifier: MIT */
#include "lane/rulebook.h"

#include <stdlib.h>

#include "base/log.h"

struct nos_rulebook_page {
	struct nos_profile *profile;
	struct nos_rulebook_page *before;
};

void nos_rulebook_init(struct nos_rulebook *b, const struct nos_profile *first)
{
	*b = (struct nos_rulebook){ .first = first };
	pthread_mutex_init(&b->lock, NULL);
}

static void tear_out(struct nos_rulebook_page **at)
{
	struct nos_rulebook_page *page = *at;

	*at = page->before;
	nos_profile_free(page->profile);
	free(page);
}

void nos_rulebook_release(struct nos_rulebook *b)
{
	while (b->pages)
		tear_out(&b->pages);
	pthread_mutex_destroy(&b->lock);
}

const struct nos_profile *nos_rulebook_begin(struct nos_rulebook *b)
{
	const struct nos_profile *ret;

	pthread_mutex_lock(&b->lock);
	ret = b->pages ? b->pages->profile : b->first;
	b->begun++;
	pthread_mutex_unlock(&b->lock);
	return ret;
}

/* Others may have been read meanwhile. */
void nos_rulebook_join(struct nos_rulebook *b, struct nos_commit *c)
{
	pthread_mutex_lock(&b->lock);
	if (c && b->pages)
		nos_commit_profile(c, b->pages->profile);
	b->begun--;
	pthread_mutex_unlock(&b->lock);
}

/* What one that is on its way was given is not known: then all stay. */
static void drop_unused(struct nos_rulebook *b, nos_rulebook_used *used, void *state)
{
	struct nos_rulebook_page **at = &b->pages->before;

	while (!b->begun && *at)
		if (used(state, (*at)->profile, false))
			at = &(*at)->before;
		else
			tear_out(at);
}

void nos_rulebook_add(
    struct nos_rulebook *b, struct nos_profile *profile, nos_rulebook_used *used, void *state)
{
	struct nos_rulebook_page *page = calloc(1, sizeof(*page));

	if (!page) {
		nos_log_line(NOS_LOG_WARN, "out of memory: the rules stay as they were");
		nos_profile_free(profile);
		return;
	}
	pthread_mutex_lock(&b->lock);
	*page = (struct nos_rulebook_page){ profile, b->pages };
	b->pages = page;
	(void)used(state, profile, true);
	drop_unused(b, used, state);
	pthread_mutex_unlock(&b->lock);
}
