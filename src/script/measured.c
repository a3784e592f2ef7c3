#include "script/measured.h"

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/run.h"
#include "script/fields.h"
#include "script/metrics_push.h"
#include "script/rows_push.h"

struct view {
    const struct run *run;
    const struct shard *shard;
    const struct ladders *ladders; /* NULL: percentiles */
};

/* ------------------------------------------------------------ distributions */

static void set_buckets(lua_State *L, const struct histogram *h,
                        const struct ladder *ladder)
{
    uint64_t counts[LADDER_EDGES_MAX + 1] = {0};
    histogram_buckets(h, ladder->edges, ladder->count, counts);
    lua_createtable(L, (int)ladder->count + 1, 0);
    for (size_t i = 0; i <= ladder->count; i++) {
        lua_pushnumber(L, (double)counts[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    lua_setfield(L, -2, "buckets");
}

static void set_distribution(lua_State *L, const struct view *v,
                             const char *name, const struct histogram *h,
                             bool is_time)
{
    if (!h->count)
        return;
    if (!v->ladders) {
        set_trend(L, name, h);
        lua_getfield(L, -1, name);
    } else {
        lua_createtable(L, 0, 4);
        set_count(L, "count", h->count);
        set_buckets(L, h, is_time ? &v->ladders->times : &v->ladders->others);
        lua_pushvalue(L, -1);
        lua_setfield(L, -3, name);
    }
    set_number(L, "sum", h->sum / METRIC_TREND_SCALE);
    lua_pop(L, 1);
}

/* ------------------------------------------------------------------ metrics */

static void push_metric(lua_State *L, const struct view *v, size_t i)
{
    static const char *const types[METRIC_KINDS] = {[METRIC_COUNTER] =
                                                        "counter",
                                                    [METRIC_GAUGE] = "gauge",
                                                    [METRIC_RATE] = "rate",
                                                    [METRIC_TREND] = "trend"};
    const struct metric_cell *c = &v->shard->metrics[i];
    lua_createtable(L, 0, 4);
    set_text(L, "name", v->run->plan->metrics[i].name);
    set_text(L, "type", types[c->kind]);
    lua_pushboolean(L, i < BUILTIN_METRICS);
    lua_setfield(L, -2, "is_builtin");
    if (c->kind == METRIC_TREND) {
        set_distribution(L, v, "trend", &c->trend, i < BUILTIN_METRICS);
    } else if (c->kind == METRIC_RATE) {
        set_count(L, "samples", c->samples);
        set_count(L, "passes", c->passes);
    } else {
        set_number(L, "value", c->value);
    }
}

/* Gauges and trends without a sample have nothing to say; sums are then 0. */
static void push_metrics(lua_State *L, const struct view *v)
{
    lua_newtable(L);
    for (size_t i = 0; i < v->shard->metric_count; i++) {
        const struct metric_cell *c = &v->shard->metrics[i];
        bool is_sum = c->kind == METRIC_COUNTER || c->kind == METRIC_RATE;
        uint64_t samples =
            c->kind == METRIC_TREND ? c->trend.count : c->samples;
        if (!samples && !is_sum)
            continue;
        push_metric(L, v, i);
        append(L);
    }
}

/* ----------------------------------------------------------------- requests */

static void push_request(lua_State *L, const struct view *v, size_t i)
{
    const struct request_row *row = &v->shard->requests[i];
    lua_createtable(L, 0, 9);
    set_entry_text(L, "name", &v->run->totals.registry.names.entries[i]);
    set_count(L, "count", row->count);
    set_count(L, "failed", row->failed);
    set_count(L, "sent", row->sent_bytes);
    set_count(L, "received", row->received_bytes);
    set_statuses(L, row);
    set_failures(L, row);
    set_distribution(L, v, "duration", &row->duration, true);
    set_distribution(L, v, "failed_duration", &row->failed_duration, true);
}

static void push_requests(lua_State *L, const struct view *v)
{
    lua_newtable(L);
    for (size_t i = 0; i < v->shard->request_capacity; i++) {
        if (!v->shard->requests[i].count)
            continue;
        push_request(L, v, i);
        append(L);
    }
}

/* ------------------------------------------------------------------ tallies */

static void push_tally(lua_State *L, const struct view *v, enum tally which)
{
    const struct tally_rows *rows = &v->shard->tallies[which];
    const struct intern *names = &v->run->totals.registry.tallies[which];
    lua_newtable(L);
    for (uint32_t i = 0; i < names->count && i < rows->capacity; i++) {
        if (!rows->rows[i].passes && !rows->rows[i].fails)
            continue;
        lua_createtable(L, 0, 3);
        set_entry_text(L, "name", &names->entries[i]);
        set_count(L, "passes", rows->rows[i].passes);
        set_count(L, "fails", rows->rows[i].fails);
        append(L);
    }
}

void measured_push(lua_State *L, const struct run *r, bool of_interval,
                   const struct ladders *ladders)
{
    const struct totals *t = &r->totals;
    const struct view v = {.run = r,
                           .shard = of_interval ? &t->interval : &t->sum,
                           .ladders = ladders};
    lua_createtable(L, 0, 4);
    push_metrics(L, &v);
    lua_setfield(L, -2, "metrics");
    push_requests(L, &v);
    lua_setfield(L, -2, "requests");
    push_tally(L, &v, TALLY_CHECKS);
    lua_setfield(L, -2, "checks");
    push_tally(L, &v, TALLY_REASONS);
    lua_setfield(L, -2, "iteration_failures");
}
