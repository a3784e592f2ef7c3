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
/* Follows a path like `user.items[1].id` (indices from 1) to what a decoder of
 * the whole text would have there: names are compared without their escapes,
 * and of members with one name the last counts. False if there is no such value
 * or the text is broken, which is noticed up to the end of the outermost
 * container. */
bool json_find(const char *text, size_t length, const char *path,
               struct json_slice *value);
/* The first \u escape that is half of a surrogate pair without the other half,
 * in text that is JSON; NULL if there is none. It stands for U+FFFD. */
const char *json_lone_surrogate(const char *at, const char *end);
/* Calls `visit` for each element of the array `array`; false if it is none. */
bool json_each(struct json_slice array,
               void (*visit)(struct json_slice element, void *arg), void *arg);
