#include "base/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

struct reader {
    struct csv *table;
    const char *at;
    const char *end;
    size_t written; /* bytes of cells so far */
    size_t cells;
    size_t capacity;
    size_t line;       /* of the input, from 1 */
    size_t field;      /* fields of the current record */
    size_t start_line; /* where the current record began */
};

static void start_cell(struct reader *r)
{
    array_reserve((void **)&r->table->offsets, &r->capacity, r->cells + 2,
                  sizeof *r->table->offsets);
    r->table->offsets[r->cells++] = r->written;
    r->field++;
}

static void put(struct reader *r, char c)
{
    r->table->bytes[r->written++] = c;
}

static bool read_quoted(struct reader *r, struct error *err)
{
    size_t opened = r->line;
    for (r->at++; r->at < r->end; r->at++) {
        if (*r->at == '\n')
            r->line++;
        if (*r->at != '"') {
            put(r, *r->at);
        } else if (r->at + 1 < r->end && r->at[1] == '"') {
            put(r, '"');
            r->at++;
        } else {
            r->at++;
            return true;
        }
    }
    return error_set(err, "line %zu: a quote is never closed", opened);
}

static bool is_cell_end(const struct reader *r)
{
    return r->at == r->end || *r->at == ',' || *r->at == '\n' ||
           (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n');
}

static bool read_cell(struct reader *r, struct error *err)
{
    start_cell(r);
    bool quoted = r->at < r->end && *r->at == '"';
    if (quoted && !read_quoted(r, err))
        return false;
    while (!is_cell_end(r)) {
        if (quoted || *r->at == '"')
            return error_set(err,
                             "line %zu: a quote inside a field; put the whole "
                             "field in quotes and double the inner ones",
                             r->line);
        put(r, *r->at++);
    }
    put(r, '\0');
    return true;
}

static void skip_line_end(struct reader *r)
{
    if (r->at < r->end && *r->at == '\r')
        r->at++;
    if (r->at < r->end && *r->at == '\n') {
        r->at++;
        r->line++;
    }
}

/* A row is a table by column name, so two of one name would lose a value. */
static bool check_names(const struct reader *r, struct error *err)
{
    const struct csv *t = r->table;
    for (size_t i = 0; i < r->field; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(t->bytes + t->offsets[i], t->bytes + t->offsets[k]) == 0)
                return error_set(err, "line %zu: two columns are named '%.60s'",
                                 r->start_line, t->bytes + t->offsets[i]);
    return true;
}

static bool end_record(struct reader *r, struct error *err)
{
    struct csv *t = r->table;
    if (!t->columns) {
        t->columns = r->field;
        return check_names(r, err);
    } else if (r->field != t->columns) {
        return error_set(err, "line %zu has %zu fields, the header has %zu",
                         r->start_line, r->field, t->columns);
    } else {
        t->rows++;
    }
    return true;
}

static bool read_record(struct reader *r, struct error *err)
{
    r->field = 0;
    r->start_line = r->line;
    for (;;) {
        if (!read_cell(r, err))
            return false;
        if (r->at == r->end || *r->at != ',')
            break;
        r->at++;
    }
    skip_line_end(r);
    return end_record(r, err);
}

static void skip_blank_lines(struct reader *r)
{
    while (r->at < r->end && (*r->at == '\n' || *r->at == '\r'))
        skip_line_end(r);
}

bool csv_parse(struct csv *t, const char *text, size_t size, struct error *err)
{
    *t = (struct csv){0};
    struct reader r = {.table = t, .at = text, .end = text + size, .line = 1};
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        r.at += 3;
    /* A NUL per cell never outgrows the separators, but for the last cell. */
    t->bytes = xmalloc(size + 1);
    for (skip_blank_lines(&r); r.at < r.end; skip_blank_lines(&r))
        if (!read_record(&r, err))
            goto fail;
    if (!t->columns) {
        error_set(err, "the file is empty; its first line names the columns");
        goto fail;
    }
    t->offsets[r.cells] = r.written;
    return true;
fail:
    csv_fini(t);
    return false;
}

void csv_fini(struct csv *t)
{
    free(t->bytes);
    free(t->offsets);
    *t = (struct csv){0};
}

const char *csv_cell(const struct csv *t, size_t row, size_t column,
                     size_t *length)
{
    size_t cell = row * t->columns + column;
    *length = t->offsets[cell + 1] - t->offsets[cell] - 1;
    return t->bytes + t->offsets[cell];
}
