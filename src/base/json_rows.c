#include "base/json_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

struct collector {
    struct json_rows *table;
    size_t capacity;
};

static void add_start(struct collector *c, const char *at)
{
    struct json_rows *t = c->table;
    array_reserve((void **)&t->starts, &c->capacity, t->row_count + 2,
                  sizeof *t->starts);
    t->starts[t->row_count++] = (size_t)(at - t->text);
}

static void collect(struct json_slice element, void *arg)
{
    add_start(arg, element.at);
}

static void end_rows(struct collector *c, const char *end)
{
    struct json_rows *t = c->table;
    t->starts = xrealloc(t->starts, (t->row_count + 1) * sizeof *t->starts);
    t->starts[t->row_count] = (size_t)(end - t->text);
}

static const char *after_mark(const char *text, size_t size)
{
    bool is_there = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    return is_there ? text + 3 : text;
}

bool json_rows_of_document(struct json_rows *t, char *text, size_t size,
                           struct error *err)
{
    *t = (struct json_rows){.text = text};
    struct collector c = {.table = t};
    const char *from = after_mark(text, size), *end = text + size;
    if (!json_document(from, (size_t)(end - from), &t->document)) {
        json_rows_fini(t);
        return error_set(err, "not valid JSON");
    }
    t->is_array = json_each(t->document, collect, &c);
    if (t->is_array)
        end_rows(&c, t->document.at + t->document.length - 1);
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_blank(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    return at == end;
}

static bool take_line(struct collector *c, const char *at, const char *end,
                      size_t line, struct error *err)
{
    struct json_slice value;
    if (is_blank(at, end))
        return true;
    if (!json_document(at, (size_t)(end - at), &value))
        return error_set(err, "line %zu: not valid JSON", line);
    add_start(c, value.at);
    return true;
}

bool json_rows_of_lines(struct json_rows *t, char *text, size_t size,
                        struct error *err)
{
    *t = (struct json_rows){.text = text, .is_array = true};
    struct collector c = {.table = t};
    const char *at = after_mark(text, size), *end = text + size;
    for (size_t line = 1; at < end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline ? newline : end;
        if (!take_line(&c, at, line_end, line, err)) {
            json_rows_fini(t);
            return false;
        }
        at = newline ? newline + 1 : end;
    }
    end_rows(&c, end);
    return true;
}

void json_rows_fini(struct json_rows *t)
{
    free(t->text);
    free(t->starts);
    *t = (struct json_rows){0};
}

/* What lies between two rows is space and a comma, with which no value ends. */
struct json_slice json_rows_at(const struct json_rows *t, size_t row)
{
    const char *at = t->text + t->starts[row];
    const char *end = t->text + t->starts[row + 1];
    while (end > at && (is_space(end[-1]) || end[-1] == ','))
        end--;
    return (struct json_slice){at, (size_t)(end - at)};
}
