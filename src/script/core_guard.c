/* core_guard — breaking off a scenario file that never comes to its end.
 *
 * While it loads, nobody watches from outside as with a journey, so the code
 * watches itself: now and then a debug hook compares the clock. What counts is
 * CPU time, for a file may wait for a program it started. From the limit on the
 * hook raises at every instruction, so that pcall cannot hide it. */
#include "base/buffer.h"
#include "base/clock.h"
#include "script/core.h"
#include "script/shared.h"
#include "script/state.h"
#include "script/vm.h"

enum { LIMIT_S = 5, LOOK_EVERY = 10000 /* instructions */ };

static void break_off(lua_State *L, lua_Debug *where)
{
    (void)where;
    state_push_position(L);
    lua_pushfstring(L,
                    "cut off: the file computes for more than %d s while it "
                    "loads; does this loop end?",
                    (int)LIMIT_S);
    lua_concat(L, 2);
    lua_error(L);
}

static void look(lua_State *L, lua_Debug *where)
{
    if (clock_thread_cpu_ns() < state_vm(L)->load_until_ns)
        return;
    lua_sethook(L, break_off, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
    break_off(L, where);
}

/* "not enough memory" is all that LuaJIT says. */
static void replace_message(lua_State *L, struct vm *vm)
{
    struct buffer text = {0};
    buffer_printf(&text, "%s: takes more memory than ", vm->shared->file);
    memory_describe_limit(vm, &text);
    buffer_add_text(&text, " while it loads; data belong in files for "
                           "lload.csv, lload.json or lload.jsonl");
    lua_settop(L, 0);
    lua_gc(L, LUA_GCCOLLECT, 0);
    lua_pushlstring(L, text.data, text.size);
    buffer_fini(&text);
}

/* core.guard(f, …) -> what pcall gives; f is broken off after LIMIT_S */
static int core_guard(lua_State *L)
{
    struct vm *vm = state_vm(L);
    luaL_checktype(L, 1, LUA_TFUNCTION);
    if (vm->current || vm->load_until_ns)
        return luaL_error(L, "core.guard is for the loading of a file");
    vm->load_until_ns = clock_thread_cpu_ns() + LIMIT_S * NS_PER_S;
    lua_sethook(L, look, LUA_MASKCOUNT, LOOK_EVERY);
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    lua_sethook(L, NULL, 0, 0);
    vm->load_until_ns = 0;
    if (status != 0 && vm->memory.is_exhausted)
        replace_message(L, vm);
    vm->memory.is_exhausted = false;
    lua_pushboolean(L, status == 0);
    lua_insert(L, 1);
    return lua_gettop(L);
}

const luaL_Reg core_guard_functions[] = {{"guard", core_guard}, {NULL, NULL}};
