#include "script/state.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lualib.h>

#include "base/error.h"
#include "base/log.h"
#include "script/core.h"
#include "script/embedded.h"
#include "script/engine_run.h"
#include "script/memory.h"
#include "script/vm.h"

int luaopen_cjson(lua_State *L);

enum { EXIT_INTERNAL = 70 };

static const char VM_KEY = 'v'; /* its address is the registry key */

struct vm *state_vm(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)&VM_KEY);
    lua_rawget(L, LUA_REGISTRYINDEX);
    struct vm *vm = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return vm;
}

static int search_embedded(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const struct embedded_module *m = embedded_find(name);
    if (!m) {
        lua_pushfstring(L, "\n\tno module '%s' in lload", name);
        return 1;
    }
    if (luaL_loadbuffer(L, (const char *)m->text, m->size, m->chunk_name))
        return lua_error(L);
    return 1;
}

/* Ours goes second, behind package.preload. */
static void add_searcher(lua_State *L)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "loaders");
    int loaders = lua_gettop(L);
    for (int i = (int)lua_objlen(L, loaders); i >= 2; i--) {
        lua_rawgeti(L, loaders, i);
        lua_rawseti(L, loaders, i + 1);
    }
    lua_pushcfunction(L, search_embedded);
    lua_rawseti(L, loaders, 2);
    lua_pop(L, 2);
}

static void preload(lua_State *L, const char *name, lua_CFunction open)
{
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 2);
}

void state_hide_metatable(lua_State *L)
{
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
}

/* An error outside any protected call: out of memory, or a bug. */
static int panic(lua_State *L)
{
    const char *message = lua_tostring(L, -1);
    log_line(LOG_ERROR, "internal error in Lua: %s",
             message ? message : "(no text)");
    _Exit(EXIT_INTERNAL);
}

lua_State *state_new(struct vm *vm)
{
    lua_State *L = luaL_newstate();
    if (!L)
        return NULL;
    lua_atpanic(L, panic);
    luaL_openlibs(L);
    lua_pushlightuserdata(L, (void *)(uintptr_t)&VM_KEY);
    lua_pushlightuserdata(L, vm);
    lua_rawset(L, LUA_REGISTRYINDEX);
    add_searcher(L);
    preload(L, "cjson", luaopen_cjson);
    preload(L, "lload.core", core_open);
    preload(L, "lload.engine", engine_open);
    return L;
}

void state_close(lua_State *L)
{
    memory_detach(L, state_vm(L));
    lua_close(L);
}

void state_push_position(lua_State *L)
{
    static const char ours[] = "@lua/lload";
    lua_Debug frame;
    for (int level = 0; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sl", &frame);
        if (frame.currentline < 0 ||
            strncmp(frame.source, ours, sizeof ours - 1) == 0)
            continue;
        lua_pushfstring(L, "%s:%d: ", frame.short_src, frame.currentline);
        return;
    }
    lua_pushliteral(L, "");
}

int state_misuse(lua_State *L, const char *format, ...)
{
    va_list arguments;
    state_push_position(L);
    va_start(arguments, format);
    lua_pushvfstring(L, format, arguments);
    va_end(arguments);
    lua_concat(L, 2);
    lua_error(L);
    abort(); /* it does not come back, but does not say so */
}

static int add_traceback(lua_State *L)
{
    const char *message = lua_tostring(L, 1);
    luaL_traceback(L, L, message ? message : "(an error that is no text)", 1);
    return 1;
}

bool state_call(lua_State *L, int args, int results, struct error *err)
{
    int handler = lua_gettop(L) - args;
    lua_pushcfunction(L, add_traceback);
    lua_insert(L, handler);
    int status = lua_pcall(L, args, results, handler);
    lua_remove(L, handler);
    if (status == 0)
        return true;
    const char *message = lua_tostring(L, -1);
    error_set(err, "%s", message ? message : "out of memory");
    lua_pop(L, 1);
    return false;
}

bool state_require(lua_State *L, const char *name, struct error *err)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, name);
    return state_call(L, 1, 1, err);
}
