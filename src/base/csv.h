/* csv — a table of text from RFC 4180 bytes.
 *
 * Owns one block of cell bytes and one array of offsets, so that a file costs
 * about its own size. The first record is the header. A byte order mark is
 * skipped, CRLF and LF both end a record, quotes may hold commas, newlines and
 * doubled quotes. A record with another number of fields than the header is
 * an error that names its line. Read-only after loading: any thread may read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct error;

struct csv {
    char *bytes;     /* owned: all cells, each with a NUL behind it */
    size_t *offsets; /* owned: where cell i starts; cells + 1 entries */
    size_t columns;
    size_t rows; /* without the header */
};

/* Errors: unterminated quote, stray quote, ragged record, no header. */
bool csv_parse(struct csv *t, const char *text, size_t size,
               struct error *err) ATTR_NODISCARD;
void csv_fini(struct csv *t);
/* Row 0 is the header. The length goes to `*length`. */
const char *csv_cell(const struct csv *t, size_t row, size_t column,
                     size_t *length);
