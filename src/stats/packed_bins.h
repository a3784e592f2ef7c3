/* packed_bins — the bins of a histogram in as few bytes as they need.
 *
 * Gap and count of each bin as numbers of seven bits a byte (LEB128): a
 * second's bins take two or three bytes each. Only bins are kept, neither sum
 * nor extremes. A zeroed struct holds none. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct histogram;

struct packed_bins {
    uint8_t *bytes; /* owned */
    size_t size;
};

void packed_bins_fini(struct packed_bins *p);
/* Replaces what it holds. */
void packed_bins_set(struct packed_bins *p, const struct histogram *h);
/* Calls `visit` for each bin with a count, lowest first. */
void packed_bins_each(const struct packed_bins *p,
                      void (*visit)(uint32_t bin, uint64_t count, void *arg),
                      void *arg);
