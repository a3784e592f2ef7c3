#include "engine/sample.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"

void sample_ring_init(struct sample_ring *r, size_t slots)
{
    assert(slots && (slots & (slots - 1)) == 0);
    *r = (struct sample_ring){.slots = xcalloc(slots, sizeof *r->slots),
                              .mask = slots - 1};
}

void sample_ring_fini(struct sample_ring *r)
{
    free(r->slots);
    r->slots = NULL;
}

struct sample *sample_ring_next(struct sample_ring *r)
{
    size_t written = atomic_load_explicit(&r->written, memory_order_relaxed);
    size_t taken = atomic_load_explicit(&r->taken, memory_order_acquire);
    if (written - taken <= r->mask)
        return &r->slots[written & r->mask];
    atomic_fetch_add_explicit(&r->dropped, 1, memory_order_relaxed);
    return NULL;
}

void sample_ring_put(struct sample_ring *r)
{
    size_t written = atomic_load_explicit(&r->written, memory_order_relaxed);
    atomic_store_explicit(&r->written, written + 1, memory_order_release);
}

size_t sample_ring_count(struct sample_ring *r)
{
    size_t written = atomic_load_explicit(&r->written, memory_order_acquire);
    return written - atomic_load_explicit(&r->taken, memory_order_relaxed);
}

const struct sample *sample_ring_at(const struct sample_ring *r, size_t index)
{
    size_t taken = atomic_load_explicit(&r->taken, memory_order_relaxed);
    return &r->slots[(taken + index) & r->mask];
}

void sample_ring_take(struct sample_ring *r, size_t count)
{
    size_t taken = atomic_load_explicit(&r->taken, memory_order_relaxed);
    atomic_store_explicit(&r->taken, taken + count, memory_order_release);
}
