/* pool — keeps as many users of one profile running as its schedule asks for.
 *
 * Owns the users: those of the profile that this worker runs. User i runs while
 * i is below the target, so the last started stops first, and a dip that comes
 * back within the grace costs no restart. Does not know what a user does.
 * Single-threaded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/vu.h"

struct profile;

struct pool {
    struct worker *worker;         /* borrowed */
    const struct profile *profile; /* borrowed from the plan */
    uint32_t index;                /* of the profile */
    struct vu *users;              /* owned: one block */
    uint32_t capacity;
    uint32_t target;
    uint32_t shaped;          /* users below it were told to run, above to go */
    uint32_t active;          /* users that are not idle */
    uint64_t iterations_left; /* of a shared budget */
    uint32_t step;            /* row of the step under way */
    int64_t start_ns;
    bool is_open; /* the schedule still runs */
    struct loop_timer change;
    struct loop_task shape;  /* moves `shaped` to `target`, a few each turn */
    int64_t grace_until_ns;  /* for the users that are told to go */
    struct list draining;    /* first out first */
    struct loop_timer grace; /* when the first of them is cut off */
};

void pool_init(struct pool *p, struct worker *w, uint32_t profile_index);
void pool_fini(struct pool *p);
/* From now on the schedule holds; `stage_start_ns` may lie ahead. */
void pool_start(struct pool *p, int64_t stage_start_ns);
/* Nobody starts anymore; running iterations get `grace_ns`. */
void pool_stop(struct pool *p, int64_t grace_ns);
void pool_cut_off(struct pool *p);
bool pool_is_done(const struct pool *p);

/* For vu: may this user begin another iteration? Takes it from the budget. */
bool pool_take_iteration(struct pool *p, const struct vu *vu);
void pool_user_opened(struct pool *p);
/* It may drain until `vu->grace_until_ns`, then it is cut off. */
void pool_user_drains(struct pool *p, struct vu *vu);
void pool_user_left(struct pool *p, struct vu *vu);
