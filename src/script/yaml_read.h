/* yaml_read — a YAML text as Lua values: `lload.engine.yaml`.
 *
 * Types by the core schema of YAML 1.2: `no` is text, and so is a date. Keys of
 * maps are text whatever they look like. An alias is the same table as its
 * anchor; as everybody who walks through them sees copies, these are counted.
 */
#pragma once

#include <lua.h>

/* engine.yaml(text, list_metatable) -> value | nil, message. Null is the light
 * userdata NULL, as cjson has it; a list gets the metatable. */
int engine_yaml(lua_State *L);
/* Makes the type known. */
void yaml_read_open(lua_State *L);
