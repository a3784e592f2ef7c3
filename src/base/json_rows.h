/* json_rows — the elements of a JSON array, or the lines of a JSON Lines file.
 *
 * Owns the text and where each row starts in it: a file costs its own size and
 * 8 bytes a row. Everything is checked to be JSON on loading. Read-only
 * afterwards: any thread may read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/json.h"

struct error;

struct json_rows {
    char *text;       /* owned */
    size_t *starts;   /* owned: of each row, and one behind the last */
    size_t row_count; /* 0 if it is no array */
    bool is_array;    /* of lines: always */
    struct json_slice document; /* of a document: the whole of it */
};

/* Both take over `text`: `size` bytes in a block of malloc's. A byte order mark
 * is skipped. */
bool json_rows_of_document(struct json_rows *t, char *text, size_t size,
                           struct error *err) ATTR_NODISCARD;
/* One value a line; blank lines are skipped. */
bool json_rows_of_lines(struct json_rows *t, char *text, size_t size,
                        struct error *err) ATTR_NODISCARD;
void json_rows_fini(struct json_rows *t);
/* From 0. */
struct json_slice json_rows_at(const struct json_rows *t, size_t row);
