/* handover — arrivals from one worker to the free users of another.
 *
 * Each worker has one per pool: a counter of its free users, and a list under a
 * mutex, touched only when another worker has nobody left. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/arrivals.h"

struct handover {
    pthread_mutex_t lock;
    struct arrival *waiting; /* owned */
    size_t count;
    size_t capacity;
    atomic_int free; /* users without an arrival; 0 once closed */
    /* When the arrival was due that waits for a user of any worker. */
    atomic_int_least64_t stuck_ns;
    atomic_bool is_done; /* no arrival of this worker will need one any more */
};

void handover_init(struct handover *h);
void handover_fini(struct handover *h);

/* Any thread: true if a user was free; it is meant for somebody now. */
bool handover_take_user(struct handover *h);
/* From another worker's thread: true if one of its users will take it. */
bool handover_offer(struct handover *h, const struct arrival *a);
/* The owner's: the arrival that was left as number `i`, counted from 0. False
 * if there is no other; the list is then empty. */
bool handover_take(struct handover *h, size_t i, struct arrival *a);
/* Nothing is left here any more; what was, waits to be taken. */
void handover_close(struct handover *h);
