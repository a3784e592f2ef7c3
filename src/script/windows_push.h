/* windows_push — the run second by second, as the Lua tables of result.json. */
#pragma once

#include <lua.h>

struct run;

/* Sets `windows`, `warmup_windows` and `outside` of the table on top. */
void windows_set(lua_State *L, const struct run *r);
/* Pushes what happened between two moments of the stage, out of its windows:
 * { from_s, to_s, requests, failed, rps, error_rate, vus, in_flight, duration
 * }; nil when nothing did. */
void range_push(lua_State *L, const struct run *r, double from_s, double to_s);
