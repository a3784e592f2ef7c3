#include "base/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

struct reader {
    struct csv *table;
    const struct csv_options *options;
    char delimiter;
    const char *at;
    const char *end;
    size_t written; /* bytes of cells so far: never more than were read */
    size_t capacity;
    size_t line;       /* of the input, from 1 */
    size_t field;      /* fields of the current record */
    size_t start_line; /* where the current record began */
};

static void put(struct reader *r, char c)
{
    r->table->bytes[r->written++] = c;
}

static bool read_quoted(struct reader *r, struct error *err)
{
    size_t opened = r->line;
    for (r->at++; r->at < r->end && *r->at; r->at++) {
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
    return r->at < r->end ||
           error_set(err, "line %zu: a quote is never closed", opened);
}

static bool is_cell_end(const struct reader *r)
{
    return r->at == r->end || *r->at == r->delimiter || *r->at == '\n' ||
           (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n');
}

static bool read_cell(struct reader *r, struct error *err)
{
    r->field++;
    bool quoted = r->at < r->end && *r->at == '"';
    if (quoted && !read_quoted(r, err))
        return false;
    while (!is_cell_end(r)) {
        if (!*r->at)
            return error_set(err,
                             "line %zu: a zero byte; save the file as UTF-8, "
                             "not UTF-16",
                             r->line);
        if (quoted || *r->at == '"')
            return error_set(err,
                             "line %zu: a quote inside a field; put the whole "
                             "field in quotes and double the inner ones",
                             r->line);
        put(r, *r->at++);
    }
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

/* Passes what separates it from the next one first: the NUL may come to lie
 * there. True if the record goes on. */
static bool end_cell(struct reader *r)
{
    bool goes_on = r->at < r->end && *r->at == r->delimiter;
    if (goes_on)
        r->at++;
    else
        skip_line_end(r);
    put(r, '\0');
    return goes_on;
}

static const char *next_cell(const char *cell)
{
    return cell + strlen(cell) + 1;
}

/* A row is a table by column name, so two of one name would lose a value. */
static bool check_names(const struct csv *t, size_t line, struct error *err)
{
    const char *name = t->names;
    for (size_t i = 0; i < t->columns; i++, name = next_cell(name)) {
        const char *other = t->names;
        for (size_t k = 0; k < i; k++, other = next_cell(other))
            if (strcmp(name, other) == 0)
                return error_set(err, "line %zu: two columns are named '%.60s'",
                                 line, name);
    }
    return true;
}

static void take_given_names(struct csv *t, const struct csv_options *o)
{
    const char *end = o->names;
    for (size_t i = 0; i < o->name_count; i++)
        end = next_cell(end);
    t->names = xmemdup(o->names, (size_t)(end - o->names));
    t->columns = o->name_count;
}

static bool take_header(struct reader *r, struct error *err)
{
    struct csv *t = r->table;
    t->names = xmemdup(t->bytes, r->written);
    t->columns = r->field;
    r->written = 0;
    return check_names(t, r->start_line, err);
}

static bool is_ragged(const struct reader *r, struct error *err)
{
    const struct csv *t = r->table;
    if (r->field == t->columns)
        return false;
    const char *model = !r->options->no_header ? "the header has"
                        : t->names             ? "the names are"
                                               : "the first row has";
    error_set(err, "line %zu has %zu fields, %s %zu", r->start_line, r->field,
              model, t->columns);
    return true;
}

static bool end_record(struct reader *r, size_t start, struct error *err)
{
    struct csv *t = r->table;
    if (!t->columns && !r->options->no_header)
        return take_header(r, err);
    if (!t->columns)
        t->columns = r->field;
    if (is_ragged(r, err))
        return false;
    array_reserve((void **)&t->rows, &r->capacity, t->row_count + 1,
                  sizeof *t->rows);
    t->rows[t->row_count++] = start;
    return true;
}

static bool read_record(struct reader *r, struct error *err)
{
    size_t start = r->written;
    r->field = 0;
    r->start_line = r->line;
    do {
        if (!read_cell(r, err))
            return false;
    } while (end_cell(r));
    return end_record(r, start, err);
}

static void skip_rest_of_line(struct reader *r)
{
    while (r->at < r->end && *r->at != '\n')
        r->at++;
    skip_line_end(r);
}

/* Blank lines, and comments. */
static void skip_empty(struct reader *r)
{
    char comment = r->options->comment;
    while (r->at < r->end) {
        if (*r->at == '\n' || *r->at == '\r')
            skip_line_end(r);
        else if (comment && *r->at == comment)
            skip_rest_of_line(r);
        else
            return;
    }
}

static void give_back_slack(struct reader *r)
{
    struct csv *t = r->table;
    t->bytes = xrealloc(t->bytes, r->written);
    t->rows = xrealloc(t->rows, t->row_count * sizeof *t->rows);
}

bool csv_parse(struct csv *t, char *text, size_t size,
               const struct csv_options *options, struct error *err)
{
    *t = (struct csv){.bytes = text};
    struct reader r = {.table = t,
                       .options = options,
                       .delimiter =
                           options->delimiter ? options->delimiter : ',',
                       .at = text,
                       .end = text + size,
                       .line = 1};
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        r.at += 3;
    if (options->no_header && options->names)
        take_given_names(t, options);
    for (skip_empty(&r); r.at < r.end; skip_empty(&r))
        if (!read_record(&r, err))
            goto fail;
    if (!t->columns) {
        error_set(err, options->no_header
                           ? "the file is empty"
                           : "the file is empty; its first line names the "
                             "columns");
        goto fail;
    }
    give_back_slack(&r);
    return true;
fail:
    csv_fini(t);
    return false;
}

void csv_fini(struct csv *t)
{
    free(t->bytes);
    free(t->rows);
    free(t->names);
    *t = (struct csv){0};
}

const char *csv_row(const struct csv *t, size_t row)
{
    return t->bytes + t->rows[row];
}

const char *csv_cell(const struct csv *t, size_t row, size_t column)
{
    const char *cell = csv_row(t, row);
    while (column--)
        cell = next_cell(cell);
    return cell;
}

long csv_column(const struct csv *t, const char *name)
{
    const char *known = t->names;
    for (size_t i = 0; known && i < t->columns; i++, known = next_cell(known))
        if (strcmp(known, name) == 0)
            return (long)i;
    return -1;
}
