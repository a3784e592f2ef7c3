/* json_decode — pushing JSON text as Lua values. JSON null becomes nil. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

#include "base/json.h"

/* Pushes the value of a slice. False: nil and a message are pushed instead. */
bool json_decode_push(lua_State *L, struct json_slice value);
