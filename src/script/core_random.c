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

const luaL_Reg core_random_functions[] = {
    {"random", core_random}, {"random_int", core_random_int}, {NULL, NULL}};
