#include "script/lua_journey.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/plan.h"
#include "engine/worker.h"
#include "script/batch.h"
#include "script/collect.h"
#include "script/core_http.h"
#include "script/core_shared.h"
#include "script/core_ws.h"
#include "script/interrupt.h"
#include "script/shared.h"
#include "script/stream.h"
#include "script/vm.h"

/* The Lua states of one worker. */
struct states {
    struct list vms;
};

static struct script_shared *shared_of(const struct worker *w)
{
    return (struct script_shared *)(uintptr_t)worker_plan(w)->script;
}

/* ------------------------------------------------------------------- worker */

static uint32_t users_of(const struct worker *w)
{
    const struct run_plan *plan = worker_plan(w);
    struct stripe stripe = plan_stripe(plan, worker_number(w));
    uint32_t users = 1; /* the one that runs setup */
    for (size_t i = 0; i < plan->profile_count; i++)
        users += (uint32_t)stripe_share(&stripe, plan->profiles[i].max_vus);
    return users;
}

static void close_states(struct worker *w)
{
    struct states *states = w->script;
    struct list *l;
    while ((l = list_take(&states->vms)))
        vm_close(list_entry(l, struct vm, link));
    free(states);
    w->script = NULL;
}

static bool open_states(struct worker *w, struct error *err)
{
    struct states *states = xcalloc(1, sizeof *states);
    list_init(&states->vms);
    w->script = states;
    uint32_t count = (users_of(w) + VM_USERS_MAX - 1) / VM_USERS_MAX;
    for (uint32_t i = 0; i < count; i++) {
        struct vm *vm = vm_open(w, shared_of(w), err);
        if (!vm)
            return false;
        list_append(&states->vms, &vm->link);
    }
    interrupt_prepare();
    return true;
}

/* The state with the fewest users. */
static struct vm *choose_vm(struct worker *w)
{
    struct states *states = w->script;
    struct vm *best = NULL;
    for (struct list *l = states->vms.next; l != &states->vms; l = l->next) {
        struct vm *vm = list_entry(l, struct vm, link);
        if (!best || vm->users < best->users)
            best = vm;
    }
    return best;
}

/* One state is collected at a time. */
static int64_t tidy(struct worker *w)
{
    struct states *states = w->script;
    for (struct list *l = states->vms.next; l != &states->vms; l = l->next) {
        int64_t longest_ns = collect_some(list_entry(l, struct vm, link));
        if (longest_ns)
            return longest_ns;
    }
    return 0;
}

/* --------------------------------------------------------------------- user */

static void on_sleep_done(struct loop_timer *t)
{
    struct lua_user *user = list_entry(t, struct lua_user, sleep);
    if (user->wait == WAIT_SHARED)
        core_shared_timed_out(user);
    else if (user->wait == WAIT_WEBSOCKET)
        core_ws_timed_out(user);
    else if (user->wait == WAIT_STREAM)
        stream_timed_out(user);
    else
        vm_resume(user, 0);
}

static void on_turn(struct loop_task *t)
{
    struct lua_user *user = list_entry(t, struct lua_user, turn);
    vm_resume(user, user->turn_answers);
}

static void make_table(struct lua_user *user)
{
    lua_State *L = user->vm->L;
    lua_createtable(L, 0, 8);
    lua_pushinteger(L, (lua_Integer)user->vu->id);
    lua_setfield(L, -2, "id");
    lua_pushstring(L, worker_plan(user->vm->worker)->stage);
    lua_setfield(L, -2, "stage");
    lua_rawgeti(L, LUA_REGISTRYINDEX, user->vm->vu_metatable_ref);
    lua_setmetatable(L, -2);
    user->table_ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

static void vu_open(struct vu *vu)
{
    struct lua_user *user = xcalloc(1, sizeof *user);
    user->vu = vu;
    user->vm = choose_vm(vu->worker);
    user->vm->users++;
    user->co_ref = user->group_ref = user->traceback_ref = LUA_NOREF;
    list_init(&user->streams);
    loop_timer_init(&user->sleep, on_sleep_done);
    loop_task_init(&user->turn, on_turn);
    make_table(user);
    vu->script = user;
}

static void vu_close(struct vu *vu)
{
    struct lua_user *user = vu->script;
    lua_State *L = user->vm->L;
    luaL_unref(L, LUA_REGISTRYINDEX, user->co_ref);
    luaL_unref(L, LUA_REGISTRYINDEX, user->table_ref);
    luaL_unref(L, LUA_REGISTRYINDEX, user->group_ref);
    luaL_unref(L, LUA_REGISTRYINDEX, user->traceback_ref);
    user->vm->users--;
    free(user);
    vu->script = NULL;
}

/* -------------------------------------------------------------------- parts */

static void prepare_coroutine(struct lua_user *user)
{
    if (user->co)
        return;
    lua_State *L = user->vm->L;
    user->co = lua_newthread(L);
    user->co_ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

static void leave_groups(struct lua_user *user)
{
    int key = worker_plan(user->vm->worker)->tag_keys[TAG_GROUP];
    luaL_unref(user->vm->L, LUA_REGISTRYINDEX, user->group_ref);
    user->group_ref = LUA_NOREF;
    if (key >= 0)
        user->vu->tags.value[key] = TAG_UNKNOWN;
}

static void set_iteration_fields(struct lua_user *user)
{
    const struct run_plan *plan = worker_plan(user->vm->worker);
    lua_State *co = user->co; // function, vu
    lua_pushliteral(co, "iteration");
    lua_pushnumber(co, (lua_Number)user->vu->iteration);
    lua_rawset(co, -3); /* the script may have given it a metatable */
    if (user->vu->part == PART_ITERATION) {
        lua_pushliteral(co, "journey");
        lua_pushstring(co, plan->journeys[user->vu->journey].name);
        lua_rawset(co, -3);
    }
}

/* setup takes nothing, teardown what setup returned, all others the user. */
static int push_arguments(struct lua_user *user)
{
    lua_State *co = user->co;
    if (user->vu->part == PART_SETUP)
        return 0;
    lua_rawgeti(co, LUA_REGISTRYINDEX, user->table_ref);
    if (user->vu->part == PART_TEARDOWN) {
        vm_push_setup_data(co, user->vm);
        lua_remove(co, -2);
    } else {
        set_iteration_fields(user);
    }
    return 1;
}

static void start(struct vu *vu, enum journey_part part)
{
    struct lua_user *user = vu->script;
    struct vm *vm = user->vm;
    int function = part == PART_ITERATION ? vm->journey_refs[vu->journey]
                                          : vm->part_refs[part];
    prepare_coroutine(user);
    leave_groups(user);
    lua_rawgeti(user->co, LUA_REGISTRYINDEX, function);
    vm_resume(user, push_arguments(user));
}

static void cancel(struct vu *vu)
{
    struct lua_user *user = vu->script;
    if (user->wait == WAIT_REQUEST) {
        core_http_cancel(user); /* goes on in on_fetch_done */
    } else if (user->wait == WAIT_BATCH) {
        batch_cancel(user);
    } else {
        loop_timer_stop(&user->sleep);
        loop_task_cancel(&user->turn);
        if (user->wait == WAIT_SHARED)
            core_shared_cancel(user);
        if (user->wait == WAIT_WEBSOCKET)
            core_ws_cancel(user);
        vm_cut_off(user);
    }
}

const struct journey_type lua_journey = {.open = open_states,
                                         .close = close_states,
                                         .vu_open = vu_open,
                                         .vu_close = vu_close,
                                         .start = start,
                                         .cancel = cancel,
                                         .tidy = tidy,
                                         .interrupt = interrupt_send};
