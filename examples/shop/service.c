#include "service.h"

#include "duration.h"

enum stream { STREAM_JITTER = 1, STREAM_ERROR = 2 };

/* splitmix64's finaliser: a good 64-bit hash of a counter. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Uniform in [0, 1); each stream is its own sequence of the seed. */
static double uniform(const struct service *s, enum stream stream,
                      uint64_t number)
{
    uint64_t bits = mix(mix(s->seed ^ ((uint64_t)stream << 56)) ^ mix(number));
    return (double)(bits >> 11) * 0x1p-53;
}

static int64_t leaked_ns(const struct service *s, uint64_t number)
{
    if (s->leak_ns == 0)
        return 0;
    if (number >= (uint64_t)(DURATION_MAX_NS / s->leak_ns))
        return DURATION_MAX_NS;
    return s->leak_ns * (int64_t)number;
}

static int64_t jittered_ns(const struct service *s, uint64_t number)
{
    if (s->jitter_ns == 0)
        return 0;
    double spread = 2 * uniform(s, STREAM_JITTER, number) - 1;
    return (int64_t)(spread * (double)s->jitter_ns);
}

int64_t service_end_ns(const struct service *s, uint64_t number,
                       int64_t extra_ns, int64_t start_ns)
{
    int64_t takes_ns =
        s->time_ns + extra_ns + leaked_ns(s, number) + jittered_ns(s, number);
    int64_t stall_end_ns = s->stall_from_ns + s->stall_for_ns;

    if (s->stall_for_ns == 0 || start_ns >= stall_end_ns)
        return start_ns + takes_ns;
    if (start_ns >= s->stall_from_ns)
        return stall_end_ns + takes_ns;
    if (start_ns + takes_ns > s->stall_from_ns)
        return start_ns + takes_ns + s->stall_for_ns;
    return start_ns + takes_ns;
}

bool service_fails(const struct service *s, uint64_t number)
{
    return s->error_rate > 0 &&
           uniform(s, STREAM_ERROR, number) < s->error_rate;
}
