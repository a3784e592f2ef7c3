/* worker — one thread's share of a run: loop, connections, users, statistics.
 *
 * Nothing is shared between workers but what scripts share (exchange.h). The
 * control thread speaks to a worker
 * through its mailbox: commands in, a state out, one mutex, touched about once
 * a second. Statistics change hands whole: on WORKER_FLIP the worker goes on
 * with an empty shard and the control thread merges the full one, so that
 * nothing is copied and nothing is locked while requests are recorded. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "base/error.h"
#include "engine/journey.h"
#include "engine/pool.h"
#include "engine/registry.h"
#include "engine/trace.h"
#include "engine/vu.h"
#include "io/loop.h"
#include "stats/shard.h"

struct http_client;
struct run_plan;
struct ws_client;

enum worker_command {
    WORKER_PART = 1 << 0,  /* run setup or teardown */
    WORKER_STAGE = 1 << 1, /* start the profiles */
    WORKER_STOP = 1 << 2,  /* start nothing new, let the rest end */
    WORKER_CUT_OFF = 1 << 3,
    WORKER_FLIP = 1 << 4,
    WORKER_QUIT = 1 << 5,
    WORKER_LOAD = 1 << 6, /* carry out the orders in the mailbox */
    WORKER_PAUSE = 1 << 7,
    WORKER_RESUME = 1 << 8
};

/* The load of one profile, set from outside. */
struct load_order {
    bool is_new;
    int64_t at_ns;
    double load; /* users, or arrivals a second, all workers together */
};

enum worker_state {
    WORKER_OPENING,
    WORKER_FAILED, /* could not open; see `error` */
    WORKER_READY,  /* nothing under way */
    WORKER_IN_PART,
    WORKER_IN_STAGE,
    WORKER_GONE
};

struct mailbox {
    pthread_mutex_t lock;
    unsigned commands;
    enum journey_part part;
    int64_t stage_start_ns;
    struct load_order *orders; /* owned: one a profile */
    enum worker_state state;
    enum journey_outcome part_outcome;
    bool flipped;       /* the other shard is the control thread's */
    struct list served; /* waiters of users here; see exchange.h */
    struct error error;
    int notify_fd; /* borrowed: eventfd of the control thread */
};

struct worker {
    const struct run_plan *plan;        /* borrowed */
    const struct journey_type *journey; /* borrowed */
    struct worker *peers; /* borrowed: all workers; NULL if it is alone */
    void *script;         /* owned by the journey */
    uint32_t number;
    pthread_t thread;
    int tid; /* its number for the kernel */
    struct loop loop;
    struct http_client *http; /* owned */
    struct ws_client *ws;     /* owned; NULL until a script connects */
    struct pool *pools;       /* owned: one a profile */
    struct vu service;        /* runs setup and teardown */
    struct shard shards[2];
    int live; /* which shard is being filled */
    struct registry registry;
    bool in_stage;
    int64_t counts_from_ns; /* what began before belongs to the warm-up */
    bool was_warm_up;       /* at the last flip */
    bool is_ending;         /* a script asked for the end: nobody comes back */
    struct trace_samples traces;
    struct sample_ring *samples; /* borrowed; NULL: nobody wants them */
    struct buffer scratch;       /* of fetch: decoded bodies */
    struct mailbox mailbox;
    atomic_uint users;
    atomic_uint peak_users; /* since the control thread last looked */
    atomic_uint in_flight;  /* requests; written by the worker alone */
    atomic_uint_least64_t held_back;
    atomic_uint_least64_t iterations; /* of all workers; the first one counts */
    atomic_bool aborted;
    atomic_bool out_of_memory;
    /* For the watchdog: how often a script was resumed, and what runs right
     * now, as worker_running() packs it. */
    atomic_uint_least64_t resumes;
    atomic_uint_least64_t running;
};

/* Starts the thread; its state tells when it is ready or has failed. `peers`
 * are all workers of the run, this one included. */
bool worker_open(struct worker *w, const struct run_plan *plan,
                 const struct journey_type *journey, struct worker *peers,
                 uint32_t number, int notify_fd,
                 struct error *err) ATTR_NODISCARD;
/* Waits for the thread, which must have been told to quit. */
void worker_join(struct worker *w);
/* After worker_join: both shards and the registry were still readable. */
void worker_fini(struct worker *w);

/* ------------------------------------------- called by the control thread */
void worker_send(struct worker *w, unsigned commands);
void worker_send_part(struct worker *w, enum journey_part part);
void worker_send_stage(struct worker *w, int64_t stage_start_ns);
void worker_send_load(struct worker *w, uint32_t profile, int64_t at_ns,
                      double load);
enum worker_state worker_state(struct worker *w);
/* The full shard once a flip is done; NULL before. Return it by
 * worker_give_back, emptied. */
struct shard *worker_flipped(struct worker *w);
void worker_give_back(struct worker *w);

/* --------------------------------------------- called by any worker's thread
 */
/* The waiter with this link is served: its worker will tell it. */
void worker_hand(struct worker *w, struct list *link);
/* It is not to be told; for its own worker only. */
void worker_take_back(struct worker *w, struct list *link);

/* ------------------------------------------- called on the worker's thread */
/* What its WebSockets share; opened on first use. */
struct ws_client *worker_ws(struct worker *w);
/* Tells those waiters that were served, some of many. */
void worker_tell_served(struct worker *w);
void worker_part_done(struct worker *w, enum journey_part part,
                      enum journey_outcome outcome);
/* A pool may be done; so may the stage. */
void worker_pool_changed(struct worker *w);
void worker_count_user(struct worker *w, int change);
void worker_note_held_back(struct worker *w);
/* How many iterations of the closed model began before, on all workers. */
uint64_t worker_count_iteration(struct worker *w);
/* A script asked for the end of the run. */
void worker_abort(struct worker *w);
/* A script took more memory than it may: the end as well. */
void worker_out_of_memory(struct worker *w);

/* Who runs and what: never 0. */
static inline uint64_t worker_running(const struct vu *vu)
{
    return (uint64_t)vu->part << 56 | (uint64_t)vu->journey << 32 |
           ((uint64_t)vu->id + 1);
}

static inline const struct run_plan *worker_plan(const struct worker *w)
{
    return w->plan;
}

static inline const struct journey_type *worker_journey(const struct worker *w)
{
    return w->journey;
}

static inline struct loop *worker_loop(struct worker *w)
{
    return &w->loop;
}

static inline struct http_client *worker_http(struct worker *w)
{
    return w->http;
}

static inline struct shard *worker_shard(struct worker *w)
{
    return &w->shards[w->live];
}

static inline struct registry *worker_registry(struct worker *w)
{
    return &w->registry;
}

static inline struct buffer *worker_scratch(struct worker *w)
{
    return &w->scratch;
}

static inline uint32_t worker_number(const struct worker *w)
{
    return w->number;
}
