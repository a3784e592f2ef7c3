#include "stats/resample.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "stats/histogram.h"

void resample_fini(struct resample *r)
{
    free(r->entries);
    free(r->ends);
    free(r->bins);
    free(r->sums);
    free(r->slots);
    *r = (struct resample){0};
}

static void make_room(struct resample *r)
{
    if (r->slots)
        return;
    r->slots = xcalloc(HISTOGRAM_BINS, sizeof *r->slots);
    r->bins = xcalloc(HISTOGRAM_BINS, sizeof *r->bins);
    r->sums = xcalloc(HISTOGRAM_BINS, sizeof *r->sums);
}

void resample_reset(struct resample *r)
{
    make_room(r);
    for (size_t slot = 0; slot < r->slot_count; slot++) {
        r->slots[r->bins[slot]] = 0;
        r->sums[slot] = 0;
    }
    r->slot_count = r->entry_count = r->part_count = 0;
}

static void add_entry(uint32_t bin, uint64_t count, void *arg)
{
    struct resample *r = arg;
    if (!r->slots[bin]) {
        r->bins[r->slot_count++] = bin;
        r->slots[bin] = (uint32_t)r->slot_count;
    }
    array_reserve((void **)&r->entries, &r->entry_capacity, r->entry_count + 1,
                  sizeof *r->entries);
    r->entries[r->entry_count++] =
        (struct resample_entry){.slot = r->slots[bin] - 1, .count = count};
}

void resample_add_part(struct resample *r, const struct histogram *part)
{
    make_room(r);
    histogram_each(part, add_entry, r);
    array_reserve((void **)&r->ends, &r->part_capacity, r->part_count + 1,
                  sizeof *r->ends);
    r->ends[r->part_count++] = r->entry_count;
}

void resample_draw(struct resample *r, size_t part)
{
    const struct resample_entry *entries = r->entries;
    for (size_t i = part ? r->ends[part - 1] : 0; i < r->ends[part]; i++)
        r->sums[entries[i].slot] += entries[i].count;
}

void resample_take(struct resample *r, struct histogram *into)
{
    for (size_t slot = 0; slot < r->slot_count; slot++) {
        if (r->sums[slot])
            histogram_add_bin(into, r->bins[slot], r->sums[slot]);
        r->sums[slot] = 0;
    }
}
