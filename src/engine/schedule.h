/* schedule — how many users a profile wants at each moment. Pure.
 *
 * A list of linear segments, back to back. Within one, the count changes by
 * single users at exact times: k of n changes done at
 *
 *     end - duration * (n - k) / n          (integer nanoseconds)
 *
 *     to    |            _,-'     count u is reached at
 *           |        _,-'         end - d * (to - u) / (to - from)
 *     from  |____,-'
 *            start          end
 *
 * Times count from the start of the profile; the last target is reached at the
 * very end. Before 0 and beyond the end nobody is wanted. Striping: worker w of
 * n runs the users u with u % n == w, so that the workers together are the plan
 * at every moment. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SCHEDULE_NEVER INT64_MAX

struct segment {
    uint32_t from;
    uint32_t to;
    int64_t start_ns;
    int64_t duration_ns; /* 0 is a jump */
    uint32_t step;       /* which step of the stage it belongs to, from 1 */
};

struct schedule {
    struct segment *segments; /* owned, at least one */
    size_t count;
};

void schedule_fini(struct schedule *s);
/* Sets every start from the durations. */
void schedule_lay_out(struct schedule *s);
uint32_t schedule_target(const struct schedule *s, int64_t now_ns);
/* The first time after `now_ns` at which the target may differ. */
int64_t schedule_next_change(const struct schedule *s, int64_t now_ns);
/* The step at `now_ns`, clamped to the first and the last. */
uint32_t schedule_step(const struct schedule *s, int64_t now_ns);
int64_t schedule_end_ns(const struct schedule *s);
uint32_t schedule_max(const struct schedule *s);

/* How many of `total` users worker `worker` of `workers` runs. */
uint32_t schedule_share(uint32_t total, uint32_t worker, uint32_t workers);
