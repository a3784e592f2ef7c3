/* engine_run — `lload.engine`: what the control side may ask for.
 *
 * run(spec, on_tick) runs a plan; the rest are small facts of the machine. */
#pragma once

#include <lua.h>

int engine_open(lua_State *L);
