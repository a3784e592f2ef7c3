#include "script/convert.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/clock.h"
#include "engine/plan.h"

static const double SECONDS_MAX = 1e8; /* three years */

int64_t convert_seconds(double seconds)
{
    if (!(seconds > 0))
        return 0;
    if (seconds > SECONDS_MAX)
        seconds = SECONDS_MAX;
    return (int64_t)llround(seconds * (double)NS_PER_S);
}

static double unit_seconds(const char *unit, size_t length)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1},
                 {"m", 60},    {"h", 3600},  {"d", 86400}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strlen(units[i].name) == length &&
            memcmp(units[i].name, unit, length) == 0)
            return units[i].seconds;
    return -1;
}

static bool parse_duration(const char *text, double *seconds)
{
    *seconds = 0;
    if (!*text)
        return false;
    while (*text) {
        char *unit;
        size_t digits = strspn(text, "0123456789.");
        double number = strtod(text, &unit);
        if (!digits || unit != text + digits)
            return false;
        if (!*unit && *seconds == 0) { /* plain seconds */
            *seconds = number;
            return true;
        }
        size_t length = strspn(unit, "abcdefghijklmnopqrstuvwxyz");
        double each = unit_seconds(unit, length);
        if (each < 0)
            return false;
        *seconds += number * each;
        text = unit + length;
    }
    return true;
}

int64_t convert_duration(lua_State *L, int index, const char *what)
{
    double seconds = -1;
    if (lua_type(L, index) == LUA_TNUMBER)
        seconds = lua_tonumber(L, index);
    else if (lua_type(L, index) == LUA_TSTRING &&
             !parse_duration(lua_tostring(L, index), &seconds))
        seconds = -1;
    if (!(seconds >= 0) || seconds > SECONDS_MAX)
        luaL_error(L,
                   "%s: expected seconds or a duration like \"500ms\" or "
                   "\"1m30s\", got %s",
                   what,
                   lua_isstring(L, index) ? lua_tostring(L, index)
                                          : luaL_typename(L, index));
    return convert_seconds(seconds);
}

static double unit_bytes(const char *unit)
{
    static const struct {
        const char *name;
        double bytes;
    } units[] = {{"", 1},         {"B", 1},        {"kB", 1e3},
                 {"KB", 1e3},     {"MB", 1e6},     {"GB", 1e9},
                 {"KiB", 0x1p10}, {"MiB", 0x1p20}, {"GiB", 0x1p30}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].name, unit) == 0)
            return units[i].bytes;
    return -1;
}

size_t convert_size(lua_State *L, int index, const char *what)
{
    double bytes = -1;
    const char *text = lua_isstring(L, index) ? lua_tostring(L, index) : "";
    if (*text >= '0' && *text <= '9') {
        char *unit;
        double number = strtod(text, &unit);
        bytes = number * unit_bytes(unit + strspn(unit, " "));
    }
    if (!(bytes >= 1 && bytes <= 0x1p53))
        luaL_error(L, "%s: bytes or a size like \"64MB\" is wanted, got %s",
                   what, *text ? text : luaL_typename(L, index));
    return (size_t)bytes;
}

static bool is_status(long n)
{
    return n >= 100 && n <= 999;
}

/* "2xx", "200" or "200-299" */
static bool parse_range(const char *text, struct status_range *r)
{
    char *end;
    if (text[0] >= '1' && text[0] <= '9' && strcmp(text + 1, "xx") == 0) {
        r->from = (uint16_t)((text[0] - '0') * 100);
        r->to = (uint16_t)(r->from + 99);
        return true;
    }
    long from = strtol(text, &end, 10), to = from;
    if (*end == '-')
        to = strtol(end + 1, &end, 10);
    if (*end || !is_status(from) || !is_status(to) || to < from)
        return false;
    *r = (struct status_range){(uint16_t)from, (uint16_t)to};
    return true;
}

static void add_range(lua_State *L, int index, struct expectation *e)
{
    const char *text = lua_isstring(L, index) ? lua_tostring(L, index) : NULL;
    if (e->count == EXPECT_RANGES_MAX)
        luaL_error(L, "expect: more than %d statuses", EXPECT_RANGES_MAX);
    if (!text || !parse_range(text, &e->ranges[e->count]))
        luaL_error(L,
                   "expect: a status like 200, \"2xx\" or \"200-204\" is "
                   "wanted, got %s",
                   text ? text : luaL_typename(L, index));
    e->count++;
}

void convert_expectation(lua_State *L, int index, struct expectation *e)
{
    e->count = 0;
    if (!lua_istable(L, index)) {
        lua_pushvalue(L, index);
        add_range(L, -1, e);
        lua_pop(L, 1);
        return;
    }
    for (int i = 1; i <= (int)lua_objlen(L, index); i++) {
        lua_rawgeti(L, index, i);
        add_range(L, lua_gettop(L), e);
        lua_pop(L, 1);
    }
    if (!e->count)
        luaL_error(L, "expect: the list of statuses is empty");
}

const char *convert_expectation_name(lua_State *L, int index)
{
    if (!lua_istable(L, index)) {
        lua_pushvalue(L, index);
        return lua_tostring(L, -1);
    }
    int count = (int)lua_objlen(L, index);
    lua_pushliteral(L, "");
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            lua_pushliteral(L, " or ");
        else
            lua_pushliteral(L, "");
        lua_rawgeti(L, index, i);
        lua_concat(L, 3);
    }
    return lua_tostring(L, -1);
}
