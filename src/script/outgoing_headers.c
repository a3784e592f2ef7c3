/* outgoing_headers — the header lines of a request. */
#include <string.h>
#include <strings.h>

#include <lauxlib.h>

#include "base/base64.h"
#include "engine/cookies.h"
#include "engine/set_cookie.h"
#include "io/coding.h"
#include "script/outgoing.h"
#include "script/request_options.h"
#include "script/shared.h"
#include "script/vm.h"

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
    while (lua_next(L, option_slot(OPTION_HEADERS))) {
        size_t name_length, length;
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "headers: names are text, got %s",
                       luaL_typename(L, -2));
        const char *name = lua_tolstring(L, -2, &name_length);
        const char *value = scalar_text(L, "headers", &length);
        check_header(L, name, name_length, value, length);
        if (has_line(&o->headers, name, name_length))
            luaL_error(L, "headers: '%s' is given twice", name);
        add_line(&o->headers, name, value, length);
        lua_pop(L, 1);
    }
}

static void push_credential(lua_State *L, enum option o, int number)
{
    size_t length;
    lua_rawgeti(L, option_slot(o), number);
    if (!lua_isstring(L, -1))
        luaL_error(L, "%s: { user, password } or \"user:password\" is wanted",
                   option_name(o));
    scalar_text(L, option_name(o), &length);
}

/* "user:password" of an option that is that, or { user, password }. */
static const char *credentials(lua_State *L, enum option o, size_t *length)
{
    if (lua_istable(L, option_slot(o))) {
        push_credential(L, o, 1);
        lua_pushliteral(L, ":");
        push_credential(L, o, 2);
        lua_concat(L, 3);
        lua_replace(L, option_slot(o));
    }
    return text_option(L, o, length);
}

static void add_basic(lua_State *L, struct outgoing *o)
{
    struct buffer *out = &o->headers;
    size_t length;
    const char *text = credentials(L, OPTION_BASIC, &length);
    buffer_add_text(out, "Authorization: Basic ");
    base64_add(out, text, length);
    buffer_add_text(out, "\r\n");
}

/* They are for the challenge that is to come. */
static void keep_digest(lua_State *L, struct outgoing *o)
{
    size_t length;
    o->fetch.digest = NULL;
    if (!has_option(o->given, OPTION_DIGEST))
        return;
    const char *text = credentials(L, OPTION_DIGEST, &length);
    if (!strchr(text, ':'))
        luaL_error(L, "digest: there is no colon in \"user:password\"");
    check_header(L, "Authorization", strlen("Authorization"), text, length);
    buffer_clear(&o->digest);
    buffer_add(&o->digest, text, length);
    o->fetch.digest = buffer_text(&o->digest);
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

static void add_coding(lua_State *L, struct outgoing *o)
{
    static const char name[] = "Content-Encoding";
    if (has_line(&o->headers, name, sizeof name - 1))
        luaL_error(L, "headers.Content-Encoding and compress exclude each "
                      "other");
    add_line(&o->headers, name, o->coding->name, strlen(o->coding->name));
}

static void add_default_headers(const struct vm *vm, struct outgoing *o)
{
    const struct tag_pairs *defaults = &vm->shared->headers;
    for (size_t i = 0; i < defaults->count; i++) {
        const struct tag_pair *h = &defaults->pairs[i];
        bool is_replaced =
            o->fetch.digest && strcasecmp(h->key, "Authorization") == 0;
        if (!is_replaced && !has_line(&o->headers, h->key, strlen(h->key)))
            add_line(&o->headers, h->key, h->value, strlen(h->value));
    }
}

void outgoing_build_headers(lua_State *L, const struct vm *vm,
                            struct outgoing *o, const char *content_type)
{
    int ways = has_option(o->given, OPTION_BEARER) +
               has_option(o->given, OPTION_BASIC) +
               has_option(o->given, OPTION_DIGEST);
    if (ways > 1)
        luaL_error(L, "bearer, basic and digest exclude each other");
    if (has_option(o->given, OPTION_HEADERS))
        add_own_headers(L, o);
    if (ways && has_line(&o->headers, "Authorization", 13))
        luaL_error(L, "headers.Authorization and bearer, basic or digest "
                      "exclude each other");
    keep_digest(L, o);
    if (has_option(o->given, OPTION_BEARER))
        add_bearer(L, o);
    if (has_option(o->given, OPTION_BASIC))
        add_basic(L, o);
    if (has_option(o->given, OPTION_MULTIPART) &&
        has_line(&o->headers, "Content-Type", strlen("Content-Type")))
        luaL_error(L, "headers.Content-Type and multipart exclude each other");
    if (content_type &&
        !has_line(&o->headers, "Content-Type", strlen("Content-Type")))
        add_line(&o->headers, "Content-Type", content_type,
                 strlen(content_type));
    if (o->coding)
        add_coding(L, o);
    add_default_headers(vm, o);
    buffer_text(&o->headers);
}

void outgoing_build_cookies(lua_State *L, struct outgoing *o)
{
    const char *names[OUTGOING_NAMES_MAX];
    o->fetch.cookies = NULL;
    if (!has_option(o->given, OPTION_COOKIES))
        return;
    if (has_line(&o->headers, "Cookie", strlen("Cookie")))
        luaL_error(L, "headers.Cookie and cookies exclude each other");
    size_t count = outgoing_names(L, OPTION_COOKIES, names);
    for (size_t i = 0; i < count; i++) {
        size_t length, name_length = strlen(names[i]);
        lua_getfield(L, option_slot(OPTION_COOKIES), names[i]);
        const char *value = scalar_text(L, "cookies", &length);
        if (!cookie_name_is_valid(names[i], name_length))
            luaL_error(L, "cookies: '%s' is no name of a cookie", names[i]);
        if (!cookie_value_is_valid(value, length))
            luaL_error(L, "cookies: the value of '%s' is not fit for a cookie",
                       names[i]);
        cookie_text_add(&o->cookies, names[i], name_length, value, length);
        lua_pop(L, 1);
    }
    o->fetch.cookies = &o->cookies;
}
