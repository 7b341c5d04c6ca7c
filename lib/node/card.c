/* SPDX-License-Identifier: MIT */
#include "node/card.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "self/self_document.h"

#define DOCUMENT_MAX 16384

/* Never changed once it is in the card. */
struct face {
	struct nos_self self;
	struct nos_buf document;
	struct face *before; /* kept, since a thread may still look at it */
};

struct nos_card {
	bool closed;
	_Atomic(struct face *) now;
};

/* With the text of its self. */
static enum nos_code draw(struct face *f, bool closed, struct nos_err *err)
{
	nos_buf_init(&f->document, DOCUMENT_MAX);
	if (nos_self_document(&f->self, closed, &f->document, err))
		return err->code;
	nos_buf_add_char(&f->document, '\n');
	return nos_buf_check(&f->document, "node document", err);
}

static void drop(struct face *f)
{
	nos_self_release(&f->self);
	nos_buf_release(&f->document);
	free(f);
}

enum nos_code nos_card_new(
    const struct nos_home *home, bool closed, struct nos_card **ret, struct nos_err *err)
{
	struct nos_card *card = calloc(1, sizeof(*card));
	struct face *f = calloc(1, sizeof(*f));

	if (!card || !f) {
		free(card);
		free(f);
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	}
	f->self = home->self;
	if (draw(f, closed, err)) {
		drop(f);
		free(card);
		return err->code;
	}
	card->closed = closed;
	atomic_init(&card->now, f);
	*ret = card;
	return NOS_OK;
}

void nos_card_free(struct nos_card *card)
{
	struct face *f, *before;

	if (!card)
		return;
	for (f = atomic_load(&card->now); f; f = before) {
		before = f->before;
		drop(f);
	}
	free(card);
}

const struct nos_self *nos_card_self(const struct nos_card *card)
{
	return &atomic_load_explicit(&card->now, memory_order_acquire)->self;
}

struct nos_str nos_card_document(const struct nos_card *card)
{
	return nos_buf_str(&atomic_load_explicit(&card->now, memory_order_acquire)->document);
}

enum nos_code nos_card_nonces(const struct nos_card *card, struct nos_time now,
    uint8_t ret[static NOS_SELF_NONCES][NOS_SELF_NONCE_LEN], struct nos_err *err)
{
	const struct nos_self *self = nos_card_self(card);

	for (unsigned i = 0; i < NOS_SELF_NONCES; i++)
		if (nos_self_nonce_good(self, now, i, ret[i], err))
			return err->code;
	return NOS_OK;
}

/* False: another thread has shown this one, or a later one, already. */
static bool show(struct nos_card *card, struct face *f)
{
	f->before = atomic_load(&card->now);
	do {
		if (f->before->self.rev >= f->self.rev)
			return false;
	} while (!atomic_compare_exchange_weak(&card->now, &f->before, f));
	return true;
}

enum nos_code nos_card_refresh(struct nos_card *card, struct nos_store *store,
    const struct nos_vault *vault, bool *ret_changed, struct nos_err *err)
{
	struct face *f;
	uint64_t rev;

	*ret_changed = false;
	if (nos_store_get(store, NOS_SELF_NS, NOS_STR("identity"), NULL, &rev, err))
		return err->code;
	if (rev == nos_card_self(card)->rev)
		return NOS_OK;
	f = calloc(1, sizeof(*f));
	if (!f)
		return nos_err_set(err, NOS_INTERNAL, "out of memory");
	if (!nos_self_open(store, vault, &f->self, err) && !draw(f, card->closed, err))
		*ret_changed = show(card, f);
	if (*ret_changed)
		nos_log_line(NOS_LOG_INFO, "the node's own keys were changed: pin %s", f->self.pin);
	else
		drop(f);
	return err->code;
}
