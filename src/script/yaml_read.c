#include "script/yaml_read.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/error.h"
#include "io/yamldoc.h"

enum {
    DEEPEST = 100,        /* levels */
    MOST_NODES = 1 << 20, /* with what aliases stand for */
    LONGEST_NUMBER = 40,  /* characters */
};

static const char TYPE[] = "lload.yaml";

/* In a userdata: Lua may throw while the document is read. */
struct yaml_build {
    struct yamldoc *doc;
    struct error err;
    size_t nodes; /* seen so far, copies counted */
};

/* Stack indices that hold throughout. */
enum { LIST_METATABLE = 2, ANCHORS = 4, SIZES = 5 };

static int yaml_build_gc(lua_State *L)
{
    struct yaml_build *b = luaL_checkudata(L, 1, TYPE);
    yamldoc_free(b->doc);
    b->doc = NULL;
    return 0;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (!strcmp(text, *words))
            return true;
    }
    return false;
}

/* [-+]?[0-9]+, 0x…, 0o…: true if it is one. */
static bool read_integer(const char *text, double *value)
{
    const char *digits = text + (*text == '-' || *text == '+');
    size_t length = strlen(digits);
    if (length && strspn(digits, "0123456789") == length) {
        *value = strtod(text, NULL);
        return true;
    }
    if (length > 2 && digits == text && text[0] == '0' && text[1] == 'x' &&
        strspn(text + 2, "0123456789abcdefABCDEF") == length - 2) {
        *value = (double)strtoull(text + 2, NULL, 16);
        return true;
    }
    if (length > 2 && digits == text && text[0] == '0' && text[1] == 'o' &&
        strspn(text + 2, "01234567") == length - 2) {
        *value = (double)strtoull(text + 2, NULL, 8);
        return true;
    }
    return false;
}

static bool read_float(const char *text, double *value)
{
    if (!strpbrk(text, "0123456789") ||
        strspn(text, "+-.0123456789eE") != strlen(text) || *text == 'e' ||
        *text == 'E')
        return false;
    char *end;
    *value = strtod(text, &end);
    return !*end && *value - *value == 0;
}

/* What a scalar without quotes means. */
static void push_plain(lua_State *L, const char *text, size_t length)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    double number;
    if (length != strlen(text) || length > LONGEST_NUMBER)
        lua_pushlstring(L, text, length);
    else if (is_one_of(text, nulls))
        lua_pushlightuserdata(L, NULL);
    else if (is_one_of(text, trues) || is_one_of(text, falses))
        lua_pushboolean(L, is_one_of(text, trues));
    else if (read_integer(text, &number) || read_float(text, &number))
        lua_pushnumber(L, number);
    else
        lua_pushlstring(L, text, length);
}

static bool count_nodes(struct yaml_build *b, size_t nodes, size_t line)
{
    b->nodes += nodes;
    if (b->nodes <= MOST_NODES)
        return true;
    return error_set(&b->err,
                     "line %zu: more than %d values, with what aliases stand "
                     "for",
                     line, (int)MOST_NODES);
}

/* The anchored value is on top; it has `nodes` of them. */
static void keep_anchor(lua_State *L, const char *anchor, size_t nodes)
{
    lua_pushvalue(L, -1);
    lua_setfield(L, ANCHORS, anchor);
    lua_pushnumber(L, (double)nodes);
    lua_setfield(L, SIZES, anchor);
}

static bool push_alias(lua_State *L, struct yaml_build *b,
                       const struct yamldoc_event *e)
{
    lua_getfield(L, SIZES, e->text);
    if (lua_isnil(L, -1))
        return error_set(&b->err,
                         "line %zu: the alias *%s stands within its own "
                         "anchor, or nothing has that name",
                         e->line, e->text);
    size_t nodes = (size_t)lua_tonumber(L, -1);
    lua_pop(L, 1);
    lua_getfield(L, ANCHORS, e->text);
    return count_nodes(b, nodes, e->line);
}

static bool push_node(lua_State *L, struct yaml_build *b,
                      const struct yamldoc_event *e, int depth);

static bool fill_list(lua_State *L, struct yaml_build *b, int depth)
{
    struct yamldoc_event e;
    for (int i = 1;; i++) {
        if (!yamldoc_next(b->doc, &e, &b->err))
            return false;
        if (e.kind == YAMLDOC_CLOSE)
            return true;
        if (!push_node(L, b, &e, depth))
            return false;
        lua_rawseti(L, -2, i);
    }
}

static bool push_key(lua_State *L, struct yaml_build *b,
                     const struct yamldoc_event *e)
{
    if (e->kind != YAMLDOC_SCALAR)
        return error_set(&b->err, "line %zu: a key must be text", e->line);
    lua_pushlstring(L, e->text, e->length);
    if (e->anchor)
        keep_anchor(L, e->anchor, 1);
    return count_nodes(b, 1, e->line);
}

static bool fill_map(lua_State *L, struct yaml_build *b, int depth)
{
    struct yamldoc_event e;
    for (;;) {
        if (!yamldoc_next(b->doc, &e, &b->err))
            return false;
        if (e.kind == YAMLDOC_CLOSE)
            return true;
        if (!push_key(L, b, &e) || !yamldoc_next(b->doc, &e, &b->err) ||
            !push_node(L, b, &e, depth))
            return false;
        lua_rawset(L, -3);
    }
}

static bool push_container(lua_State *L, struct yaml_build *b,
                           const struct yamldoc_event *e, int depth)
{
    bool is_list = e->kind == YAMLDOC_LIST;
    if (depth >= DEEPEST)
        return error_set(&b->err, "line %zu: more than %d levels", e->line,
                         (int)DEEPEST);
    luaL_checkstack(L, 6, "too many levels");
    lua_newtable(L);
    if (is_list) {
        lua_pushvalue(L, LIST_METATABLE);
        lua_setmetatable(L, -2);
    }
    return is_list ? fill_list(L, b, depth + 1) : fill_map(L, b, depth + 1);
}

/* Pushes what begins with the event. The anchor's name is kept on the stack:
 * the event's memory is gone when the node ends. */
static bool push_node(lua_State *L, struct yaml_build *b,
                      const struct yamldoc_event *e, int depth)
{
    if (e->kind == YAMLDOC_ALIAS)
        return push_alias(L, b, e);
    size_t before = b->nodes;
    if (!count_nodes(b, 1, e->line))
        return false;
    if (e->anchor)
        lua_pushstring(L, e->anchor);
    bool has_anchor = e->anchor != NULL;
    if (e->kind == YAMLDOC_SCALAR) {
        if (e->is_plain)
            push_plain(L, e->text, e->length);
        else
            lua_pushlstring(L, e->text, e->length);
    } else if (!push_container(L, b, e, depth)) {
        return false;
    }
    if (has_anchor) {
        keep_anchor(L, lua_tostring(L, -2), b->nodes - before);
        lua_remove(L, -2);
    }
    return true;
}

static bool build(lua_State *L, struct yaml_build *b)
{
    struct yamldoc_event e;
    if (!yamldoc_next(b->doc, &e, &b->err))
        return false;
    if (e.kind == YAMLDOC_END)
        return error_set(&b->err, "it is empty");
    return push_node(L, b, &e, 0);
}

int engine_yaml(lua_State *L)
{
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    luaL_checktype(L, LIST_METATABLE, LUA_TTABLE);
    lua_settop(L, LIST_METATABLE);
    struct yaml_build *b = lua_newuserdata(L, sizeof *b);
    *b = (struct yaml_build){0};
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, -2);
    lua_newtable(L);
    lua_newtable(L);
    b->doc = yamldoc_new(text, length);
    bool ok = build(L, b);
    yamldoc_free(b->doc);
    b->doc = NULL;
    if (ok)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, b->err.text);
    return 2;
}

void yaml_read_open(lua_State *L)
{
    luaL_newmetatable(L, TYPE);
    lua_pushcfunction(L, yaml_build_gc);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}
