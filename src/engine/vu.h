/* vu — one virtual user.
 *
 *   event \ state        IDLE               RUNNING            DRAINING
 *   pool wants it        open -> RUNNING    stay               -> RUNNING
 *   pool wants it gone   stay               -> DRAINING        stay
 *   part finished        impossible         queue the next     leave -> IDLE
 *   nothing left to do   impossible         leave -> IDLE      leave -> IDLE
 *   grace elapsed        stay               not armed          cancel -> IDLE
 *
 * "leave" runs on_stop first, where there is one. "queue" matters: a journey
 * that never waits must not recurse nor starve the loop, so the next part
 * starts from the loop's task list, once per turn.
 *
 * In the open model a user runs one iteration for each arrival it is given, and
 * waits in its pool in between. Else a user whose iteration took no time, or
 * got no answer to any request, is held back before the next one, and with
 * pacing iterations start at a fixed interval. A user that retires leaves, and
 * is not opened again. Single-threaded: called from its
 * worker only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "engine/arrivals.h"
#include "engine/journey.h"
#include "io/loop.h"
#include "stats/tags.h"

struct cookies;
struct http_user;
struct pool;

enum vu_state { VU_IDLE, VU_RUNNING, VU_DRAINING };

struct vu {
    struct worker *worker; /* borrowed */
    struct pool *pool;     /* borrowed; NULL for the one that runs setup */
    enum vu_state state;
    enum journey_part part;
    bool busy;       /* a part is under way */
    bool is_ready;   /* on_start is done */
    bool leaving;    /* on_stop is under way or over */
    bool waited;     /* this part yielded at least once */
    bool is_retired; /* never comes back */
    uint32_t index;  /* within its pool */
    uint32_t id;     /* 1..N over the run; 0 for setup */
    uint32_t journey;
    uint64_t iteration;        /* 1 for the first */
    uint64_t total_iterations; /* of all its lives */
    uint64_t iteration_in_run; /* 1 for the first of all users; 0 in warm-up */
    uint32_t lives;            /* how often it was opened */
    uint32_t requests;         /* in this part */
    uint32_t answers;
    int64_t part_started_ns;
    int64_t paced_ns;        /* when pacing wants the iteration to start */
    struct arrival arrival;  /* in the open model: what it runs for */
    bool arrival_began;      /* its iteration did */
    uint64_t taken;          /* iterations out of its own number */
    struct loop_task next;   /* starts the next part */
    struct loop_timer pause; /* held back, paced, or on_start again */
    struct list pool_link;   /* among those of its pool that drain, or wait */
    int64_t grace_until_ns;
    struct random random;
    struct tag_set tags;
    struct http_user *http;  /* owned; opened with the first request */
    struct cookies *cookies; /* owned; NULL until there is one */
    struct list websockets;  /* that are open; each holds a reference */
    void *script;            /* owned by the journey implementation */
};

void vu_init(struct vu *vu, struct worker *w, struct pool *p, uint32_t index,
             uint32_t id);
/* Precondition: idle. */
void vu_fini(struct vu *vu);

/* Opens an idle user, or keeps a draining one. */
void vu_start(struct vu *vu);
/* Runs an iteration for an arrival; opens an idle user. Precondition: it has no
 * arrival and is not draining. */
void vu_give_arrival(struct vu *vu, const struct arrival *a);
/* Goes on with a user that waits in its pool. */
void vu_wake(struct vu *vu);
/* Lets the part under way end until `grace_until_ns`, then leaves. */
void vu_drain(struct vu *vu, int64_t grace_until_ns);
/* Leaves now; what is under way is cut off. */
void vu_cut_off(struct vu *vu);
/* One part of the user outside any pool (setup, teardown). */
void vu_run_part(struct vu *vu, enum journey_part part);
/* Called by the journey implementation when a part has ended. */
void vu_finished(struct vu *vu, enum journey_outcome outcome);
/* Its connections; opened on first use. */
struct http_user *vu_http(struct vu *vu);
