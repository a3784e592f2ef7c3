#include "fake_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

void fake_plan_init(struct run_plan *p, uint32_t workers)
{
    plan_init(p);
    p->workers = workers;
    p->seed = 1;
    p->stage = xstrdup("test");
    p->setup_timeout_ns = p->teardown_timeout_ns = 60 * NS_PER_S;
    p->max_busy_ns = 60 * NS_PER_S;
    p->expect = (struct expectation){{{200, 399}}, 1};
    plan_add_journey(p, "default", 1);
}

struct profile *fake_plan_profile(struct run_plan *p, enum profile_kind kind,
                                  const struct segment *segments, size_t count)
{
    p->profiles =
        xrealloc(p->profiles, (p->profile_count + 1) * sizeof *p->profiles);
    struct profile *f = &p->profiles[p->profile_count++];
    struct segment *copy = xcalloc(count, sizeof *copy);
    memcpy(copy, segments, count * sizeof *copy);
    *f = (struct profile){.kind = kind,
                          .schedule = {.segments = copy, .count = count},
                          .grace_ns = 60 * NS_PER_S,
                          .ramp_down_grace_ns = 60 * NS_PER_S,
                          .journey = PLAN_ANY_JOURNEY};
    schedule_lay_out(&f->schedule);
    return f;
}

struct profile *fake_plan_constant(struct run_plan *p, enum profile_kind kind,
                                   uint32_t users, int64_t duration_ns)
{
    struct segment constant = {
        .from = users, .to = users, .duration_ns = duration_ns, .step = 1};
    return fake_plan_profile(p, kind, &constant, 1);
}

struct profile *fake_plan_arrivals(struct run_plan *p,
                                   const struct rate_segment *segments,
                                   size_t count, uint32_t max_vus)
{
    struct segment *steps = xcalloc(count, sizeof *steps);
    for (size_t i = 0; i < count; i++)
        steps[i] = (struct segment){.duration_ns = segments[i].duration_ns,
                                    .step = (uint32_t)i + 1};
    struct profile *f = fake_plan_profile(p, PROFILE_ARRIVALS, steps, count);
    free(steps);
    f->arrivals.segments = xcalloc(count, sizeof *segments);
    f->arrivals.count = count;
    memcpy(f->arrivals.segments, segments, count * sizeof *segments);
    arrivals_lay_out(&f->arrivals);
    f->max_vus = max_vus;
    return f;
}
