/* yamldoc — the first document of a YAML text, event by event, by libyaml.
 *
 * The text is borrowed until the end. What an event points to is good until the
 * next one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct error;
struct yamldoc;

enum yamldoc_kind {
    YAMLDOC_SCALAR,
    YAMLDOC_ALIAS,
    YAMLDOC_LIST,
    YAMLDOC_MAP,
    YAMLDOC_CLOSE, /* of the innermost list or map */
    YAMLDOC_END,
};

struct yamldoc_event {
    enum yamldoc_kind kind;
    const char *text; /* of a scalar; the name of an alias */
    size_t length;
    const char *anchor; /* NULL: the node has none */
    bool is_plain;      /* a scalar without quotes or tag: any type */
    size_t line;        /* from 1 */
};

struct yamldoc *yamldoc_new(const char *text, size_t length);
void yamldoc_free(struct yamldoc *d);
/* False: `err` says what is wrong, and in which line. After YAMLDOC_END there
 * is nothing more to ask for. */
bool yamldoc_next(struct yamldoc *d, struct yamldoc_event *event,
                  struct error *err) ATTR_NODISCARD;
