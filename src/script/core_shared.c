#include "script/core_shared.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "engine/exchange.h"
#include "engine/worker.h"
#include "script/convert.h"
#include "script/core.h"
#include "script/pack.h"
#include "script/shared.h"
#include "script/state.h"
#include "script/vm.h"

static const char COUNTER[] = "lload.shared.counter";
static const char QUEUE[] = "lload.shared.queue";

static struct exchange *exchange_of(lua_State *L)
{
    return &state_vm(L)->shared->exchange;
}

static struct item *check(lua_State *L, const char *type)
{
    return *(struct item **)luaL_checkudata(L, 1, type);
}

/* Items are named while the file loads, but hold nothing before the run. */
static struct lua_user *check_user(lua_State *L, const char *what)
{
    struct lua_user *user = vm_current(L);
    if (!user)
        state_misuse(L,
                     "%s cannot be used while the file loads; call it in a "
                     "journey, setup or on_start",
                     what);
    return user;
}

static struct item *find_item(lua_State *L, enum item_kind kind,
                              const char *what)
{
    size_t length;
    if (lua_type(L, 1) != LUA_TSTRING)
        state_misuse(L, "%s: the name is text, got %s", what,
                     luaL_typename(L, 1));
    const char *name = lua_tolstring(L, 1, &length);
    struct item *i = exchange_item(exchange_of(L), kind, name, length);
    if (!i)
        state_misuse(L, "%s: more than %d names are in use", what,
                     (int)EXCHANGE_NAMES_MAX);
    return i;
}

static int push_handle(lua_State *L, struct item *i, const char *type)
{
    struct item **handle = lua_newuserdata(L, sizeof *handle);
    *handle = i;
    luaL_getmetatable(L, type);
    lua_setmetatable(L, -2);
    return 1;
}

/* A copy of the value as bytes; it must be free of functions and the like. */
static struct packet *pack(lua_State *L, int index, const char *what)
{
    struct buffer bytes = {0};
    struct error err;
    bool ok = pack_value(L, index, &bytes, what, &err);
    struct packet *p = ok ? packet_new(bytes.data, bytes.size) : NULL;
    buffer_fini(&bytes);
    if (!ok)
        state_misuse(L, "%s", err.text);
    return p;
}

/* ------------------------------------------------------------------- waiting
 */

static void start_wait(struct lua_user *user, void (*done)(struct waiter *w))
{
    user->waiter = xcalloc(1, sizeof *user->waiter);
    user->waiter->worker = user->vm->worker;
    user->waiter->owner = user;
    user->waiter->done = done;
}

static void forget_wait(struct lua_user *user)
{
    free(user->waiter);
    user->waiter = NULL;
}

static void leave_wait(struct lua_user *user)
{
    exchange_leave(&user->vm->shared->exchange, user->waiter);
    forget_wait(user);
}

void core_shared_timed_out(struct lua_user *user)
{
    leave_wait(user);
    lua_pushnil(user->co);
    vm_resume(user, 1);
}

void core_shared_cancel(struct lua_user *user)
{
    leave_wait(user);
}

/* ------------------------------------------------------------------ counters
 */

/* core.shared_counter(name) -> counter */
static int core_shared_counter(lua_State *L)
{
    return push_handle(L, find_item(L, ITEM_COUNTER, "shared.counter"),
                       COUNTER);
}

/* counter:add([change]) -> the new value */
static int counter_add(lua_State *L)
{
    struct item *i = check(L, COUNTER);
    double change = luaL_optnumber(L, 2, 1);
    check_user(L, "counter:add");
    if (change != floor(change) || fabs(change) > 0x1p53)
        return luaL_error(L, "counter:add: a whole number is wanted");
    lua_pushnumber(L, (lua_Number)exchange_count(i, (int64_t)change));
    return 1;
}

/* counter:get() -> the value */
static int counter_get(lua_State *L)
{
    struct item *i = check(L, COUNTER);
    check_user(L, "counter:get");
    lua_pushnumber(L, (lua_Number)atomic_load(&i->count));
    return 1;
}

/* -------------------------------------------------------------------- queues
 */

static int64_t read_limit(lua_State *L)
{
    int64_t limit = 0;
    if (!lua_istable(L, 2))
        state_misuse(L, "shared.queue takes a table: { limit = … }");
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
        double n = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
        if (lua_type(L, -2) != LUA_TSTRING ||
            strcmp(lua_tostring(L, -2), "limit") != 0)
            state_misuse(L, "shared.queue: unknown option; it takes limit");
        if (n != floor(n) || n < 1 || n > 1e9)
            state_misuse(L, "shared.queue: limit is a whole number of 1 or "
                            "more");
        limit = (int64_t)n;
    }
    return limit;
}

/* core.shared_queue(name [, { limit }]) -> queue */
static int core_shared_queue(lua_State *L)
{
    int64_t limit = lua_isnoneornil(L, 2) ? 0 : read_limit(L);
    struct item *i = find_item(L, ITEM_QUEUE, "shared.queue");
    if (limit && !exchange_set_limit(exchange_of(L), i, limit))
        state_misuse(L, "shared.queue: '%s' has another limit already",
                     lua_tostring(L, 1));
    return push_handle(L, i, QUEUE);
}

/* queue:push(value) -> whether there was room */
static int queue_push(lua_State *L)
{
    struct item *i = check(L, QUEUE);
    check_user(L, "queue:push");
    if (lua_isnoneornil(L, 2))
        return luaL_error(L, "queue:push: nil is no value");
    struct packet *p = pack(L, 2, "queue:push: the value");
    bool taken = exchange_push(exchange_of(L), i, p);
    if (!taken)
        packet_free(p);
    lua_pushboolean(L, taken);
    return 1;
}

static void push_packet(lua_State *L, struct packet *p)
{
    pack_push(L, p->bytes, p->size);
    packet_free(p);
}

static void on_packet(struct waiter *w)
{
    struct lua_user *user = w->owner;
    struct packet *p = w->packet;
    loop_timer_stop(&user->sleep);
    forget_wait(user);
    push_packet(user->co, p);
    vm_resume(user, 1);
}

static int wait_for_packet(lua_State *L, struct item *i)
{
    struct lua_user *user = vm_waiting_user(L, "queue:pop with a timeout");
    int64_t wait_ns = convert_duration(L, 2, "queue:pop");
    start_wait(user, on_packet);
    struct packet *p = exchange_pop(exchange_of(L), i, user->waiter);
    if (p) {
        forget_wait(user);
        push_packet(L, p);
        return 1;
    }
    user->wait = WAIT_SHARED;
    loop_timer_start(worker_loop(user->vm->worker), &user->sleep,
                     clock_now_ns() + wait_ns);
    return lua_yield(L, 0);
}

/* queue:pop([timeout]) -> value or nil; with a timeout *yields* */
static int queue_pop(lua_State *L)
{
    struct item *i = check(L, QUEUE);
    if (!lua_isnoneornil(L, 2))
        return wait_for_packet(L, i);
    check_user(L, "queue:pop");
    struct packet *p = exchange_pop(exchange_of(L), i, NULL);
    if (!p)
        return 0;
    push_packet(L, p);
    return 1;
}

static int queue_length(lua_State *L)
{
    struct item *i = check(L, QUEUE);
    check_user(L, "#queue");
    lua_pushnumber(L, (lua_Number)atomic_load(&i->count));
    return 1;
}

/* ---------------------------------------------------------------------- once
 */

static void take_turn(struct lua_user *user, struct item *i)
{
    i->outer = user->turns;
    user->turns = i;
}

static int push_made(lua_State *L, const struct item *i)
{
    lua_pushboolean(L, 1);
    pack_push(L, i->made->bytes, i->made->size);
    return 2;
}

static void on_once(struct waiter *w)
{
    struct lua_user *user = w->owner;
    struct item *i = w->item;
    bool is_made = w->packet != NULL;
    int results = 1;
    forget_wait(user);
    if (is_made) {
        results = push_made(user->co, i);
    } else {
        take_turn(user, i);
        lua_pushboolean(user->co, 0);
    }
    vm_resume(user, results);
}

/* core.once_begin(name) -> true, value; or false: make it, then once_end.
 * *Yields* while another user makes it. */
static int core_once_begin(lua_State *L)
{
    struct lua_user *user = vm_waiting_user(L, "lload.shared.once");
    struct item *i = find_item(L, ITEM_ONCE, "shared.once");
    for (struct item *own = user->turns; own; own = own->outer)
        if (own == i)
            state_misuse(L,
                         "shared.once: the function that makes '%s' asks "
                         "for it itself",
                         lua_tostring(L, 1));
    start_wait(user, on_once);
    enum once_answer answer =
        exchange_begin_once(exchange_of(L), i, user->waiter);
    if (answer == ONCE_WAIT) {
        user->wait = WAIT_SHARED;
        return lua_yield(L, 0);
    }
    forget_wait(user);
    if (answer == ONCE_IS_MADE)
        return push_made(L, i);
    take_turn(user, i);
    lua_pushboolean(L, 0);
    return 1;
}

static void end_turn(struct lua_user *user, struct packet *made)
{
    struct item *i = user->turns;
    user->turns = i->outer;
    exchange_end_once(&user->vm->shared->exchange, i, made);
}

void core_shared_end_turns(struct lua_user *user)
{
    while (user->turns)
        end_turn(user, NULL);
}

/* core.once_end(name, ok [, value]): what once_begin asked for is made, or will
 * not be by this user */
static int core_once_end(lua_State *L)
{
    struct item *i = find_item(L, ITEM_ONCE, "shared.once");
    struct lua_user *user = check_user(L, "lload.shared.once");
    bool ok = lua_toboolean(L, 2);
    lua_settop(L, 3);
    while (user->turns && user->turns != i) /* never came to their end */
        end_turn(user, NULL);
    if (!user->turns)
        return luaL_error(L, "once_end without once_begin");
    if (!ok) {
        end_turn(user, NULL);
        return 0;
    }
    struct buffer what = {0};
    struct buffer bytes = {0};
    struct error err;
    buffer_printf(&what, "shared.once: the result of '%.60s'",
                  lua_tostring(L, 1));
    ok = pack_value(L, 3, &bytes, buffer_text(&what), &err);
    end_turn(user, ok ? packet_new(bytes.data, bytes.size) : NULL);
    buffer_fini(&bytes);
    buffer_fini(&what);
    return ok ? 0 : state_misuse(L, "%s", err.text);
}

/* ------------------------------------------------------------------ registry
 */

static void make_type(lua_State *L, const char *type, const luaL_Reg *methods)
{
    luaL_newmetatable(L, type);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "__index");
    state_hide_metatable(L);
}

void shared_register(lua_State *L)
{
    static const luaL_Reg counter_methods[] = {
        {"add", counter_add}, {"get", counter_get}, {NULL, NULL}};
    static const luaL_Reg queue_methods[] = {
        {"push", queue_push}, {"pop", queue_pop}, {NULL, NULL}};
    make_type(L, COUNTER, counter_methods);
    lua_pop(L, 1);
    make_type(L, QUEUE, queue_methods);
    lua_pushcfunction(L, queue_length);
    lua_setfield(L, -2, "__len");
    lua_pop(L, 1);
}

const luaL_Reg core_shared_functions[] = {
    {"shared_counter", core_shared_counter},
    {"shared_queue", core_shared_queue},
    {"once_begin", core_once_begin},
    {"once_end", core_once_end},
    {NULL, NULL}};
