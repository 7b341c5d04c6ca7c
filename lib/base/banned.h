/* SPDX-License-Identifier: MIT */
/* Functions that no file of nos may call, each with a better one in base/. Included by the
 * Makefile. */
#ifndef NOS_BASE_BANNED_H
#define NOS_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NOS_BANNED(f) nos_banned_##f

#undef strcpy
#define strcpy(...) NOS_BANNED(strcpy)
#undef strcat
#define strcat(...) NOS_BANNED(strcat)
#undef sprintf
#define sprintf(...) NOS_BANNED(sprintf)
#undef strtok
#define strtok(...) NOS_BANNED(strtok)
#undef gmtime
#define gmtime(...) NOS_BANNED(gmtime)
#undef localtime
#define localtime(...) NOS_BANNED(localtime)
#undef ctime
#define ctime(...) NOS_BANNED(ctime)
#undef rand
#define rand(...) NOS_BANNED(rand)
#undef atoi
#define atoi(...) NOS_BANNED(atoi)

#endif
