/* SPDX-License-Identifier: MIT */
#include "lane/thrown.h"

#include <inttypes.h>

#include "base/log.h"

/* A broker that begins anew is away for a while. */
bool nos_thrown_turned(struct nos_thrown *t, bool connected, struct nos_mono now)
{
	const bool was = t->up;

	t->up = connected;
	if (connected) {
		t->since = now;
		return false;
	}
	if (was && now.us - t->since.us < NOS_THROWN_SHORT_US)
		t->times++;
	else
		t->times = 0;
	return t->times == NOS_THROWN_TIMES;
}

/* In a cluster a client's name goes by the node's number. */
void nos_thrown_say(uint64_t node)
{
	nos_log_line(NOS_LOG_WARN,
	    "broker: each connection ends at once: perhaps another node %" PRIu64
	    " is there, and they throw each other out: make the store of one of them with another "
	    "--node",
	    node);
}
