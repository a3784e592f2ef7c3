#include "script/plan_read.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/alloc.h"
#include "engine/plan.h"
#include "script/convert.h"
#include "script/memory.h"
#include "script/shared.h"
#include "script/sink.h"

/* ------------------------------------------------------------------- fields */

static double number_field(lua_State *L, int index, const char *name,
                           double otherwise)
{
    lua_getfield(L, index, name);
    double value = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : otherwise;
    lua_pop(L, 1);
    return value;
}

static int64_t seconds_field(lua_State *L, int index, const char *name)
{
    return convert_seconds(number_field(L, index, name, 0));
}

static bool flag_field(lua_State *L, int index, const char *name)
{
    lua_getfield(L, index, name);
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

/* A copy, or NULL. */
static char *text_field(lua_State *L, int index, const char *name)
{
    lua_getfield(L, index, name);
    const char *text = lua_tostring(L, -1);
    char *copy = text ? xstrdup(text) : NULL;
    lua_pop(L, 1);
    return copy;
}

/* Calls `read` for each element of the list in a field; the element is on top
 * of the stack. */
static void each_item(lua_State *L, int index, const char *name,
                      void (*read)(lua_State *L, int item, void *arg),
                      void *arg)
{
    lua_getfield(L, index, name);
    int count = lua_istable(L, -1) ? (int)lua_objlen(L, -1) : 0;
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        read(L, lua_gettop(L), arg);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void read_pairs(lua_State *L, int index, const char *name,
                       struct tag_pairs *pairs)
{
    lua_getfield(L, index, name);
    if (lua_istable(L, -1)) {
        lua_pushnil(L);
        while (lua_next(L, -2)) {
            lua_pushvalue(L, -2);
            lua_pushvalue(L, -2);
            tag_pairs_add(pairs, lua_tostring(L, -2), lua_tostring(L, -1));
            lua_pop(L, 3);
        }
    }
    lua_pop(L, 1);
}

/* One of a list of words in a field; the first when there is none. */
static int word_field(lua_State *L, int index, const char *name,
                      const char *const words[])
{
    lua_getfield(L, index, name);
    int which = luaL_checkoption(L, -1, words[0], words);
    lua_pop(L, 1);
    return which;
}

/* ----------------------------------------------------------------- profiles */

static void read_rates(lua_State *L, int item, struct profile *f)
{
    struct arrivals *a = &f->arrivals;
    a->segments = xrealloc(a->segments, (a->count + 1) * sizeof *a->segments);
    a->segments[a->count++] = (struct rate_segment){
        .from = number_field(L, item, "from", 0),
        .to = number_field(L, item, "to", 0),
        .duration_ns = seconds_field(L, item, "duration_s")};
}

/* Of arrivals, the schedule holds only when the steps are. */
static void read_segment(lua_State *L, int item, void *arg)
{
    struct profile *f = arg;
    struct schedule *s = &f->schedule;
    struct segment g = {.duration_ns = seconds_field(L, item, "duration_s"),
                        .step = (uint32_t)number_field(L, item, "step", 1)};
    if (f->kind == PROFILE_ARRIVALS) {
        read_rates(L, item, f);
    } else {
        g.from = (uint32_t)number_field(L, item, "from", 0);
        g.to = (uint32_t)number_field(L, item, "to", 0);
    }
    s->segments = xrealloc(s->segments, (s->count + 1) * sizeof *s->segments);
    s->segments[s->count++] = g;
}

static enum profile_kind read_kind(lua_State *L, int index)
{
    static const char *const kinds[] = {[PROFILE_VUS] = "vus",
                                        [PROFILE_SHARED] = "shared",
                                        [PROFILE_PER_VU] = "per_vu",
                                        [PROFILE_ARRIVALS] = "arrivals",
                                        NULL};
    return (enum profile_kind)word_field(L, index, "kind", kinds);
}

static void read_open_model(lua_State *L, int index, struct profile *f)
{
    static const char *const arrival[] = {"uniform", "poisson", NULL};
    static const char *const saturation[] = {"drop", "queue", NULL};
    f->is_poisson = word_field(L, index, "arrival", arrival) == 1;
    f->is_queue = word_field(L, index, "on_saturation", saturation) == 1;
    f->max_vus = (uint32_t)number_field(L, index, "max_vus", 0);
    arrivals_lay_out(&f->arrivals);
}

void plan_read_profile(lua_State *L, int index, const struct run_plan *plan,
                       struct profile *f)
{
    *f = (struct profile){
        .kind = read_kind(L, index),
        .start_ns = seconds_field(L, index, "start_s"),
        .grace_ns = seconds_field(L, index, "grace_s"),
        .ramp_down_grace_ns = seconds_field(L, index, "ramp_down_grace_s"),
        .iterations = (uint64_t)number_field(L, index, "iterations", 0),
        .is_manual = flag_field(L, index, "is_manual"),
        .warm_load = number_field(L, index, "warm_load", 0),
        .pacing_ns = seconds_field(L, index, "pacing_s"),
        .minimum_iteration_ns = seconds_field(L, index, "minimum_iteration_s"),
        .journey = PLAN_ANY_JOURNEY};
    each_item(L, index, "segments", read_segment, f);
    if (!f->schedule.count)
        luaL_error(L, "a profile without segments");
    schedule_lay_out(&f->schedule);
    if (f->kind == PROFILE_ARRIVALS || f->is_manual)
        read_open_model(L, index, f);
    char *journey = text_field(L, index, "journey");
    if (journey && plan)
        f->journey = plan_find_journey(plan, journey);
    free(journey);
    read_pairs(L, index, "tags", &f->tags);
    read_pairs(L, index, "env", &f->env);
}

static void read_profile(lua_State *L, int item, void *arg)
{
    struct run_plan *p = arg;
    p->profiles =
        xrealloc(p->profiles, (p->profile_count + 1) * sizeof *p->profiles);
    plan_read_profile(L, item, p, &p->profiles[p->profile_count++]);
}

static void read_journey(lua_State *L, int item, void *arg)
{
    char *name = text_field(L, item, "name");
    plan_add_journey(arg, name, number_field(L, item, "weight", 1));
    free(name);
}

/* ------------------------------------------------------------------ metrics */

static void read_metric(lua_State *L, int item, void *arg)
{
    static const char *const kinds[] = {[METRIC_COUNTER] = "counter",
                                        [METRIC_GAUGE] = "gauge",
                                        [METRIC_RATE] = "rate",
                                        [METRIC_TREND] = "trend",
                                        [METRIC_KINDS] = NULL};
    lua_getfield(L, item, "kind");
    int kind = luaL_checkoption(L, -1, NULL, kinds);
    lua_pop(L, 1);
    char *name = text_field(L, item, "name");
    plan_add_metric(arg, name, (enum metric_kind)kind);
    free(name);
}

static void read_terms(lua_State *L, int index, struct run_plan *p,
                       struct selector *s)
{
    lua_getfield(L, index, "tags");
    lua_pushnil(L);
    while (lua_istable(L, -2) && lua_next(L, -2)) {
        lua_pushvalue(L, -1);
        int key = tag_key_add(&p->vocabulary, lua_tostring(L, -3));
        if (key < 0)
            luaL_error(L, "thresholds name more than %d different tags",
                       TAG_KEYS_MAX);
        s->terms[s->term_count++] = (struct selector_term){
            (uint16_t)key, tag_value_add(&p->vocabulary, lua_tostring(L, -1))};
        lua_pop(L, 2);
    }
    lua_pop(L, lua_istable(L, -1) ? 1 : 2);
}

/* The part of the stage that a window slides over, and how wide it is. */
static struct window_span read_span(lua_State *L, int item)
{
    return (struct window_span){.from_ns = seconds_field(L, item, "from_s"),
                                .until_ns = seconds_field(L, item, "until_s"),
                                .width_ns = seconds_field(L, item, "over_s")};
}

static void read_selector(lua_State *L, int item, void *arg)
{
    struct run_plan *p = arg;
    struct selector s = {0};
    char *name = text_field(L, item, "metric");
    int metric = plan_find_metric(p, name);
    if (metric < 0)
        luaL_error(L, "a threshold on the unknown metric '%s'", name);
    free(name);
    s.metric = (uint32_t)metric;
    read_terms(L, item, p, &s);
    p->selectors =
        xrealloc(p->selectors, (p->selector_count + 1) * sizeof *p->selectors);
    p->spans = xrealloc(p->spans, (p->selector_count + 1) * sizeof *p->spans);
    p->spans[p->selector_count] = read_span(L, item);
    p->selectors[p->selector_count++] = s;
}

/* --------------------------------------------------------------------- http */

static void read_header(lua_State *L, int item, void *arg)
{
    lua_rawgeti(L, item, 1);
    lua_rawgeti(L, item, 2);
    tag_pairs_add(arg, lua_tostring(L, -2), lua_tostring(L, -1));
    lua_pop(L, 2);
}

static void read_range(lua_State *L, int item, void *arg)
{
    struct expectation *e = arg;
    if (e->count == EXPECT_RANGES_MAX)
        luaL_error(L, "expect: more than %d statuses", EXPECT_RANGES_MAX);
    e->ranges[e->count++] =
        (struct status_range){(uint16_t)number_field(L, item, "from", 0),
                              (uint16_t)number_field(L, item, "to", 0)};
}

struct text_list {
    char **items;
    size_t count;
};

static void read_text(lua_State *L, int item, void *arg)
{
    struct text_list *list = arg;
    list->items =
        xrealloc(list->items, (list->count + 2) * sizeof *list->items);
    list->items[list->count++] = xstrdup(lua_tostring(L, item));
    list->items[list->count] = NULL;
}

static bool has_user_agent(const struct tag_pairs *headers)
{
    for (size_t i = 0; i < headers->count; i++)
        if (strcasecmp(headers->pairs[i].key, "User-Agent") == 0)
            return true;
    return false;
}

static enum http_transport read_transport(lua_State *L, int http)
{
    static const char *const names[] = {[HTTP_TRANSPORT_AUTO] = "auto",
                                        [HTTP_TRANSPORT_CURL] = "curl",
                                        [HTTP_TRANSPORT_H1] = "h1",
                                        NULL};
    return (enum http_transport)word_field(L, http, "transport", names);
}

static enum http_reuse read_reuse(lua_State *L, int http)
{
    static const char *const names[] = {[HTTP_REUSE_USER] = "vu",
                                        [HTTP_REUSE_ITERATION] = "iteration",
                                        [HTTP_REUSE_NONE] = "none",
                                        NULL};
    return (enum http_reuse)word_field(L, http, "reuse", names);
}

static enum cookie_life read_cookies(lua_State *L, int http)
{
    static const char *const names[] = {[COOKIES_ITERATION] = "iteration",
                                        [COOKIES_KEEP] = "keep",
                                        [COOKIES_NONE] = "none",
                                        NULL};
    return (enum cookie_life)word_field(L, http, "cookies", names);
}

static enum http_tls_version read_version(lua_State *L, int tls,
                                          const char *name)
{
    static const char *const names[] = {[HTTP_TLS_ANY] = "any",
                                        [HTTP_TLS_1_2] = "1.2",
                                        [HTTP_TLS_1_3] = "1.3",
                                        NULL};
    return (enum http_tls_version)word_field(L, tls, name, names);
}

void plan_read_tls(lua_State *L, int index, struct http_tls *tls)
{
    tls->ca = text_field(L, index, "ca");
    tls->cert = text_field(L, index, "cert");
    tls->key = text_field(L, index, "key");
    tls->key_password = text_field(L, index, "key_password");
    tls->ciphers = text_field(L, index, "ciphers");
    tls->min_version = read_version(L, index, "min_version");
    tls->max_version = read_version(L, index, "max_version");
}

static void read_tls(lua_State *L, int http, struct run_plan *p)
{
    lua_getfield(L, http, "tls");
    p->has_tls = lua_istable(L, -1);
    if (p->has_tls)
        plan_read_tls(L, lua_gettop(L), &p->tls);
    lua_pop(L, 1);
}

static enum http_family read_family(lua_State *L, int http)
{
    static const char *const names[] = {[HTTP_FAMILY_ANY] = "any",
                                        [HTTP_FAMILY_IPV4] = "ipv4",
                                        [HTTP_FAMILY_IPV6] = "ipv6",
                                        NULL};
    return (enum http_family)word_field(L, http, "dns", names);
}

/* A NULL-terminated list; NULL if it is empty. */
static char **texts_field(lua_State *L, int http, const char *name)
{
    struct text_list list = {0};
    each_item(L, http, name, read_text, &list);
    return list.items;
}

static void read_http(lua_State *L, int spec, struct run_plan *p,
                      struct script_shared *shared)
{
    lua_getfield(L, spec, "http");
    int http = lua_gettop(L);
    p->request_timeout_ns =
        convert_seconds(number_field(L, http, "timeout_s", 60));
    p->max_body_bytes =
        (size_t)number_field(L, http, "max_body_bytes", 64.0 * 1024 * 1024);
    p->redirects = (uint32_t)number_field(L, http, "redirects", 10);
    p->cookies = read_cookies(L, http);
    p->discard_body = flag_field(L, http, "discard_body");
    p->insecure = flag_field(L, http, "insecure");
    p->transport = read_transport(L, http);
    p->reuse = read_reuse(L, http);
    p->http2 = flag_field(L, http, "http2");
    p->no_resumption = flag_field(L, http, "no_resumption");
    p->source = text_field(L, http, "source_ip");
    read_tls(L, http, p);
    each_item(L, http, "headers", read_header, &shared->headers);
    if (!has_user_agent(&shared->headers))
        tag_pairs_add(&shared->headers, "User-Agent", "lload/" LLOAD_VERSION);
    each_item(L, http, "expect", read_range, &p->expect);
    if (!p->expect.count)
        p->expect.ranges[p->expect.count++] = (struct status_range){200, 399};
    p->resolve = texts_field(L, http, "resolve");
    p->connect_to = texts_field(L, http, "connect_to");
    p->blocked = texts_field(L, http, "block_hosts");
    p->family = read_family(L, http);
    p->proxy = text_field(L, http, "proxy");
    lua_pop(L, 1);
}

/* segment = { own = 2, shares = { 1, 1, 2 } }; all of it when there is none. */
static void read_machine(lua_State *L, int spec, struct stripe_cycle *machine)
{
    lua_getfield(L, spec, "segment");
    if (lua_istable(L, -1)) {
        int segment = lua_gettop(L);
        size_t own = (size_t)number_field(L, segment, "own", 1) - 1;
        lua_getfield(L, segment, "shares");
        size_t count = lua_objlen(L, -1);
        uint32_t *weights = xcalloc(count, sizeof *weights);
        for (size_t i = 0; i < count; i++) {
            lua_rawgeti(L, -1, (int)i + 1);
            weights[i] = (uint32_t)lua_tonumber(L, -1);
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
        stripe_cycle_fini(machine);
        stripe_cycle_init(machine, weights, count, own);
        free(weights);
    }
    lua_pop(L, 1);
}

static void read_source(lua_State *L, int spec, struct script_shared *shared)
{
    lua_getfield(L, spec, "source");
    const char *text = luaL_checklstring(L, -1, &shared->source_bytes);
    free(shared->source);
    shared->source = xmemdup(text, shared->source_bytes);
    lua_pop(L, 1);
    free(shared->base_url);
    shared->base_url = text_field(L, spec, "base_url");
    read_pairs(L, spec, "env", &shared->env);
}

static enum debug_follow read_follow(lua_State *L, int spec)
{
    static const char *const names[] = {[DEBUG_FOLLOW_NONE] = "none",
                                        [DEBUG_FOLLOW_FIRST] = "first",
                                        [DEBUG_FOLLOW_ALL] = "all",
                                        NULL};
    return (enum debug_follow)word_field(L, spec, "debug_follow", names);
}

static struct sample_log *read_samples(lua_State *L, int spec)
{
    lua_getfield(L, spec, "samples");
    struct sample_log *log = sink_samples(L, -1);
    lua_pop(L, 1);
    return log;
}

void plan_read(lua_State *L, int spec, struct run_plan *p,
               struct script_shared *shared)
{
    p->workers = (uint32_t)number_field(L, spec, "threads", 1);
    p->seed = (uint64_t)number_field(L, spec, "seed", 0);
    p->scenario = text_field(L, spec, "name");
    p->stage = text_field(L, spec, "stage");
    p->samples = read_samples(L, spec);
    p->has_setup = flag_field(L, spec, "has_setup");
    p->has_teardown = flag_field(L, spec, "has_teardown");
    p->has_on_start = flag_field(L, spec, "has_on_start");
    p->has_on_stop = flag_field(L, spec, "has_on_stop");
    p->setup_timeout_ns = seconds_field(L, spec, "setup_timeout_s");
    p->teardown_timeout_ns = seconds_field(L, spec, "teardown_timeout_s");
    p->max_busy_ns = seconds_field(L, spec, "max_busy_s");
    p->debug_failures = (uint32_t)number_field(L, spec, "debug_failures", 0);
    p->debug_follow = read_follow(L, spec);
    p->max_memory_bytes = (size_t)number_field(L, spec, "max_memory_bytes",
                                               (double)MEMORY_DEFAULT_BYTES);
    p->warmup_ns = seconds_field(L, spec, "warmup_s");
    p->wants_intervals = flag_field(L, spec, "wants_intervals");
    read_machine(L, spec, &p->machine);
    p->script = shared;
    each_item(L, spec, "journeys", read_journey, p);
    each_item(L, spec, "metrics", read_metric, p);
    each_item(L, spec, "selectors", read_selector, p);
    each_item(L, spec, "profiles", read_profile, p);
    read_pairs(L, spec, "tags", &p->tags);
    read_http(L, spec, p, shared);
    read_source(L, spec, shared);
    plan_seal(p);
}
