#include "script/metrics_push.h"

#include "base/clock.h"
#include "engine/builtin.h"
#include "engine/plan.h"
#include "engine/run.h"
#include "script/fields.h"

void set_per_second(lua_State *L, const char *name, uint64_t count,
                    double seconds)
{
    set_number(L, name, seconds > 0 ? (double)count / seconds : 0);
}

/* ------------------------------------------------------------------- trends */

void set_percentile(lua_State *L, const struct histogram *h, const char *name,
                    double percentile)
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

void distribution_push(lua_State *L, const struct histogram *h)
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
