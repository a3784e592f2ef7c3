#include "stats/series.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"

void series_init(struct series *s, size_t limit)
{
    *s = (struct series){.limit = limit, .ticks_per_window = 1};
}

void series_fini(struct series *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->windows[i].durations);
    free(s->windows);
    *s = (struct series){0};
}

/* Numbers of seven bits a byte, least significant first (LEB128): a window of
 * thousands of bins takes two or three bytes for each. */
struct packing {
    struct buffer bytes;
    uint32_t next_bin; /* the gap counts from here */
};

static void put_number(struct buffer *out, uint64_t n)
{
    for (; n > 0x7f; n >>= 7)
        buffer_add_char(out, (char)(n | 0x80));
    buffer_add_char(out, (char)n);
}

static uint64_t take_number(const uint8_t **at)
{
    uint64_t n = 0;
    int shift = 0;
    do {
        n |= (uint64_t)(**at & 0x7f) << shift;
        shift += 7;
    } while (*(*at)++ & 0x80);
    return n;
}

static void pack_bin(uint32_t bin, uint64_t count, void *arg)
{
    struct packing *p = arg;
    put_number(&p->bytes, bin - p->next_bin);
    put_number(&p->bytes, count);
    p->next_bin = bin + 1;
}

static void pack(struct window *w, const struct histogram *h)
{
    struct packing p = {0};
    histogram_each(h, pack_bin, &p);
    free(w->durations);
    w->durations = (uint8_t *)xmemdup(p.bytes.data, p.bytes.size);
    w->duration_bytes = p.bytes.size;
    buffer_fini(&p.bytes);
}

void window_durations(const struct window *w, struct histogram *into)
{
    const uint8_t *at = w->durations, *end = at + w->duration_bytes;
    uint32_t bin = 0;
    while (at < end) {
        bin += (uint32_t)take_number(&at);
        histogram_add_bin(into, bin++, take_number(&at));
    }
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

/* The later window is gone afterwards. */
static void absorb_window(struct window *into, struct window *later)
{
    struct histogram h = {0};
    window_durations(later, &h);
    absorb(into, later, &h);
    histogram_fini(&h);
    free(later->durations);
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
    w->durations = NULL;
    pack(w, durations);
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
