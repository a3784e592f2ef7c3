/* outgoing — the request a user sends: from Lua arguments to bytes.
 *
 * Pooled by its vm: in the steady state nothing is allocated for it. While one
 * is being built it is the vm's draft, so that a Lua error on the way loses
 * nothing. Built in three files: outgoing_url.c, outgoing_headers.c, and body,
 * tags and limits in outgoing.c. */
#pragma once

#include <stdbool.h>

#include <lua.h>

#include "base/buffer.h"
#include "base/list.h"
#include "engine/fetch.h"
#include "script/request_options.h"

struct coding;
struct lua_user;
struct vm;
struct websocket;

struct outgoing {
    struct list link;      /* while idle */
    struct lua_user *user; /* borrowed, while under way */
    struct fetch fetch;
    unsigned given; /* while it is built: a bit for each option */
    struct buffer url;
    struct buffer headers;
    struct buffer body;
    struct buffer plain;         /* the body before it was compressed */
    struct buffer digest;        /* "user:password" */
    char media_type[80];         /* of a body of several parts */
    const struct coding *coding; /* of the body; NULL if none */
    struct buffer name;
    struct buffer cookies; /* of the request itself: "a=1; b=2" */
    struct expectation expect;
    struct websocket *websocket; /* ref; of a handshake under way */
};

/* Fills the vm's draft from (url, options) on the stack; raises on misuse. */
struct outgoing *outgoing_build(lua_State *L, struct lua_user *user,
                                const char *method);
/* The method at `index`, for as long as the state lives; raises for what is
 * none. */
const char *outgoing_pin_method(lua_State *L, int index);
void outgoing_release(struct vm *vm, struct outgoing *o);
void outgoing_free_idle(struct vm *vm);

/* ---------------------------------------------------------- outgoing_url.c */

/* Address and name; a nil in `params` ends the user's part. */
void outgoing_build_url(lua_State *L, struct lua_user *user, struct outgoing *o,
                        const char *method);
enum { OUTGOING_NAMES_MAX = 256 };
/* The names in the table of an option, sorted; how many. */
size_t outgoing_names(lua_State *L, enum option o,
                      const char *names[OUTGOING_NAMES_MAX]);
/* name=value&… of the table of an option, sorted by name, so that the same
 * table gives the same bytes. `first` is the separator before it, or 0. */
void outgoing_add_table(lua_State *L, struct buffer *out, enum option o,
                        char first);

/* ---------------------------------------------------- outgoing_multipart.c */

/* The body of parts; returns its media type. */
const char *outgoing_add_multipart(lua_State *L, struct outgoing *o);

/* ------------------------------------------------------ outgoing_headers.c */

/* `content_type` may be NULL. */
void outgoing_build_headers(lua_State *L, const struct vm *vm,
                            struct outgoing *o, const char *content_type);
/* After the headers. */
void outgoing_build_cookies(lua_State *L, struct outgoing *o);
