#include "script/batch.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/alloc.h"
#include "base/url.h"
#include "engine/vu.h"
#include "script/outgoing.h"
#include "script/response.h"
#include "script/vm.h"

enum { REQUESTS_MAX = 1000 };

enum progress { WAITING, UNDER_WAY, DONE };

struct batch_item {
    struct outgoing *request; /* owned until it is done */
    enum progress progress;
};

/* Pooled by its vm; while it is built it is the vm's draft. */
struct batch {
    struct list link;
    struct lua_user *user;    /* borrowed */
    struct batch_item *items; /* owned */
    size_t count;
    size_t capacity;
    size_t under_way;
    size_t limit;
    size_t limit_per_host;
    bool spares_shared; /* connections are what it limits, not requests */
    int results_ref;    /* the list of responses */
    bool is_cut_off;
};

/* --------------------------------------------------------------------- pool */

static void forget_items(struct vm *vm, struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->items[i].request)
            outgoing_release(vm, b->items[i].request);
    b->count = b->under_way = 0;
}

/* A draft that an error left behind still has its requests. */
static struct batch *take_draft(struct vm *vm)
{
    if (!vm->batch_draft) {
        struct list *l = list_take(&vm->idle_batches);
        vm->batch_draft = l ? list_entry(l, struct batch, link)
                            : xcalloc(1, sizeof *vm->batch_draft);
        list_init(&vm->batch_draft->link);
    }
    forget_items(vm, vm->batch_draft);
    vm->batch_draft->is_cut_off = false;
    return vm->batch_draft;
}

static void batch_free(struct vm *vm, struct batch *b)
{
    forget_items(vm, b);
    free(b->items);
    free(b);
}

void batch_free_idle(struct vm *vm)
{
    struct list *l;
    while ((l = list_take(&vm->idle_batches)))
        batch_free(vm, list_entry(l, struct batch, link));
    if (vm->batch_draft)
        batch_free(vm, vm->batch_draft);
    vm->batch_draft = NULL;
}

/* ----------------------------------------------------------------- building */

/* (url, options, method, user, place) in a frame of its own, as the builder of
 * requests wants it. */
static int build_item(lua_State *L)
{
    const char *method = lua_touserdata(L, 3);
    struct lua_user *user = lua_touserdata(L, 4);
    struct batch_item *item = lua_touserdata(L, 5);
    lua_settop(L, 2);
    item->request = outgoing_build(L, user, method);
    return 0;
}

/* The item's table is on top. */
static void add_item(lua_State *L, struct batch *b, struct lua_user *user)
{
    array_reserve((void **)&b->items, &b->capacity, b->count + 1,
                  sizeof *b->items);
    struct batch_item *item = &b->items[b->count++];
    *item = (struct batch_item){0};
    lua_pushcfunction(L, build_item);
    lua_rawgeti(L, -2, 2);
    lua_rawgeti(L, -3, 3);
    lua_rawgeti(L, -4, 1);
    const char *method = outgoing_pin_method(L, -1);
    lua_pop(L, 1);
    lua_pushlightuserdata(L, (void *)(uintptr_t)method);
    lua_pushlightuserdata(L, user);
    lua_pushlightuserdata(L, item);
    lua_call(L, 5, 0);
}

static struct batch *build(lua_State *L, struct lua_user *user)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    struct batch *b = take_draft(user->vm);
    size_t count = lua_objlen(L, 1);
    if (count > REQUESTS_MAX)
        luaL_error(L, "batch: at most %d requests are taken at once, got %d",
                   REQUESTS_MAX, (int)count);
    b->limit = (size_t)luaL_checkinteger(L, 2);
    b->limit_per_host = (size_t)luaL_checkinteger(L, 3);
    b->spares_shared = lua_toboolean(L, 4);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, 1, (int)i);
        add_item(L, b, user);
        lua_pop(L, 1);
    }
    user->vm->batch_draft = NULL;
    return b;
}

/* ------------------------------------------------------------------ running */

static bool is_same_host(const char *a, const char *b)
{
    size_t length = (size_t)(url_path(a) - a);
    return length == (size_t)(url_path(b) - b) && strncmp(a, b, length) == 0;
}

static size_t under_way_at(const struct batch *b, const char *url)
{
    size_t count = 0;
    for (size_t i = 0; i < b->count; i++)
        count += b->items[i].progress == UNDER_WAY &&
                 is_same_host(b->items[i].request->url.data, url);
    return count;
}

/* Where a connection is shared by all, there is no need to count. */
static bool host_has_room(const struct batch *b, const char *url)
{
    return under_way_at(b, url) < b->limit_per_host ||
           (b->spares_shared && http_multiplexes(vu_http(b->user->vu), url));
}

static struct batch_item *next_item(struct batch *b)
{
    if (b->under_way >= b->limit)
        return NULL;
    for (size_t i = 0; i < b->count; i++) {
        struct batch_item *item = &b->items[i];
        if (item->progress == WAITING &&
            host_has_room(b, item->request->url.data))
            return item;
    }
    return NULL;
}

static void send_some(struct batch *b)
{
    struct batch_item *item;
    while (!b->is_cut_off && (item = next_item(b))) {
        item->progress = UNDER_WAY;
        b->under_way++;
        fetch_start(&item->request->fetch, b->user->vu);
    }
}

static void finish(struct batch *b, int64_t now_ns)
{
    struct lua_user *user = b->user;
    struct vm *vm = user->vm;
    bool is_cut_off = b->is_cut_off;
    user->batch = NULL;
    lua_rawgeti(user->co, LUA_REGISTRYINDEX, b->results_ref);
    luaL_unref(vm->L, LUA_REGISTRYINDEX, b->results_ref);
    forget_items(vm, b);
    list_append(&vm->idle_batches, &b->link);
    if (is_cut_off)
        vm_cut_off(user);
    else
        vm_resume_in_time(user, 1, now_ns);
}

static void keep_response(struct batch *b, struct batch_item *item,
                          const struct fetch_result *result)
{
    lua_State *co = b->user->co;
    lua_rawgeti(co, LUA_REGISTRYINDEX, b->results_ref);
    response_push(co, result, item->request->name.data);
    lua_rawseti(co, -2, (int)(item - b->items) + 1);
    lua_pop(co, 1);
}

static struct batch_item *item_of(struct batch *b, const struct outgoing *o)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->items[i].request == o)
            return &b->items[i];
    return NULL;
}

static void on_item_done(void *arg, const struct fetch_result *result)
{
    struct outgoing *o = arg;
    struct batch *b = o->user->batch;
    struct batch_item *item = item_of(b, o);
    int64_t ended_ns = result->timings->ended_ns;
    b->is_cut_off = b->is_cut_off || result->failure == HTTP_CUT_OFF;
    if (!b->is_cut_off)
        keep_response(b, item, result);
    item->progress = DONE;
    item->request = NULL;
    b->under_way--;
    outgoing_release(o->user->vm, o);
    send_some(b);
    if (!b->under_way)
        finish(b, ended_ns);
}

int batch_start(lua_State *L)
{
    struct lua_user *user = vm_waiting_user(L, "lload.http.batch");
    struct batch *b = build(L, user);
    lua_createtable(L, (int)b->count, 0);
    if (!b->count) {
        list_append(&user->vm->idle_batches, &b->link);
        return 1;
    }
    b->results_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    b->user = user;
    for (size_t i = 0; i < b->count; i++) {
        struct outgoing *o = b->items[i].request;
        o->user = user;
        o->fetch.done = on_item_done;
        o->fetch.arg = o;
    }
    user->batch = b;
    user->wait = WAIT_BATCH;
    send_some(b);
    return lua_yield(L, 0);
}

/* With the last of them, the user may be gone. */
void batch_cancel(struct lua_user *user)
{
    struct batch *b = user->batch;
    size_t left = b->under_way;
    b->is_cut_off = true;
    for (size_t i = 0; left; i++) {
        if (b->items[i].progress != UNDER_WAY)
            continue;
        left--;
        fetch_cancel(&b->items[i].request->fetch);
    }
}
