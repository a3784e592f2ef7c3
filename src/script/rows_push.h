/* rows_push — what was counted by name, as the Lua tables of result.json:
 * requests, steps, journeys, checks, errors. */
#pragma once

#include <lua.h>

struct request_row;
struct run;

/* Sets `requests`, `steps`, `journeys`, `checks`, `errors`,
 * `iteration_failures` and `script_errors` of the table on top. */
void rows_set(lua_State *L, const struct run *r);

/* `status` and `errors` of the table on top: how often which. */
void set_statuses(lua_State *L, const struct request_row *row);
void set_failures(lua_State *L, const struct request_row *row);
