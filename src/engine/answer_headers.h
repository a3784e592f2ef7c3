/* answer_headers — which of an answer's header lines decide how its request
 * goes on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Borrows the lines it was read from. */
struct answer_headers {
    bool is_coded;        /* it has a Content-Encoding */
    const char *location; /* NULL: none; the first one counts */
    size_t location_length;
    const char *cookies; /* the first line with one; NULL: none */
    bool is_challenged;
};

/* Adds what the lines say to a zeroed `h`. */
void answer_headers_read(struct answer_headers *h, const char *lines,
                         size_t size);

/* The trimmed value of the line from `at` to `end`, if that is its name; else
 * NULL. */
const char *answer_header_value(const char *at, const char *end,
                                const char *name, size_t name_length,
                                size_t *length);

#define ANSWER_HEADER_VALUE(at, end, name, length)                             \
    answer_header_value(at, end, name, sizeof(name) - 1, length)
