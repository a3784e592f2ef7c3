/* core_shared — what users of a run share: counters, queues, things that are
 * made once, and waiting for them. */
#pragma once

#include <lua.h>

struct lua_user;

/* Once per state, while lload.core is opened. */
void shared_register(lua_State *L);
/* The time to wait for a queue is over. */
void core_shared_timed_out(struct lua_user *user);
/* Ends the wait of a user whose part is cancelled. */
void core_shared_cancel(struct lua_user *user);
/* What the user was making and never will; somebody else has its turn. */
void core_shared_end_turns(struct lua_user *user);
