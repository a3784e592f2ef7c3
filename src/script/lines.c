#include "script/lines.h"

#include "base/error.h"
#include "base/line_pattern.h"
#include "io/line_file.h"

static const char LINES[] = "lload.lines", PATTERN[] = "lload.line_pattern";

/* -------------------------------------------------------------- a pattern */

static int pattern_gc(lua_State *L)
{
    line_pattern_fini(luaL_checkudata(L, 1, PATTERN));
    return 0;
}

/* The text at index `i` of the list at stack index 1, left on the stack. */
static const char *text_at(lua_State *L, int i, size_t *length)
{
    lua_rawgeti(L, 1, i);
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "item %d of a line pattern is no text", i);
    return lua_tolstring(L, -1, length);
}

/* false, for a field that nobody wants, or its place from 1. */
static int slot_at(lua_State *L, int i)
{
    lua_rawgeti(L, 1, i);
    int slot = lua_toboolean(L, -1) ? (int)lua_tointeger(L, -1) : 0;
    if (slot < 0 || slot > LINE_SLOTS_MAX)
        luaL_error(L, "item %d of a line pattern is no slot", i);
    lua_pop(L, 1);
    return slot - 1;
}

/* engine.line_pattern { text, slot | false, text, … } -> pattern */
static int engine_line_pattern(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    int count = (int)lua_objlen(L, 1);
    luaL_argcheck(L, count % 2, 1, "a pattern begins and ends with a text");
    struct line_pattern *p = lua_newuserdata(L, sizeof *p);
    *p = (struct line_pattern){0};
    luaL_getmetatable(L, PATTERN);
    lua_setmetatable(L, -2);
    size_t length;
    const char *text = text_at(L, 1, &length);
    line_pattern_begin(p, text, length);
    lua_pop(L, 1);
    for (int i = 2; i < count; i += 2) {
        int slot = slot_at(L, i);
        text = text_at(L, i + 1, &length);
        if (!line_pattern_add(p, slot, text, length))
            luaL_error(L, "a pattern of too many fields, or with nothing "
                          "between two of them");
        lua_pop(L, 1);
    }
    return 1;
}

static int push_fields(lua_State *L, const struct line_pattern *p,
                       const struct line_slice *slots)
{
    lua_pushboolean(L, 1);
    for (int i = 0; i < p->slots; i++) {
        if (slots[i].at)
            lua_pushlstring(L, slots[i].at, slots[i].length);
        else
            lua_pushnil(L);
    }
    return 1 + p->slots;
}

/* pattern:match(text) -> true, field of slot 1, … | false */
static int pattern_match(lua_State *L)
{
    const struct line_pattern *p = luaL_checkudata(L, 1, PATTERN);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    struct line_slice slots[LINE_SLOTS_MAX];
    if (line_pattern_match(p, text, length, slots))
        return push_fields(L, p, slots);
    lua_pushboolean(L, 0);
    return 1;
}

/* ------------------------------------------------------------------ lines */

static int lines_close(lua_State *L)
{
    struct line_file **f = luaL_checkudata(L, 1, LINES);
    line_file_close(*f);
    *f = NULL;
    return 0;
}

static struct line_file *check(lua_State *L)
{
    struct line_file **f = luaL_checkudata(L, 1, LINES);
    luaL_argcheck(L, *f, 1, "these lines are closed");
    return *f;
}

/* engine.open_lines(path) -> lines | nil, message */
static int engine_open_lines(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct error err = {0};
    struct line_file **f = lua_newuserdata(L, sizeof *f);
    *f = NULL;
    luaL_getmetatable(L, LINES);
    lua_setmetatable(L, -2);
    *f = line_file_open(path, &err);
    if (*f)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, err.text);
    return 2;
}

static int push_end(lua_State *L, enum line_status status,
                    const struct error *err)
{
    lua_pushnil(L);
    if (status == LINE_END)
        return 1;
    lua_pushstring(L, err->text);
    return 2;
}

/* lines:next() -> text | nil, message
 * lines:next(pattern) -> true, field of slot 1, … | false, text | nil, message
 */
static int lines_next(lua_State *L)
{
    struct line_file *f = check(L);
    const struct line_pattern *p =
        lua_isnoneornil(L, 2) ? NULL : luaL_checkudata(L, 2, PATTERN);
    struct error err = {0};
    struct line_slice line, slots[LINE_SLOTS_MAX];
    enum line_status status = line_file_next(f, &line, &err);
    if (status != LINE_READ)
        return push_end(L, status, &err);
    if (p && line_pattern_match(p, line.at, line.length, slots))
        return push_fields(L, p, slots);
    if (p)
        lua_pushboolean(L, 0);
    lua_pushlstring(L, line.at, line.length);
    return p ? 2 : 1;
}

/* lines:counts() -> lines, bytes, lines that were too long */
static int lines_counts(lua_State *L)
{
    struct line_file_counts counts = line_file_counts(check(L));
    lua_pushnumber(L, (double)counts.lines);
    lua_pushnumber(L, (double)counts.bytes);
    lua_pushnumber(L, (double)counts.too_long);
    return 3;
}

/* lines:sha256() -> digest of the file as it is, in hex; at the end */
static int lines_sha256(lua_State *L)
{
    unsigned char digest[LINE_DIGEST_BYTES];
    char text[2 * LINE_DIGEST_BYTES];
    if (!line_file_digest(check(L), digest))
        return 0;
    for (size_t i = 0; i < sizeof digest; i++) {
        text[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    lua_pushlstring(L, text, sizeof text);
    return 1;
}

const luaL_Reg lines_functions[] = {{"open_lines", engine_open_lines},
                                    {"line_pattern", engine_line_pattern},
                                    {NULL, NULL}};

static void make_type(lua_State *L, const char *name, lua_CFunction gc,
                      const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

void lines_open(lua_State *L)
{
    static const luaL_Reg lines[] = {{"next", lines_next},
                                     {"counts", lines_counts},
                                     {"sha256", lines_sha256},
                                     {"close", lines_close},
                                     {NULL, NULL}};
    static const luaL_Reg pattern[] = {{"match", pattern_match}, {NULL, NULL}};
    make_type(L, LINES, lines_close, lines);
    make_type(L, PATTERN, pattern_gc, pattern);
}
