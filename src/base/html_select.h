/* html_select — elements by simple CSS selectors.
 *
 * A part is a tag or *, with any of #id .class [name] [name=value] and the
 * operators ~= ^= $= *=; parts with spaces between them are elements inside
 * elements. That is all: no lists, no > + ~, no pseudo-classes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/html.h"

struct error;

enum { HTML_PARTS_MAX = 8, HTML_CONDITIONS_MAX = 8 };

struct html_condition {
    struct html_slice name, value;
    char compare; /* of the attribute's value: = ~ ^ $ *, or 0 for any */
};

struct html_part {
    struct html_slice tag; /* empty for any */
    struct html_condition conditions[HTML_CONDITIONS_MAX];
    size_t count;
};

struct html_selector {
    struct html_part parts[HTML_PARTS_MAX]; /* their text is borrowed */
    size_t count;
    size_t work; /* bytes of attributes that were looked at; see html_select */
};

bool html_selector_read(struct html_selector *s, const char *text,
                        size_t length, struct error *err) ATTR_NODISCARD;
/* The first match among the elements from `from` up to, not including, `to`;
 * HTML_NONE if there is none, or when a page makes the selector look at more
 * than 64 MB of attributes. */
uint32_t html_select(const struct html *h, struct html_selector *s,
                     uint32_t from, uint32_t to);
