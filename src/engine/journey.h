/* journey — what users do, as the engine sees it.
 *
 * The engine decides when a part of a user's life begins; the implementation
 * runs it and reports its end with vu_finished(), exactly once for each start,
 * from inside `start` or later. Called from the worker's own thread only, but
 * for `interrupt`. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct error;
struct vu;
struct worker;

enum journey_part {
    PART_SETUP,
    PART_ON_START,
    PART_ITERATION,
    PART_ON_STOP,
    PART_TEARDOWN
};

/* "setup", …; iterations have the name of their journey instead. */
const char *journey_part_name(enum journey_part part);

enum journey_outcome {
    OUTCOME_DONE,
    OUTCOME_FAILED,  /* ended early by what the server sent */
    OUTCOME_ERROR,   /* a script error */
    OUTCOME_ABORTED, /* the script asked for the end of the run */
    OUTCOME_RETIRED, /* there is nothing left for this user to do */
    OUTCOME_CUT_OFF  /* cancelled */
};

struct journey_type {
    bool (*open)(struct worker *w, struct error *err);
    void (*close)(struct worker *w);
    /* A user comes into being, with nothing known; and leaves. */
    void (*vu_open)(struct vu *vu);
    void (*vu_close)(struct vu *vu);
    void (*start)(struct vu *vu, enum journey_part part);
    /* Ends the part under way: vu_finished(OUTCOME_CUT_OFF) from inside. */
    void (*cancel)(struct vu *vu);
    /* Before each sleep of the loop: what is better done now than while an
     * answer waits. Returns the ns of its longest step. May be NULL. */
    int64_t (*tidy)(struct worker *w);
    /* From the control thread: end the part that has not yielded for too long.
     */
    void (*interrupt)(struct worker *w);
};
