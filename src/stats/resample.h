/* resample — the sums of a few histograms, each taken as often as was drawn.
 *
 * A block bootstrap asks for thousands of sums of the same parts. So the bins
 * that any part has are numbered once, and a sum is an addition for each bin
 * that a part has; nothing is decoded or allocated for a draw. A zeroed struct
 * has no parts. Single-threaded. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct histogram;

struct resample_entry {
    uint32_t slot; /* of the bin among those that occur */
    uint64_t count;
};

struct resample {
    struct resample_entry *entries; /* owned: of all parts, one by one */
    size_t entry_count;
    size_t entry_capacity;
    size_t *ends; /* owned: behind the last entry of each part */
    size_t part_count;
    size_t part_capacity;
    uint32_t *bins;  /* owned: bin of each slot */
    uint64_t *sums;  /* owned: of each slot, over what was drawn */
    uint32_t *slots; /* owned: slot of each bin, counted from 1; 0 is none */
    size_t slot_count;
};

void resample_fini(struct resample *r);
/* Forgets the parts and keeps the room. */
void resample_reset(struct resample *r);
void resample_add_part(struct resample *r, const struct histogram *part);
/* Adds a part, counted from 0, to what was drawn; it must be there. */
void resample_draw(struct resample *r, size_t part);
/* Moves what was drawn into an empty histogram; the next draw begins anew. */
void resample_take(struct resample *r, struct histogram *into);
