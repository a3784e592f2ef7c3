/* run_access — what Lua may ask of a run, and do to it.
 *
 * The functions of a snapshot and of the final table (see docs/ARCHITECTURE.md,
 * the seam). */
#pragma once

#include <stdbool.h>

#include <lua.h>

struct run;

/* Adds the functions to the table on top. They keep what is at `owner` alive,
 * to which the run belongs; those that change the run are added only while it
 * is under way. */
void run_access_add(lua_State *L, struct run *r, int owner, bool is_under_way);
