/* SPDX-License-Identifier: MIT */
#include "files.h"

#include "base/file.h"
#include "base/log.h"
#include "cli/opt.h"
#include "cli/settings.h"
#include "net/mqtt.h"

/* One that will not be believed is no reason not to serve: who checks nothing is served. */
static void warn_of_span(const struct files *f)
{
	const struct nos_time now = nos_time_now();
	struct nos_time from, until;

	nos_tls_span(f->tls, &from, &until);
	if (now.ms >= until.ms)
		nos_log_line(NOS_LOG_WARN, "%s: the certificate has expired", f->paths->tls_cert);
	else if (now.ms < from.ms)
		nos_log_line(
		    NOS_LOG_WARN, "%s: the certificate is not yet valid", f->paths->tls_cert);
}

/* Certificate and key, at the start and again; what is bad leaves what is there. */
static enum nos_code read_tls(struct files *f, struct nos_err *err)
{
	const struct files_paths *p = f->paths;
	NOS_AUTO(buf) cert = { 0 };
	NOS_AUTO(buf) key = { 0 };

	nos_buf_init(&cert, NOS_TLS_TEXT_MAX);
	nos_buf_init_secret(&key, NOS_TLS_TEXT_MAX);
	if (nos_file_read(p->tls_cert, NOS_FILE_PLAIN, &cert, err) ||
	    nos_opt_secret_text(p->tls_key, &key, err))
		return err->code;
	if (f->tls ? nos_tls_replace(f->tls, nos_buf_str(&cert), nos_buf_str(&key), err)
		   : nos_tls_new(nos_buf_str(&cert), nos_buf_str(&key), &f->tls, err))
		return nos_err_within(err, "%s, %s", p->tls_cert, p->tls_key);
	warn_of_span(f);
	return NOS_OK;
}

void files_begin(struct files *f, const struct files_paths *paths)
{
	*f = (struct files){ .paths = paths };
	nos_login_init(&f->login);
}

static enum nos_code read_password(struct files *f, bool *ret_changed, struct nos_err *err)
{
	NOS_AUTO(secret) password = { 0 };

	if (!nos_opt_secret_read(f->paths->password, &password, err) &&
	    !nos_mqtt_password_check(&password, err))
		*ret_changed = nos_login_replace(&f->login, &password);
	return err->code;
}

/* One after the other, the first that is bad ends it. */
enum nos_code files_read(struct files *f, struct nos_err *err)
{
	const struct files_paths *paths = f->paths;
	bool changed;

	if (paths->tls_cert && read_tls(f, err))
		return err->code;
	if (paths->rules && nos_settings_rules(paths->rules, &f->rules, err))
		return err->code;
	if (paths->map_dir && nos_maps_read(paths->map_dir, &f->maps, err))
		return err->code;
	if (paths->readers && nos_readers_read(paths->readers, &f->readers, err))
		return err->code;
	if (paths->peers && nos_peers_read(paths->peers, &f->peers, err))
		return err->code;
	return paths->password ? read_password(f, &changed, err) : NOS_OK;
}

void files_drop(struct files *f)
{
	nos_profile_free(f->rules);
	nos_maps_drop(f->maps);
	nos_tls_free(f->tls);
	nos_login_release(&f->login);
}

/* ---- again ---- */

static void reread_tls(struct files *f)
{
	struct nos_err err = { 0 };

	if (!f->tls)
		return;
	if (read_tls(f, &err))
		nos_log_line(NOS_LOG_WARN, "%s: certificate and key stay as they were", err.text);
	else
		nos_log_line(NOS_LOG_INFO, "%s: read again", f->paths->tls_cert);
}

/* A bad file keeps what was there and says so. */
static void reread_rules(const struct files *f, struct nos_node *node)
{
	struct nos_profile *rules = NULL;
	struct nos_err err = { 0 };

	if (!f->paths->rules)
		return;
	if (nos_settings_rules(f->paths->rules, &rules, &err)) {
		nos_log_line(NOS_LOG_WARN, "%s: the rules stay as they were", err.text);
		return;
	}
	nos_node_rules(node, rules);
	nos_log_line(NOS_LOG_INFO, "%s: read again", f->paths->rules);
}

/* So do maps, all of them. */
static void reread_maps(const struct files *f, struct nos_node *node)
{
	struct nos_maps_set *maps = NULL;
	struct nos_err err = { 0 };

	if (!f->paths->map_dir)
		return;
	if (nos_maps_read(f->paths->map_dir, &maps, &err) || nos_node_maps(node, maps, &err)) {
		nos_log_line(NOS_LOG_WARN, "%s: the maps stay as they were", err.text);
		return;
	}
	nos_log_line(NOS_LOG_INFO, "%s: read again", f->paths->map_dir);
}

static void reread_readers(const struct files *f, struct nos_node *node)
{
	struct nos_readers readers;
	struct nos_err err = { 0 };

	if (!f->paths->readers)
		return;
	if (nos_readers_read(f->paths->readers, &readers, &err)) {
		nos_log_line(NOS_LOG_WARN, "%s: the tokens stay as they were", err.text);
		return;
	}
	nos_node_readers(node, &readers);
	nos_log_line(NOS_LOG_INFO, "%s: read again", f->paths->readers);
}

static void reread_peers(struct files *f, struct nos_node *node)
{
	struct nos_peers_list peers;
	struct nos_err err = { 0 };

	if (!f->paths->peers)
		return;
	if (nos_peers_read(f->paths->peers, &peers, &err) || nos_node_peers(node, &peers, &err)) {
		nos_log_line(NOS_LOG_WARN, "%s: the peers stay as they were", err.text);
		return;
	}
	nos_log_line(NOS_LOG_INFO, "%s: read again", f->paths->peers);
}

/* The publishers see by themselves that it is another. What came by a descriptor is read to its
 * end, and there is no more of it. */
static void reread_password(struct files *f)
{
	struct nos_err err = { 0 };
	bool changed;

	if (!f->paths->password || nos_str_starts(nos_str_of(f->paths->password), "fd:"))
		return;
	if (read_password(f, &changed, &err))
		nos_log_line(NOS_LOG_WARN, "%s: the broker's password stays as it was", err.text);
	else
		nos_log_line(NOS_LOG_INFO, "%s: read again%s", f->paths->password,
		    changed ? ", the broker is to know it" : "");
}

void files_reread(struct files *f, struct nos_node *node)
{
	reread_tls(f);
	reread_rules(f, node);
	reread_maps(f, node);
	reread_readers(f, node);
	reread_peers(f, node);
	reread_password(f);
}
