/* run — one run of a plan: setup, the stage, teardown, and the sums.
 *
 * The control thread's half of the engine. It starts the workers, merges what
 * they measured once a second, asks the caller's tick whether to go on, watches
 * for scripts that never yield, and turns signals into an orderly end. It
 * prints nothing and knows no report. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "engine/health.h"
#include "engine/totals.h"
#include "engine/watchdog.h"
#include "engine/worker.h"

struct error;
struct run_plan;
struct journey_type;

enum run_stop {
    RUN_FINISHED,
    RUN_INTERRUPTED,
    RUN_ABORTED,   /* by the script */
    RUN_THRESHOLD, /* by the caller's tick */
    RUN_SETUP_TIMEOUT,
    RUN_TEARDOWN_TIMEOUT,
    RUN_SETUP_FAILED,
    RUN_TEARDOWN_FAILED,
    RUN_OUT_OF_MEMORY, /* a script took more than it may */
    RUN_HUNG,          /* a script never yielded and could not be broken off */
    RUN_INTERNAL,
    RUN_STOPS
};

/* What the caller wants of the run after a look at it. */
enum run_wish {
    RUN_GO_ON,
    RUN_WANTS_FAILURE,     /* a threshold failed: cut off */
    RUN_WANTS_END,         /* there is nothing more to find out */
    RUN_WANTS_INTERRUPTION /* as by a signal */
};

struct run;

struct interval_log;

struct run_caller {
    /* About once a second, after the sums are up to date. */
    enum run_wish (*tick)(void *arg, struct run *run);
    /* Whenever the control thread wakes up: cheap. May be NULL. */
    enum run_wish (*look)(void *arg, struct run *run);
    void *arg;
    struct interval_log *log; /* open; NULL if none is kept */
};

enum run_phase { RUN_SETUP, RUN_WARM_UP, RUN_STAGE, RUN_TEARDOWN, RUN_OVER };

struct run {
    const struct run_plan *plan;        /* borrowed */
    const struct journey_type *journey; /* borrowed */
    struct worker *workers;             /* owned */
    uint32_t worker_count;
    int notify_fd; /* owned */
    enum run_phase phase;
    enum run_stop stop;
    int64_t started_ns;
    int64_t stage_start_ns;
    int64_t stage_end_ns;
    int64_t parts_ns; /* what setup and teardown took */
    int64_t next_tick_ns;
    bool is_paused;
    int signals_seen;
    bool stopping;
    bool workers_lost; /* hung: their threads cannot be joined */
    struct watchdog watchdog;
    struct totals totals;
    struct health_mark stage_mark; /* when the stage began */
    struct health_mark level_mark; /* when run_begin_level was last called */
    struct health health;          /* of the stage, once it is over */
    int64_t clock_cost_ns;
    struct run_caller caller;
};

/* Returns why the run ended; on RUN_INTERNAL `err` says more. `caller` may be
 * NULL. */
enum run_stop run_execute(struct run *r, const struct run_plan *plan,
                          const struct journey_type *journey,
                          const struct run_caller *caller, struct error *err);
/* After the last look at the sums. */
void run_fini(struct run *r);

/* Seconds of the stage so far, or of the whole stage once it is over. */
double run_elapsed_s(const struct run *r);
/* What rates are of: the stage, and setup and teardown where there are any,
 * because their requests count too. */
double run_span_s(const struct run *r);
uint32_t run_users(struct run *r);
/* Of one profile. */
uint32_t run_profile_users(struct run *r, uint32_t profile);

/* From a moment later on, a profile runs so many users, or arrivals a second,
 * instead of its schedule. Within a tick, as all below. */
void run_set_load(struct run *r, uint32_t profile, double load);
/* While paused, no iteration begins; the stage's clock goes on. */
void run_pause(struct run *r, bool is_paused);
/* From now on `totals.level` counts what is measured, from nothing. */
void run_begin_level(struct run *r);
/* How the machine treated the workers since then. */
struct health run_level_health(struct run *r);
/* Seconds since then. */
double run_level_span_s(const struct run *r);
