#include "engine/watchdog.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/journey.h"
#include "engine/worker.h"

void watchdog_init(struct watchdog *d, uint32_t workers, int64_t now_ns)
{
    d->seen = xcalloc(workers, sizeof *d->seen);
    for (uint32_t i = 0; i < workers; i++)
        d->seen[i].since_ns = now_ns;
}

void watchdog_fini(struct watchdog *d)
{
    free(d->seen);
}

static bool watch(struct watchdog_sight *seen, struct worker *w,
                  const struct watchdog_rules *rules, int64_t now_ns)
{
    uint64_t resumes = atomic_load_explicit(&w->resumes, memory_order_relaxed);
    uint64_t running = atomic_load_explicit(&w->running, memory_order_relaxed);
    if (!running || resumes != seen->resumes) {
        *seen = (struct watchdog_sight){.resumes = resumes, .since_ns = now_ns};
        return true;
    }
    int64_t stuck_ns = now_ns - seen->since_ns;
    if (stuck_ns < rules->max_busy_ns)
        return true;
    if (!seen->is_interrupted) {
        seen->is_interrupted = true;
        rules->journey->interrupt(w);
        return true;
    }
    return stuck_ns < 2 * rules->max_busy_ns + NS_PER_S;
}

bool watchdog_look(struct watchdog *d, struct worker *workers, uint32_t count,
                   const struct watchdog_rules *rules, int64_t now_ns)
{
    for (uint32_t i = 0; i < count; i++)
        if (!watch(&d->seen[i], &workers[i], rules, now_ns))
            return false;
    return true;
}
