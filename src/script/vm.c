#include "script/vm.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/record.h"
#include "engine/schedule.h"
#include "engine/worker.h"
#include "script/batch.h"
#include "script/cookie_jar.h"
#include "script/core_shared.h"
#include "script/interrupt.h"
#include "script/outgoing.h"
#include "script/pack.h"
#include "script/shared.h"
#include "script/state.h"
#include "script/stream.h"

/* ----------------------------------------------------------- the vu's table */

/* It is complete before anybody can ask, and does not change afterwards. */
void vm_push_setup_data(lua_State *L, struct vm *vm)
{
    const struct buffer *packed = &vm->shared->setup_data;
    if (!pack_push(L, packed->data, packed->size))
        lua_pushnil(L);
}

/* A copy of what setup returned, made when first asked for. */
static int push_data(lua_State *L)
{
    vm_push_setup_data(L, state_vm(L));
    lua_pushliteral(L, "data");
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

static double clamp_share(double share)
{
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

/* How much of its profile's time is over; nil in setup. */
static int push_progress(lua_State *L)
{
    const struct lua_user *user = vm_current(L);
    const struct pool *p = user ? user->vu->pool : NULL;
    if (!p)
        return 0;
    int64_t length_ns = schedule_end_ns(&p->profile->schedule);
    int64_t over_ns = clock_now_ns() - p->start_ns;
    lua_pushnumber(L, length_ns > 0
                          ? clamp_share((double)over_ns / (double)length_ns)
                          : 1);
    return 1;
}

static int push_iteration_in_run(lua_State *L)
{
    const struct lua_user *user = vm_current(L);
    lua_pushnumber(L, user ? (lua_Number)user->vu->iteration_in_run : 0);
    return 1;
}

static int push_cookies(lua_State *L)
{
    cookie_jar_push(L);
    return 1;
}

/* What few scripts ask for is looked up when they do. */
static int vu_index(lua_State *L)
{
    const char *key = lua_tostring(L, 2);
    if (key && strcmp(key, "data") == 0)
        return push_data(L);
    if (key && strcmp(key, "cookies") == 0)
        return push_cookies(L);
    if (key && strcmp(key, "iteration_in_run") == 0)
        return push_iteration_in_run(L);
    if (key && strcmp(key, "progress") == 0)
        return push_progress(L);
    return 0;
}

static void make_vu_metatable(struct vm *vm)
{
    lua_newtable(vm->L);
    lua_pushcfunction(vm->L, vu_index);
    lua_setfield(vm->L, -2, "__index");
    vm->vu_metatable_ref = luaL_ref(vm->L, LUA_REGISTRYINDEX);
}

/* ------------------------------------------------------------------ loading */

static void push_pairs(lua_State *L, const struct tag_pairs *t)
{
    lua_newtable(L);
    for (size_t i = 0; i < t->count; i++) {
        lua_pushstring(L, t->pairs[i].value);
        lua_setfield(L, -2, t->pairs[i].key);
    }
}

/* Pushes lload.loader, which takes what it needs of the library before scenario
 * code is left with less. */
static bool push_loader(lua_State *L, struct error *err)
{
    if (!state_require(L, "lload.loader", err) ||
        !state_require(L, "lload.library", err))
        return false;
    lua_getfield(L, -1, "restrict");
    lua_remove(L, -2);
    return state_call(L, 0, 0, err);
}

/* Pushes { setup=…, on_start=…, journeys={name=…} } of the scenario file. */
static bool push_functions(struct vm *vm, struct error *err)
{
    lua_State *L = vm->L;
    if (!push_loader(L, err))
        return false;
    lua_getfield(L, -1, "functions");
    lua_remove(L, -2);
    lua_pushstring(L, vm->shared->file);
    lua_pushlstring(L, vm->shared->source, vm->shared->source_bytes);
    push_pairs(L, &vm->shared->env);
    return state_call(L, 3, 1, err);
}

static void take_functions(struct vm *vm)
{
    lua_State *L = vm->L;
    const struct run_plan *plan = worker_plan(vm->worker);
    for (int i = PART_SETUP; i <= PART_TEARDOWN; i++) {
        lua_getfield(L, -1, journey_part_name((enum journey_part)i));
        vm->part_refs[i] = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    vm->journey_refs = xcalloc(plan->journey_count, sizeof *vm->journey_refs);
    lua_getfield(L, -1, "journeys");
    for (size_t i = 0; i < plan->journey_count; i++) {
        lua_getfield(L, -1, plan->journeys[i].name);
        vm->journey_refs[i] = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_pop(L, 2);
}

struct vm *vm_open(struct worker *w, struct script_shared *shared,
                   struct error *err)
{
    struct vm *vm = xcalloc(1, sizeof *vm);
    vm->worker = w;
    vm->shared = shared;
    list_init(&vm->idle_requests);
    list_init(&vm->idle_batches);
    list_init(&vm->link);
    random_init(&vm->random, worker_plan(w)->seed, UINT64_MAX);
    vm->L = state_new(vm);
    if (!vm->L)
        error_set(err, "cannot make a Lua state");
    if (vm->L)
        memory_attach(vm, worker_plan(w)->max_memory_bytes);
    if (!vm->L || !push_functions(vm, err)) {
        vm_close(vm);
        return NULL;
    }
    take_functions(vm);
    make_vu_metatable(vm);
    return vm;
}

void vm_close(struct vm *vm)
{
    if (vm->L)
        state_close(vm->L);
    batch_free_idle(vm);
    outgoing_free_idle(vm);
    free(vm->journey_refs);
    free(vm);
}

bool vm_has_part(const struct vm *vm, enum journey_part part)
{
    return vm->part_refs[part] != LUA_REFNIL;
}

/* --------------------------------------------------------------- who is who */

/* Whose coroutine this thread runs right now: spares most primitives a look
 * into the registry. */
static _Thread_local struct lua_user *entered;

struct lua_user *vm_current(lua_State *L)
{
    return entered ? entered : state_vm(L)->current;
}

struct lua_user *vm_user(lua_State *L, const char *what)
{
    struct lua_user *user = vm_current(L);
    if (!user)
        state_misuse(L,
                     "%s cannot be used while the file loads; call it in a "
                     "journey, setup or on_start",
                     what);
    if (user->co != L)
        state_misuse(L,
                     "%s must be called from the journey itself, not from a "
                     "coroutine of your own",
                     what);
    if (user->is_ending)
        vm_end_part(L, user->ending);
    return user;
}

struct lua_user *vm_waiting_user(lua_State *L, const char *what)
{
    struct lua_user *user = vm_user(L, what);
    if (!lua_isyieldable(L))
        state_misuse(L,
                     "%s waits, which is not possible inside a function that "
                     "table.sort, string.gsub, string.format or require calls",
                     what);
    return user;
}

struct random *vm_random(lua_State *L)
{
    return entered ? &entered->vu->random : &state_vm(L)->random;
}

/* ------------------------------------------------------------------- ending */

static const char ENDING = 'e'; /* its address is what is raised */

int vm_end_part(lua_State *L, enum journey_outcome outcome)
{
    struct lua_user *user = vm_current(L);
    user->is_ending = true;
    user->ending = outcome;
    lua_pushlightuserdata(L, (void *)(uintptr_t)&ENDING);
    return lua_error(L);
}

int vm_fail_part(lua_State *L, struct lua_user *user, const char *reason,
                 size_t length)
{
    struct script_shared *s = user->vm->shared;
    record_reason(user->vu, reason, length);
    if (!user->vu->pool)
        shared_set(s, &s->part_error, reason, length);
    return vm_end_part(L, OUTCOME_FAILED);
}

static void note_part_error(struct lua_user *user, const char *message)
{
    struct script_shared *s = user->vm->shared;
    if (!user->vu->pool)
        shared_set(s, &s->part_error, message, strlen(message));
}

/* Pushes where the error arose, and in whose iteration it was first seen. */
static const char *push_traceback(struct lua_user *user)
{
    lua_State *L = user->vm->L;
    lua_pushfstring(L, "first in vu %d, iteration %d\n", (int)user->vu->id,
                    (int)user->vu->iteration);
    if (user->traceback_ref != LUA_NOREF)
        lua_rawgeti(L, LUA_REGISTRYINDEX, user->traceback_ref);
    else
        luaL_traceback(L, user->co, NULL, 0);
    lua_concat(L, 2);
    return lua_tostring(L, -1);
}

/* What it was refused, it would need again: the run is over, even if the script
 * caught the error. Pushes why. */
static const char *give_up_for_memory(struct lua_user *user)
{
    struct vm *vm = user->vm;
    struct buffer text = {0};
    memory_describe_limit(vm, &text);
    buffer_printf(&text,
                  " are not enough for the Lua state of %u users (max_memory); "
                  "let users keep less, or raise it",
                  (unsigned)vm->users);
    shared_set_once(vm->shared, &vm->shared->abort_reason, text.data,
                    text.size);
    worker_out_of_memory(vm->worker);
    lua_pushlstring(vm->L, text.data, text.size);
    buffer_fini(&text);
    return lua_tostring(vm->L, -1);
}

/* The value on top of the dead coroutine is what was raised. */
static void record_error(struct lua_user *user)
{
    lua_State *co = user->co;
    const char *message = lua_tostring(co, -1);
    int top = lua_gettop(user->vm->L);
    if (user->vm->memory.is_exhausted)
        message = give_up_for_memory(user);
    else if (!message)
        message = lua_pushfstring(co, "(an error that is no text but a %s)",
                                  luaL_typename(co, -1));
    const char *traceback = push_traceback(user);
    record_script_error(user->vu, message, strlen(message), traceback);
    if (shared_is_news(user->vm->shared, message))
        log_line(LOG_ERROR, "script error in vu %u: %s\n%s", user->vu->id,
                 message, traceback);
    note_part_error(user, message);
    lua_settop(user->vm->L, top);
}

static void forget_traceback(struct lua_user *user)
{
    luaL_unref(user->vm->L, LUA_REGISTRYINDEX, user->traceback_ref);
    user->traceback_ref = LUA_NOREF;
}

static enum journey_outcome outcome_of(struct lua_user *user, int status)
{
    if (user->is_ending)
        return user->ending;
    if (status == 0)
        return OUTCOME_DONE;
    record_error(user);
    return OUTCOME_ERROR;
}

static bool keep_setup_result(struct lua_user *user, int results)
{
    struct script_shared *s = user->vm->shared;
    struct buffer packed = {0};
    struct error err = {0};
    bool ok = !results || pack_value(user->co, -results, &packed,
                                     "the result of setup", &err);
    if (ok) {
        shared_set(s, &s->setup_data, packed.data, packed.size);
    } else {
        record_script_error(user->vu, err.text, strlen(err.text), NULL);
        note_part_error(user, err.text);
    }
    buffer_fini(&packed);
    return ok;
}

static void drop_coroutine(struct lua_user *user)
{
    luaL_unref(user->vm->L, LUA_REGISTRYINDEX, user->co_ref);
    user->co_ref = LUA_NOREF;
    user->co = NULL;
}

void vm_cut_off(struct lua_user *user)
{
    core_shared_end_turns(user);
    stream_close_all(user);
    user->wait = WAIT_NONE;
    user->is_ending = false;
    forget_traceback(user);
    drop_coroutine(user);
    vu_finished(user->vu, OUTCOME_CUT_OFF);
}

/* Afterwards the user may be gone. */
static void end_part(struct lua_user *user, int status)
{
    enum journey_outcome outcome = outcome_of(user, status);
    if (outcome == OUTCOME_DONE && user->vu->part == PART_SETUP &&
        !keep_setup_result(user, lua_gettop(user->co)))
        outcome = OUTCOME_ERROR;
    core_shared_end_turns(user);
    stream_close_all(user);
    forget_traceback(user);
    if (status == 0)
        lua_settop(user->co, 0);
    else /* a dead coroutine is of no further use */
        drop_coroutine(user);
    user->is_ending = false;
    vu_finished(user->vu, outcome);
}

/* ------------------------------------------------------------------- resume */

static void enter(struct lua_user *user)
{
    struct worker *w = user->vm->worker;
    user->vm->current = entered = user;
    atomic_store_explicit(&w->running, worker_running(user->vu),
                          memory_order_relaxed);
}

static void leave(struct lua_user *user)
{
    struct worker *w = user->vm->worker;
    uint64_t resumes = atomic_load_explicit(&w->resumes, memory_order_relaxed);
    user->vm->current = entered = NULL;
    atomic_store_explicit(&w->running, 0, memory_order_relaxed);
    atomic_store_explicit(&w->resumes, resumes + 1, memory_order_relaxed);
}

void vm_resume(struct lua_user *user, int args)
{
    user->wait = WAIT_NONE;
    enter(user);
    interrupt_enter(user->co);
    int status = lua_resume(user->co, args);
    interrupt_leave(user->co);
    leave(user);
    if (user->vm->memory.is_exhausted && (status == 0 || status == LUA_YIELD)) {
        give_up_for_memory(user);
        lua_pop(user->vm->L, 1);
    }
    if (status == LUA_YIELD && user->wait != WAIT_NONE) {
        user->vu->waited = true;
        return;
    }
    if (status == LUA_YIELD) {
        lua_settop(user->co, 0);
        lua_pushliteral(user->co,
                        "coroutine.yield outside a coroutine of your own; a "
                        "journey waits with requests and lload.think");
    }
    end_part(user, status);
}

void vm_resume_in_time(struct lua_user *user, int answers, int64_t now_ns)
{
    struct loop *loop = worker_loop(user->vm->worker);
    if (!loop_is_late(loop, now_ns)) {
        vm_resume(user, answers);
        return;
    }
    user->wait = WAIT_TURN;
    user->turn_answers = answers;
    loop_defer(loop, &user->turn);
}
