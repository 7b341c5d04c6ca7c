/* SPDX-License-Identifier: MIT */
/* A question before something that cannot be undone: for people alone, since a program has said
 * what it wants. */
#ifndef NOS_CLI_CONFIRM_H
#define NOS_CLI_CONFIRM_H

#include "base/err.h"

/* Is anybody asked? Where standard input and standard error are a terminal. */
bool nos_confirm_is_asked(void);

/* Ask, where anybody is asked, and go on at "yes" alone. NOS_DENIED: "not confirmed, <nothing>". */
enum nos_code nos_confirm_ask(
    const char *question, const char *nothing, struct nos_err *err) NOS_CHECK;

#endif
