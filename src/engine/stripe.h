/* stripe — which units of a plan are ours.
 *
 * Users and arrivals are numbered 0, 1, 2, … over all machines and workers.
 * Machines deal them out in a cycle in which each gets its weight, well spread
 * (smooth weighted round robin: ahead of its share by less than a unit, behind
 * by no more than ln n for n machines); a machine's units go round its workers.
 * So all shares together are the plan at every moment, and nobody needs to ask
 * anybody.
 *
 *     weights 2, 1, 1:   0 1 2 0 | 0 1 2 0 | …      owner of unit 0, 1, 2, …
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { STRIPE_CYCLE_MAX = 10000 };

/* How the machines share. Immutable once made. */
struct stripe_cycle {
    uint32_t length;  /* sum of all weights */
    uint32_t count;   /* how many units of a cycle are ours */
    uint32_t *slots;  /* owned: which */
    uint32_t *before; /* owned: how many of ours are below a slot; length + 1 */
};

/* Preconditions: weights of at least 1 whose sum is at most STRIPE_CYCLE_MAX;
 * `own` below `count`. */
void stripe_cycle_init(struct stripe_cycle *c, const uint32_t *weights,
                       size_t count, size_t own);
void stripe_cycle_fini(struct stripe_cycle *c);

/* One worker's part of one machine's part. */
struct stripe {
    const struct stripe_cycle *cycle; /* borrowed */
    uint32_t worker;
    uint32_t workers;
};

/* How many of the first `total` units are ours. */
uint64_t stripe_share(const struct stripe *s, uint64_t total);
/* The number of our unit `index`, both from 0. */
uint64_t stripe_unit(const struct stripe *s, uint64_t index);
