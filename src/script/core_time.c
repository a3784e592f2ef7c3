/* core_time — waiting, and reading the clock. */
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

/* core.now() -> monotonic seconds */
static int core_now(lua_State *L)
{
    lua_pushnumber(L, (double)clock_now_ns() / NS_PER_S);
    return 1;
}

const luaL_Reg core_time_functions[] = {{"sleep", core_sleep},
                                        {"think", core_think},
                                        {"now", core_now},
                                        {NULL, NULL}};
