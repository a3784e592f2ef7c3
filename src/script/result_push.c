#include "script/result_push.h"

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/run.h"
#include "script/fields.h"
#include "script/health_push.h"
#include "script/metrics_push.h"
#include "script/rows_push.h"
#include "script/shared.h"
#include "script/windows_push.h"

static const int64_t RECENT_NS = 10 * NS_PER_S;

/* ------------------------------------------------------------------- notes */

static void push_notes(lua_State *L, const struct run *r)
{
    uint64_t held_back = 0;
    lua_newtable(L);
    for (uint32_t i = 0; i < r->worker_count; i++)
        held_back += atomic_load(&r->workers[i].held_back);
    if (held_back) {
        lua_pushfstring(L,
                        "%f iterations took no time or got no answer at all, "
                        "and were held back so as not to spin",
                        (lua_Number)held_back);
        append(L);
    }
    if (registry_is_full(&r->totals.registry)) {
        lua_pushfstring(L,
                        "more than %d request names: further ones are counted "
                        "as " REGISTRY_OTHER "; give such requests a name",
                        REGISTRY_NAMES);
        append(L);
    }
}

/* ------------------------------------------------------------ how it ended */

static const char *stop_name(enum run_stop stop)
{
    static const char *const names[RUN_STOPS] = {
        [RUN_FINISHED] = "finished",
        [RUN_INTERRUPTED] = "interrupted",
        [RUN_ABORTED] = "aborted",
        [RUN_THRESHOLD] = "threshold",
        [RUN_SETUP_TIMEOUT] = "setup_timeout",
        [RUN_TEARDOWN_TIMEOUT] = "teardown_timeout",
        [RUN_SETUP_FAILED] = "setup_failed",
        [RUN_TEARDOWN_FAILED] = "teardown_failed",
        [RUN_OUT_OF_MEMORY] = "out_of_memory",
        [RUN_HUNG] = "hung",
        [RUN_INTERNAL] = "internal",
    };
    return names[stop];
}

/* worker_running() in words. */
static void push_running(lua_State *L, const struct run *r, uint64_t running)
{
    enum journey_part part = (enum journey_part)(running >> 56);
    size_t journey = running >> 32 & 0xffffff;
    lua_pushfstring(L,
                    "vu %d never waits: journey '%s' is in a loop that lload "
                    "cannot break off, so the numbers are those of the last "
                    "merge",
                    (int)(running & 0xffffffff) - 1,
                    part == PART_ITERATION ? r->plan->journeys[journey].name
                                           : journey_part_name(part));
}

/* The first worker whose script has not yielded. */
static void set_hung_detail(lua_State *L, struct run *r)
{
    for (uint32_t i = 0; i < r->worker_count; i++) {
        uint64_t running = atomic_load(&r->workers[i].running);
        if (!running || !r->watchdog.seen[i].is_interrupted)
            continue;
        push_running(L, r, running);
        lua_setfield(L, -2, "stop_detail");
        return;
    }
}

static void set_stop(lua_State *L, struct run *r)
{
    const struct script_shared *s = r->plan->script;
    const struct buffer *detail =
        r->stop == RUN_ABORTED || r->stop == RUN_OUT_OF_MEMORY
            ? &s->abort_reason
            : &s->part_error;
    set_text(L, "stop", stop_name(r->stop));
    if (detail->size) {
        lua_pushlstring(L, detail->data, detail->size);
        lua_setfield(L, -2, "stop_detail");
    }
    if (r->stop == RUN_HUNG)
        set_hung_detail(L, r);
}

static void add_exchanges(lua_State *L, const struct trace_samples *s)
{
    for (size_t i = 0; i < s->count; i++) {
        lua_createtable(L, 0, 2);
        set_text(L, "class", s->items[i].class);
        set_text(L, "text", s->items[i].text);
        append(L);
    }
}

static void push_exchanges(lua_State *L, const struct run *r)
{
    lua_newtable(L);
    for (uint32_t i = 0; i < r->worker_count && !r->workers_lost; i++)
        add_exchanges(L, &r->workers[i].traces);
}

static void push_connections(lua_State *L, const struct shard *s)
{
    lua_newtable(L);
    set_count(L, "opened", s->connections);
    set_count(L, "reused", s->connections_reused);
    set_count(L, "reuse_races", s->reuse_races);
    set_count(L, "unsolicited_bytes", s->unsolicited_bytes);
}

/* ------------------------------------------------------------------- result */

void result_push(lua_State *L, struct run *r)
{
    lua_newtable(L);
    set_stop(L, r);
    set_number(L, "duration_s", run_elapsed_s(r));
    metrics_push(L, r);
    lua_setfield(L, -2, "metrics");
    rows_set(L, r);
    windows_set(L, r);
    distribution_push(L,
                      &r->totals.sum.metrics[BUILTIN_HTTP_REQ_DURATION].trend);
    lua_setfield(L, -2, "distribution");
    push_notes(L, r);
    lua_setfield(L, -2, "notes");
    health_push(L, r, &r->totals.sum, &r->health);
    lua_setfield(L, -2, "health");
    push_exchanges(L, r);
    lua_setfield(L, -2, "exchanges");
    push_connections(L, &r->totals.sum);
    lua_setfield(L, -2, "connections");
}

void level_push(lua_State *L, struct run *r)
{
    const struct shard *s = &r->totals.level;
    const struct metric_cell *m = s->metrics;
    double requests = m[BUILTIN_HTTP_REQS].value, span_s = run_level_span_s(r);
    struct health health = run_level_health(r);
    lua_newtable(L);
    set_number(L, "span_s", span_s);
    set_number(L, "requests", requests);
    set_number(L, "rps", span_s > 0 ? requests / span_s : 0);
    set_trend(L, "duration", &m[BUILTIN_HTTP_REQ_DURATION].trend);
    health_push(L, r, s, &health);
    lua_setfield(L, -2, "health");
}

/* ----------------------------------------------------------------- snapshot */

static void set_current_steps(lua_State *L, const struct run *r)
{
    int64_t now_ns = clock_now_ns() - r->stage_start_ns;
    lua_newtable(L);
    for (size_t i = 0; i < r->plan->profile_count; i++) {
        const struct profile *f = &r->plan->profiles[i];
        lua_pushinteger(L, schedule_step(&f->schedule, now_ns - f->start_ns));
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "steps");
}

static void set_profile_users(lua_State *L, struct run *r)
{
    lua_newtable(L);
    for (uint32_t i = 0; i < r->plan->profile_count; i++) {
        lua_pushnumber(L, run_profile_users(r, i));
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "profile_vus");
}

static void set_recent(lua_State *L, const struct run *r)
{
    struct histogram recent = {0};
    totals_recent(&r->totals, RECENT_NS, &recent);
    if (recent.count)
        set_percentile(L, &recent, "p95_ms", 95);
    histogram_fini(&recent);
}

static double warmup_left_s(const struct run *r)
{
    double left_s = (double)(r->stage_start_ns - clock_now_ns()) / NS_PER_S;
    return r->phase == RUN_WARM_UP && left_s > 0 ? left_s : 0;
}

void snapshot_push(lua_State *L, struct run *r)
{
    static const char *const phases[] = {[RUN_SETUP] = "setup",
                                         [RUN_WARM_UP] = "warm-up",
                                         [RUN_STAGE] = "run",
                                         [RUN_TEARDOWN] = "teardown",
                                         [RUN_OVER] = "over"};
    const struct metric_cell *m = r->totals.sum.metrics;
    const struct metric_cell *failed = &m[BUILTIN_HTTP_REQ_FAILED];
    lua_newtable(L);
    set_text(L, "phase", phases[r->phase]);
    set_number(L, "elapsed_s", run_elapsed_s(r));
    set_number(L, "warmup_left_s", warmup_left_s(r));
    set_number(L, "total_s", (double)plan_duration_ns(r->plan) / NS_PER_S);
    set_number(L, "vus", run_users(r));
    set_number(L, "vus_max", plan_max_vus(r->plan));
    lua_pushboolean(L, r->is_paused);
    lua_setfield(L, -2, "is_paused");
    set_number(L, "dropped", m[BUILTIN_DROPPED_ITERATIONS].value);
    set_number(L, "iterations", m[BUILTIN_ITERATIONS].value);
    set_number(L, "http_reqs", m[BUILTIN_HTTP_REQS].value);
    set_count(L, "failed", failed->passes);
    set_number(L, "rps", r->totals.last_rps);
    if (failed->samples)
        set_number(L, "error_rate",
                   (double)failed->passes / (double)failed->samples);
    if (r->stopping)
        set_text(L, "stopping", stop_name(r->stop));
    set_recent(L, r);
    set_current_steps(L, r);
    set_profile_users(L, r);
}

bool result_value(const struct run *r, enum result_of of, size_t selector,
                  enum metric_aggregation how, double percentile, double *value)
{
    const struct selector *s = &r->plan->selectors[selector];
    const struct shard *sum =
        of == RESULT_LEVEL ? &r->totals.level : &r->totals.sum;
    const struct metric_cell *c =
        s->term_count ? &sum->selectors[selector] : &sum->metrics[s->metric];
    /* 0 is a fact only of what is always counted; a misspelt tag is no data. */
    bool always = !s->term_count && s->metric < BUILTIN_METRICS;
    if (!c->samples && !(always && c->kind == METRIC_COUNTER))
        return false;
    if (of == RESULT_WINDOW)
        return totals_window_value(&r->totals, selector, how, percentile,
                                   value);
    double span_s = of == RESULT_LEVEL ? run_level_span_s(r) : run_span_s(r);
    return metric_aggregate(c, how, percentile, span_s, value);
}
