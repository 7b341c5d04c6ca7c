/* SPDX-License-Identifier: MIT */
#include "cli/settings.h"

#include "base/file.h"

static enum nos_code read_text(const char *path, struct nos_buf *ret, struct nos_err *err)
{
	if (nos_file_read(path, NOS_FILE_PLAIN, ret, err) == NOS_LARGE)
		err->code = NOS_CONFIG;
	return err->code;
}

enum nos_code nos_settings_rules(const char *path, struct nos_profile **ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, NOS_PROFILE_TEXT_MAX);
	if (read_text(path, &text, err))
		return err->code;
	return nos_profile_parse(nos_buf_str(&text), ret, err) ? nos_err_within(err, "%s", path)
							       : NOS_OK;
}

enum nos_code nos_settings_map(const char *path, struct nos_map **ret, struct nos_err *err)
{
	NOS_AUTO(buf) text = { 0 };

	nos_buf_init(&text, NOS_MAP_TEXT_MAX);
	if (read_text(path, &text, err))
		return err->code;
	return nos_map_parse(nos_buf_str(&text), ret, err) ? nos_err_within(err, "%s", path)
							   : NOS_OK;
}

enum nos_code nos_settings_form(bool csv, const char *path, struct nos_map **ret_map,
    struct nos_batch_how *ret, struct nos_err *err)
{
	*ret_map = NULL;
	*ret = (struct nos_batch_how){ .form = csv ? NOS_BATCH_CSV : NOS_BATCH_NDJSON };
	if (!path)
		return NOS_OK;
	if (nos_settings_map(path, ret_map, err))
		return err->code;
	if (csv && !nos_map_is_csv(*ret_map)) {
		nos_map_free(*ret_map);
		*ret_map = NULL;
		return nos_err_set(err, NOS_USAGE, "--csv: the map '%s' has no \"csv\"", path);
	}
	ret->map = *ret_map;
	if (nos_map_is_csv(*ret_map))
		ret->form = NOS_BATCH_CSV;
	return NOS_OK;
}
