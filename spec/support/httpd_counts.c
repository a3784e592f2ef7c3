#include "httpd_counts.h"

#include <stdlib.h>
#include <string.h>

#include "httpd_bytes.h"

/* FNV-1a */
static size_t hash(const char *key, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)key[i]) * 0x100000001b3u;
    return (size_t)(h ^ h >> 32);
}

/* The slot of `key`, or the free one where it belongs. */
static struct count *find(const struct counts *c, const char *key, size_t len)
{
    for (size_t i = hash(key, len);; i++) {
        struct count *slot = &c->slots[i & (c->capacity - 1)];
        if (!slot->key ||
            (strncmp(slot->key, key, len) == 0 && slot->key[len] == '\0'))
            return slot;
    }
}

static void grow(struct counts *c)
{
    struct counts bigger = {.capacity = c->capacity ? c->capacity * 2 : 64,
                            .used = c->used};
    bigger.slots = calloc(bigger.capacity, sizeof *bigger.slots);
    if (!bigger.slots)
        abort();
    for (size_t i = 0; i < c->capacity; i++) {
        struct count *old = &c->slots[i];
        if (old->key)
            *find(&bigger, old->key, strlen(old->key)) = *old;
    }
    free(c->slots);
    *c = bigger;
}

uint64_t counts_add(struct counts *c, const char *key, size_t len)
{
    if (c->used * 2 >= c->capacity)
        grow(c);
    struct count *slot = find(c, key, len);
    if (!slot->key) {
        slot->key = strndup(key, len);
        if (!slot->key)
            abort();
        c->used++;
    }
    return ++slot->n;
}

void counts_print(const struct counts *c, struct bytes *out)
{
    const char *comma = "";

    bytes_add_text(out, "{");
    for (size_t i = 0; i < c->capacity; i++) {
        const struct count *slot = &c->slots[i];
        if (!slot->key)
            continue;
        bytes_add_text(out, comma);
        bytes_add_json(out, slot->key, strlen(slot->key));
        bytes_addf(out, ":%llu", (unsigned long long)slot->n);
        comma = ",";
    }
    bytes_add_text(out, "}");
}

void counts_fini(struct counts *c)
{
    for (size_t i = 0; i < c->capacity; i++)
        free(c->slots[i].key);
    free(c->slots);
    *c = (struct counts){0};
}
