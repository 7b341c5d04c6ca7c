/* SPDX-License-Identifier: MIT */
/*
 * By which URL a nos-serve is reached, which no other of its store may have as well (state serve/,
 * key url/<URL>): requests would come to another than they were handed on to. Whoever has it is
 * told by its beat (self/lease.h): who was seen to beat keeps it, and from whom no beat was
 * seen for FREE_US of the looker's own time it is taken, by a put that expects what stood there.
 * Belongs to one thread; time comes in.
 */
#ifndef NOS_SELF_SEAT_H
#define NOS_SELF_SEAT_H

#include "base/time.h"
#include "store/store.h"

#define NOS_SEAT_KEY_MAX    272
#define NOS_SEAT_HOLDER_MAX 17

enum nos_seat_whose {
	NOS_SEAT_OPEN, /* not known yet */
	NOS_SEAT_OWN,
	NOS_SEAT_TAKEN, /* by one that beats */
};

struct nos_seat {
	struct nos_store *store; /* the caller's, so also: */
	const char *holder, *url;
	char key[NOS_SEAT_KEY_MAX];
	enum nos_seat_whose whose;

	/* As the last look had it. */
	bool seen;
	char other[NOS_SEAT_HOLDER_MAX];
	uint64_t rev;

	/* Of another that has it: */
	bool watches;
	char watched[NOS_SEAT_HOLDER_MAX];
	uint64_t beat;	       /* the revision of its last; 0: there is none */
	unsigned beats;	       /* that came while it was watched */
	struct nos_mono since; /* when the last of them did, or it was seen first */
	struct nos_mono looked;
};

/* holder, url: of this nos-serve; must outlive it. NOS_USAGE: the URL is too long. */
enum nos_code nos_seat_init(struct nos_seat *s, struct nos_store *store, const char *holder,
    const char *url, struct nos_err *err) NOS_CHECK;

/* A look at state serve/: begins, and comes by a key. False: that is no seat. */
void nos_seat_look(struct nos_seat *s);
bool nos_seat_note(struct nos_seat *s, struct nos_str key, struct nos_str value, uint64_t rev);

/*
 * After a look. beat: revision of the beat of who has it (s->other), 0 where there is none.
 * NOS_BUSY: another has it, and lives; the text says what to do. NOS_OK: it is this one's, or not
 * known yet.
 */
enum nos_code nos_seat_turn(
    struct nos_seat *s, uint64_t beat, struct nos_mono now, struct nos_err *err) NOS_CHECK;

/* Let another have it at once, where it is this one's. */
enum nos_code nos_seat_leave(struct nos_seat *s, struct nos_err *err) NOS_CHECK;

/* Take away that of a holder who has died, unless it is another's by now. */
enum nos_code nos_seat_bury(
    struct nos_store *store, const char *url, const char *holder, struct nos_err *err) NOS_CHECK;

#endif
