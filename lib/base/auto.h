/* SPDX-License-Identifier: MIT */
/* Cleanup by scope. It does not run on exit, longjmp or thread cancel: none of these in lib/. */
#ifndef NOS_BASE_AUTO_H
#define NOS_BASE_AUTO_H

/* NOS_AUTO(secret) key = { 0 };  calls nos_secret_release(&key) when its scope is left. */
#define NOS_AUTO(type) __attribute__((cleanup(nos_##type##_release))) struct nos_##type

#endif
