#include "script/fields.h"

#include "base/intern.h"

void set_number(lua_State *L, const char *name, double value)
{
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

void set_count(lua_State *L, const char *name, uint64_t value)
{
    set_number(L, name, (double)value);
}

void set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

void set_entry_text(lua_State *L, const char *name,
                    const struct intern_entry *e)
{
    lua_pushlstring(L, e->text, e->length);
    lua_setfield(L, -2, name);
}

void append(lua_State *L)
{
    lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
}
