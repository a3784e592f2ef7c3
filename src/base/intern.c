#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { FIRST_SLOTS = 64 };

/* FNV-1a, 32 bits (Fowler, Noll, Vo). */
static uint32_t hash_bytes(const char *text, size_t length)
{
    uint32_t hash = UINT32_C(2166136261);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT32_C(16777619);
    return hash;
}

void intern_init(struct intern *t, uint32_t limit)
{
    *t = (struct intern){.limit = limit};
}

void intern_fini(struct intern *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        free(t->entries[i].text);
        free(t->entries[i].note);
    }
    free(t->entries);
    free(t->slots);
    *t = (struct intern){0};
}

static uint32_t find_hashed(const struct intern *t, const char *text,
                            size_t length, uint32_t hash)
{
    if (!t->slot_count)
        return INTERN_NONE;
    uint32_t mask = t->slot_count - 1;
    for (uint32_t i = hash & mask; t->slots[i]; i = (i + 1) & mask) {
        const struct intern_entry *e = &t->entries[t->slots[i] - 1];
        if (e->hash == hash && e->length == length &&
            memcmp(e->text, text, length) == 0)
            return t->slots[i] - 1;
    }
    return INTERN_NONE;
}

uint32_t intern_find(const struct intern *t, const char *text, size_t length)
{
    return find_hashed(t, text, length, hash_bytes(text, length));
}

static void place(struct intern *t, uint32_t number)
{
    uint32_t mask = t->slot_count - 1;
    uint32_t i = t->entries[number].hash & mask;
    while (t->slots[i])
        i = (i + 1) & mask;
    t->slots[i] = number + 1;
}

static void grow_slots(struct intern *t)
{
    t->slot_count = t->slot_count ? t->slot_count * 2 : FIRST_SLOTS;
    free(t->slots);
    t->slots = xcalloc(t->slot_count, sizeof *t->slots);
    for (uint32_t i = 0; i < t->count; i++)
        place(t, i);
}

uint32_t intern_add(struct intern *t, const char *text, size_t length,
                    const char *note)
{
    uint32_t hash = hash_bytes(text, length);
    uint32_t known = find_hashed(t, text, length, hash);
    if (known != INTERN_NONE || t->count >= t->limit)
        return known;
    if (2 * (t->count + 1) > t->slot_count)
        grow_slots(t);
    array_reserve((void **)&t->entries, &t->capacity, t->count + 1,
                  sizeof *t->entries);
    t->entries[t->count] =
        (struct intern_entry){.text = xmemdup(text, length),
                              .note = note ? xstrdup(note) : NULL,
                              .length = (uint32_t)length,
                              .hash = hash};
    place(t, t->count);
    return t->count++;
}
