#include "stats/series.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void series_init(struct series *s, size_t limit)
{
    *s = (struct series){.limit = limit, .ticks_per_window = 1};
}

void series_fini(struct series *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->windows[i].bins);
    free(s->windows);
    *s = (struct series){0};
}

struct packing {
    struct series_bin *bins;
    size_t count;
};

static void count_bin(uint32_t bin, uint64_t count, void *arg)
{
    struct packing *p = arg;
    if (p->bins)
        p->bins[p->count] = (struct series_bin){bin, count};
    p->count++;
}

static void pack(struct window *w, const struct histogram *h)
{
    struct packing p = {0};
    histogram_each(h, count_bin, &p);
    p.bins = xcalloc(p.count, sizeof *p.bins);
    p.count = 0;
    histogram_each(h, count_bin, &p);
    free(w->bins);
    w->bins = p.bins;
    w->bin_count = p.count;
}

void window_durations(const struct window *w, struct histogram *into)
{
    for (size_t i = 0; i < w->bin_count; i++)
        histogram_add_bin(into, w->bins[i].bin, w->bins[i].count);
}

static void absorb(struct window *into, const struct window *later,
                   const struct histogram *durations)
{
    struct histogram sum = {0};
    window_durations(into, &sum);
    histogram_merge(&sum, durations);
    pack(into, &sum);
    histogram_fini(&sum);
    into->to_ns = later->to_ns;
    into->requests += later->requests;
    into->failed += later->failed;
    into->vus = later->vus;
}

static void halve(struct series *s)
{
    for (size_t i = 0; i < s->count / 2; i++) {
        struct window first = s->windows[2 * i];
        struct window *second = &s->windows[2 * i + 1];
        struct histogram h = {0};
        window_durations(second, &h);
        absorb(&first, second, &h);
        histogram_fini(&h);
        free(second->bins);
        s->windows[i] = first;
    }
    if (s->count % 2)
        s->windows[s->count / 2] = s->windows[s->count - 1];
    s->count = (s->count + 1) / 2;
    s->ticks_per_window *= 2;
    s->ticks_in_last = s->ticks_per_window;
}

void series_add(struct series *s, const struct window *tick,
                const struct histogram *durations)
{
    if (s->count && s->ticks_in_last < s->ticks_per_window) {
        absorb(&s->windows[s->count - 1], tick, durations);
        s->ticks_in_last++;
        return;
    }
    if (s->count == s->limit)
        halve(s);
    array_reserve((void **)&s->windows, &s->capacity, s->count + 1,
                  sizeof *s->windows);
    struct window *w = &s->windows[s->count++];
    *w = *tick;
    w->bins = NULL;
    pack(w, durations);
    s->ticks_in_last = 1;
}
