/* alias — drawing one of many in proportion to their weights, in O(1).
 *
 * Vose's alias method ("A linear algorithm for generating random numbers with a
 * given distribution", IEEE Trans. Software Engineering 17, 1991): 8 bytes an
 * item. Read-only once made: any thread may draw, each from its own stream. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random;

struct alias_slot {
    uint32_t keep;  /* of 2^32 draws of this slot, so many are for it … */
    uint32_t other; /* … and the others for this one */
};

struct alias {
    struct alias_slot *slots; /* owned */
    uint32_t count;
};

/* Preconditions: weights are finite and not negative, their sum is above 0.
 * The weights are scratch afterwards. O(count). */
void alias_init(struct alias *a, double *weights, uint32_t count);
void alias_fini(struct alias *a);
uint32_t alias_draw(const struct alias *a, struct random *r);
