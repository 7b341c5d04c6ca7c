/* SPDX-License-Identifier: MIT */
#include "cli/choice.h"

#include "base/buf.h"

#define TEXT_MAX 400

static bool is_set(const struct nos_choice *c, const void *options)
{
	return *(const bool *)((const char *)options + c->at);
}

static enum nos_code refuse(const struct nos_choice *list, bool several, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, TEXT_MAX);
	for (size_t i = 0; list[i].option; i++)
		nos_buf_addf(&text, "%s--%s",
		    !i			 ? ""
		    : list[i + 1].option ? ", "
					 : " and ",
		    list[i].option);
	return nos_err_set(err, NOS_USAGE, "%s, take one of %s",
	    several ? "one thing at a time" : "nothing to do", text.p ? text.p : "");
}

enum nos_code nos_choice_take(const struct nos_choice *list, const void *options, int operands,
    size_t *ret, struct nos_err *err)
{
	size_t count = 0;

	for (size_t i = 0; list[i].option; i++)
		if (is_set(&list[i], options)) {
			*ret = i;
			count++;
		}
	if (count != 1)
		return refuse(list, count > 1, err);
	if (!operands && list[*ret].least)
		return nos_err_set(err, NOS_USAGE, "%s", list[*ret].least);
	if (operands && list[*ret].none)
		return nos_err_set(err, NOS_USAGE, "%s", list[*ret].none);
	return NOS_OK;
}

enum nos_code nos_choice_fit(const struct nos_choice_fit *list, const struct nos_opt_tool *tool,
    const struct nos_opt_common *common, size_t choice, struct nos_err *err)
{
	for (; list->name; list++)
		if (!(list->of >> choice & 1) && nos_opt_is_typed(tool, common, list->name))
			return nos_err_set(err, NOS_USAGE, "--%s makes no sense here", list->name);
	return NOS_OK;
}
