/* stream — an answer that a script reads while it comes: events or lines.
 *
 * Bytes are kept until the script asks; when there are enough, the server has
 * to wait. A stream belongs to the user that opened it and is closed with its
 * part at the latest. */
#pragma once

#include <lua.h>

struct lua_user;

/* Once per state, while lload.core is opened. */
void stream_register(lua_State *L);
/* core.stream(method, url, options, max_event) -> stream *yields* */
int stream_start(lua_State *L);
/* The time that the user would wait for an item is over. */
void stream_timed_out(struct lua_user *user);
/* Closes all streams of a user, and with them the one it waits for. */
void stream_close_all(struct lua_user *user);
