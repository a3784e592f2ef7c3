#include "script/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include <lauxlib.h>

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/worker.h"
#include "script/state.h"
#include "script/vm.h"

static _Thread_local lua_State *volatile running;
static _Thread_local volatile sig_atomic_t is_hooked;

static const char *journey_name(const struct vu *vu)
{
    return vu->part == PART_ITERATION
               ? worker_plan(vu->worker)->journeys[vu->journey].name
               : journey_part_name(vu->part);
}

static void break_off(lua_State *L, lua_Debug *where)
{
    (void)where;
    const struct vu *vu = vm_current(L)->vu;
    double busy_s = (double)worker_plan(vu->worker)->max_busy_ns / NS_PER_S;
    luaL_error(L,
               "cut off: journey '%s' ran for over %f s without waiting "
               "(max_busy)",
               journey_name(vu), busy_s);
}

static void on_signal(int number)
{
    (void)number;
    lua_State *L = running;
    if (!L)
        return;
    is_hooked = 1;
    lua_sethook(L, break_off, LUA_MASKCALL | LUA_MASKRET | LUA_MASKCOUNT, 1);
}

void interrupt_prepare(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
}

void interrupt_send(struct worker *w)
{
    pthread_kill(w->thread, SIGUSR1);
}

void interrupt_enter(lua_State *co)
{
    running = co;
}

void interrupt_leave(lua_State *co)
{
    running = NULL;
    if (!is_hooked)
        return;
    is_hooked = 0;
    lua_sethook(co, NULL, 0, 0);
}
