/* fake_journey — journeys without Lua or network, and a diary of what was
 * asked of them.
 *
 * A plan's `script` points to a fake_script that says how each part goes. The
 * diary is shared by all workers, under a lock; read it when they are gone. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/journey.h"
#include "io/loop.h"

enum { FAKE_PARTS = PART_TEARDOWN + 1, FAKE_EVENTS_MAX = 65536 };

enum fake_way {
    FAKE_AT_ONCE, /* ends inside start() */
    FAKE_WAITS,   /* ends after a loop timer */
    FAKE_BY_HAND, /* ends with fake_finish, or when it is cancelled */
    FAKE_BLOCKS   /* does not yield until it is interrupted */
};

struct fake_part {
    enum fake_way way;
    int64_t wait_ns;
    enum journey_outcome outcome;
};

enum fake_event_kind {
    FAKE_OPEN_WORKER,
    FAKE_CLOSE_WORKER,
    FAKE_OPEN,
    FAKE_START,
    FAKE_END,
    FAKE_CANCEL,
    FAKE_CLOSE,
    FAKE_INTERRUPT,
    FAKE_EVENT_KINDS
};

struct fake_event {
    enum fake_event_kind kind;
    enum journey_part part;
    uint32_t id; /* of the user */
    uint64_t iteration;
    uint32_t journey;
};

struct fake_script {
    struct fake_part parts[FAKE_PARTS];
    int fails_to_open; /* number of the worker + 1, 0 = none */
    /* Called at each start on the worker's thread; may be NULL. */
    void (*at_start)(struct vu *vu, enum journey_part part);
    pthread_mutex_t lock;
    atomic_bool interrupted;
    struct fake_event events[FAKE_EVENTS_MAX];
    size_t count;
    bool is_full;
};

extern const struct journey_type fake_journey;

/* Every part ends at once and well. */
struct fake_script *fake_script_new(void);
void fake_script_free(struct fake_script *s);
/* Precondition: a part is under way. */
void fake_finish(struct vu *vu, enum journey_outcome outcome);

enum { FAKE_ANY = -1 };

/* Events of a kind, of a part and of a user, or of FAKE_ANY. */
size_t fake_count(struct fake_script *s, enum fake_event_kind kind, int part,
                  int id);
