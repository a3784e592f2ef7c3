/* watchdog — finds scripts that never yield.
 *
 * A script that was not resumed again since the last look, and still runs, has
 * not yielded. First it is broken off; if it does not even notice that within
 * as long again, the run is lost. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct journey_type;
struct worker;

struct watchdog_sight {
    uint64_t resumes; /* of the worker at the last look */
    int64_t since_ns; /* when it first had so many */
    bool is_interrupted;
};

struct watchdog {
    struct watchdog_sight *seen; /* owned: one per worker */
};

struct watchdog_rules {
    const struct journey_type *journey; /* borrowed: breaks a script off */
    int64_t max_busy_ns;
};

void watchdog_init(struct watchdog *d, uint32_t workers, int64_t now_ns);
void watchdog_fini(struct watchdog *d);
/* False if a worker is lost. */
bool watchdog_look(struct watchdog *d, struct worker *workers, uint32_t count,
                   const struct watchdog_rules *rules, int64_t now_ns);
