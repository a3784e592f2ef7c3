/* core_crypto — what values of its own the family needs. */
#pragma once

#include <lua.h>

/* Once per state, while lload.core is opened. */
void crypto_register(lua_State *L);
