/* clock — the only reader of a clock.
 *
 * Everything that decides takes the time as an argument instead. */
#pragma once

#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* Monotonic, nanoseconds; the zero is arbitrary. */
int64_t clock_now_ns(void);
/* Wall clock, milliseconds since 1970: for labels, and for dates of others. */
int64_t clock_wall_ms(void);
/* What one look at the monotonic clock costs, nanoseconds. */
int64_t clock_cost_ns(void);
/* CPU time this thread has used, nanoseconds. */
int64_t clock_thread_cpu_ns(void);
