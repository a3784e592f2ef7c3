/* service — how long the n-th request takes, and whether it fails.
 *
 * Pure arithmetic on the options --service-time, --jitter, --leak, --stall,
 * --error-rate and --seed. Reads no clock and keeps no state: the same seed
 * and number give the same answer in every run. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct service {
    int64_t time_ns;       /* what one request takes */
    int64_t jitter_ns;     /* uniform in time -jitter .. time +jitter */
    int64_t leak_ns;       /* added once for each request served before */
    int64_t stall_from_ns; /* on the clock that start_ns is read from */
    int64_t stall_for_ns;  /* 0: never stalls */
    double error_rate;     /* share answered 500, 0..1 */
    uint64_t seed;
};

/* When a request that enters service at start_ns leaves it; it takes extra_ns
 * more than others. Time within the stall does not count as service: whoever
 * is in service then ends later by what it missed. */
int64_t service_end_ns(const struct service *s, uint64_t number,
                       int64_t extra_ns, int64_t start_ns);

bool service_fails(const struct service *s, uint64_t number);
