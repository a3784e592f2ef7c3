#include "base/line_pattern.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void line_pattern_begin(struct line_pattern *p, const char *head, size_t length)
{
    line_pattern_fini(p);
    p->head = xmemdup(head, length);
    p->head_length = length;
}

void line_pattern_fini(struct line_pattern *p)
{
    free(p->head);
    for (size_t i = 0; i < p->count; i++)
        free(p->pieces[i].text);
    *p = (struct line_pattern){0};
}

bool line_pattern_add(struct line_pattern *p, int slot, const char *text,
                      size_t length)
{
    bool is_behind_end = p->count && !p->pieces[p->count - 1].length;
    if (is_behind_end || p->count == LINE_PIECES_MAX || slot >= LINE_SLOTS_MAX)
        return false;
    p->pieces[p->count++] = (struct line_piece){
        .text = xmemdup(text, length), .length = length, .slot = slot};
    if (slot >= p->slots)
        p->slots = slot + 1;
    return true;
}

/* A quote within a field: an odd number of backslashes is before it. */
static bool is_escaped(const char *field, const char *quote)
{
    const char *at = quote;
    while (at > field && at[-1] == '\\')
        at--;
    return (quote - at) % 2 != 0;
}

/* Where the text behind the field at `at` stands; NULL if nowhere. */
static const char *find(const struct line_piece *piece, const char *at,
                        const char *end)
{
    const char *from = at;
    for (;;) {
        from = memchr(from, *piece->text, (size_t)(end - from));
        if (!from || (size_t)(end - from) < piece->length)
            return NULL;
        if (memcmp(from, piece->text, piece->length) == 0 &&
            !(*from == '"' && is_escaped(at, from)))
            return from;
        from++;
    }
}

bool line_pattern_match(const struct line_pattern *p, const char *line,
                        size_t length, struct line_slice *slots)
{
    const char *at = line, *end = line + length;
    if (length < p->head_length || memcmp(line, p->head, p->head_length) != 0)
        return false;
    at += p->head_length;
    for (int i = 0; i < p->slots; i++)
        slots[i] = (struct line_slice){0};
    for (size_t i = 0; i < p->count; i++) {
        const struct line_piece *piece = &p->pieces[i];
        const char *stop = piece->length ? find(piece, at, end) : end;
        if (!stop)
            return false;
        if (piece->slot >= 0)
            slots[piece->slot] =
                (struct line_slice){.at = at, .length = (size_t)(stop - at)};
        at = stop + piece->length;
    }
    return at == end;
}
