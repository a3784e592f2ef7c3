/* registry — the names behind the row numbers of one worker's shards.
 *
 * Only the worker adds, only while it holds the lock; so it may look up without
 * it, and the control thread reads under it. Names are new rarely: no lock is
 * taken for a known one. Bounded: beyond its limit a name becomes "(other)". */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/intern.h"
#include "stats/shard.h"

enum {
    REGISTRY_NAMES = 500, /* request names of a run, without (other) */
    REGISTRY_TALLIES = 1000
};

#define REGISTRY_OTHER "(other)"

struct registry {
    pthread_mutex_t lock;
    struct intern names; /* number 0 is (other) */
    struct intern tallies[TALLIES];
};

void registry_init(struct registry *r);
void registry_fini(struct registry *r);
/* The number of a request name; 0, "(other)", once there are too many. */
uint32_t registry_name(struct registry *r, const char *text, size_t length);
bool registry_is_full(const struct registry *r);
/* The number of a check, reason, …; `note` (may be NULL) is kept from the first
 * time. Never fails: too many share the row of "(other)". */
uint32_t registry_tally(struct registry *r, enum tally tally, const char *text,
                        size_t length, const char *note);
