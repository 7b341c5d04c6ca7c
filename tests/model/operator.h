/* SPDX-License-Identifier: MIT */
/*
 * What people do beside the two programs: replace keys, renew, revoke, make backups and put them
 * back, enrol a source again.
 */
#ifndef NOS_MODEL_OPERATOR_H
#define NOS_MODEL_OPERATOR_H

#include <stdbool.h>

/* No backup yet. path: where that of the keyring is kept; the caller's. */
void operator_begin(const char *path);

void operator_replace(void);
void operator_renew(void);

/* A global key is taken back; whether its order reaches the source before that one comes is left to
 * chance. */
void operator_invalidate(void);
void operator_revoke(void);

/* Each is as its side is on disk, whatever runs; put back, where there is one. said: the node is
 * told so (nos-rekey --after-restore). */
void operator_backup_keyring(void);
void operator_restore_keyring(void);
void operator_backup_store(void);
void operator_restore_store(bool said);

/* Was a keyring put back since the source was enrolled last? */
bool operator_put_keyring_back(void);

void operator_enrol_again(void);

/* As above, of another scheme, and with that in another group or none. */
void operator_switch(void);

#endif
