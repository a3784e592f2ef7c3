#include "engine/schedule.h"

#include <stdlib.h>

void schedule_fini(struct schedule *s)
{
    free(s->segments);
    *s = (struct schedule){0};
}

void schedule_lay_out(struct schedule *s)
{
    int64_t at = 0;
    for (size_t i = 0; i < s->count; i++) {
        s->segments[i].start_ns = at;
        at += s->segments[i].duration_ns;
    }
}

static int64_t segment_end(const struct segment *g)
{
    return g->start_ns + g->duration_ns;
}

static uint32_t segment_changes(const struct segment *g)
{
    return g->to > g->from ? g->to - g->from : g->from - g->to;
}

/* duration * part / whole without overflow: part <= whole < 2^32. */
static int64_t share_of(int64_t duration_ns, uint32_t part, uint32_t whole)
{
    int64_t quotient = duration_ns / whole, rest = duration_ns % whole;
    return quotient * part + rest * part / whole;
}

/* When the k-th of the segment's changes is done; k = 0 is its start. */
static int64_t change_time(const struct segment *g, uint32_t k)
{
    uint32_t n = segment_changes(g);
    if (!k || !n)
        return g->start_ns;
    return segment_end(g) - share_of(g->duration_ns, n - k, n);
}

static uint32_t changes_done(const struct segment *g, int64_t now_ns)
{
    uint32_t n = segment_changes(g);
    if (!n || now_ns >= segment_end(g))
        return n;
    double share = (double)(now_ns - g->start_ns) / (double)g->duration_ns;
    uint32_t k = (uint32_t)(share * n);
    while (k > 0 && change_time(g, k) > now_ns)
        k--;
    while (k < n && change_time(g, k + 1) <= now_ns)
        k++;
    return k;
}

/* The last segment that has begun; jumps take no time. */
static const struct segment *segment_at(const struct schedule *s,
                                        int64_t now_ns)
{
    const struct segment *found = &s->segments[0];
    for (size_t i = 1; i < s->count && s->segments[i].start_ns <= now_ns; i++)
        found = &s->segments[i];
    return found;
}

uint32_t schedule_target(const struct schedule *s, int64_t now_ns)
{
    if (now_ns < 0 || now_ns > schedule_end_ns(s))
        return 0;
    const struct segment *g = segment_at(s, now_ns);
    uint32_t k = changes_done(g, now_ns);
    return g->to > g->from ? g->from + k : g->from - k;
}

int64_t schedule_next_change(const struct schedule *s, int64_t now_ns)
{
    if (now_ns < 0)
        return 0;
    if (now_ns >= schedule_end_ns(s))
        return SCHEDULE_NEVER;
    const struct segment *g = segment_at(s, now_ns);
    uint32_t k = changes_done(g, now_ns);
    return k < segment_changes(g) ? change_time(g, k + 1) : segment_end(g);
}

uint32_t schedule_step(const struct schedule *s, int64_t now_ns)
{
    return segment_at(s, now_ns)->step;
}

int64_t schedule_end_ns(const struct schedule *s)
{
    return segment_end(&s->segments[s->count - 1]);
}

uint32_t schedule_max(const struct schedule *s)
{
    uint32_t max = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct segment *g = &s->segments[i];
        uint32_t high = g->from > g->to ? g->from : g->to;
        if (g->duration_ns == 0)
            high = g->to;
        if (high > max)
            max = high;
    }
    return max;
}

uint32_t schedule_share(uint32_t total, uint32_t worker, uint32_t workers)
{
    return total > worker ? (total - worker - 1) / workers + 1 : 0;
}
