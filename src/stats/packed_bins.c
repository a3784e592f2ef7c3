#include "stats/packed_bins.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "stats/histogram.h"

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

static void put_bin(uint32_t bin, uint64_t count, void *arg)
{
    struct packing *p = arg;
    put_number(&p->bytes, bin - p->next_bin);
    put_number(&p->bytes, count);
    p->next_bin = bin + 1;
}

void packed_bins_fini(struct packed_bins *p)
{
    free(p->bytes);
    *p = (struct packed_bins){0};
}

void packed_bins_set(struct packed_bins *p, const struct histogram *h)
{
    struct packing packing = {0};
    histogram_each(h, put_bin, &packing);
    packed_bins_fini(p);
    p->bytes = (uint8_t *)xmemdup(packing.bytes.data, packing.bytes.size);
    p->size = packing.bytes.size;
    buffer_fini(&packing.bytes);
}

void packed_bins_each(const struct packed_bins *p,
                      void (*visit)(uint32_t bin, uint64_t count, void *arg),
                      void *arg)
{
    const uint8_t *at = p->bytes, *end = at + p->size;
    uint32_t bin = 0;
    while (at < end) {
        bin += (uint32_t)take_number(&at);
        visit(bin++, take_number(&at), arg);
    }
}
