/* batch — several requests of one user at the same time.
 *
 * All requests are built before the first is sent, so that misuse sends
 * nothing. Then as many are under way as the limits allow, over all hosts and
 * for each; the next in order starts when one ends. The user goes on when all
 * have ended, with the responses in the order of the requests. */
#pragma once

#include <lua.h>

struct lua_user;
struct vm;

/* core.batch(list, batch, per_host, spares_shared) -> responses *yields*; each
 * item of the list is { method, url, options }. `spares_shared`: per_host does
 * not hold for hosts that share a connection between requests (HTTP/2). */
int batch_start(lua_State *L);
/* What is under way ends as cut off, and so does the user's part. */
void batch_cancel(struct lua_user *user);
/* With its vm. */
void batch_free_idle(struct vm *vm);
