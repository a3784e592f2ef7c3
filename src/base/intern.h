/* intern — strings to small dense numbers, first come first served.
 *
 * Owns copies of the strings. Numbers are 0, 1, 2, … and never change. Each
 * string may carry a note (an example, a traceback), set when it is added.
 * Bounded: beyond `limit` nothing new is taken. A zeroed struct with a limit
 * set is ready. Not thread-safe. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { INTERN_NONE = UINT32_MAX };

struct intern_entry {
    char *text; /* owned */
    char *note; /* owned; NULL if none */
    uint32_t length;
    uint32_t hash;
};

struct intern {
    struct intern_entry *entries; /* owned */
    size_t capacity;
    uint32_t count;
    uint32_t limit;
    uint32_t *slots; /* owned; entry number + 1, 0 = free */
    uint32_t slot_count;
};

void intern_init(struct intern *t, uint32_t limit);
void intern_fini(struct intern *t);
/* The number of a known string, or INTERN_NONE. */
uint32_t intern_find(const struct intern *t, const char *text, size_t length);
/* The number of the string, added if it is new and there is room; else
 * INTERN_NONE. `note` (may be NULL) is copied only when the string is new. */
uint32_t intern_add(struct intern *t, const char *text, size_t length,
                    const char *note);
