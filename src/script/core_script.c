/* core_script — what a scenario says about itself: log lines, the end of the
 * run, its environment, errors on their way. */
#include <string.h>

#include "base/log.h"
#include "engine/plan.h"
#include "engine/worker.h"
#include "script/control.h"
#include "script/core.h"
#include "script/json_encode.h"
#include "script/shared.h"
#include "script/state.h"
#include "script/vm.h"

/* core.log(level, text); silent while a worker loads the file once more */
static int core_log(lua_State *L)
{
    static const char *const levels[] = {"error", "warn", "info", "debug",
                                         NULL};
    int level = luaL_checkoption(L, 1, "info", levels);
    const char *text = luaL_checkstring(L, 2);
    struct vm *vm = state_vm(L);
    if (vm->current)
        log_line((enum log_level)level, "vu %u iteration %llu: %s",
                 vm->current->vu->id,
                 (unsigned long long)vm->current->vu->iteration, text);
    else if (!vm->worker)
        log_line((enum log_level)level, "%s", text);
    return 0;
}

/* core.abort(reason): the end of the run; never returns */
static int core_abort(lua_State *L)
{
    size_t length;
    struct lua_user *user = vm_user(L, "lload.abort");
    const char *reason =
        luaL_optlstring(L, 1, "lload.abort() without a reason", &length);
    struct script_shared *s = user->vm->shared;
    shared_set_once(s, &s->abort_reason, reason, length);
    return vm_end_part(L, OUTCOME_ABORTED);
}

/* core.profile_env(name) -> its value in the profile of this user, or nil */
static int core_profile_env(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct lua_user *user = vm_current(L);
    if (!user || !user->vu->pool)
        return 0;
    const struct tag_pairs *env = &user->vu->pool->profile->env;
    for (size_t i = 0; i < env->count; i++)
        if (strcmp(env->pairs[i].key, name) == 0) {
            lua_pushstring(L, env->pairs[i].value);
            return 1;
        }
    return 0;
}

/* core.is_running() -> whether a user runs, not the loading of the file */
static int core_is_running(lua_State *L)
{
    lua_pushboolean(L, vm_current(L) != NULL);
    return 1;
}

/* core.note_error(value) -> value; keeps the traceback of where it arose */
static int core_note_error(lua_State *L)
{
    struct lua_user *user = vm_current(L);
    lua_settop(L, 1);
    if (user && lua_isstring(L, 1)) {
        luaL_traceback(L, L, NULL, 1);
        luaL_unref(L, LUA_REGISTRYINDEX, user->traceback_ref);
        user->traceback_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    return 1;
}

/* core.scenario_file(file): what data files are relative to; a worker knows */
static int core_scenario_file(lua_State *L)
{
    const char *file = luaL_checkstring(L, 1);
    struct vm *vm = state_vm(L);
    if (!vm->worker)
        control_scenario(vm, file);
    return 0;
}

/* core.mark_array(table) -> table, which JSON then writes as an array */
static int core_mark_array(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    json_mark_array(L, 1);
    return 1;
}

const luaL_Reg core_script_functions[] = {{"log", core_log},
                                          {"abort", core_abort},
                                          {"profile_env", core_profile_env},
                                          {"is_running", core_is_running},
                                          {"note_error", core_note_error},
                                          {"scenario_file", core_scenario_file},
                                          {"mark_array", core_mark_array},
                                          {NULL, NULL}};
