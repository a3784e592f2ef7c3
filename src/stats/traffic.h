/* traffic — the requests of some time: how many, and how long they took.
 *
 * A zeroed struct is no traffic. Single-threaded. */
#pragma once

#include <stdint.h>

#include "stats/histogram.h"

struct traffic {
    uint64_t requests;
    uint64_t failed;
    uint64_t sent_bytes;
    uint64_t received_bytes;
    struct histogram durations; /* as http_req_duration */
};

void traffic_fini(struct traffic *t);
/* Empties it and keeps its memory. */
void traffic_reset(struct traffic *t);
void traffic_merge(struct traffic *into, const struct traffic *from);
