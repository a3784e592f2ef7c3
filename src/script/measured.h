/* measured — counts and distributions, as they are sent on while a run lasts.
 *
 * Nothing is rounded into rates: sums and counts, so that whoever receives them
 * can add them up. Times in ms. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

struct run;

enum { LADDER_EDGES_MAX = 64 };

/* Rising edges of buckets, as histograms count: ns, or millionths. */
struct ladder {
    int64_t edges[LADDER_EDGES_MAX];
    size_t count;
};

struct ladders {
    struct ladder times;
    struct ladder others; /* of custom trends, whose unit nobody knows */
};

/* Pushes { metrics, requests, checks, iteration_failures } of the run
 * so far, or of the interval. Distributions have count and sum, and `buckets`
 * (one more than there are edges), or, without ladders, what reports show. */
void measured_push(lua_State *L, const struct run *r, bool of_interval,
                   const struct ladders *ladders);
