/* SPDX-License-Identifier: MIT */
#include "store/nats_make.h"

#include <inttypes.h>

#include "base/log.h"

#define TWICE_NS   INT64_C(120000000000) /* that a message sent again is known by its id */
/* err_code of the JetStream API: there are not so many servers. */
#define NO_PEERS   10005
#define NO_CLUSTER 10074

void nos_nats_make_name(
    const struct nos_nats_link *l, const char *stream, char ret[static NOS_NATS_NAME_MAX])
{
	snprintf(ret, NOS_NATS_NAME_MAX, "%s-%s", l->prefix, stream);
}

void nos_nats_make_bucket_name(
    const struct nos_nats_link *l, const char *ns, char ret[static NOS_NATS_NAME_MAX])
{
	snprintf(ret, NOS_NATS_NAME_MAX, "KV_%s-%s", l->prefix, ns);
}

void nos_nats_make_changed(const struct nos_nats_link *l, char ret[static NOS_NATS_NAME_MAX])
{
	snprintf(ret, NOS_NATS_NAME_MAX, "%s-changed", l->prefix);
}

void nos_nats_make_hush(struct nos_nats_made *m, const char *what)
{
	if (m->hushed_count < NOS_NATS_HUSH_MAX)
		snprintf(m->hushed[m->hushed_count++], NOS_NATS_NAME_MAX, "%s", what);
}

bool nos_nats_make_is_hushed(const struct nos_nats_made *m, const char *what)
{
	for (size_t i = 0; i < m->hushed_count; i++)
		if (strcmp(m->hushed[i], what) == 0)
			return true;
	return false;
}

static bool is_made(const struct nos_nats_made *m, const char *name)
{
	for (size_t i = 0; i < m->count; i++)
		if (strcmp(m->names[i], name) == 0)
			return true;
	return false;
}

static void note_made(struct nos_nats_made *m, const char *name)
{
	if (m->count < NOS_NATS_MADE_MAX)
		snprintf(m->names[m->count++], NOS_NATS_NAME_MAX, "%s", name);
}

/* As it is there; NATS_NOT_FOUND; NATS_TIMEOUT: no answer, or too few servers are there. */
/* A server that knows of no leader answers for what itself has, which may be less than what was
 * acknowledged. Where there is one server alone it leads. */
static bool has_leader(const jsStreamInfo *info)
{
	return !info->Cluster || (info->Cluster->Leader && *info->Cluster->Leader);
}

static natsStatus ask_once(
    const struct nos_nats_link *l, const char *name, jsStreamInfo **ret, jsErrCode *ret_code)
{
	jsOptions o = l->ask;
	natsStatus s = js_GetStreamInfo(ret, l->js, name, &o, ret_code);

	if (s != NATS_OK || has_leader(*ret))
		return s;
	jsStreamInfo_Destroy(*ret);
	*ret = NULL;
	return NATS_TIMEOUT;
}

static natsStatus ask(const struct nos_nats_link *l, const char *name, jsStreamInfo **ret)
{
	const struct nos_nats_try t = nos_nats_link_try(l, NOS_NATS_WAIT_MS);
	jsErrCode code;
	natsStatus s;

	do
		s = ask_once(l, name, ret, &code);
	while (nos_nats_link_again(&t, s, code));
	if (nos_nats_link_is_absent(s, code))
		return NATS_NOT_FOUND;
	return nos_nats_link_is_passing(s, code) ? NATS_TIMEOUT : s;
}

static enum nos_code added(const struct nos_nats_link *l, const char *name, natsStatus s,
    jsErrCode code, struct nos_err *err)
{
	if (code == NO_PEERS || code == NO_CLUSTER)
		return nos_err_set(err, code == NO_PEERS ? NOS_BUSY : NOS_CONFIG,
		    "store: %s: there are fewer than %" PRId64
		    " servers with JetStream in the cluster of %s: start them, or ask for fewer "
		    "copies with ?replicas=",
		    name, l->replicas, l->servers);
	return s == NATS_OK ? NOS_OK : nos_nats_link_failed(l, name, s, code, err);
}

/* Two that make it at once make the same. */
static enum nos_code add(const struct nos_nats_link *l, jsStreamConfig *config, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(l, NOS_NATS_WAIT_MS);
	jsOptions o = l->ask;
	jsErrCode code;
	natsStatus s;

	config->Storage = js_FileStorage;
	config->Replicas = l->replicas;
	config->Duplicates = TWICE_NS;
	do
		s = js_AddStream(NULL, l->js, config, &o, &code);
	while (nos_nats_link_again(&t, s, code));
	return added(l, config->Name, s, code, err);
}

static enum nos_code make(struct nos_nats_made *m, const struct nos_nats_link *l,
    jsStreamConfig *config, struct nos_err *err)
{
	jsStreamInfo *info = NULL;
	natsStatus s = ask(l, config->Name, &info);
	bool told = !config->RePublish || (info && info->Config->RePublish);

	if (s == NATS_NOT_FOUND) {
		if (add(l, config, err))
			return err->code;
	} else if (s != NATS_OK) {
		return nos_nats_link_failed(l, config->Name, s, 0, err);
	} else if (!told) {
		nos_err_set(err, NOS_CONFIG,
		    "store: '%s' was made by another and does not tell what changes in it",
		    config->Name);
	}
	jsStreamInfo_Destroy(info);
	if (!err->code)
		note_made(m, config->Name);
	return err->code;
}

enum nos_code nos_nats_make_stream(
    struct nos_nats_made *m, const struct nos_nats_link *l, const char *stream, struct nos_err *err)
{
	char name[NOS_NATS_NAME_MAX];
	const char *subject = name;
	jsStreamConfig config;

	nos_nats_make_name(l, stream, name);
	if (is_made(m, name))
		return NOS_OK;
	jsStreamConfig_Init(&config);
	config.Name = name;
	config.Subjects = &subject;
	config.SubjectsLen = 1;
	config.Discard = js_DiscardNew;
	return make(m, l, &config, err);
}

/* As NATS's own tools make one, save that what was deleted may go for good, and that each change is
 * told to whoever listens once it is stored: a bucket's own subject is heard before. */
enum nos_code nos_nats_make_bucket(
    struct nos_nats_made *m, const struct nos_nats_link *l, const char *ns, struct nos_err *err)
{
	char name[NOS_NATS_NAME_MAX], subject[NOS_NATS_NAME_MAX + 8], to[NOS_NATS_NAME_MAX * 2],
	    changed[NOS_NATS_NAME_MAX];
	const char *subjects = subject;
	jsStreamConfig config;
	jsRePublish tell;

	nos_nats_make_bucket_name(l, ns, name);
	if (is_made(m, name))
		return NOS_OK;
	nos_nats_make_changed(l, changed);
	snprintf(subject, sizeof(subject), "$KV.%s.>", name + 3);
	snprintf(to, sizeof(to), "%s.%s.>", changed, ns);
	jsStreamConfig_Init(&config);
	jsRePublish_Init(&tell);
	tell.Source = subject;
	tell.Destination = to;
	tell.HeadersOnly = true;
	config.Name = name;
	config.Subjects = &subjects;
	config.SubjectsLen = 1;
	config.MaxMsgsPerSubject = 1;
	config.Discard = js_DiscardNew;
	config.AllowRollup = true;
	if (!nos_nats_make_is_hushed(m, ns))
		config.RePublish = &tell;
	return make(m, l, &config, err);
}

enum nos_code nos_nats_make_state(const struct nos_nats_link *l, const char *name,
    struct nos_nats_state *ret, struct nos_err *err)
{
	jsStreamInfo *info = NULL;
	natsStatus s = ask(l, name, &info);
	const jsStreamState *state;

	if (s == NATS_NOT_FOUND)
		return nos_err_set(err, NOS_ABSENT, "store: no '%s'", name);
	if (s != NATS_OK)
		return nos_nats_link_failed(l, name, s, 0, err);
	state = &info->State;
	*ret = (struct nos_nats_state){ .first = state->Msgs ? state->FirstSeq : state->LastSeq + 1,
		.last = state->LastSeq,
		.count = state->Msgs,
		.bytes = state->Bytes,
		.gaps = state->NumDeleted || state->Msgs != state->LastSeq - state->FirstSeq + 1 };
	jsStreamInfo_Destroy(info);
	return NOS_OK;
}

/* Of this store: the names of another may begin alike, and have a '-' more. */
static bool is_ours(const struct nos_nats_link *l, const char *name)
{
	size_t len = strlen(l->prefix);

	if (strncmp(name, "KV_", 3) == 0)
		name += 3;
	return strncmp(name, l->prefix, len) == 0 && name[len] == '-';
}

/* Each of this store's: its name. */
static enum nos_code each_name(const struct nos_nats_link *l,
    enum nos_code (*each)(
	void *state, const struct nos_nats_link *l, const char *name, struct nos_err *err),
    void *state, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(l, NOS_NATS_WAIT_MS);
	jsStreamNamesList *list = NULL;
	jsOptions o = l->ask;
	jsErrCode code;
	natsStatus s;

	do
		s = js_StreamNames(&list, l->js, &o, &code);
	while (nos_nats_link_again(&t, s, code));
	if (nos_nats_link_is_absent(s, code))
		return NOS_OK;
	if (s != NATS_OK)
		return nos_nats_link_failed(l, "space", s, code, err);
	for (int i = 0; i < list->Count && !err->code; i++)
		if (is_ours(l, list->List[i]))
			(void)each(state, l, list->List[i], err);
	jsStreamNamesList_Destroy(list);
	return err->code;
}

static enum nos_code add_bytes(
    void *state, const struct nos_nats_link *l, const char *name, struct nos_err *err)
{
	struct nos_nats_state of;
	uint64_t *bytes = state;

	if (!nos_nats_make_state(l, name, &of, err))
		*bytes += of.bytes;
	else if (err->code == NOS_ABSENT)
		nos_err_clear(err);
	return err->code;
}

enum nos_code nos_nats_make_bytes(const struct nos_nats_link *l, uint64_t *ret, struct nos_err *err)
{
	*ret = 0;
	return each_name(l, add_bytes, ret, err);
}

struct copies {
	bool make;
	unsigned count, few;
};

static enum nos_code raise(
    const struct nos_nats_link *l, jsStreamConfig *config, struct nos_err *err)
{
	const struct nos_nats_try t = nos_nats_link_try(l, NOS_NATS_WAIT_MS);
	jsOptions o = l->ask;
	jsErrCode code;
	natsStatus s;

	config->Replicas = l->replicas;
	do
		s = js_UpdateStream(NULL, l->js, config, &o, &code);
	while (nos_nats_link_again(&t, s, code));
	return added(l, config->Name, s, code, err);
}

static enum nos_code look_at_copies(
    void *state, const struct nos_nats_link *l, const char *name, struct nos_err *err)
{
	struct copies *c = state;
	jsStreamInfo *info = NULL;
	natsStatus s = ask(l, name, &info);

	if (s == NATS_NOT_FOUND)
		return NOS_OK;
	if (s != NATS_OK)
		return nos_nats_link_failed(l, name, s, 0, err);
	c->count++;
	if (info->Config->Replicas < l->replicas) {
		c->few++;
		if (c->make)
			(void)raise(l, info->Config, err);
	}
	jsStreamInfo_Destroy(info);
	return err->code;
}

enum nos_code nos_nats_make_copies(const struct nos_nats_link *l, bool make, struct nos_err *err)
{
	struct copies c = { .make = make };

	if (l->replicas < 2)
		return NOS_OK;
	/* Who only says so may as well not know. */
	if (each_name(l, look_at_copies, &c, err) && !make)
		nos_err_clear(err);
	if (err->code || !c.few)
		return err->code;
	if (make)
		nos_log_line(NOS_LOG_INFO,
		    "store: %u of its %u streams have %" PRId64 " copies now", c.few, c.count,
		    l->replicas);
	else
		nos_log_line(NOS_LOG_WARN,
		    "store: %u of its %u streams have fewer copies than the %" PRId64
		    " asked for, as they were made: nos-serve --init gives them so many",
		    c.few, c.count, l->replicas);
	return NOS_OK;
}
