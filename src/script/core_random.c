/* core_random — the stream of random choices of the user that runs. */
#include <math.h>

#include "base/random.h"
#include "script/core.h"
#include "script/vm.h"

/* core.random() -> uniform in [0, 1) */
static int core_random(lua_State *L)
{
    lua_pushnumber(L, random_unit(vm_random(L)));
    return 1;
}

/* core.random_int(low, high) -> whole number, both ends included */
static int core_random_int(lua_State *L)
{
    double low = luaL_checknumber(L, 1), high = luaL_checknumber(L, 2);
    if (low != floor(low) || high != floor(high) || low > high ||
        fabs(low) > 0x1p53 || fabs(high) > 0x1p53)
        return luaL_error(L, "random.int: whole numbers low <= high are "
                             "wanted");
    lua_pushnumber(
        L, (double)random_int(vm_random(L), (int64_t)low, (int64_t)high));
    return 1;
}

/* core.random_normal([mean, deviation]) -> number; 0 and 1 if absent */
static int core_random_normal(lua_State *L)
{
    double mean = luaL_optnumber(L, 1, 0), deviation = luaL_optnumber(L, 2, 1);
    if (!isfinite(mean) || !isfinite(deviation) || deviation < 0)
        return luaL_error(L, "random.normal: a mean and a deviation >= 0 are "
                             "wanted");
    lua_pushnumber(L, mean + deviation * random_normal(vm_random(L)));
    return 1;
}

/* core.random_zipf(n [, s]) -> rank of 1..n; s is 1 if absent */
static int core_random_zipf(lua_State *L)
{
    double n = luaL_checknumber(L, 1), s = luaL_optnumber(L, 2, 1);
    if (!(n >= 1 && n <= 0x1p53 && n == floor(n)) || !(s >= 0 && s <= 100))
        return luaL_error(L, "random.zipf: a whole number n >= 1 and an "
                             "exponent of 0 to 100 are wanted");
    lua_pushnumber(L, random_zipf(vm_random(L), n, s));
    return 1;
}

/* core.uuid() -> text */
static int core_uuid(lua_State *L)
{
    char text[RANDOM_UUID_BYTES];
    random_uuid(vm_random(L), text);
    lua_pushlstring(L, text, sizeof text - 1);
    return 1;
}

const luaL_Reg core_random_functions[] = {{"random", core_random},
                                          {"random_int", core_random_int},
                                          {"random_normal", core_random_normal},
                                          {"random_zipf", core_random_zipf},
                                          {"uuid", core_uuid},
                                          {NULL, NULL}};
