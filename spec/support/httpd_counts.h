/* httpd_counts — how many requests came, by path and by method.
 *
 * A hash table from text to number, grown as needed. Single-threaded. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bytes;

struct count {
    char *key; /* owned; NULL where the slot is free */
    uint64_t n;
};

struct counts {
    struct count *slots; /* owned */
    size_t capacity;     /* a power of two, or 0 */
    size_t used;
};

/* Adds one and returns the new count. */
uint64_t counts_add(struct counts *c, const char *key, size_t len);

/* A JSON object in no particular order. */
void counts_print(const struct counts *c, struct bytes *out);
void counts_fini(struct counts *c);
