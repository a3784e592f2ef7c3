/* sink — those who take what a run measures, as Lua objects.
 *
 * `lload.engine.post`, `datagrams` and `samples`; see docs/ARCHITECTURE.md,
 * the seam. Control state only. */
#pragma once

#include <lauxlib.h>

struct sample_log;

extern const luaL_Reg sink_functions[];

/* Makes the types known. */
void sink_open(lua_State *L);
/* The file of samples at `index`; NULL if there is none. */
struct sample_log *sink_samples(lua_State *L, int index);
