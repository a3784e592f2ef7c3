/* health_push — what the validity checks judge: the generator's own condition.
 */
#pragma once

#include <lua.h>

struct health;
struct run;
struct shard;

/* Pushes it, as it was while `s` was measured. */
void health_push(lua_State *L, const struct run *r, const struct shard *s,
                 const struct health *h);
