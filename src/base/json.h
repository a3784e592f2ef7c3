/* json — finding one value in JSON text without building the rest.
 *
 * RFC 8259. Works on borrowed text, allocates nothing, recurses to a bounded
 * depth. What it hands out are slices of the text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct json_slice {
    const char *at;
    size_t length;
};

/* The value that starts at `at` (spaces before it are skipped), as a slice;
 * false if there is none or it is broken. */
bool json_value(const char *at, const char *end, struct json_slice *value);
/* The whole text is one value and nothing else. */
bool json_document(const char *text, size_t length, struct json_slice *value);
/* Follows a path like `user.items[1].id` (indices from 1). False if the text is
 * broken on the way there or has no such value. */
bool json_find(const char *text, size_t length, const char *path,
               struct json_slice *value);
/* Calls `visit` for each element of the array `array`; false if it is none. */
bool json_each(struct json_slice array,
               void (*visit)(struct json_slice element, void *arg), void *arg);
