#include "engine/arrivals.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

/* What an integral may miss by rounding and still be reached. */
static double with_rounding(double area)
{
    return area + 1e-9 + area * 1e-15;
}

void arrivals_fini(struct arrivals *a)
{
    free(a->segments);
    *a = (struct arrivals){0};
}

void arrivals_lay_out(struct arrivals *a)
{
    int64_t at_ns = 0;
    for (size_t i = 0; i < a->count; i++) {
        a->segments[i].start_ns = at_ns;
        at_ns += a->segments[i].duration_ns;
    }
}

static double seconds(int64_t ns)
{
    return (double)ns / NS_PER_S;
}

static double area_of(const struct rate_segment *g)
{
    return (g->from + g->to) / 2 * seconds(g->duration_ns);
}

static double slope_of(const struct rate_segment *g)
{
    return g->duration_ns ? (g->to - g->from) / seconds(g->duration_ns) : 0;
}

int64_t arrivals_end_ns(const struct arrivals *a)
{
    const struct rate_segment *last = &a->segments[a->count - 1];
    return last->start_ns + last->duration_ns;
}

double arrivals_rate(const struct arrivals *a, int64_t at_ns)
{
    if (at_ns < 0 || at_ns > arrivals_end_ns(a))
        return 0;
    const struct rate_segment *g = &a->segments[0];
    for (size_t i = 1; i < a->count && a->segments[i].start_ns <= at_ns; i++)
        g = &a->segments[i];
    return g->duration_ns ? g->from + slope_of(g) * seconds(at_ns - g->start_ns)
                          : g->to;
}

double arrivals_expected(const struct arrivals *a, int64_t at_ns)
{
    double area = 0;
    for (size_t i = 0; i < a->count; i++) {
        const struct rate_segment *g = &a->segments[i];
        if (at_ns >= g->start_ns + g->duration_ns) {
            area += area_of(g);
        } else if (at_ns > g->start_ns) {
            double t = seconds(at_ns - g->start_ns);
            area += (g->from + slope_of(g) * t / 2) * t;
        }
    }
    return area;
}

/* After how many ns of a segment its integral reaches `distance`. */
static int64_t time_within(const struct rate_segment *g, double distance)
{
    double square = g->from * g->from + 2 * slope_of(g) * distance;
    double t = 2 * distance / (g->from + sqrt(square > 0 ? square : 0));
    int64_t ns = (int64_t)llround(t * NS_PER_S);
    return ns < g->duration_ns ? ns : g->duration_ns;
}

/* Where the integral reaches the cursor's level. */
static int64_t time_of_level(struct arrival_cursor *c)
{
    const struct arrivals *a = c->plan;
    for (; c->segment < a->count; c->segment++) {
        const struct rate_segment *g = &a->segments[c->segment];
        double whole = area_of(g);
        if (whole > 0 && c->level <= with_rounding(c->area + whole))
            return g->start_ns + time_within(g, c->level - c->area);
        c->area += whole;
    }
    return ARRIVAL_NEVER;
}

void arrival_cursor_init(struct arrival_cursor *c, const struct arrivals *plan,
                         bool is_poisson, uint64_t seed)
{
    *c = (struct arrival_cursor){.plan = plan, .is_poisson = is_poisson};
    random_init(&c->random, seed, 0);
}

int64_t arrival_cursor_seek(struct arrival_cursor *c, uint64_t number)
{
    while (c->is_poisson && c->number < number) {
        c->level += random_exponential(&c->random);
        c->number++;
    }
    if (!c->is_poisson) {
        c->number = number;
        c->level = (double)number;
    }
    return time_of_level(c);
}

static uint64_t count_poisson(struct arrival_cursor *c, int64_t until_ns)
{
    for (;;) {
        struct arrival_cursor next = *c;
        if (arrival_cursor_seek(&next, c->number + 1) > until_ns)
            return c->number;
        *c = next;
    }
}

static int64_t uniform_time(const struct arrivals *a, uint64_t number)
{
    struct arrival_cursor c = {.plan = a};
    return arrival_cursor_seek(&c, number);
}

/* Times are whole nanoseconds, so one may lie on the other side of `until_ns`
 * than the integral says. */
static uint64_t count_uniform(const struct arrivals *a, int64_t until_ns)
{
    uint64_t count =
        (uint64_t)floor(with_rounding(arrivals_expected(a, until_ns)));
    while (count && uniform_time(a, count) > until_ns)
        count--;
    while (uniform_time(a, count + 1) <= until_ns)
        count++;
    return count;
}

uint64_t arrival_cursor_count(struct arrival_cursor *c, int64_t until_ns)
{
    return c->is_poisson ? count_poisson(c, until_ns)
                         : count_uniform(c->plan, until_ns);
}
