#include "stats/series.h"

#include <stdlib.h>

#include "base/alloc.h"

void series_init(struct series *s, size_t limit)
{
    *s = (struct series){.limit = limit, .ticks_per_window = 1};
}

void series_fini(struct series *s)
{
    for (size_t i = 0; i < s->count; i++)
        packed_bins_fini(&s->windows[i].durations);
    free(s->windows);
    *s = (struct series){0};
}

static void add_bin(uint32_t bin, uint64_t count, void *arg)
{
    histogram_add_bin(arg, bin, count);
}

void window_durations(const struct window *w, struct histogram *into)
{
    packed_bins_each(&w->durations, add_bin, into);
}

static void absorb(struct window *into, const struct window *later,
                   const struct histogram *durations)
{
    struct histogram sum = {0};
    window_durations(into, &sum);
    histogram_merge(&sum, durations);
    packed_bins_set(&into->durations, &sum);
    histogram_fini(&sum);
    into->to_ns = later->to_ns;
    into->requests += later->requests;
    into->failed += later->failed;
    into->vus = later->vus;
}

/* The later window is gone afterwards. */
static void absorb_window(struct window *into, struct window *later)
{
    struct histogram h = {0};
    window_durations(later, &h);
    absorb(into, later, &h);
    histogram_fini(&h);
    packed_bins_fini(&later->durations);
}

static void halve(struct series *s)
{
    for (size_t i = 0; i < s->count / 2; i++) {
        struct window first = s->windows[2 * i];
        absorb_window(&first, &s->windows[2 * i + 1]);
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
    w->durations = (struct packed_bins){0};
    packed_bins_set(&w->durations, durations);
    s->ticks_in_last = 1;
}

static int64_t width_ns(const struct window *w)
{
    return w->to_ns - w->from_ns;
}

void series_finish(struct series *s)
{
    if (s->count < 2)
        return;
    struct window *last = &s->windows[s->count - 1];
    if (2 * width_ns(last) >= width_ns(last - 1))
        return;
    absorb_window(last - 1, last);
    s->count--;
}
