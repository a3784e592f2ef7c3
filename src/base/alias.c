#include "base/alias.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/random.h"

static uint32_t share_of_slot(double weight)
{
    double draws = weight * 0x1p32;
    return draws < 0x1p32 - 1 ? (uint32_t)draws : UINT32_MAX;
}

/* With a mean of 1, items below 1 leave room in their slot that an item above 1
 * fills, until that one is below 1 itself. `order` holds the small ones from
 * its front and the large ones from its back. */
void alias_init(struct alias *a, double *weights, uint32_t count)
{
    double sum = 0;
    uint32_t small = 0, large = count;
    uint32_t *order = xcalloc(count, sizeof *order);
    *a = (struct alias){xcalloc(count, sizeof *a->slots), count};
    for (uint32_t i = 0; i < count; i++)
        sum += weights[i];
    for (uint32_t i = 0; i < count; i++) {
        weights[i] = weights[i] / sum * count;
        order[weights[i] < 1 ? small++ : --large] = i;
    }
    while (small > 0 && large < count) {
        uint32_t poor = order[--small], rich = order[large];
        a->slots[poor] =
            (struct alias_slot){share_of_slot(weights[poor]), rich};
        weights[rich] -= 1 - weights[poor];
        if (weights[rich] < 1) {
            large++;
            order[small++] = rich;
        }
    }
    /* What rounding left on either side fills its slot alone. */
    while (small > 0) {
        uint32_t i = order[--small];
        a->slots[i] = (struct alias_slot){UINT32_MAX, i};
    }
    for (; large < count; large++)
        a->slots[order[large]] = (struct alias_slot){UINT32_MAX, order[large]};
    free(order);
}

void alias_fini(struct alias *a)
{
    free(a->slots);
    *a = (struct alias){0};
}

uint32_t alias_draw(const struct alias *a, struct random *r)
{
    uint32_t slot = (uint32_t)random_int(r, 0, (int64_t)a->count - 1);
    uint32_t coin = (uint32_t)(random_next(r) >> 32);
    return coin < a->slots[slot].keep ? slot : a->slots[slot].other;
}
