/* arrivals — when iterations of the open model are due. Pure.
 *
 * The rate follows straight lines. Arrival i = 1, 2, 3, … happens where the
 * integral of the rate from the beginning reaches i, within (0, D]; so the
 * count is the floor of the integral, and a fraction is carried across
 * segments. In a segment that begins with rate `from` and slope s, the distance
 * a of arrivals is reached after
 *
 *     t = 2a / (from + sqrt(from^2 + 2 s a))
 *
 * the form of the quadratic formula in which nothing cancels (Higham, Accuracy
 * and Stability of Numerical Algorithms, 2002, 1.8). With Poisson arrivals the
 * distances are not 1 each but drawn from Exp(1): the time change that makes an
 * inhomogeneous Poisson process of a unit one (Çinlar, Introduction to
 * Stochastic Processes, 1975, 4.7). All workers draw the same sequence. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

#define ARRIVAL_NEVER INT64_MAX

/* One of them; number 0 is none. */
struct arrival {
    uint64_t number; /* 1..N over the run */
    int64_t due_ns;
};

struct rate_segment {
    double from; /* arrivals a second */
    double to;
    int64_t start_ns;
    int64_t duration_ns; /* 0 is a jump */
};

struct arrivals {
    struct rate_segment *segments; /* owned */
    size_t count;
};

void arrivals_fini(struct arrivals *a);
/* Back to back; sets every start from the durations. */
void arrivals_lay_out(struct arrivals *a);
int64_t arrivals_end_ns(const struct arrivals *a);
/* The rate at a moment, a second; 0 outside. */
double arrivals_rate(const struct arrivals *a, int64_t at_ns);
/* The integral of the rate up to a moment. */
double arrivals_expected(const struct arrivals *a, int64_t at_ns);

/* Walks through the arrivals; numbers only rise. */
struct arrival_cursor {
    const struct arrivals *plan; /* borrowed */
    size_t segment;
    double area;     /* of the segments before it */
    uint64_t number; /* of the arrival it stands at; 0 before the first */
    double level;    /* of the integral at which that happens */
    bool is_poisson;
    struct random random;
};

void arrival_cursor_init(struct arrival_cursor *c, const struct arrivals *plan,
                         bool is_poisson, uint64_t seed);
/* When arrival `number` happens; ARRIVAL_NEVER if there are not that many. */
int64_t arrival_cursor_seek(struct arrival_cursor *c, uint64_t number);
/* How many arrivals happen up to a moment; the cursor is left before the next.
 */
uint64_t arrival_cursor_count(struct arrival_cursor *c, int64_t until_ns);
