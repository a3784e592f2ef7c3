/* timetable — when the next arrival of one worker is due: of the warm-up, of
 * the stage's profile, and of a load set by hand.
 *
 * The worker's share of all arrivals is found by their numbers (engine/stripe),
 * so the workers agree without a word. One plan is followed at a time; each
 * begins where the one before had got to. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/arrivals.h"

struct pool;

struct timetable {
    struct pool *pool;   /* borrowed: profile, stripe, start of the stage */
    struct arrivals own; /* owned: warm-up, or a load that was set by hand */
    struct arrival_cursor cursor;
    struct arrival_cursor last; /* where the cursor stood one arrival ago */
    int64_t plan_start_ns;
    uint64_t base;       /* number of the last arrival of earlier plans */
    uint64_t index;      /* of the next one among ours, in this plan */
    struct arrival next; /* due_ns is ARRIVAL_NEVER: there is none */
    bool is_warming;     /* the plan followed is the warm-up's */
    int64_t switch_ns;   /* when the load changes to `switch_rate`; 0 = never */
    double switch_rate;
};

/* What the Poisson arrivals of a profile are drawn from, after `base` earlier
 * ones. */
uint64_t timetable_seed(uint64_t seed, uint32_t profile, uint64_t base);

void timetable_init(struct timetable *t, struct pool *p);
void timetable_fini(struct timetable *t);
/* The stage begins, or its warm-up. */
void timetable_begin(struct timetable *t);
/* No arrival is due any more. */
void timetable_end(struct timetable *t);
/* Whether `next` is due, by the plan that holds then. */
bool timetable_is_due(struct timetable *t, int64_t now_ns);
/* `next` was dealt with; on to the one after it. */
void timetable_advance(struct timetable *t);
/* When another plan holds; ARRIVAL_NEVER: this one to the end. */
int64_t timetable_next_change(const struct timetable *t);
/* The end of the stage's profile. */
int64_t timetable_end_ns(const struct timetable *t);
/* From `at_ns` on, but not before the schedule begins, `rate` arrivals a second
 * until it ends. */
void timetable_set_rate(struct timetable *t, int64_t at_ns, double rate);
