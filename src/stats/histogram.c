#include "stats/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
    HALF_BINS = 1 << HISTOGRAM_HALF_BITS,
    FIRST_BITS = HISTOGRAM_UNIT_BITS + HISTOGRAM_HALF_BITS + 1
};

uint32_t histogram_bin(int64_t value)
{
    uint64_t v = (uint64_t)value;
    uint64_t in_first = (UINT64_C(1) << FIRST_BITS) - 1;
    int doubling = 64 - FIRST_BITS - __builtin_clzll(v | in_first);
    uint64_t within = v >> (doubling + HISTOGRAM_UNIT_BITS);
    return (uint32_t)(((uint64_t)doubling << HISTOGRAM_HALF_BITS) + within);
}

static int bin_shift(uint32_t bin)
{
    int doubling = (int)(bin >> HISTOGRAM_HALF_BITS) - 1;
    return HISTOGRAM_UNIT_BITS + (doubling > 0 ? doubling : 0);
}

int64_t histogram_bin_low(uint32_t bin)
{
    if (bin < 2 * HALF_BINS)
        return (int64_t)bin << HISTOGRAM_UNIT_BITS;
    return (int64_t)((bin & (HALF_BINS - 1)) + HALF_BINS) << bin_shift(bin);
}

int64_t histogram_bin_high(uint32_t bin)
{
    return histogram_bin_low(bin) + ((INT64_C(1) << bin_shift(bin)) - 1);
}

static uint64_t *touch(struct histogram *h, uint32_t bin)
{
    if (!h->chunks)
        h->chunks = xcalloc(HISTOGRAM_CHUNKS, sizeof *h->chunks);
    uint64_t **chunk = &h->chunks[bin / HISTOGRAM_CHUNK_BINS];
    if (!*chunk)
        *chunk = xcalloc(HISTOGRAM_CHUNK_BINS, sizeof **chunk);
    return &(*chunk)[bin % HISTOGRAM_CHUNK_BINS];
}

static void widen(struct histogram *h, int64_t min, int64_t max)
{
    if (!h->count || min < h->min)
        h->min = min;
    if (!h->count || max > h->max)
        h->max = max;
}

void histogram_record(struct histogram *h, int64_t value, int64_t limit)
{
    int64_t inside = value < 0 ? 0 : value > limit ? limit : value;
    h->clamped += inside != value;
    widen(h, value, value);
    h->count++;
    h->sum += (double)value;
    ++*touch(h, histogram_bin(inside));
}

void histogram_add_bin(struct histogram *h, uint32_t bin, uint64_t count)
{
    int64_t low = histogram_bin_low(bin), high = histogram_bin_high(bin);
    widen(h, low, high);
    h->count += count;
    h->sum += (double)count * ((double)low + (double)high) / 2;
    *touch(h, bin) += count;
}

void histogram_take_bin(struct histogram *h, uint32_t bin, uint64_t count)
{
    *touch(h, bin) -= count;
}

static void merge_chunk(struct histogram *into, const uint64_t *from,
                        uint32_t first_bin)
{
    uint64_t *to = touch(into, first_bin);
    for (uint32_t i = 0; i < HISTOGRAM_CHUNK_BINS; i++)
        to[i] += from[i];
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (!from->count)
        return;
    for (uint32_t i = 0; from->chunks && i < HISTOGRAM_CHUNKS; i++)
        if (from->chunks[i])
            merge_chunk(into, from->chunks[i], i * HISTOGRAM_CHUNK_BINS);
    widen(into, from->min, from->max);
    into->count += from->count;
    into->clamped += from->clamped;
    into->sum += from->sum;
}

void histogram_reset(struct histogram *h)
{
    if (!h->count)
        return;
    for (uint32_t i = 0; i < HISTOGRAM_CHUNKS; i++)
        if (h->chunks[i])
            memset(h->chunks[i], 0,
                   HISTOGRAM_CHUNK_BINS * sizeof *h->chunks[i]);
    *h = (struct histogram){.chunks = h->chunks};
}

void histogram_fini(struct histogram *h)
{
    for (uint32_t i = 0; h->chunks && i < HISTOGRAM_CHUNKS; i++)
        free(h->chunks[i]);
    free(h->chunks);
    *h = (struct histogram){0};
}

void histogram_each(const struct histogram *h,
                    void (*visit)(uint32_t bin, uint64_t count, void *arg),
                    void *arg)
{
    for (uint32_t i = 0; h->count && i < HISTOGRAM_BINS; i++) {
        const uint64_t *chunk = h->chunks[i / HISTOGRAM_CHUNK_BINS];
        if (!chunk)
            i += HISTOGRAM_CHUNK_BINS - 1;
        else if (chunk[i % HISTOGRAM_CHUNK_BINS])
            visit(i, chunk[i % HISTOGRAM_CHUNK_BINS], arg);
    }
}

struct ladder {
    const int64_t *edges;
    size_t edge_count;
    size_t at; /* the bucket that the last bin fell into */
    int64_t max;
    uint64_t *counts;
};

static void add_to_bucket(uint32_t bin, uint64_t count, void *arg)
{
    struct ladder *l = arg;
    int64_t high = histogram_bin_high(bin);
    if (high > l->max)
        high = l->max;
    while (l->at < l->edge_count && high > l->edges[l->at])
        l->at++;
    l->counts[l->at] += count;
}

void histogram_buckets(const struct histogram *h, const int64_t *edges,
                       size_t edge_count, uint64_t *counts)
{
    struct ladder l = {.edges = edges,
                       .edge_count = edge_count,
                       .max = h->max,
                       .counts = counts};
    histogram_each(h, add_to_bucket, &l);
}

static uint64_t rank_of(double percentile, uint64_t count)
{
    double share = percentile / 100 * (double)count;
    /* 99.9 % of 1,000 is 999, though the product is 999.0000000000001. */
    uint64_t rank = (uint64_t)ceil(share * (1 - 1e-14));
    if (rank < 1)
        return 1;
    return rank > count ? count : rank;
}

static uint32_t bin_of_rank(const struct histogram *h, uint64_t rank)
{
    uint64_t seen = 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BINS; i++) {
        const uint64_t *chunk = h->chunks[i / HISTOGRAM_CHUNK_BINS];
        if (!chunk) {
            i += HISTOGRAM_CHUNK_BINS - 1;
            continue;
        }
        if (!chunk[i % HISTOGRAM_CHUNK_BINS])
            continue;
        last = i;
        seen += chunk[i % HISTOGRAM_CHUNK_BINS];
        if (seen >= rank)
            break;
    }
    return last;
}

int64_t histogram_percentile(const struct histogram *h, double percentile)
{
    uint64_t rank = rank_of(percentile, h->count);
    if (rank == h->count)
        return h->max;
    int64_t value = histogram_bin_high(bin_of_rank(h, rank));
    if (value > h->max)
        return h->max;
    return value < h->min ? h->min : value;
}

double histogram_mean(const struct histogram *h)
{
    return h->sum / (double)h->count;
}
