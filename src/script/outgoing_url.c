/* outgoing_url — where a request goes, and what its series is called. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/url.h"
#include "script/outgoing.h"
#include "script/request_options.h"
#include "script/shared.h"
#include "script/vm.h"

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
    if (!has_option(w->out->given, OPTION_PARAMS))
        luaL_error(L,
                   "the path '%s' has a placeholder, but there is no params = "
                   "{ … } (write %%3A for a literal colon)",
                   w->template);
    lua_pushlstring(L, name, length);
    lua_pushvalue(L, -1);
    lua_rawget(L, option_slot(OPTION_PARAMS)); // name, value
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
    while (lua_next(L, option_slot(OPTION_PARAMS))) {
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
    if (has_option(o->given, OPTION_NAME)) {
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

size_t outgoing_names(lua_State *L, enum option o,
                      const char *names[OUTGOING_NAMES_MAX])
{
    size_t count = 0;
    table_option(L, o);
    lua_pushnil(L);
    while (lua_next(L, option_slot(o))) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING || count == OUTGOING_NAMES_MAX)
            luaL_error(L, "%s: at most %d names are wanted, all text",
                       option_name(o), OUTGOING_NAMES_MAX);
        names[count++] = lua_tostring(L, -1);
    }
    if (count)
        qsort(names, count, sizeof *names, compare_keys);
    return count;
}

/* name=value&… of the table in a slot, sorted by name, so that the same table
 * gives the same bytes. `first` is the separator before the first, or 0. */
void outgoing_add_table(lua_State *L, struct buffer *out, enum option o,
                        char first)
{
    const char *keys[OUTGOING_NAMES_MAX];
    size_t count = outgoing_names(L, o, keys);
    size_t start = out->size;
    for (size_t i = 0; i < count; i++) {
        char separator = out->size > start ? '&' : first;
        lua_getfield(L, option_slot(o), keys[i]);
        add_pairs(L, out, separator, keys[i], strlen(keys[i]), option_name(o));
        lua_pop(L, 1);
    }
}

static void add_query(lua_State *L, struct outgoing *o, const char *query)
{
    size_t length = strcspn(query, "#");
    add_literal(L, &o->url, query, length);
    if (!has_option(o->given, OPTION_QUERY))
        return;
    char first = length > 1 ? '&' : length ? '\0' : '?';
    if (lua_istable(L, option_slot(OPTION_QUERY))) {
        outgoing_add_table(L, &o->url, OPTION_QUERY, first);
        return;
    }
    size_t size;
    const char *text = text_option(L, OPTION_QUERY, &size);
    if (first && size)
        buffer_add_char(&o->url, first);
    add_literal(L, &o->url, text, size);
}

void outgoing_build_url(lua_State *L, struct lua_user *user, struct outgoing *o,
                        const char *method)
{
    size_t url_bytes;
    luaL_checktype(L, URL_SLOT, LUA_TSTRING);
    const char *url = lua_tolstring(L, URL_SLOT, &url_bytes);
    if (strlen(url) != url_bytes)
        luaL_error(L, "the address has a NUL byte");
    if (!url_is_absolute(url) && url_has_scheme(url))
        luaL_error(L, "'%s': only http:// and https:// addresses are taken",
                   url);
    const char *path = url_is_absolute(url) ? url_path(url) : url;
    size_t length = strcspn(path, "?#");
    struct path_writer w = {.L = L, .user = user, .out = o, .template = url};
    if (has_option(o->given, OPTION_PARAMS))
        table_option(L, OPTION_PARAMS);
    set_name(L, o, method, path, length);
    add_origin(L, user->vm, o, url, path);
    if (!length || *path != '/')
        buffer_add_char(&o->url, '/');
    add_path(&w, path, length);
    if (has_option(o->given, OPTION_PARAMS))
        check_all_params_used(&w);
    add_query(L, o, path + length);
    buffer_text(&o->url);
}
