/* csv — a table of text from RFC 4180 bytes.
 *
 * Owns the text, which it turns into cells in place, and where each row starts
 * in it: a file costs its own size and 8 bytes a row. A byte order mark is
 * skipped, CRLF and LF both end a record, quotes may hold delimiters, newlines
 * and doubled quotes. A record with another number of fields than the header,
 * or the first record, is an error that names its line. Read-only after
 * loading: any thread may read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct error;

/* All zero: commas, a header, no comments. */
struct csv_options {
    char delimiter;    /* '\0' is a comma */
    char comment;      /* lines that begin with it are skipped; '\0' is none */
    bool no_header;    /* the first record is a row like any other */
    const char *names; /* borrowed; with no_header: `name_count` texts, each
                          with a NUL behind it. NULL: columns have numbers */
    size_t name_count;
};

struct csv {
    char *bytes;  /* owned: the cells row by row, each with a NUL behind it */
    size_t *rows; /* owned: where each row starts */
    char *names;  /* owned: of the columns, laid out like a row; or NULL */
    size_t columns;
    size_t row_count;
};

/* Takes over `text`: `size` bytes in a block of malloc's with room for one
 * more. Errors: unterminated quote, stray quote, zero byte, ragged record, a
 * name twice, nothing there. */
bool csv_parse(struct csv *t, char *text, size_t size,
               const struct csv_options *options,
               struct error *err) ATTR_NODISCARD;
void csv_fini(struct csv *t);
/* The first cell of a row, from 0; the others follow behind its NUL. */
const char *csv_row(const struct csv *t, size_t row);
/* Walks to one cell of a row: O(its length). */
const char *csv_cell(const struct csv *t, size_t row, size_t column);
/* The number of a column, from 0; -1 if none has that name. */
long csv_column(const struct csv *t, const char *name);
