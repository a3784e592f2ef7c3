/* machine — the part of `lload.engine` that tells where lload runs.
 *
 * CPUs, terminal, clock, folders: facts and small services of the system. */
#pragma once

#include <lauxlib.h>
#include <lua.h>

extern const luaL_Reg machine_functions[]; /* ends with {NULL, NULL} */
