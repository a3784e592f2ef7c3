#include "script/rows_push.h"

#include <stdio.h>

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/run.h"
#include "io/http.h"
#include "script/fields.h"
#include "script/metrics_push.h"

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
    set_per_second(L, "rate", row->count, elapsed_s);
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
    set_per_second(L, "rps", row->count, span.to_s - span.from_s);
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

void rows_set(lua_State *L, const struct run *r)
{
    push_requests(L, r);
    lua_setfield(L, -2, "requests");
    push_steps(L, r);
    lua_setfield(L, -2, "steps");
    push_journeys(L, r);
    lua_setfield(L, -2, "journeys");
    set_tallies(L, r);
}
