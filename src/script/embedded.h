/* embedded — the Lua modules compiled into the binary; see cmake/EmbedLua. */
#pragma once

#include <stddef.h>

#include <lua.h>

struct embedded_module {
    const char *name;       /* "lload.main" */
    const char *chunk_name; /* "@lua/lload/main.lua" */
    const unsigned char *text;
    size_t size;
};

extern const struct embedded_module embedded_lua[]; /* ends with a NULL name */

/* The module of a name, or NULL. */
const struct embedded_module *embedded_find(const char *name);

/* lload.engine.embedded(prefix) → { [name] = text } */
int engine_embedded(lua_State *L);
