/* line_pattern — a line taken apart at the texts between its fields, which is
 * what a log_format of nginx says.
 *
 * A field reaches to the next place where the text behind it stands; before a
 * text that begins with a quote, quotes with a backslash belong to the field.
 * Works on borrowed lines, allocates nothing while it matches. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

enum {
    LINE_SLOTS_MAX = 16, /* fields that are wanted */
    LINE_PIECES_MAX = 256
};

struct line_piece {
    char *text; /* owned; behind the field, "" for the end of the line */
    size_t length;
    int slot; /* where the field goes, from 0; -1: nowhere */
};

struct line_pattern {
    char *head; /* owned; what the line begins with, before the first field */
    size_t head_length;
    struct line_piece pieces[LINE_PIECES_MAX];
    size_t count;
    int slots; /* one more than the highest */
};

struct line_slice {
    const char *at; /* NULL: the pattern has no such field */
    size_t length;
};

/* `p` is zeroed, or was made by this before. */
void line_pattern_begin(struct line_pattern *p, const char *head,
                        size_t length);
/* False: there are too many fields, or two of them with nothing between. */
bool line_pattern_add(struct line_pattern *p, int slot, const char *text,
                      size_t length) ATTR_NODISCARD;
void line_pattern_fini(struct line_pattern *p);

/* Fills `p->slots` slices; false if the line is of another form. */
bool line_pattern_match(const struct line_pattern *p, const char *line,
                        size_t length, struct line_slice *slots);
