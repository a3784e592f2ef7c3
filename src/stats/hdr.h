/* hdr — a histogram in the V2 encoding of HdrHistogram (hdrhistogram.org), as
 * its readers in every language take it: a header of 40 bytes, then the counts
 * of all bins up to the last one as zigzag LEB128, a run of empty bins as a
 * negative number. The compressed form around it is for others to make.
 *
 * Our bins are HdrHistogram's for a lowest value of 100 and three significant
 * digits, so nothing is lost; the exact extremes and the sum are not stored.
 * Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "stats/histogram.h"

struct buffer;
struct error;

enum {
    HDR_HEADER_BYTES = 40,
    HDR_WRAPPER_BYTES = 8, /* a cookie, and how many compressed bytes follow */
    HDR_MAX_BYTES = HDR_HEADER_BYTES + 9 * HISTOGRAM_BINS
};

/* Counts beyond this are refused: a double would not hold their sum. */
#define HDR_MAX_COUNT (UINT64_C(1) << 53)

/* Appends the encoding. */
void hdr_encode(const struct histogram *h, struct buffer *out);
/* Adds what was encoded to `into`; false if it is broken, cut short, or has
 * other bins than ours. `into` is of no use then. */
bool hdr_decode(const char *bytes, size_t size, struct histogram *into,
                struct error *err) ATTR_NODISCARD;

/* The wrapper of the compressed form, written or read: how many compressed
 * bytes follow. */
void hdr_wrap(char to[HDR_WRAPPER_BYTES], size_t compressed_bytes);
bool hdr_unwrap(const char *bytes, size_t size, size_t *compressed_bytes,
                struct error *err) ATTR_NODISCARD;
