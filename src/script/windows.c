#include "script/windows.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/stored_windows.h"
#include "stats/metric.h"
#include "stats/resample.h"

static const char TYPE[] = "lload.windows";

/* A resample reads its parts again for each bin; more would only cost time. */
enum { MOST_PARTS = 1000 };

/* The histogram and the parts are of the call under way: they are emptied by
 * the next one, so that nothing is lost when Lua throws. */
struct windows {
    struct stored_windows stored;
    bool is_open;
    struct metric_cell sum;
    struct resample parts;
};

static int windows_close(lua_State *L)
{
    struct windows *w = luaL_checkudata(L, 1, TYPE);
    if (w->is_open)
        stored_windows_close(&w->stored);
    metric_fini(&w->sum);
    resample_fini(&w->parts);
    w->is_open = false;
    return 0;
}

static struct windows *check(lua_State *L)
{
    struct windows *w = luaL_checkudata(L, 1, TYPE);
    luaL_argcheck(L, w->is_open, 1, "these windows are closed");
    return w;
}

/* engine.open_windows(path) -> windows | nil, message */
static int engine_open_windows(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct error err = {0};
    struct windows *w = lua_newuserdata(L, sizeof *w);
    *w = (struct windows){.sum.kind = METRIC_TREND};
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, -2);
    w->is_open = stored_windows_open(&w->stored, path, &err);
    if (w->is_open)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, err.text);
    return 2;
}

/* windows:started_s() -> seconds since 1970, of the run */
static int windows_started(lua_State *L)
{
    lua_pushnumber(L, check(L)->stored.started_s);
    return 1;
}

/* windows:series() -> names, in the order of the file */
static int windows_series(lua_State *L)
{
    const struct intern *names = &check(L)->stored.series;
    lua_createtable(L, (int)names->count, 0);
    for (uint32_t i = 0; i < names->count; i++) {
        lua_pushlstring(L, names->entries[i].text, names->entries[i].length);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* windows:times() -> { {from_s, to_s}, … }, the windows of the stage */
static int windows_times(lua_State *L)
{
    const struct stored_windows *s = &check(L)->stored;
    lua_createtable(L, (int)s->stage_count, 0);
    for (size_t i = 0; i < s->stage_count; i++) {
        const struct stored_window *w = &s->windows[s->stage[i]];
        lua_createtable(L, 2, 0);
        lua_pushnumber(L, w->from_s);
        lua_rawseti(L, -2, 1);
        lua_pushnumber(L, w->to_s);
        lua_rawseti(L, -2, 2);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 1;
}

/* The series at stack index 2; INTERN_NONE if the log has none of the name. */
static uint32_t series_of(lua_State *L, const struct windows *w)
{
    size_t length;
    const char *name = luaL_checklstring(L, 2, &length);
    return intern_find(&w->stored.series, name, length);
}

/* All windows, setup's and teardown's too, unless a stretch is asked for. */
static void merge_range(lua_State *L, struct windows *w, uint32_t series,
                        int from)
{
    double from_s = luaL_optnumber(L, from, -HUGE_VAL);
    double to_s = luaL_optnumber(L, from + 1, HUGE_VAL);
    struct error err = {0};
    histogram_reset(&w->sum.trend);
    if (series != INTERN_NONE &&
        !stored_windows_merge(&w->stored, series, from_s, to_s, &w->sum.trend,
                              &err))
        luaL_error(L, "%s", err.text);
}

static int push_value(lua_State *L, struct windows *w,
                      enum metric_aggregation how, double percentile)
{
    double value;
    w->sum.samples = w->sum.trend.count;
    if (!metric_aggregate(&w->sum, how, percentile, 1, &value))
        return 0;
    lua_pushnumber(L, value);
    return 1;
}

static enum metric_aggregation check_aggregation(lua_State *L)
{
    static const char *const names[] = {"count", "avg", "min", "med",
                                        "max",   "p",   NULL};
    static const enum metric_aggregation which[] = {
        AGGREGATE_COUNT, AGGREGATE_AVG, AGGREGATE_MIN,
        AGGREGATE_MED,   AGGREGATE_MAX, AGGREGATE_PERCENTILE};
    return which[luaL_checkoption(L, 3, NULL, names)];
}

static double check_percentile(lua_State *L)
{
    double percentile = luaL_optnumber(L, 4, 0);
    luaL_argcheck(L, percentile >= 0 && percentile <= 100, 4,
                  "a percentile is from 0 to 100");
    return percentile;
}

/* windows:value(series, aggregation, x, from_s, to_s) -> number | nil */
static int windows_value(lua_State *L)
{
    struct windows *w = check(L);
    uint32_t series = series_of(L, w);
    enum metric_aggregation how = check_aggregation(L);
    double percentile = check_percentile(L);
    merge_range(L, w, series, 5);
    return push_value(L, w, how, percentile);
}

static void merge_listed(lua_State *L, struct windows *w, uint32_t series)
{
    struct error err = {0};
    histogram_reset(&w->sum.trend);
    for (int i = 1; i <= (int)lua_objlen(L, 5); i++) {
        lua_rawgeti(L, 5, i);
        double index = lua_tonumber(L, -1);
        lua_pop(L, 1);
        luaL_argcheck(L, index >= 1 && index <= (double)w->stored.stage_count,
                      5, "no such window");
        if (series != INTERN_NONE &&
            !stored_windows_merge_one(&w->stored, series, (size_t)index - 1,
                                      &w->sum.trend, &err))
            luaL_error(L, "%s", err.text);
    }
}

/* windows:value_of(series, aggregation, x, indices) -> number | nil */
static int windows_value_of(lua_State *L)
{
    struct windows *w = check(L);
    uint32_t series = series_of(L, w);
    enum metric_aggregation how = check_aggregation(L);
    double percentile = check_percentile(L);
    luaL_checktype(L, 5, LUA_TTABLE);
    merge_listed(L, w, series);
    return push_value(L, w, how, percentile);
}

static size_t check_parts(lua_State *L, int index, const struct windows *w)
{
    lua_Integer parts = luaL_checkinteger(L, index);
    luaL_argcheck(L, parts >= 1 && parts <= MOST_PARTS, index,
                  "so many parts are not for a series of windows");
    size_t windows = w->stored.stage_count;
    return windows < (size_t)parts ? windows : (size_t)parts;
}

/* Sums the windows of one of `count` equal parts of the stage. */
static void merge_part(lua_State *L, struct windows *w, uint32_t series,
                       size_t part, size_t count)
{
    size_t windows = w->stored.stage_count;
    struct error err = {0};
    histogram_reset(&w->sum.trend);
    for (size_t i = part * windows / count; i < (part + 1) * windows / count;
         i++)
        if (series != INTERN_NONE &&
            !stored_windows_merge_one(&w->stored, series, i, &w->sum.trend,
                                      &err))
            luaL_error(L, "%s", err.text);
}

/* windows:counts(series, parts) -> how many values neighbouring windows of the
 * stage have, merged into at most so many parts */
static int windows_counts(lua_State *L)
{
    struct windows *w = check(L);
    uint32_t series = series_of(L, w);
    size_t parts = check_parts(L, 3, w);
    lua_createtable(L, (int)parts, 0);
    for (size_t part = 0; part < parts; part++) {
        merge_part(L, w, series, part, parts);
        lua_pushnumber(L, (double)w->sum.trend.count);
        lua_rawseti(L, -2, (int)part + 1);
    }
    return 1;
}

/* The draw on top of the stack: as many parts as there are, or fewer. */
static void sum_draw(lua_State *L, struct windows *w)
{
    size_t parts = w->parts.part_count, length = lua_objlen(L, -1);
    luaL_argcheck(L, lua_istable(L, -1) && length <= parts, 6,
                  "a draw is a list of at most as many parts as there are");
    for (size_t i = 1; i <= length; i++) {
        lua_rawgeti(L, -1, (int)i);
        double part = lua_tonumber(L, -1);
        lua_pop(L, 1);
        luaL_argcheck(L, part >= 1 && part <= (double)parts, 6, "no such part");
        resample_draw(&w->parts, (size_t)part - 1);
    }
    histogram_reset(&w->sum.trend);
    resample_take(&w->parts, &w->sum.trend);
}

/* windows:resampled(series, aggregation, x, parts, draws) -> the value of each
 * draw that has one; a draw lists parts, as counts() has them, with repeats */
static int windows_resampled(lua_State *L)
{
    struct windows *w = check(L);
    uint32_t series = series_of(L, w);
    enum metric_aggregation how = check_aggregation(L);
    double percentile = check_percentile(L);
    size_t parts = check_parts(L, 5, w);
    luaL_checktype(L, 6, LUA_TTABLE);
    resample_reset(&w->parts);
    for (size_t part = 0; part < parts; part++) {
        merge_part(L, w, series, part, parts);
        resample_add_part(&w->parts, &w->sum.trend);
    }
    lua_newtable(L); // values
    int found = 0, draws = (int)lua_objlen(L, 6);
    for (int i = 1; i <= draws; i++) {
        lua_rawgeti(L, 6, i); // values, draw
        sum_draw(L, w);
        lua_pop(L, 1);
        if (push_value(L, w, how, percentile))
            lua_rawseti(L, -2, ++found);
    }
    return 1;
}

static void add_bin(uint32_t bin, uint64_t count, void *arg)
{
    lua_State *L = arg;
    const double values[] = {(double)histogram_bin_low(bin) / NS_PER_MS,
                             (double)histogram_bin_high(bin) / NS_PER_MS,
                             (double)count};
    lua_createtable(L, 3, 0);
    for (int i = 0; i < 3; i++) {
        lua_pushnumber(L, values[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
}

/* windows:bins(series, from_s, to_s) -> { {ms_low, ms_high, count}, … } */
static int windows_bins(lua_State *L)
{
    struct windows *w = check(L);
    merge_range(L, w, series_of(L, w), 3);
    lua_newtable(L);
    histogram_each(&w->sum.trend, add_bin, L);
    return 1;
}

const luaL_Reg windows_functions[] = {{"open_windows", engine_open_windows},
                                      {NULL, NULL}};

void windows_open(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"started_s", windows_started}, {"series", windows_series},
        {"times", windows_times},       {"value", windows_value},
        {"value_of", windows_value_of}, {"bins", windows_bins},
        {"counts", windows_counts},     {"resampled", windows_resampled},
        {"close", windows_close},       {NULL, NULL}};
    luaL_newmetatable(L, TYPE);
    lua_pushcfunction(L, windows_close);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
