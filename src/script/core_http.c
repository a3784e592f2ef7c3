#include "script/core_http.h"

#include <string.h>

#include <lauxlib.h>

#include "engine/worker.h"
#include "script/batch.h"
#include "script/core.h"
#include "script/outgoing.h"
#include "script/response.h"
#include "script/stream.h"
#include "script/vm.h"

static void on_fetch_done(void *arg, const struct fetch_result *result)
{
    struct outgoing *o = arg;
    struct lua_user *user = o->user;
    struct vm *vm = user->vm;
    bool cut_off = result->failure == HTTP_CUT_OFF;
    int64_t ended_ns = result->timings->ended_ns;
    user->request = NULL;
    if (!cut_off)
        response_push(user->co, result, o->name.data);
    outgoing_release(vm, o);
    if (cut_off)
        vm_cut_off(user);
    else
        vm_resume_in_time(user, 1, ended_ns);
}

void core_http_cancel(struct lua_user *user)
{
    fetch_cancel(&user->request->fetch);
}

static int send(lua_State *L, const char *method)
{
    struct lua_user *user = vm_waiting_user(L, "lload.http");
    struct outgoing *o = outgoing_build(L, user, method);
    o->user = user;
    o->fetch.done = on_fetch_done;
    o->fetch.arg = o;
    user->request = o;
    user->wait = WAIT_REQUEST;
    fetch_start(&o->fetch, user->vu);
    return lua_yield(L, 0);
}

/* Upvalue 1: the method. */
static int call_verb(lua_State *L)
{
    return send(L, lua_tostring(L, lua_upvalueindex(1)));
}

/* core.verb(method) -> function(url, options) -> response */
static int core_verb(lua_State *L)
{
    luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_pushcclosure(L, call_verb, 1);
    return 1;
}

/* core.request(method, url, options) -> response */
static int core_request(lua_State *L)
{
    const char *method = outgoing_pin_method(L, 1);
    lua_remove(L, 1);
    return send(L, method);
}

const luaL_Reg core_http_functions[] = {{"verb", core_verb},
                                        {"request", core_request},
                                        {"batch", batch_start},
                                        {"stream", stream_start},
                                        {NULL, NULL}};
