#include "script/embedded.h"

#include <string.h>

#include <lauxlib.h>

const struct embedded_module *embedded_find(const char *name)
{
    for (const struct embedded_module *m = embedded_lua; m->name; m++)
        if (strcmp(m->name, name) == 0)
            return m;
    return NULL;
}

int engine_embedded(lua_State *L)
{
    size_t length;
    const char *prefix = luaL_checklstring(L, 1, &length);
    lua_newtable(L);
    for (const struct embedded_module *m = embedded_lua; m->name; m++) {
        if (strncmp(m->name, prefix, length) != 0)
            continue;
        lua_pushlstring(L, (const char *)m->text, m->size);
        lua_setfield(L, -2, m->name);
    }
    return 1;
}
