/* core_http — sending a user's request, and resuming it with the answer. */
#pragma once

struct lua_user;

/* Cancels the request a user waits for. */
void core_http_cancel(struct lua_user *user);
