/* core_time — waiting, and reading the clock. */
#include <string.h>

#include <lauxlib.h>

#include "base/clock.h"
#include "base/random.h"
#include "engine/worker.h"
#include "script/convert.h"
#include "script/core.h"
#include "script/vm.h"

static void wait_for(struct lua_user *user, int64_t duration_ns)
{
    user->wait = WAIT_SLEEP;
    loop_timer_start(worker_loop(user->vm->worker), &user->sleep,
                     clock_now_ns() + duration_ns);
}

/* core.sleep(duration) *yields* */
static int core_sleep(lua_State *L)
{
    struct lua_user *user = vm_waiting_user(L, "lload.sleep");
    wait_for(user, convert_duration(L, 1, "sleep"));
    return lua_yield(L, 0);
}

/* core.think(min [, max]) *yields*; uniform between the two */
static int core_think(lua_State *L)
{
    struct lua_user *user = vm_waiting_user(L, "lload.think");
    int64_t min_ns = convert_duration(L, 1, "think"), max_ns = min_ns;
    if (!lua_isnoneornil(L, 2))
        max_ns = convert_duration(L, 2, "think");
    if (max_ns < min_ns)
        return luaL_error(L, "think: the longest time is shorter than the "
                             "shortest");
    double share = random_unit(&user->vu->random);
    wait_for(user, min_ns + (int64_t)(share * (double)(max_ns - min_ns)));
    return lua_yield(L, 0);
}

enum spread { SPREAD_EXPONENTIAL, SPREAD_LOGNORMAL, SPREAD_NORMAL };

struct pause {
    double mean_ns;
    enum spread spread;
    double deviation_ns;
};

static enum spread read_spread(lua_State *L)
{
    static const char *const names[] = {"exponential", "lognormal", "normal"};
    const char *name =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum spread)i;
    return (enum spread)luaL_error(
        L,
        "pause: the distribution '%s' is none of exponential, lognormal, "
        "normal",
        name);
}

/* One of the options of a pause: key and value on top of the stack. */
static void read_pause_option(lua_State *L, struct pause *p)
{
    const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
    if (strcmp(key, "distribution") == 0)
        p->spread = read_spread(L);
    else if (strcmp(key, "deviation") == 0)
        p->deviation_ns = (double)convert_duration(L, -1, "pause: deviation");
    else
        luaL_error(L,
                   "pause: unknown option '%s'; it takes distribution and "
                   "deviation",
                   key);
}

static struct pause read_pause(lua_State *L)
{
    struct pause p = {.mean_ns = (double)convert_duration(L, 1, "pause"),
                      .deviation_ns = -1};
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1))
            read_pause_option(L, &p);
    }
    if (p.deviation_ns >= 0 && p.spread == SPREAD_EXPONENTIAL)
        luaL_error(L, "pause: an exponential distribution has no deviation of "
                      "its own; leave it out, or choose lognormal or normal");
    if (p.deviation_ns < 0)
        p.deviation_ns = p.mean_ns / 4;
    return p;
}

/* A normal variate below 0 is no time at all. */
static double draw_pause(const struct pause *p, struct random *r)
{
    double ns = 0;
    if (p->mean_ns <= 0)
        return 0;
    if (p->spread == SPREAD_EXPONENTIAL)
        ns = p->mean_ns * random_exponential(r);
    else if (p->spread == SPREAD_LOGNORMAL)
        ns = random_lognormal(r, p->mean_ns, p->deviation_ns);
    else
        ns = p->mean_ns + p->deviation_ns * random_normal(r);
    return ns > 0 ? ns : 0;
}

/* core.pause(mean [, { distribution, deviation }]) *yields* */
static int core_pause(lua_State *L)
{
    static const double longest_ns = 30 * 86400.0 * NS_PER_S;
    struct lua_user *user = vm_waiting_user(L, "lload.pause");
    struct pause p = read_pause(L);
    double ns = draw_pause(&p, &user->vu->random);
    wait_for(user, (int64_t)(ns < longest_ns ? ns : longest_ns));
    return lua_yield(L, 0);
}

/* core.now() -> monotonic seconds */
static int core_now(lua_State *L)
{
    lua_pushnumber(L, (double)clock_now_ns() / NS_PER_S);
    return 1;
}

/* core.unix_time() -> seconds since 1970 */
static int core_unix_time(lua_State *L)
{
    lua_pushnumber(L, (double)clock_wall_ms() / 1000);
    return 1;
}

const luaL_Reg core_time_functions[] = {
    {"sleep", core_sleep}, {"think", core_think},         {"pause", core_pause},
    {"now", core_now},     {"unix_time", core_unix_time}, {NULL, NULL}};
