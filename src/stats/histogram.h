/* histogram — where values fell, to three significant digits.
 *
 * The bins of HdrHistogram (Gil Tene, hdrhistogram.org) with lowest value
 * 100 ns and 3 significant digits: 64 ns wide up to 131,072 ns, then 1,024 bins
 * for each doubling, so a value is known to 0.1 % or 64 ns, whichever is
 * larger. Bins live in chunks that are allocated on first touch; an unused
 * histogram costs its struct. Merging adds bins and loses nothing.
 *
 * A zeroed struct is an empty histogram. Single-threaded. Values are
 * nanoseconds; custom trends use a millionth of their unit instead. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_UNIT_BITS = 6,  /* the finest bin is 2^6 ns wide */
    HISTOGRAM_HALF_BITS = 10, /* 2^10 bins a doubling */
    HISTOGRAM_CHUNK_BINS = 128,
    HISTOGRAM_TIME_BINS = 27648, /* 100 ns to 1 h */
    HISTOGRAM_BINS = 48 * 1024,  /* up to 2^62, for custom trends */
    HISTOGRAM_CHUNKS = HISTOGRAM_BINS / HISTOGRAM_CHUNK_BINS
};

/* One hour: longer times are counted as one hour, and as clamped. */
#define HISTOGRAM_MAX_TIME_NS INT64_C(3600000000000)
#define HISTOGRAM_MAX_VALUE (INT64_C(1) << 62)

struct histogram {
    uint64_t **chunks; /* owned; HISTOGRAM_CHUNKS pointers, NULL = untouched */
    uint64_t count;
    uint64_t clamped; /* values outside the range, counted at its edge */
    int64_t min;      /* exact; meaningless while count is 0 */
    int64_t max;
    double sum;
};

void histogram_fini(struct histogram *h);
/* Empties it and keeps its chunks for the next use. */
void histogram_reset(struct histogram *h);
/* Negative values count as 0; values above `limit` as `limit`. */
void histogram_record(struct histogram *h, int64_t value, int64_t limit);
/* A `from` without chunks adds its sums alone. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The value of rank ceil(percentile/100 * count), as the highest value of its
 * bin but never beyond the exact maximum. Precondition: count > 0. */
int64_t histogram_percentile(const struct histogram *h, double percentile);
/* Precondition: count > 0. */
double histogram_mean(const struct histogram *h);

/* The bin a value in [0, 2^62] falls into, and the edges of a bin. */
uint32_t histogram_bin(int64_t value);
int64_t histogram_bin_low(uint32_t bin);
int64_t histogram_bin_high(uint32_t bin);

/* Calls `visit` for each bin with a count, lowest first. */
void histogram_each(const struct histogram *h,
                    void (*visit)(uint32_t bin, uint64_t count, void *arg),
                    void *arg);
/* Adds to `counts`, of `edge_count` + 1 elements, how many values are not above
 * each of the rising edges and above the one before; the last is for the rest.
 * A bin that an edge divides belongs above it, with all that fell into it. */
void histogram_buckets(const struct histogram *h, const int64_t *edges,
                       size_t edge_count, uint64_t *counts);
/* Adds `count` values of one bin, e.g. from a stored window. */
void histogram_add_bin(struct histogram *h, uint32_t bin, uint64_t count);
/* Takes values out again that were added to a bin; the sums stay. */
void histogram_take_bin(struct histogram *h, uint32_t bin, uint64_t count);
