#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <lauxlib.h>

#include "base/alloc.h"
#include "base/base64.h"
#include "base/error.h"
#include "base/url.h"
#include "engine/record.h"
#include "engine/worker.h"
#include "script/convert.h"
#include "script/core_http.h"
#include "script/json_encode.h"
#include "script/shared.h"
#include "script/vm.h"

enum { BODY_KEEP_BYTES = 64 * 1024 };

/* The options of a request; each has a stack slot of its own, FIRST_SLOT on. */
enum option {
    OPTION_PARAMS,
    OPTION_QUERY,
    OPTION_HEADERS,
    OPTION_JSON,
    OPTION_FORM,
    OPTION_BODY,
    OPTION_BEARER,
    OPTION_BASIC,
    OPTION_TIMEOUT,
    OPTION_NAME,
    OPTION_TAGS,
    OPTION_EXPECT,
    OPTION_MAX_BODY,
    OPTIONS
};

static const char *const option_names[OPTIONS] = {
    "params", "query",   "headers", "json", "form",   "body",    "bearer",
    "basic",  "timeout", "name",    "tags", "expect", "max_body"};

enum { URL_SLOT = 1, OPTIONS_SLOT = 2, FIRST_SLOT = 3 };

static int slot(enum option o)
{
    return FIRST_SLOT + (int)o;
}

static bool has(const struct outgoing *out, enum option o)
{
    return out->given >> o & 1;
}

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
    return o;
}

void outgoing_release(struct vm *vm, struct outgoing *o)
{
    buffer_trim(&o->body, BODY_KEEP_BYTES);
    list_append(&vm->idle_requests, &o->link);
}

static void outgoing_free(struct outgoing *o)
{
    buffer_fini(&o->url);
    buffer_fini(&o->headers);
    buffer_fini(&o->body);
    buffer_fini(&o->name);
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

/* ------------------------------------------------------------------ options */

static int unknown_option(lua_State *L, const char *name)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 0; i < OPTIONS; i++) {
        luaL_addstring(&b, i ? ", " : "");
        luaL_addstring(&b, option_names[i]);
    }
    luaL_pushresult(&b);
    return luaL_error(L, "unknown request option '%s'; there are %s", name,
                      lua_tostring(L, -1));
}

static int find_option(lua_State *L, int index)
{
    const char *name =
        lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
    for (int i = 0; name && i < OPTIONS; i++)
        if (strcmp(option_names[i], name) == 0)
            return i;
    return unknown_option(L, name ? name : luaL_typename(L, index));
}

/* Each option given goes to its slot. */
static void spread_options(lua_State *L, struct outgoing *out)
{
    out->given = 0;
    lua_settop(L, OPTIONS_SLOT);
    if (lua_isnil(L, OPTIONS_SLOT))
        return;
    luaL_checktype(L, OPTIONS_SLOT, LUA_TTABLE);
    lua_settop(L, FIRST_SLOT + OPTIONS - 1);
    lua_pushnil(L);
    while (lua_next(L, OPTIONS_SLOT)) {
        int o = find_option(L, -2);
        lua_replace(L, slot((enum option)o));
        out->given |= 1u << o;
    }
}

static const char *text_option(lua_State *L, enum option o, size_t *length)
{
    if (!lua_isstring(L, slot(o)))
        luaL_error(L, "%s: text is wanted, got %s", option_names[o],
                   luaL_typename(L, slot(o)));
    return lua_tolstring(L, slot(o), length);
}

static void table_option(lua_State *L, enum option o)
{
    if (!lua_istable(L, slot(o)))
        luaL_error(L, "%s: a table is wanted, got %s", option_names[o],
                   luaL_typename(L, slot(o)));
}

/* The value on top as text; whole numbers stay whole up to 2^53. */
static const char *scalar_text(lua_State *L, const char *what, size_t *length)
{
    char digits[32];
    if (lua_type(L, -1) == LUA_TNUMBER) {
        double n = lua_tonumber(L, -1);
        bool whole = n == (double)(int64_t)n && n <= 0x1p53 && n >= -0x1p53;
        int used = whole ? snprintf(digits, sizeof digits, "%.0f", n)
                         : snprintf(digits, sizeof digits, "%.14g", n);
        lua_pushlstring(L, digits, (size_t)used);
        lua_replace(L, -2);
    } else if (lua_isboolean(L, -1)) {
        lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
        lua_replace(L, -2);
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "%s: text, a number or a boolean is wanted, got %s", what,
                   luaL_typename(L, -1));
    return lua_tolstring(L, -1, length);
}

/* ---------------------------------------------------------------------- url */

struct path_writer {
    lua_State *L;
    struct lua_user *user;
    struct outgoing *out;
    const char *template;
    size_t used; /* params found in the path */
};

static size_t placeholder_length(const char *at)
{
    size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "0123456789_");
    return n && (*at < '0' || *at > '9') ? n : 0;
}

static void missing_param(struct path_writer *w, const char *name)
{
    char reason[256];
    int length = snprintf(reason, sizeof reason, "params.%s is nil in %s", name,
                          buffer_text(&w->out->name));
    if (length >= (int)sizeof reason)
        length = (int)sizeof reason - 1;
    vm_fail_part(w->L, w->user, reason, (size_t)length);
}

static void add_param(struct path_writer *w, const char *name, size_t length)
{
    lua_State *L = w->L;
    size_t size;
    if (!has(w->out, OPTION_PARAMS))
        luaL_error(L,
                   "the path '%s' has a placeholder, but there is no params = "
                   "{ … } (write %%3A for a literal colon)",
                   w->template);
    lua_pushlstring(L, name, length);
    lua_pushvalue(L, -1);
    lua_rawget(L, slot(OPTION_PARAMS)); // name, value
    if (lua_isnil(L, -1))
        missing_param(w, lua_tostring(L, -2));
    const char *text = scalar_text(L, "params", &size);
    url_add_encoded(&w->out->url, text, size);
    lua_pop(L, 2);
    w->used++;
}

static void add_literal(lua_State *L, struct buffer *out, const char *text,
                        size_t length)
{
    if (!url_add_literal(out, text, length))
        luaL_error(L, "the address has a control character");
}

/* `/a/:id/b`: placeholders are segments that begin with a colon. */
static void add_path(struct path_writer *w, const char *path, size_t length)
{
    const char *at = path, *end = path + length, *kept = path;
    for (; at < end; at++) {
        if (at[0] != '/' || at + 1 == end || at[1] != ':')
            continue;
        size_t name = placeholder_length(at + 2);
        if (!name)
            continue;
        add_literal(w->L, &w->out->url, kept, (size_t)(at + 1 - kept));
        add_param(w, at + 2, name);
        at += 1 + name;
        kept = at + 1;
    }
    add_literal(w->L, &w->out->url, kept, (size_t)(end - kept));
}

static void check_all_params_used(struct path_writer *w)
{
    lua_State *L = w->L;
    size_t given = 0;
    lua_pushnil(L);
    while (lua_next(L, slot(OPTION_PARAMS))) {
        lua_pop(L, 1);
        given++;
    }
    if (given > w->used)
        luaL_error(L, "params has %d names, the path '%s' only %d", (int)given,
                   w->template, (int)w->used);
}

static void set_name(lua_State *L, struct outgoing *o, const char *method,
                     const char *path, size_t length)
{
    size_t size;
    if (has(o, OPTION_NAME)) {
        const char *name = text_option(L, OPTION_NAME, &size);
        buffer_add(&o->name, name, size);
    } else {
        buffer_add_text(&o->name, method);
        buffer_add_char(&o->name, ' ');
        if (!length || *path != '/')
            buffer_add_char(&o->name, '/');
        buffer_add(&o->name, path, length);
    }
    buffer_text(&o->name);
}

static void add_origin(lua_State *L, struct vm *vm, struct outgoing *o,
                       const char *url, const char *path)
{
    if (url_is_absolute(url)) {
        add_literal(L, &o->url, url, (size_t)(path - url));
    } else if (!vm->shared->base_url) {
        luaL_error(L,
                   "'%s' is relative and there is no base_url; set it in the "
                   "scenario or with --base-url",
                   url);
    } else {
        const char *base = vm->shared->base_url;
        size_t length = strlen(base);
        while (length && base[length - 1] == '/')
            length--;
        buffer_add(&o->url, base, length);
    }
}

/* -------------------------------------------------------------------- query */

static void add_pair(lua_State *L, struct buffer *out, const char *separator,
                     const char *key, size_t key_length, const char *what)
{
    size_t length;
    const char *text = scalar_text(L, what, &length);
    buffer_add_text(out, separator);
    url_add_encoded(out, key, key_length);
    buffer_add_char(out, '=');
    url_add_encoded(out, text, length);
}

/* The value on top: one pair, or one for each element of a list. */
static void add_pairs(lua_State *L, struct buffer *out, char first,
                      const char *key, size_t key_length, const char *what)
{
    char separator[2] = {first, '\0'};
    if (!lua_istable(L, -1)) {
        add_pair(L, out, separator, key, key_length, what);
        return;
    }
    int count = (int)lua_objlen(L, -1);
    for (int i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        add_pair(L, out, separator, key, key_length, what);
        lua_pop(L, 1);
        separator[0] = '&';
    }
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum { PAIRS_MAX = 256 };

/* name=value&… of the table in a slot, sorted by name, so that the same table
 * gives the same bytes. `first` is the separator before the first, or 0. */
static void add_table(lua_State *L, struct buffer *out, enum option o,
                      char first)
{
    const char *keys[PAIRS_MAX];
    size_t count = 0;
    table_option(L, o);
    lua_pushnil(L);
    while (lua_next(L, slot(o))) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING || count == PAIRS_MAX)
            luaL_error(L, "%s: at most %d names are wanted, all text",
                       option_names[o], PAIRS_MAX);
        keys[count++] = lua_tostring(L, -1);
    }
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 0; i < count; i++) {
        size_t before = out->size;
        lua_getfield(L, slot(o), keys[i]);
        add_pairs(L, out, i || first != '\0' ? (i ? '&' : first) : '&', keys[i],
                  strlen(keys[i]), option_names[o]);
        if (!i && !first && out->size > before) /* no separator wanted */
            memmove(out->data + before, out->data + before + 1,
                    --out->size - before);
        lua_pop(L, 1);
    }
}

static void add_query(lua_State *L, struct outgoing *o, const char *query)
{
    size_t length = strcspn(query, "#");
    add_literal(L, &o->url, query, length);
    if (!has(o, OPTION_QUERY))
        return;
    char first = length > 1 ? '&' : length ? '\0' : '?';
    if (lua_istable(L, slot(OPTION_QUERY))) {
        add_table(L, &o->url, OPTION_QUERY, first);
        return;
    }
    size_t size;
    const char *text = text_option(L, OPTION_QUERY, &size);
    if (first)
        buffer_add_char(&o->url, first);
    add_literal(L, &o->url, text, size);
}

static void build_url(lua_State *L, struct lua_user *user, struct outgoing *o,
                      const char *method)
{
    luaL_checktype(L, URL_SLOT, LUA_TSTRING);
    const char *url = lua_tostring(L, URL_SLOT);
    const char *path = url_is_absolute(url) ? url_path(url) : url;
    size_t length = strcspn(path, "?#");
    struct path_writer w = {.L = L, .user = user, .out = o, .template = url};
    if (has(o, OPTION_PARAMS))
        table_option(L, OPTION_PARAMS);
    set_name(L, o, method, path, length);
    add_origin(L, user->vm, o, url, path);
    if (!length || *path != '/')
        buffer_add_char(&o->url, '/');
    add_path(&w, path, length);
    if (has(o, OPTION_PARAMS))
        check_all_params_used(&w);
    add_query(L, o, path + length);
    buffer_text(&o->url);
}

/* ------------------------------------------------------------------ headers */

static bool has_line(const struct buffer *headers, const char *name,
                     size_t length)
{
    const char *at = headers->data, *end = at + headers->size;
    while (at && at < end) {
        if ((size_t)(end - at) > length && at[length] == ':' &&
            strncasecmp(at, name, length) == 0)
            return true;
        at = memchr(at, '\n', (size_t)(end - at));
        at += at != NULL;
    }
    return false;
}

static void add_line(struct buffer *headers, const char *name,
                     const char *value, size_t length)
{
    buffer_add_text(headers, name);
    buffer_add(headers, ": ", 2);
    buffer_add(headers, value, length);
    buffer_add(headers, "\r\n", 2);
}

/* RFC 9110 5.6.2: a name is a token. */
static void check_header(lua_State *L, const char *name, size_t name_length,
                         const char *value, size_t length)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    if (!name_length || strspn(name, token) != name_length)
        luaL_error(L, "headers: '%s' is no header name", name);
    if (strcasecmp(name, "content-length") == 0 ||
        strcasecmp(name, "transfer-encoding") == 0)
        luaL_error(L, "headers: lload sets %s itself", name);
    for (size_t i = 0; i < length; i++)
        if (value[i] == '\r' || value[i] == '\n' || value[i] == '\0')
            luaL_error(L, "headers: the value of '%s' has a line break or NUL",
                       name);
}

static void add_own_headers(lua_State *L, struct outgoing *o)
{
    table_option(L, OPTION_HEADERS);
    lua_pushnil(L);
    while (lua_next(L, slot(OPTION_HEADERS))) {
        size_t name_length, length;
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "headers: names are text, got %s",
                       luaL_typename(L, -2));
        const char *name = lua_tolstring(L, -2, &name_length);
        const char *value = scalar_text(L, "headers", &length);
        check_header(L, name, name_length, value, length);
        add_line(&o->headers, name, value, length);
        lua_pop(L, 1);
    }
}

static void add_basic(lua_State *L, struct outgoing *o)
{
    struct buffer *out = &o->headers;
    size_t length;
    if (lua_istable(L, slot(OPTION_BASIC))) {
        lua_rawgeti(L, slot(OPTION_BASIC), 1);
        lua_pushliteral(L, ":");
        lua_rawgeti(L, slot(OPTION_BASIC), 2);
        if (!lua_isstring(L, -1) || !lua_isstring(L, -3))
            luaL_error(L, "basic: { user, password } or \"user:password\" is "
                          "wanted");
        lua_concat(L, 3);
        lua_replace(L, slot(OPTION_BASIC));
    }
    const char *text = text_option(L, OPTION_BASIC, &length);
    buffer_add_text(out, "Authorization: Basic ");
    base64_add(out, text, length);
    buffer_add_text(out, "\r\n");
}

static void add_bearer(lua_State *L, struct outgoing *o)
{
    size_t length;
    const char *token = text_option(L, OPTION_BEARER, &length);
    check_header(L, "Authorization", strlen("Authorization"), token, length);
    buffer_add_text(&o->headers, "Authorization: Bearer ");
    buffer_add(&o->headers, token, length);
    buffer_add_text(&o->headers, "\r\n");
}

static void add_default_headers(const struct vm *vm, struct outgoing *o)
{
    const struct tag_pairs *defaults = &vm->shared->headers;
    for (size_t i = 0; i < defaults->count; i++) {
        const struct tag_pair *h = &defaults->pairs[i];
        if (!has_line(&o->headers, h->key, strlen(h->key)))
            add_line(&o->headers, h->key, h->value, strlen(h->value));
    }
}

static void build_headers(lua_State *L, const struct vm *vm, struct outgoing *o,
                          const char *content_type)
{
    if (has(o, OPTION_BEARER) && has(o, OPTION_BASIC))
        luaL_error(L, "bearer and basic exclude each other");
    if (has(o, OPTION_HEADERS))
        add_own_headers(L, o);
    if (has(o, OPTION_BEARER))
        add_bearer(L, o);
    if (has(o, OPTION_BASIC))
        add_basic(L, o);
    if (content_type &&
        !has_line(&o->headers, "Content-Type", strlen("Content-Type")))
        add_line(&o->headers, "Content-Type", content_type,
                 strlen(content_type));
    add_default_headers(vm, o);
    buffer_text(&o->headers);
}

/* --------------------------------------------------------------------- body */

static bool sends_empty_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

/* Returns the media type that goes with it, or NULL. */
static const char *build_body(lua_State *L, struct outgoing *o,
                              const char *method)
{
    struct http_request *r = &o->fetch.request;
    const char *type = NULL;
    int bodies =
        has(o, OPTION_JSON) + has(o, OPTION_FORM) + has(o, OPTION_BODY);
    if (bodies > 1)
        luaL_error(L, "json, form and body exclude each other");
    r->has_body = bodies || sends_empty_body(method);
    if (has(o, OPTION_JSON)) {
        struct error err;
        if (!json_encode(L, slot(OPTION_JSON), &o->body, &err))
            luaL_error(L, "%s", err.text);
        type = "application/json";
    } else if (has(o, OPTION_FORM)) {
        add_table(L, &o->body, OPTION_FORM, '\0');
        type = "application/x-www-form-urlencoded";
    } else if (has(o, OPTION_BODY)) {
        size_t size;
        const char *text = text_option(L, OPTION_BODY, &size);
        buffer_add(&o->body, text, size);
    }
    r->body = buffer_text(&o->body);
    r->body_bytes = o->body.size;
    return type;
}

/* --------------------------------------------------------------------- rest */

static void build_tags(lua_State *L, struct lua_user *user, struct outgoing *o)
{
    o->fetch.tags = user->vu->tags;
    if (!has(o, OPTION_TAGS))
        return;
    table_option(L, OPTION_TAGS);
    lua_pushnil(L);
    while (lua_next(L, slot(OPTION_TAGS))) {
        size_t key_length, length;
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "tags: names are text, got %s", luaL_typename(L, -2));
        const char *key = lua_tolstring(L, -2, &key_length);
        const char *value = scalar_text(L, "tags", &length);
        record_set_tag(user->vm->worker, &o->fetch.tags, key, key_length, value,
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
    o->fetch.expect = &plan->expect;
    if (has(o, OPTION_TIMEOUT))
        r->timeout_ns = convert_duration(L, slot(OPTION_TIMEOUT), "timeout");
    if (has(o, OPTION_MAX_BODY))
        r->max_body_bytes = convert_size(L, slot(OPTION_MAX_BODY), "max_body");
    if (has(o, OPTION_EXPECT)) {
        convert_expectation(L, slot(OPTION_EXPECT), &o->expect);
        o->fetch.expect = &o->expect;
    }
}

struct outgoing *outgoing_build(lua_State *L, struct lua_user *user,
                                const char *method)
{
    struct vm *vm = user->vm;
    struct outgoing *o = take_draft(vm);
    spread_options(L, o);
    build_url(L, user, o, method);
    const char *type = build_body(L, o, method);
    build_headers(L, vm, o, type);
    build_tags(L, user, o);
    build_limits(L, worker_plan(vm->worker), o);
    o->fetch.request.method = method;
    o->fetch.request.url = o->url.data;
    o->fetch.request.headers = o->headers.data;
    o->fetch.name =
        registry_name(worker_registry(vm->worker), o->name.data, o->name.size);
    vm->draft = NULL;
    return o;
}
