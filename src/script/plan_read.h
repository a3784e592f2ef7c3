/* plan_read — a run spec (Lua table) to a run_plan. The only such converter.
 *
 * The Lua side has validated the spec: what is wrong here is a bug, and raises.
 */
#pragma once

#include <lua.h>

struct http_tls;
struct profile;
struct run_plan;
struct script_shared;

/* Fills the plan and the shared part from the spec at `index`. */
void plan_read(lua_State *L, int index, struct run_plan *plan,
               struct script_shared *shared);
/* The table at `index`; free with http_tls_fini. */
void plan_read_tls(lua_State *L, int index, struct http_tls *tls);
/* The schedule of the profile table at `index`; free with profile_fini. */
void plan_read_profile(lua_State *L, int index, const struct run_plan *plan,
                       struct profile *f);
