#include "script/run_access.h"

#include <math.h>

#include <lauxlib.h>

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/run.h"
#include "script/measured.h"
#include "script/metrics_push.h"
#include "script/result_push.h"
#include "script/windows_push.h"

static struct run *run_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

static double window_width_s(const struct run *r, lua_Integer selector)
{
    const struct window_span *spans = r->plan->spans;
    return spans ? (double)spans[selector - 1].width_ns / NS_PER_S : 0;
}

/* What the samples are of: the run, the level, or a sliding window of so many
 * seconds, which must be those of the selector. */
static enum result_of result_of(lua_State *L, int index, const struct run *r,
                                lua_Integer selector)
{
    static const char *const words[] = {
        [RESULT_RUN] = "run", [RESULT_LEVEL] = "level", NULL};
    if (lua_type(L, index) != LUA_TNUMBER)
        return (enum result_of)luaL_checkoption(L, index, "run", words);
    double off_s = lua_tonumber(L, index) - window_width_s(r, selector);
    luaL_argcheck(L, fabs(off_s) < 1e-6, index, "not the selector's window");
    return RESULT_WINDOW;
}

/* value(selector, aggregation, percentile, "run"|"level"|seconds) -> number |
 * nil */
static int run_value(lua_State *L)
{
    static const char *const names[] = {[AGGREGATE_COUNT] = "count",
                                        [AGGREGATE_RATE] = "rate",
                                        [AGGREGATE_VALUE] = "value",
                                        [AGGREGATE_AVG] = "avg",
                                        [AGGREGATE_MIN] = "min",
                                        [AGGREGATE_MED] = "med",
                                        [AGGREGATE_MAX] = "max",
                                        [AGGREGATE_PERCENTILE] = "p",
                                        NULL};
    struct run *r = run_of(L);
    lua_Integer selector = luaL_checkinteger(L, 1);
    int how = luaL_checkoption(L, 2, NULL, names);
    double percentile = luaL_optnumber(L, 3, 0), value;
    luaL_argcheck(L,
                  selector >= 1 && (size_t)selector <= r->plan->selector_count,
                  1, "no such selector");
    enum result_of of = result_of(L, 4, r, selector);
    if (!result_value(r, of, (size_t)selector - 1, (enum metric_aggregation)how,
                      percentile, &value))
        return 0;
    lua_pushnumber(L, value);
    return 1;
}

/* range(from_s, to_s) -> table | nil */
static int run_range(lua_State *L)
{
    range_push(L, run_of(L), luaL_checknumber(L, 1), luaL_checknumber(L, 2));
    return 1;
}

/* level() -> what was measured since begin_level() */
static int run_level(lua_State *L)
{
    level_push(L, run_of(L));
    return 1;
}

/* begin_level(): from now on the level counts, from nothing */
static int run_level_begins(lua_State *L)
{
    run_begin_level(run_of(L));
    return 0;
}

/* set_load(profile, load): so many users, or arrivals a second, from now on */
static int run_load(lua_State *L)
{
    struct run *r = run_of(L);
    lua_Integer profile = luaL_checkinteger(L, 1);
    double load = luaL_checknumber(L, 2);
    luaL_argcheck(L, profile >= 1 && (size_t)profile <= r->plan->profile_count,
                  1, "no such profile");
    luaL_argcheck(L, load >= 0, 2, "no load");
    run_set_load(r, (uint32_t)profile - 1, load);
    return 0;
}

/* pause(is_paused) */
static int run_pauses(lua_State *L)
{
    run_pause(run_of(L), lua_toboolean(L, 1));
    return 0;
}

/* metrics() -> as in result.json, so far */
static int run_metrics(lua_State *L)
{
    metrics_push(L, run_of(L));
    return 1;
}

static void read_ladder(lua_State *L, const char *name, struct ladder *ladder)
{
    lua_getfield(L, 2, name);
    luaL_checktype(L, -1, LUA_TTABLE);
    ladder->count = lua_objlen(L, -1);
    luaL_argcheck(L, ladder->count <= LADDER_EDGES_MAX, 2, "too many edges");
    for (size_t i = 0; i < ladder->count; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        ladder->edges[i] = (int64_t)(lua_tonumber(L, -1) * METRIC_TREND_SCALE);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

/* measured("run"|"interval" [, { times, others }]) -> what was measured, with
 * buckets between those edges, or else with percentiles */
static int run_measured(lua_State *L)
{
    static const char *const spans[] = {"run", "interval", NULL};
    struct ladders ladders;
    struct run *r = run_of(L);
    bool of_interval = luaL_checkoption(L, 1, NULL, spans) == 1;
    bool has_ladders = !lua_isnoneornil(L, 2);
    luaL_argcheck(L, !of_interval || r->plan->wants_intervals, 1,
                  "this run keeps no intervals");
    if (has_ladders) {
        luaL_checktype(L, 2, LUA_TTABLE);
        read_ladder(L, "times", &ladders.times);
        read_ladder(L, "others", &ladders.others);
    }
    measured_push(L, r, of_interval, has_ladders ? &ladders : NULL);
    return 1;
}

/* begin_interval(): from now on the interval counts, from nothing */
static int run_interval_begins(lua_State *L)
{
    totals_begin_interval(&run_of(L)->totals);
    return 0;
}

void run_access_add(lua_State *L, struct run *r, int owner, bool is_under_way)
{
    static const luaL_Reg looks[] = {
        {"value", run_value},       {"range", run_range},
        {"level", run_level},       {"metrics_now", run_metrics},
        {"measured", run_measured}, {NULL, NULL}};
    static const luaL_Reg changes[] = {{"begin_level", run_level_begins},
                                       {"begin_interval", run_interval_begins},
                                       {"set_load", run_load},
                                       {"pause", run_pauses},
                                       {NULL, NULL}};
    const luaL_Reg *const tables[] = {looks, is_under_way ? changes : NULL};
    for (int t = 0; t < 2; t++)
        for (const luaL_Reg *f = tables[t]; f && f->name; f++) {
            lua_pushlightuserdata(L, r);
            lua_pushvalue(L, owner);
            lua_pushcclosure(L, f->func, 2);
            lua_setfield(L, -2, f->name);
        }
}
