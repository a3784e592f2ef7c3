/* core_http — the request a user sends: from Lua arguments to bytes, and back.
 *
 * An outgoing request is pooled by its vm: in the steady state nothing is
 * allocated for it. While one is being built it is the vm's draft, so that a
 * Lua error on the way loses nothing. */
#pragma once

#include <stdbool.h>

#include <lua.h>

#include "base/buffer.h"
#include "base/list.h"
#include "engine/fetch.h"

struct lua_user;
struct vm;

struct outgoing {
    struct list link;      /* while idle */
    struct lua_user *user; /* borrowed, while under way */
    struct fetch fetch;
    unsigned given; /* while it is built: a bit for each option */
    struct buffer url;
    struct buffer headers;
    struct buffer body;
    struct buffer name;
    struct expectation expect;
};

/* Fills the vm's draft from (method, url, options); raises on misuse. */
struct outgoing *outgoing_build(lua_State *L, struct lua_user *user,
                                const char *method);
void outgoing_release(struct vm *vm, struct outgoing *o);
void outgoing_free_idle(struct vm *vm);
/* Cancels the request a user waits for. */
void core_http_cancel(struct lua_user *user);
