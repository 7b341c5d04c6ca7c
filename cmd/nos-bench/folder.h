/* SPDX-License-Identifier: MIT */
/* A folder of a run, and all that is in it: below TMPDIR, where that is set. */
#ifndef BENCH_FOLDER_H
#define BENCH_FOLDER_H

#include <stdbool.h>

#include "base/err.h"

#define FOLDER_SIZE 3072 /* bytes of its path, so that PATH_MAX has room for what is in it */

/* otherwise: where TMPDIR is not set; NULL, or no folder can be made there: /tmp. ret is "" where
 * it failed. NOS_IO: no folder can be made there. */
enum nos_code folder_make(
    const char *otherwise, char ret[static FOLDER_SIZE], struct nos_err *err) NOS_CHECK;

/* With all that is in it; "": there is none. */
void folder_remove(const char *path);

/* What it is on, as "ext4" or "tmpfs"; memory: what is written there is on no disk. */
struct folder_disk {
	char name[16];
	bool memory;
};
struct folder_disk folder_disk(const char *path);

#endif
