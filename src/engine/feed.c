#include "engine/feed.h"

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/registry.h"
#include "engine/worker.h"

void feed_selectors(struct worker *w, uint32_t metric, double value,
                    const struct tag_set *tags)
{
    const struct run_plan *plan = worker_plan(w);
    for (size_t i = 0; i < plan->selector_count; i++)
        if (plan->selectors[i].metric == metric &&
            plan->selectors[i].term_count &&
            selector_matches(&plan->selectors[i], tags))
            metric_add(&worker_shard(w)->selectors[i], value, clock_now_ns());
}

void feed_error(struct worker *w, const char *class, size_t length,
                const char *example)
{
    uint32_t row = registry_tally(worker_registry(w), TALLY_ERRORS, class,
                                  length, example);
    shard_tally(worker_shard(w), TALLY_ERRORS, row)->fails++;
}
