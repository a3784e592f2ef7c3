#include "script/result_push.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/run.h"
#include "io/http.h"
#include "script/fields.h"
#include "script/shared.h"

static const int64_t RECENT_NS = 10 * NS_PER_S;

/* -------------------------------------------------------------- small ones */

static double per_second(uint64_t count, double seconds)
{
    return seconds > 0 ? (double)count / seconds : 0;
}

/* ------------------------------------------------------------------- trends */

static void set_percentile(lua_State *L, const struct histogram *h,
                           const char *name, double percentile)
{
    set_number(L, name,
               (double)histogram_percentile(h, percentile) / NS_PER_MS);
}

static void push_trend(lua_State *L, const struct histogram *h)
{
    lua_createtable(L, 0, 10);
    set_count(L, "count", h->count);
    set_number(L, "avg", histogram_mean(h) / NS_PER_MS);
    set_number(L, "min", (double)h->min / NS_PER_MS);
    set_number(L, "max", (double)h->max / NS_PER_MS);
    set_percentile(L, h, "med", 50);
    set_percentile(L, h, "p(90)", 90);
    set_percentile(L, h, "p(95)", 95);
    set_percentile(L, h, "p(99)", 99);
    set_percentile(L, h, "p(99.9)", 99.9);
}

void set_trend(lua_State *L, const char *name, const struct histogram *h)
{
    if (!h->count)
        return;
    push_trend(L, h);
    lua_setfield(L, -2, name);
}

/* ------------------------------------------------------------------ metrics */

static void push_counter(lua_State *L, const struct metric_cell *c,
                         double elapsed_s)
{
    lua_createtable(L, 0, 3);
    set_text(L, "type", "counter");
    set_number(L, "count", c->value);
    set_number(L, "rate", elapsed_s > 0 ? c->value / elapsed_s : 0);
}

static void push_rate(lua_State *L, const struct metric_cell *c)
{
    lua_createtable(L, 0, 4);
    set_text(L, "type", "rate");
    set_number(L, "rate", (double)c->passes / (double)c->samples);
    set_count(L, "passes", c->passes);
    set_count(L, "fails", c->samples - c->passes);
}

static void push_gauge(lua_State *L, const struct metric_cell *c)
{
    lua_createtable(L, 0, 4);
    set_text(L, "type", "gauge");
    set_number(L, "value", c->value);
    set_number(L, "min", c->min);
    set_number(L, "max", c->max);
}

static void push_metric(lua_State *L, const struct metric_cell *c,
                        double elapsed_s)
{
    if (c->kind == METRIC_COUNTER) {
        push_counter(L, c, elapsed_s);
    } else if (c->kind == METRIC_RATE) {
        push_rate(L, c);
    } else if (c->kind == METRIC_GAUGE) {
        push_gauge(L, c);
    } else {
        push_trend(L, &c->trend);
        set_text(L, "type", "trend");
    }
}

/* Built-in counters are 0 when nothing happened; all else is absent. */
void metrics_push(lua_State *L, const struct run *r)
{
    const struct shard *sum = &r->totals.sum;
    lua_newtable(L);
    for (size_t i = 0; i < sum->metric_count; i++) {
        const struct metric_cell *c = &sum->metrics[i];
        bool always = i < BUILTIN_WS_SESSIONS && c->kind == METRIC_COUNTER;
        if (!c->samples && !always)
            continue;
        push_metric(L, c, run_span_s(r));
        lua_setfield(L, -2, r->plan->metrics[i].name);
    }
}

/* ----------------------------------------------------------------- requests */

void set_statuses(lua_State *L, const struct request_row *row)
{
    char digits[16];
    lua_newtable(L);
    for (int i = 0; row->statuses && i < SHARD_STATUSES; i++) {
        if (!row->statuses[i])
            continue;
        snprintf(digits, sizeof digits, "%d", i);
        set_count(L, digits, row->statuses[i]);
    }
    lua_setfield(L, -2, "status");
}

void set_failures(lua_State *L, const struct request_row *row)
{
    lua_newtable(L);
    for (int i = HTTP_OK + 1; i < HTTP_FAILURES; i++)
        if (row->failures[i])
            set_count(L, http_failure_name((enum http_failure)i),
                      row->failures[i]);
    lua_setfield(L, -2, "errors");
}

static void set_phases(lua_State *L, const struct request_row *row)
{
    static const char *const names[HTTP_PHASES] = {
        "blocked", "looking_up", "connecting", "tls_handshaking",
        "sending", "waiting",    "receiving"};
    lua_newtable(L);
    for (int i = 0; i < HTTP_PHASES; i++)
        set_trend(L, names[i], &row->phases[i]);
    lua_setfield(L, -2, "phases");
}

static void set_cache(lua_State *L, const struct request_row *row)
{
    if (!row->cache_answers)
        return;
    lua_createtable(L, 0, 2);
    set_count(L, "hits", row->cache_hits);
    set_count(L, "answers", row->cache_answers);
    lua_setfield(L, -2, "cache");
}

static void push_request(lua_State *L, const struct request_row *row,
                         double elapsed_s)
{
    lua_newtable(L);
    set_count(L, "count", row->count);
    set_number(L, "rate", per_second(row->count, elapsed_s));
    set_count(L, "failed", row->failed);
    set_count(L, "data_sent", row->sent_bytes);
    set_count(L, "data_received", row->received_bytes);
    set_number(L, "total_ms",
               (row->duration.sum + row->failed_duration.sum) / NS_PER_MS);
    set_trend(L, "duration", &row->duration);
    set_trend(L, "failed_duration", &row->failed_duration);
    set_phases(L, row);
    set_cache(L, row);
    set_statuses(L, row);
    set_failures(L, row);
}

static void push_requests(lua_State *L, const struct run *r)
{
    const struct totals *t = &r->totals;
    lua_newtable(L);
    for (size_t i = 0; i < t->sum.request_capacity; i++) {
        if (!t->sum.requests[i].count)
            continue;
        push_request(L, &t->sum.requests[i], run_span_s(r));
        set_entry_text(L, "name", &t->registry.names.entries[i]);
        append(L);
    }
}

/* -------------------------------------------------------------------- steps */

struct span {
    double from_s;
    double to_s;
};

/* When a step runs, by its plan, but no longer than the run took. */
static struct span step_span(const struct run *r, const struct profile *f,
                             uint32_t step)
{
    int64_t from_ns = -1, to_ns = 0;
    for (size_t i = 0; i < f->schedule.count; i++) {
        const struct segment *g = &f->schedule.segments[i];
        if (g->step != step)
            continue;
        if (from_ns < 0)
            from_ns = f->start_ns + g->start_ns;
        to_ns = f->start_ns + g->start_ns + g->duration_ns;
    }
    struct span s = {(double)from_ns / NS_PER_S, (double)to_ns / NS_PER_S};
    double elapsed_s = run_elapsed_s(r);
    s.to_s = s.to_s < elapsed_s ? s.to_s : elapsed_s;
    return s;
}

static void push_step(lua_State *L, const struct run *r, size_t profile,
                      uint32_t step)
{
    const struct profile *f = &r->plan->profiles[profile];
    const struct step_row *row = &r->totals.sum.steps[f->first_step + step - 1];
    struct span span = step_span(r, f, step);
    lua_newtable(L);
    set_text(L, "stage", r->plan->stage);
    set_number(L, "profile", (double)profile + 1);
    set_number(L, "step", step);
    set_number(L, "from_s", span.from_s);
    set_number(L, "to_s", span.to_s);
    set_count(L, "vus", row->vus);
    set_count(L, "count", row->count);
    set_number(L, "rps", per_second(row->count, span.to_s - span.from_s));
    set_trend(L, "duration", &row->duration);
    if (row->count)
        set_number(L, "error_rate", (double)row->failed / (double)row->count);
}

/* Steps that the run never reached are left out. */
static void push_steps(lua_State *L, const struct run *r)
{
    lua_newtable(L);
    for (size_t i = 0; i < r->plan->profile_count; i++) {
        const struct profile *f = &r->plan->profiles[i];
        for (uint32_t step = 1; step <= f->step_count; step++) {
            if (step_span(r, f, step).from_s >= run_elapsed_s(r))
                continue;
            push_step(L, r, i, step);
            append(L);
        }
    }
}

/* ----------------------------------------------------------------- journeys */

static void push_journeys(lua_State *L, const struct run *r)
{
    lua_newtable(L);
    for (size_t i = 0; i < r->plan->journey_count; i++) {
        const struct journey_row *row = &r->totals.sum.journeys[i];
        lua_newtable(L);
        set_text(L, "name", r->plan->journeys[i].name);
        set_count(L, "iterations", row->iterations);
        set_count(L, "failed", row->failed);
        set_count(L, "errors", row->errors);
        set_count(L, "cut_off", row->cut_off);
        set_trend(L, "duration", &row->duration);
        append(L);
    }
}

/* ------------------------------------------------------------------ tallies */

/* How the rows of one tally are written. */
struct tally_shape {
    enum tally tally;
    const char *key;
    const char *count; /* of what failed, or happened */
    const char *passes;
    const char *note;
};

static void push_tally(lua_State *L, const struct run *r,
                       const struct tally_shape *shape)
{
    const struct tally_rows *rows = &r->totals.sum.tallies[shape->tally];
    const struct intern *names = &r->totals.registry.tallies[shape->tally];
    lua_newtable(L);
    for (uint32_t i = 0; i < names->count && i < rows->capacity; i++) {
        const struct intern_entry *e = &names->entries[i];
        lua_newtable(L);
        set_entry_text(L, shape->key, e);
        set_count(L, shape->count, rows->rows[i].fails);
        if (shape->passes)
            set_count(L, shape->passes, rows->rows[i].passes);
        if (shape->note && e->note)
            set_text(L, shape->note, e->note);
        append(L);
    }
}

static void set_tallies(lua_State *L, const struct run *r)
{
    static const struct tally_shape shapes[] = {
        {TALLY_CHECKS, "name", "fails", "passes", "message"},
        {TALLY_ERRORS, "class", "count", NULL, "sample"},
        {TALLY_REASONS, "reason", "count", NULL, NULL},
        {TALLY_SCRIPT, "message", "count", NULL, "traceback"}};
    static const char *const fields[] = {"checks", "errors",
                                         "iteration_failures", "script_errors"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        push_tally(L, r, &shapes[i]);
        lua_setfield(L, -2, fields[i]);
    }
}

/* ------------------------------------------------------------------ windows */

static void set_counts(lua_State *L, uint64_t requests, uint64_t failed,
                       uint64_t sent_bytes, uint64_t received_bytes)
{
    set_count(L, "requests", requests);
    set_count(L, "failed", failed);
    set_count(L, "sent", sent_bytes);
    set_count(L, "received", received_bytes);
}

static double window_span_s(const struct window *w)
{
    return (double)(w->to_ns - w->from_ns) / NS_PER_S;
}

static void push_window(lua_State *L, const struct window *w)
{
    struct histogram h = {0};
    window_durations(w, &h);
    lua_createtable(L, 0, 15);
    set_number(L, "t_s", (double)w->from_ns / NS_PER_S);
    set_number(L, "to_s", (double)w->to_ns / NS_PER_S);
    set_count(L, "vus", w->vus);
    set_number(L, "in_flight", window_in_flight(w));
    set_counts(L, w->requests, w->failed, w->sent_bytes, w->received_bytes);
    set_number(L, "rps", per_second(w->requests, window_span_s(w)));
    set_number(L, "errors",
               w->requests ? (double)w->failed / (double)w->requests : 0);
    if (h.count) {
        set_percentile(L, &h, "p50", 50);
        set_percentile(L, &h, "p95", 95);
        set_percentile(L, &h, "p99", 99);
        set_percentile(L, &h, "max", 100);
    }
    histogram_fini(&h);
}

/* Arrivals that the plan has in a window, over all profiles that have any. */
static void set_offered(lua_State *L, const struct run_plan *plan,
                        const struct window *w)
{
    double arrivals = 0;
    bool is_open = false;
    for (size_t i = 0; i < plan->profile_count; i++) {
        const struct profile *f = &plan->profiles[i];
        if (f->kind != PROFILE_ARRIVALS || f->is_manual)
            continue;
        is_open = true;
        arrivals += arrivals_expected(&f->arrivals, w->to_ns - f->start_ns) -
                    arrivals_expected(&f->arrivals, w->from_ns - f->start_ns);
    }
    if (is_open && window_span_s(w) > 0)
        set_number(L, "offered", arrivals / window_span_s(w));
}

static void push_windows(lua_State *L, const struct run *r)
{
    const struct series *s = &r->totals.series;
    lua_newtable(L);
    for (size_t i = 0; i < s->count; i++) {
        push_window(L, &s->windows[i]);
        set_offered(L, r->plan, &s->windows[i]);
        append(L);
    }
}

static void push_warm_up_windows(lua_State *L, const struct run *r)
{
    const struct series *s = &r->totals.warm_up;
    lua_newtable(L);
    for (size_t i = 0; i < s->count; i++) {
        push_window(L, &s->windows[i]);
        append(L);
    }
}

static void add_part(lua_State *L, const char *part, const struct traffic *t)
{
    if (!t->requests)
        return;
    lua_createtable(L, 0, 5);
    set_text(L, "part", part);
    set_counts(L, t->requests, t->failed, t->sent_bytes, t->received_bytes);
    append(L);
}

/* The requests that no window has: of setup and teardown. */
static void push_outside(lua_State *L, const struct run *r)
{
    lua_newtable(L);
    add_part(L, "setup", &r->totals.before);
    add_part(L, "teardown", &r->totals.after);
}

/* ------------------------------------------------------------- distribution */

static void add_point(lua_State *L, const struct histogram *h,
                      double percentile)
{
    lua_createtable(L, 2, 0);
    lua_pushnumber(L, percentile);
    lua_rawseti(L, -2, 1);
    lua_pushnumber(L, (double)histogram_percentile(h, percentile) / NS_PER_MS);
    lua_rawseti(L, -2, 2);
    append(L);
}

/* Percentiles as HdrHistogram's percentile output has them: so many for each
 * halving of what is left, until less than one sample is, and then the
 * maximum. */
static void push_distribution(lua_State *L, const struct histogram *h)
{
    enum { POINTS_PER_HALVING = 5 };
    double left = 100, half = 100;
    lua_newtable(L);
    if (!h->count)
        return;
    while (left / 100 * (double)h->count >= 1) {
        half /= 2;
        for (int i = 0; i < POINTS_PER_HALVING; i++) {
            add_point(L, h, 100 - left);
            left -= half / POINTS_PER_HALVING;
        }
        left = half;
    }
    add_point(L, h, 100);
}

/* ------------------------------------------------------------------- ranges */

struct range {
    struct histogram durations;
    int64_t from_ns;
    int64_t to_ns;
    uint64_t requests;
    uint64_t failed;
    uint64_t vus; /* the most */
};

/* Windows whose middle lies within. */
static struct range merge_range(const struct run *r, double from_s, double to_s)
{
    struct range merged = {.from_ns = -1};
    const struct series *s = &r->totals.series;
    for (size_t i = 0; i < s->count; i++) {
        const struct window *w = &s->windows[i];
        double middle_s = (double)(w->from_ns + w->to_ns) / 2 / NS_PER_S;
        if (middle_s < from_s || middle_s >= to_s)
            continue;
        merged.from_ns = merged.from_ns < 0 ? w->from_ns : merged.from_ns;
        merged.to_ns = w->to_ns;
        merged.requests += w->requests;
        merged.failed += w->failed;
        merged.vus = w->vus > merged.vus ? w->vus : merged.vus;
        window_durations(w, &merged.durations);
    }
    return merged;
}

void range_push(lua_State *L, const struct run *r, double from_s, double to_s)
{
    struct range m = merge_range(r, from_s, to_s);
    double span_s = (double)(m.to_ns - m.from_ns) / NS_PER_S;
    if (!m.requests || span_s <= 0) {
        histogram_fini(&m.durations);
        lua_pushnil(L);
        return;
    }
    lua_createtable(L, 0, 9);
    set_number(L, "from_s", (double)m.from_ns / NS_PER_S);
    set_number(L, "to_s", (double)m.to_ns / NS_PER_S);
    set_count(L, "requests", m.requests);
    set_count(L, "failed", m.failed);
    set_number(L, "rps", per_second(m.requests, span_s));
    set_number(L, "error_rate", (double)m.failed / (double)m.requests);
    set_count(L, "vus", m.vus);
    set_number(L, "in_flight", m.durations.sum / NS_PER_S / span_s);
    set_trend(L, "duration", &m.durations);
    histogram_fini(&m.durations);
}

/* ------------------------------------------------------------ notes, health */

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

static double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void set_arrivals(lua_State *L, const struct shard *s)
{
    const struct arrival_row *a = &s->arrivals;
    double dropped = s->metrics[BUILTIN_DROPPED_ITERATIONS].value;
    double all = (double)(a->handed_over - a->withdrawn) + dropped;
    if (all <= 0)
        return;
    set_number(L, "arrivals", all);
    set_number(L, "arrivals_dropped", dropped);
    set_number(L, "arrivals_dropped_share", dropped / all);
    set_number(L, "arrivals_missed_share",
               ratio(a->handed_over - a->in_time, a->handed_over));
    if (!a->send_lag.count)
        return;
    set_percentile(L, &a->send_lag, "send_lag_p50_ms", 50);
    set_percentile(L, &a->send_lag, "send_lag_p99_ms", 99);
}

/* Requests of which only a lower bound of their duration is known. */
static double censored_share(const struct shard *s)
{
    uint64_t censored = 0, all = 0;
    for (size_t i = 0; i < s->request_capacity; i++) {
        const struct request_row *row = &s->requests[i];
        censored += row->failures[HTTP_TIMEOUT] + row->failures[HTTP_CUT_OFF];
        all += row->count;
    }
    return ratio(censored, all);
}

/* What the validity checks judge: the generator's own condition. */
static void push_health(lua_State *L, const struct run *r,
                        const struct shard *s, const struct health *h)
{
    const struct health_row *own = &s->health;
    lua_newtable(L);
    set_number(L, "workers", r->worker_count);
    set_number(L, "busiest_worker", h->cpu);
    set_number(L, "cpu_wait_share", h->delay);
    set_number(L, "throttled_share", h->throttled);
    set_number(L, "steal_share", h->steal);
    set_number(L, "longest_turn_ms", (double)own->longest_turn_ns / NS_PER_MS);
    set_number(L, "slow_turns_share", ratio(own->slow_turns, own->turns));
    set_number(L, "longest_gc_ms", (double)own->longest_gc_ns / NS_PER_MS);
    set_count(L, "connections_without_port", own->exhausted);
    set_number(L, "clock_read_ns", (double)r->clock_cost_ns);
    set_number(L, "censored_share", censored_share(s));
    set_count(L, "clamped",
              s->metrics[BUILTIN_HTTP_REQ_DURATION].trend.clamped);
    set_arrivals(L, s);
}

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

void result_push(lua_State *L, struct run *r)
{
    lua_newtable(L);
    set_stop(L, r);
    set_number(L, "duration_s", run_elapsed_s(r));
    metrics_push(L, r);
    lua_setfield(L, -2, "metrics");
    push_requests(L, r);
    lua_setfield(L, -2, "requests");
    push_steps(L, r);
    lua_setfield(L, -2, "steps");
    push_journeys(L, r);
    lua_setfield(L, -2, "journeys");
    set_tallies(L, r);
    push_windows(L, r);
    lua_setfield(L, -2, "windows");
    push_warm_up_windows(L, r);
    lua_setfield(L, -2, "warmup_windows");
    push_outside(L, r);
    lua_setfield(L, -2, "outside");
    push_distribution(L,
                      &r->totals.sum.metrics[BUILTIN_HTTP_REQ_DURATION].trend);
    lua_setfield(L, -2, "distribution");
    push_notes(L, r);
    lua_setfield(L, -2, "notes");
    push_health(L, r, &r->totals.sum, &r->health);
    lua_setfield(L, -2, "health");
    push_exchanges(L, r);
    lua_setfield(L, -2, "exchanges");
    lua_newtable(L);
    set_count(L, "opened", r->totals.sum.connections);
    set_count(L, "reused", r->totals.sum.connections_reused);
    set_count(L, "reuse_races", r->totals.sum.reuse_races);
    set_count(L, "unsolicited_bytes", r->totals.sum.unsolicited_bytes);
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
    push_health(L, r, s, &health);
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
