/* fake_plan — plans for tests: one journey, profiles made of segments. */
#pragma once

#include <stddef.h>

#include "engine/plan.h"

/* Stage "test", journey "default", no tags; every wait is generous. */
void fake_plan_init(struct run_plan *p, uint32_t workers);
/* Copies the segments. Valid until the next profile is added; plan_seal comes
 * after the last one. */
struct profile *fake_plan_profile(struct run_plan *p, enum profile_kind kind,
                                  const struct segment *segments, size_t count);
/* `users` from 0 to `duration_ns`. */
struct profile *fake_plan_constant(struct run_plan *p, enum profile_kind kind,
                                   uint32_t users, int64_t duration_ns);
/* Arrivals along the lines of these segments, for at most so many users. */
struct profile *fake_plan_arrivals(struct run_plan *p,
                                   const struct rate_segment *segments,
                                   size_t count, uint32_t max_vus);
