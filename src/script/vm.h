/* vm — one Lua state of a worker and the users whose coroutines live in it.
 *
 * Owns the state. The collector's atomic phase walks every coroutine, so a
 * worker has several of these with a thousand users each. Called from its
 * worker's thread only. The control thread's state has a vm too, without a
 * worker: there, requests and the like are refused. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/list.h"
#include "base/random.h"
#include "engine/journey.h"
#include "io/loop.h"
#include "script/memory.h"

struct batch;
struct error;
struct item;
struct outgoing;
struct script_shared;
struct stream;
struct vu;
struct waiter;
struct websocket;
struct worker;

enum { VM_USERS_MAX = 1024 };

struct vm {
    lua_State *L;                 /* owned */
    struct worker *worker;        /* borrowed; NULL in the control state */
    struct script_shared *shared; /* borrowed */
    struct lua_user *current;     /* whose coroutine runs right now */
    uint32_t users;
    int64_t load_until_ns;  /* CPU time; 0 unless the scenario file runs */
    struct random random;   /* for choices made while loading */
    struct memory memory;   /* what the state takes, and may take */
    struct outgoing *draft; /* owned: the request being built */
    struct list idle_requests;
    struct batch *batch_draft; /* owned: the batch being built */
    struct list idle_batches;
    struct list link;     /* among the vms of a worker */
    size_t next_cycle_kb; /* memory at which the collector is due again */
    bool is_collecting;   /* a cycle is under way */
    int part_refs[5];     /* functions by enum journey_part; but iterations */
    int *journey_refs;
    int vu_metatable_ref;
};

enum wait {
    WAIT_NONE,
    WAIT_REQUEST,
    WAIT_SLEEP,
    WAIT_TURN,
    WAIT_BATCH,
    WAIT_SHARED,
    WAIT_STREAM,
    WAIT_WEBSOCKET
};

/* For what of a WebSocket. */
enum websocket_wait { WEBSOCKET_MESSAGE, WEBSOCKET_ROOM, WEBSOCKET_END };

/* The Lua side of one user. */
struct lua_user {
    struct vu *vu; /* borrowed */
    struct vm *vm; /* borrowed */
    lua_State *co; /* kept alive by co_ref */
    int co_ref;
    int table_ref; /* the `vu` of the script */
    enum wait wait;
    struct outgoing *request; /* while WAIT_REQUEST */
    struct batch *batch;      /* while WAIT_BATCH */
    struct stream *stream;    /* while WAIT_STREAM */
    struct list streams;      /* those that are open */
    struct loop_timer sleep;  /* while WAIT_SLEEP; timeout of the last three */
    struct loop_task turn;    /* while WAIT_TURN */
    int turn_answers;         /* on its stack then */
    enum websocket_wait websocket_wait;
    struct websocket *websocket; /* borrowed; while WAIT_WEBSOCKET */
    struct waiter *waiter;       /* owned; while WAIT_SHARED */
    struct item *turns;          /* borrowed: what others wait for it to make */
    bool is_ending; /* an outcome was raised; pcall may have hid it */
    enum journey_outcome ending;
    int group_ref;     /* name of the group it is in */
    int traceback_ref; /* of an error on its way through lload.group */
};

/* Loads the scenario. NULL: `err` says why. */
struct vm *vm_open(struct worker *w, struct script_shared *shared,
                   struct error *err);
void vm_close(struct vm *vm);
bool vm_has_part(const struct vm *vm, enum journey_part part);

/* A copy of what setup returned, or nil. */
void vm_push_setup_data(lua_State *L, struct vm *vm);
/* Starts a part in the user's coroutine; `args` values are on its stack above
 * the function. The single place with lua_resume. */
void vm_resume(struct lua_user *user, int args);
/* Goes on with answers, which are on the user's stack: at once, or in the next
 * turn of the loop when this one is long already. Thousands of answers at the
 * same moment must not keep timers and arrivals waiting until every journey has
 * looked at its own. */
void vm_resume_in_time(struct lua_user *user, int answers, int64_t now_ns);
/* Ends the current user's part with an outcome: raises, never returns. */
int vm_end_part(lua_State *L, enum journey_outcome outcome);
/* Ends it as failed by what the server sent, counted under `reason`. */
int vm_fail_part(lua_State *L, struct lua_user *user, const char *reason,
                 size_t length);
/* The user's part was cancelled; its coroutine is dropped. */
void vm_cut_off(struct lua_user *user);
/* The user whose journey calls this primitive. Raises a clear error while
 * loading, or when called from a coroutine of the user's own. */
struct lua_user *vm_user(lua_State *L, const char *what);
/* As vm_user, for primitives that wait: raises where Lua cannot yield, before
 * anything has begun. */
struct lua_user *vm_waiting_user(lua_State *L, const char *what);
/* The user that runs right now, or NULL: for primitives that do not wait. */
struct lua_user *vm_current(lua_State *L);
/* What drives random choices here: the user's stream, or the load's. */
struct random *vm_random(lua_State *L);
