/* SPDX-License-Identifier: MIT */
#include "lane/topic.h"

#include <stdio.h>

bool nos_topic_make(struct nos_str topic, struct nos_str filter, char ret[static NOS_TOPIC_MAX])
{
	struct nos_str rest = topic, part = { 0 };
	int len;

	if (!filter.len)
		return nos_str_copy(topic, ret, NOS_TOPIC_MAX);
	if (!nos_str_cut(&rest, '/', &part) || !nos_str_cut(&rest, '/', &part) || !rest.p)
		return false;
	len = snprintf(ret, NOS_TOPIC_MAX, "%.*sonly/%.*s/%.*s", (int)(rest.p - topic.p), topic.p,
	    NOS_STR_ARG(filter), NOS_STR_ARG(rest));
	return len > 0 && len < NOS_TOPIC_MAX;
}
