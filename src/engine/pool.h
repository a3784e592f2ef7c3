/* pool — keeps as many users of one profile running as its schedule asks for.
 *
 * Owns the users: those of the profile that this worker runs. User i runs while
 * i is below the target, so the last started stops first, and a dip that comes
 * back within the grace costs no restart. Does not know what a user does.
 * Single-threaded. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "engine/dispatch.h"
#include "engine/stripe.h"
#include "engine/vu.h"

struct profile;

struct pool {
    struct worker *worker;         /* borrowed */
    const struct profile *profile; /* borrowed from the plan */
    uint32_t index;                /* of the profile */
    struct vu *users;              /* owned: one block */
    uint32_t capacity;
    struct stripe stripe; /* which units of the profile are ours */
    uint32_t target;
    uint32_t shaped;          /* users below it were told to run, above to go */
    uint32_t active;          /* users that are not idle */
    uint32_t retired;         /* users that never come back */
    atomic_uint in_use;       /* of them: with an arrival; all, where there are
                              no arrivals. Others may look */
    uint64_t iterations_left; /* of a shared budget */
    uint32_t step;            /* row of the step under way */
    int64_t start_ns;
    int64_t warmup_ns; /* before it */
    bool is_open;      /* the schedule still runs */
    bool is_paused;    /* by hand: nobody begins another iteration */
    bool is_manual;    /* the schedule's target is replaced by hand */
    uint32_t manual;
    struct loop_timer change;
    struct loop_task shape;    /* moves `shaped` to `target`, a few each turn */
    int64_t grace_until_ns;    /* for the users that are told to go */
    struct list draining;      /* first out first */
    struct loop_timer grace;   /* when the first of them is cut off */
    struct list parked;        /* users that wait for an arrival or the end of a
                                  pause; the last come first */
    struct dispatch *dispatch; /* owned; NULL but for PROFILE_ARRIVALS */
};

enum pool_answer { POOL_ITERATE, POOL_WAIT, POOL_LEAVE };

/* False without a descriptor to spare; then, too, it wants pool_fini. */
bool pool_init(struct pool *p, struct worker *w,
               uint32_t profile_index) ATTR_NODISCARD;
void pool_fini(struct pool *p);
/* From now on the schedule holds; `stage_start_ns` may lie ahead. For
 * `warmup_ns` before that the profile runs at its starting load; not if it
 * begins later than the stage. */
void pool_start(struct pool *p, int64_t stage_start_ns, int64_t warmup_ns);
/* Nobody starts anymore; running iterations get `grace_ns`. */
void pool_stop(struct pool *p, int64_t grace_ns);
void pool_cut_off(struct pool *p);
/* From `at_ns` on so many users, or arrivals a second, instead of the
 * schedule's, until it ends. */
void pool_set_load(struct pool *p, int64_t at_ns, double load);
/* While paused, no iteration begins; the schedule goes on. */
void pool_pause(struct pool *p, bool is_paused);
bool pool_is_done(const struct pool *p);

/* For vu: whether there is another iteration for it to make. */
bool pool_has_work(const struct pool *p, const struct vu *vu, int64_t now_ns);
/* For vu: what this user does next. Takes an iteration from the budget, or
 * parks it. */
enum pool_answer pool_next(struct pool *p, struct vu *vu, int64_t now_ns);
/* The number of the iteration that begins now, over all machines; 0 in the
 * warm-up. */
uint64_t pool_number_iteration(struct pool *p, const struct vu *vu,
                               int64_t now_ns);
/* Its arrival is done, or will never begin. */
void pool_arrival_done(struct pool *p, struct vu *vu);
void pool_user_opened(struct pool *p);
/* It leaves, and does not come back. */
void pool_user_retires(struct pool *p);
/* It may drain until `vu->grace_until_ns`, then it is cut off. */
void pool_user_drains(struct pool *p, struct vu *vu);
void pool_user_left(struct pool *p, struct vu *vu);
/* For dispatch. */
void pool_count_use(struct pool *p, int change);
/* The last arrival is handed over: users leave when they are done. */
void pool_close(struct pool *p);
