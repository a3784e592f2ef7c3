#include "stats/series.h"

#include <stdbool.h>
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

static void pack(struct window *w, const struct histogram *h)
{
    packed_bins_set(&w->durations, h);
    w->min_ns = h->min;
    w->max_ns = h->max;
    w->sum_ns = h->sum;
}

static int64_t lower(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t higher(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void window_durations(const struct window *w, struct histogram *into)
{
    bool was_empty = !into->count;
    int64_t min_ns = into->min, max_ns = into->max;
    double sum_ns = into->sum;
    if (!w->durations.size)
        return;
    packed_bins_each(&w->durations, add_bin, into);
    /* Bins know their edges only; the window knows better. */
    into->min = was_empty ? w->min_ns : lower(min_ns, w->min_ns);
    into->max = was_empty ? w->max_ns : higher(max_ns, w->max_ns);
    into->sum = was_empty ? w->sum_ns : sum_ns + w->sum_ns;
}

static void absorb(struct window *into, const struct traffic *later)
{
    struct histogram sum = {0};
    window_durations(into, &sum);
    histogram_merge(&sum, &later->durations);
    pack(into, &sum);
    histogram_fini(&sum);
    into->requests += later->requests;
    into->failed += later->failed;
    into->sent_bytes += later->sent_bytes;
    into->received_bytes += later->received_bytes;
}

/* The later window is gone afterwards. */
static void absorb_window(struct window *into, struct window *later)
{
    struct traffic t = {.requests = later->requests,
                        .failed = later->failed,
                        .sent_bytes = later->sent_bytes,
                        .received_bytes = later->received_bytes};
    window_durations(later, &t.durations);
    absorb(into, &t);
    into->to_ns = later->to_ns;
    into->vus = later->vus;
    into->in_flight += later->in_flight;
    into->ticks += later->ticks;
    traffic_fini(&t);
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

static void append(struct series *s, int64_t from_ns,
                   const struct traffic *traffic)
{
    array_reserve((void **)&s->windows, &s->capacity, s->count + 1,
                  sizeof *s->windows);
    s->windows[s->count++] =
        (struct window){.from_ns = from_ns,
                        .requests = traffic->requests,
                        .failed = traffic->failed,
                        .sent_bytes = traffic->sent_bytes,
                        .received_bytes = traffic->received_bytes};
    pack(&s->windows[s->count - 1], &traffic->durations);
    s->ticks_in_last = 1;
}

void series_add(struct series *s, int64_t from_ns, int64_t to_ns,
                struct crowd crowd, const struct traffic *traffic)
{
    if (s->count && s->ticks_in_last < s->ticks_per_window) {
        absorb(&s->windows[s->count - 1], traffic);
        s->ticks_in_last++;
    } else {
        if (s->count == s->limit)
            halve(s);
        append(s, from_ns, traffic);
    }
    struct window *last = &s->windows[s->count - 1];
    last->to_ns = to_ns;
    last->vus = crowd.vus;
    last->in_flight += crowd.in_flight;
    last->ticks++;
}

double window_in_flight(const struct window *w)
{
    return w->ticks ? (double)w->in_flight / w->ticks : 0;
}

void series_add_late(struct series *s, const struct traffic *traffic)
{
    if (s->count && traffic->requests)
        absorb(&s->windows[s->count - 1], traffic);
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
