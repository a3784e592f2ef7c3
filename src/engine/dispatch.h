/* dispatch — hands arrivals to the users of a pool: the open model.
 *
 * Part of a pool of the arrival-rate kind. An arrival that is due goes to a
 * user that is free: one that waits, else a new one. With all users of this
 * worker busy it goes to another worker's user; when nobody is free anywhere it
 * is dropped, or waits, as the profile says. Waiting arrivals are not stored:
 * the timetable just stands still.
 *
 *   planned ──▶ handed over ──▶ started ──▶ done
 *          own lag        on_start, if new
 *
 * The worker's thread calls everything but what handover says. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "engine/handover.h"
#include "engine/timetable.h"
#include "io/loop.h"
#include "io/pacer.h"

struct pool;
struct vu;

struct dispatch {
    struct pool *pool; /* borrowed: the owner */
    struct pacer pacer;
    struct loop_task more; /* when too many are due for one turn */
    struct timetable timetable;
    uint32_t opened;   /* users that were needed so far */
    bool is_last_look; /* all that ends in this turn of the loop has ended */
    bool is_waiting;   /* the next one is due and nobody is free */
    int64_t waited_until_ns; /* what was due by then waited for a user */
    bool is_over;            /* the schedule has ended */
    bool is_stopped;         /* nothing is handed over any more */
    struct handover handover;
};

/* False without a descriptor to spare; then, too, it wants dispatch_fini. */
bool dispatch_init(struct dispatch *d, struct pool *p) ATTR_NODISCARD;
void dispatch_fini(struct dispatch *d);
/* The stage begins; the plan's zero may lie ahead. */
void dispatch_start(struct dispatch *d);
/* Hands over what is due, and sets the pacer for what is not. */
void dispatch_run(struct dispatch *d);
/* The schedule has ended; what is due is still handed over. */
void dispatch_end(struct dispatch *d);
/* Nothing more is handed over; what waits is dropped. */
void dispatch_stop(struct dispatch *d);
/* From `at_ns` on, but not before the schedule begins, `rate` arrivals a second
 * until it ends. */
void dispatch_set_rate(struct dispatch *d, int64_t at_ns, double rate);
/* The pool is paused from now on; what waits is dropped. */
void dispatch_pause(struct dispatch *d);
/* Arrivals that were due while the pool was paused never happened. */
void dispatch_skip(struct dispatch *d);
/* The user is done with its arrival, or leaves without having begun it. */
void dispatch_user_free(struct dispatch *d, struct vu *vu);
