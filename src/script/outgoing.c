#include "script/outgoing.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "engine/tagging.h"
#include "engine/worker.h"
#include "io/coding.h"
#include "script/attachment.h"
#include "script/convert.h"
#include "script/json_encode.h"
#include "script/request_options.h"
#include "script/vm.h"

enum { BODY_KEEP_BYTES = 64 * 1024, REDIRECTS_MAX = 100 };

/* --------------------------------------------------------------------- pool */

static struct outgoing *take_draft(struct vm *vm)
{
    if (!vm->draft) {
        struct list *l = list_take(&vm->idle_requests);
        vm->draft = l ? list_entry(l, struct outgoing, link)
                      : xcalloc(1, sizeof *vm->draft);
        list_init(&vm->draft->link);
    }
    struct outgoing *o = vm->draft;
    buffer_clear(&o->url);
    buffer_clear(&o->headers);
    buffer_clear(&o->body);
    buffer_clear(&o->name);
    buffer_clear(&o->cookies);
    return o;
}

void outgoing_release(struct vm *vm, struct outgoing *o)
{
    buffer_trim(&o->body, BODY_KEEP_BYTES);
    buffer_trim(&o->plain, BODY_KEEP_BYTES);
    list_append(&vm->idle_requests, &o->link);
}

static void outgoing_free(struct outgoing *o)
{
    buffer_fini(&o->url);
    buffer_fini(&o->headers);
    buffer_fini(&o->body);
    buffer_fini(&o->plain);
    buffer_fini(&o->digest);
    buffer_fini(&o->name);
    buffer_fini(&o->cookies);
    fetch_fini(&o->fetch);
    free(o);
}

void outgoing_free_idle(struct vm *vm)
{
    struct list *l;
    while ((l = list_take(&vm->idle_requests)))
        outgoing_free(list_entry(l, struct outgoing, link));
    if (vm->draft)
        outgoing_free(vm->draft);
    vm->draft = NULL;
}

/* --------------------------------------------------------------------- body */

static bool sends_empty_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

static const struct coding *read_coding(lua_State *L)
{
    size_t length;
    const char *name = text_option(L, OPTION_COMPRESS, &length);
    const struct coding *c = coding_find(name, length);
    if (!c || strcmp(c->name, name) != 0)
        luaL_error(L, "compress: '%s' is not gzip, deflate, br or zstd", name);
    return c;
}

static void compress(struct outgoing *o)
{
    struct http_request *r = &o->fetch.request;
    struct buffer plain = o->body;
    o->body = o->plain;
    o->plain = plain;
    buffer_clear(&o->body);
    o->coding->apply(r->body, r->body_bytes, &o->body);
    r->body = o->body.data;
    r->body_bytes = o->body.size;
}

/* Returns the media type that goes with it, or NULL. */
static const char *build_body(lua_State *L, struct outgoing *o,
                              const char *method)
{
    struct http_request *r = &o->fetch.request;
    const char *type = NULL;
    const struct attachment *file = NULL;
    int bodies = has_option(o->given, OPTION_JSON) +
                 has_option(o->given, OPTION_FORM) +
                 has_option(o->given, OPTION_BODY) +
                 has_option(o->given, OPTION_MULTIPART);
    if (bodies > 1)
        luaL_error(L, "json, form, body and multipart exclude each other");
    r->has_body = bodies || sends_empty_body(method);
    if (has_option(o->given, OPTION_JSON)) {
        struct error err;
        if (!json_encode(L, option_slot(OPTION_JSON), &o->body, &err))
            luaL_error(L, "%s", err.text);
        type = "application/json";
    } else if (has_option(o->given, OPTION_FORM)) {
        outgoing_add_table(L, &o->body, OPTION_FORM, '\0');
        type = "application/x-www-form-urlencoded";
    } else if (has_option(o->given, OPTION_MULTIPART)) {
        type = outgoing_add_multipart(L, o);
    } else if (has_option(o->given, OPTION_BODY) &&
               (file = attachment_at(L, option_slot(OPTION_BODY)))) {
        type = file->type;
    } else if (has_option(o->given, OPTION_BODY)) {
        size_t size;
        const char *text = text_option(L, OPTION_BODY, &size);
        buffer_add(&o->body, text, size);
    }
    r->body = file ? file->bytes : buffer_text(&o->body);
    r->body_bytes = file ? file->size : o->body.size;
    o->coding = has_option(o->given, OPTION_COMPRESS) ? read_coding(L) : NULL;
    if (o->coding && bodies)
        compress(o);
    else
        o->coding = NULL;
    return type;
}

/* --------------------------------------------------------------------- rest */

static void build_tags(lua_State *L, struct lua_user *user, struct outgoing *o)
{
    o->fetch.tags = user->vu->tags;
    if (!has_option(o->given, OPTION_TAGS))
        return;
    table_option(L, OPTION_TAGS);
    lua_pushnil(L);
    while (lua_next(L, option_slot(OPTION_TAGS))) {
        size_t key_length, length;
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "tags: names are text, got %s", luaL_typename(L, -2));
        const char *key = lua_tolstring(L, -2, &key_length);
        const char *value = scalar_text(L, "tags", &length);
        tagging_set(user->vm->worker, &o->fetch.tags, key, key_length, value,
                    length);
        lua_pop(L, 1);
    }
}

static void build_limits(lua_State *L, const struct run_plan *plan,
                         struct outgoing *o)
{
    struct http_request *r = &o->fetch.request;
    r->timeout_ns = plan->request_timeout_ns;
    r->max_body_bytes = plan->max_body_bytes;
    r->discards_body = has_option(o->given, OPTION_DISCARD_BODY)
                           ? flag_option(L, OPTION_DISCARD_BODY)
                           : plan->discard_body;
    o->fetch.expect = &plan->expect;
    o->fetch.redirects = plan->redirects;
    if (has_option(o->given, OPTION_TIMEOUT))
        r->timeout_ns =
            convert_duration(L, option_slot(OPTION_TIMEOUT), "timeout");
    if (has_option(o->given, OPTION_MAX_BODY))
        r->max_body_bytes =
            convert_size(L, option_slot(OPTION_MAX_BODY), "max_body");
    if (has_option(o->given, OPTION_REDIRECTS))
        o->fetch.redirects = whole_option(L, OPTION_REDIRECTS, REDIRECTS_MAX);
    if (has_option(o->given, OPTION_EXPECT)) {
        convert_expectation(L, option_slot(OPTION_EXPECT), &o->expect);
        o->fetch.expect = &o->expect;
    }
}

/* Methods live as long as the state: those of a run are few. */
const char *outgoing_pin_method(lua_State *L, int index)
{
    size_t length;
    const char *method = luaL_checklstring(L, index, &length);
    for (size_t i = 0; i < length; i++)
        if (!isupper((unsigned char)method[i]))
            luaL_error(L, "'%s' is no HTTP method; write it in capitals",
                       method);
    if (!length || length > 16)
        luaL_error(L, "'%s' is no HTTP method", method);
    lua_pushvalue(L, index);
    lua_pushboolean(L, 1);
    lua_rawset(L, LUA_REGISTRYINDEX);
    return method;
}

struct outgoing *outgoing_build(lua_State *L, struct lua_user *user,
                                const char *method)
{
    struct vm *vm = user->vm;
    struct outgoing *o = take_draft(vm);
    o->given = spread_options(L);
    outgoing_build_url(L, user, o, method);
    const char *type = build_body(L, o, method);
    outgoing_build_headers(L, vm, o, type);
    outgoing_build_cookies(L, o);
    build_tags(L, user, o);
    build_limits(L, worker_plan(vm->worker), o);
    o->fetch.sink = NULL;
    o->fetch.refuse = NULL;
    o->fetch.request.switches = false;
    o->fetch.request.method = method;
    o->fetch.request.url = o->url.data;
    o->fetch.request.headers = o->headers.data;
    o->fetch.name =
        registry_name(worker_registry(vm->worker), o->name.data, o->name.size);
    vm->draft = NULL;
    return o;
}
