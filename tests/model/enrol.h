/* SPDX-License-Identifier: MIT */
/* Registrations, as admission.c and enrol.c have them, without a token and without a way between.
 */
#ifndef NOS_MODEL_ENROL_H
#define NOS_MODEL_ENROL_H

#include "group/groups.h"

/* Register a source of world.node's, whose keyring is written to path; NULL: it has none, and never
 * sends. group NULL: it is in none, and its scheme is the world's; else it is that one's. again: in
 * place of what it was. */
void enrol_source(const char *id, const struct nos_group *group, bool again, const char *path);

#endif
