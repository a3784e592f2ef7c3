#include "engine/stripe.h"

#include <stdlib.h>

#include "base/alloc.h"

/* Whose turn it is: the one that waited for most of its weight. */
static size_t next_owner(int64_t *credit, const uint32_t *weights, size_t count,
                         uint32_t length)
{
    size_t best = 0;
    for (size_t i = 0; i < count; i++) {
        credit[i] += weights[i];
        if (credit[i] > credit[best])
            best = i;
    }
    credit[best] -= length;
    return best;
}

void stripe_cycle_init(struct stripe_cycle *c, const uint32_t *weights,
                       size_t count, size_t own)
{
    *c = (struct stripe_cycle){0};
    for (size_t i = 0; i < count; i++)
        c->length += weights[i];
    int64_t *credit = xcalloc(count, sizeof *credit);
    c->slots = xcalloc(weights[own], sizeof *c->slots);
    c->before = xcalloc((size_t)c->length + 1, sizeof *c->before);
    for (uint32_t slot = 0; slot < c->length; slot++) {
        c->before[slot] = c->count;
        if (next_owner(credit, weights, count, c->length) == own)
            c->slots[c->count++] = slot;
    }
    c->before[c->length] = c->count;
    free(credit);
}

void stripe_cycle_fini(struct stripe_cycle *c)
{
    free(c->slots);
    free(c->before);
    *c = (struct stripe_cycle){0};
}

uint64_t stripe_share(const struct stripe *s, uint64_t total)
{
    const struct stripe_cycle *c = s->cycle;
    uint64_t machine =
        total / c->length * c->count + c->before[total % c->length];
    return machine > s->worker ? (machine - s->worker - 1) / s->workers + 1 : 0;
}

uint64_t stripe_unit(const struct stripe *s, uint64_t index)
{
    const struct stripe_cycle *c = s->cycle;
    uint64_t machine = index * s->workers + s->worker;
    return machine / c->count * c->length + c->slots[machine % c->count];
}
