/* seam — what a completion costs on its way into a journey: one lua_resume each
 * from C against a Lua dispatcher that pulls a batch; a response read through
 * the C API against one mapped by FFI. Prints ns per completion, medians of
 * alternating runs. Figures and conclusions: docs/decisions/0006.
 *
 *   cc -O2 -I/usr/include/luajit-2.1 spec/bench/seam.c -lluajit-5.1 -lm -ldl
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

enum { USERS = 64, BATCH = 32, ROUNDS = 200000, RUNS = 5 };

struct completion {
    int32_t status;
    int32_t is_ok;
    double duration_ms;
};

static struct completion completions[USERS];

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int response_index(lua_State *L)
{
    const struct completion *c = lua_touserdata(L, 1);
    const char *key = lua_tostring(L, 2);
    if (key[0] == 's')
        lua_pushinteger(L, c->status);
    else
        lua_pushnumber(L, c->duration_ms);
    return 1;
}

static int wait_for_response(lua_State *L)
{
    return lua_yield(L, 0);
}

static void push_response(lua_State *L, int user)
{
    struct completion *c = lua_newuserdata(L, sizeof *c);
    *c = completions[user];
    luaL_getmetatable(L, "response");
    lua_setmetatable(L, -2);
}

/* next_user() -> which completion is due, for the dispatcher in Lua */
static int next_user(lua_State *L)
{
    static int user;
    user = (user + 1) % USERS;
    lua_pushinteger(L, user);
    return 1;
}

static const char SCRIPT[] =
    "jit.off(true, true)\n"
    "local ffi = require 'ffi'\n"
    "ffi.cdef 'struct completion { int32_t status, is_ok; double duration; "
    "};'\n"
    "local wait, next_user = wait, next_user\n"
    "local seen = 0\n"
    "function journey()\n"
    "  while true do local r = wait() if r.status == 200 then seen = seen + 1 "
    "end end\n"
    "end\n"
    "local cells\n"
    "function use_ffi(address) cells = ffi.cast('struct completion *', "
    "address) "
    "end\n"
    "function ffi_journey(user)\n"
    "  while true do coroutine.yield() if cells[user].status == 200 then seen "
    "= "
    "seen + 1 end end\n"
    "end\n"
    "local threads = {}\n"
    "function start(body) for i = 0, USERS - 1 do threads[i] = "
    "coroutine.create(body) coroutine.resume(threads[i], i) end end\n"
    "function dispatch(n) local resume = coroutine.resume for _ = 1, n do "
    "local "
    "u = next_user() resume(threads[u], u) end end\n"
    "function dispatch_responses(n, make) local resume = coroutine.resume for "
    "_ "
    "= 1, n do local u = next_user() resume(threads[u], make(u)) end end\n"
    "return seen\n";

static int make_response(lua_State *L)
{
    push_response(L, (int)lua_tointeger(L, 1));
    return 1;
}

static lua_State *open_state(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    luaL_newmetatable(L, "response");
    lua_pushcfunction(L, response_index);
    lua_setfield(L, -2, "__index");
    lua_register(L, "wait", wait_for_response);
    lua_register(L, "next_user", next_user);
    lua_register(L, "make", make_response);
    lua_pushinteger(L, USERS);
    lua_setglobal(L, "USERS");
    if (luaL_dostring(L, SCRIPT)) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        exit(1);
    }
    return L;
}

/* One lua_resume per completion, the response through the C API. */
static double resume_each(void)
{
    lua_State *L = open_state(), *threads[USERS];
    for (int i = 0; i < USERS; i++) {
        threads[i] = lua_newthread(L);
        luaL_ref(L, LUA_REGISTRYINDEX);
        lua_getglobal(threads[i], "journey");
        lua_resume(threads[i], 0);
    }
    int64_t start = now_ns();
    for (int i = 0; i < ROUNDS; i++) {
        lua_State *co = threads[i % USERS];
        push_response(co, i % USERS);
        lua_resume(co, 1);
    }
    double each = (double)(now_ns() - start) / ROUNDS;
    lua_close(L);
    return each;
}

static double call_dispatcher(const char *body, const char *dispatcher,
                              int wants_make)
{
    lua_State *L = open_state();
    lua_getglobal(L, "use_ffi");
    lua_pushlightuserdata(L, completions);
    lua_call(L, 1, 0);
    lua_getglobal(L, "start");
    lua_getglobal(L, body);
    lua_call(L, 1, 0);
    int64_t start = now_ns();
    for (int i = 0; i < ROUNDS / BATCH; i++) {
        lua_getglobal(L, dispatcher);
        lua_pushinteger(L, BATCH);
        if (wants_make)
            lua_getglobal(L, "make");
        lua_call(L, 1 + wants_make, 0);
    }
    double each = (double)(now_ns() - start) / ROUNDS;
    lua_close(L);
    return each;
}

static double batch_with_api(void)
{
    return call_dispatcher("journey", "dispatch_responses", 1);
}

static double batch_with_ffi(void)
{
    return call_dispatcher("ffi_journey", "dispatch", 0);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    static const struct {
        const char *name;
        double (*run)(void);
    } ways[] = {
        {"one lua_resume each, response by C API", resume_each},
        {"dispatcher in Lua, batches of 32, response by C API", batch_with_api},
        {"dispatcher in Lua, batches of 32, response by FFI", batch_with_ffi},
    };
    enum { WAYS = sizeof ways / sizeof *ways };
    double figures[WAYS][RUNS];
    for (int i = 0; i < USERS; i++)
        completions[i] = (struct completion){200, 1, 0.5};
    for (int run = 0; run < RUNS; run++)
        for (int way = 0; way < WAYS; way++)
            figures[way][run] = ways[way].run();
    for (int way = 0; way < WAYS; way++) {
        qsort(figures[way], RUNS, sizeof(double), compare);
        printf("%6.0f ns  %s\n", figures[way][RUNS / 2], ways[way].name);
    }
    return 0;
}
