/* core_metric — custom metrics, checks and groups. */
#include <math.h>
#include <string.h>

#include "engine/plan.h"
#include "engine/record.h"
#include "engine/tagging.h"
#include "engine/worker.h"
#include "script/core.h"
#include "script/request_options.h"
#include "script/state.h"
#include "script/vm.h"

/* core.metric(name) -> its number in this run; nil in the control state */
static int core_metric(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct vm *vm = state_vm(L);
    if (!vm->worker)
        return 0;
    int number = plan_find_metric(worker_plan(vm->worker), name);
    if (number < 0)
        return luaL_error(L,
                          "metric '%s' was not declared when the file was "
                          "checked; declare metrics unconditionally",
                          name);
    lua_pushinteger(L, number);
    return 1;
}

static void add_tags(lua_State *L, struct vm *vm, int index,
                     struct tag_set *tags)
{
    luaL_checktype(L, index, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        size_t key_length, length;
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "tags: names are text, got %s", luaL_typename(L, -2));
        const char *key = lua_tolstring(L, -2, &key_length);
        const char *value = scalar_text(L, "tags", &length);
        tagging_set(vm->worker, tags, key, key_length, value, length);
        lua_pop(L, 1);
    }
}

static double sample_value(lua_State *L, int index)
{
    if (lua_isboolean(L, index))
        return lua_toboolean(L, index);
    double value = luaL_checknumber(L, index);
    if (!isfinite(value))
        luaL_argerror(L, index, "not a finite number");
    return value;
}

/* metric:add(value [, tags]); the metric is { number } */
static int core_add(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    struct lua_user *user = vm_current(L);
    if (!user)
        return luaL_error(L, "metrics cannot be added to while the file "
                             "loads");
    double value = sample_value(L, 2);
    struct tag_set tags = tagging_of(user->vu);
    if (!lua_isnoneornil(L, 3))
        add_tags(L, user->vm, 3, &tags);
    lua_rawgeti(L, 1, 1);
    uint32_t metric = (uint32_t)lua_tointeger(L, -1);
    const struct run_plan *plan = worker_plan(user->vm->worker);
    if (value < 0 && plan->metrics[metric].kind == METRIC_TREND)
        return luaL_error(L, "trend '%s': values are not negative; use a gauge",
                          plan->metrics[metric].name);
    record_metric(user->vu, metric, value, &tags);
    return 0;
}

/* core.check(name, passed [, why]) */
static int core_check(lua_State *L)
{
    size_t length;
    const char *name = luaL_checklstring(L, 1, &length);
    struct lua_user *user = vm_current(L);
    if (!user)
        return luaL_error(L, "lload.check cannot be used while the file "
                             "loads");
    if (user->is_ending)
        return vm_end_part(L, user->ending);
    record_check(user->vu, name, length, lua_toboolean(L, 2),
                 luaL_optstring(L, 3, NULL));
    return 0;
}

static void set_group(lua_State *L, struct lua_user *user, int index)
{
    size_t length = 0;
    const char *name = lua_tolstring(L, index, &length);
    luaL_unref(L, LUA_REGISTRYINDEX, user->group_ref);
    lua_pushvalue(L, index);
    user->group_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    tagging_set_builtin(user->vm->worker, &user->vu->tags, TAG_GROUP,
                        name ? name : "", length);
}

/* core.enter_group(name) -> the name of the group around it, or nil */
static int core_enter_group(lua_State *L)
{
    struct lua_user *user = vm_user(L, "lload.group");
    luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_rawgeti(L, LUA_REGISTRYINDEX, user->group_ref);
    if (!lua_isnil(L, 2)) {
        lua_pushvalue(L, 2);
        lua_pushliteral(L, "::");
        lua_pushvalue(L, 1);
        lua_concat(L, 3);
        lua_replace(L, 1);
    }
    set_group(L, user, 1);
    return 1; // the name around it
}

/* core.leave_group(name around it, milliseconds) */
static int core_leave_group(lua_State *L)
{
    struct lua_user *user = vm_current(L);
    double duration_ms = luaL_checknumber(L, 2);
    if (user) {
        struct tag_set tags = tagging_of(user->vu);
        record_metric(user->vu, BUILTIN_GROUP_DURATION, duration_ms, &tags);
        set_group(L, user, 1);
    }
    return 0;
}

const luaL_Reg core_metric_functions[] = {{"metric", core_metric},
                                          {"add", core_add},
                                          {"check", core_check},
                                          {"enter_group", core_enter_group},
                                          {"leave_group", core_leave_group},
                                          {NULL, NULL}};
