#include "io/yamldoc.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/alloc.h"
#include "base/error.h"

struct yamldoc {
    yaml_parser_t parser;
    yaml_event_t event; /* the latest; its memory is what callers look at */
    bool has_event;
};

struct yamldoc *yamldoc_new(const char *text, size_t length)
{
    struct yamldoc *d = xcalloc(1, sizeof *d);
    if (!yaml_parser_initialize(&d->parser))
        abort();
    yaml_parser_set_input_string(&d->parser, (const unsigned char *)text,
                                 length);
    return d;
}

static void forget_event(struct yamldoc *d)
{
    if (d->has_event)
        yaml_event_delete(&d->event);
    d->has_event = false;
}

void yamldoc_free(struct yamldoc *d)
{
    if (!d)
        return;
    forget_event(d);
    yaml_parser_delete(&d->parser);
    free(d);
}

static bool tell_problem(const yaml_parser_t *p, struct error *err)
{
    const char *problem = p->problem ? p->problem : "it is no YAML";
    if (p->error == YAML_READER_ERROR)
        return error_set(err, "byte %zu: %s", p->problem_offset + 1, problem);
    return error_set(err, "line %zu: %s%s%s", p->problem_mark.line + 1,
                     p->context ? p->context : "", p->context ? ": " : "",
                     problem);
}

static void read_scalar(const yaml_event_t *from, struct yamldoc_event *to)
{
    to->kind = YAMLDOC_SCALAR;
    to->text = (const char *)from->data.scalar.value;
    to->length = from->data.scalar.length;
    to->anchor = (const char *)from->data.scalar.anchor;
    to->is_plain = from->data.scalar.plain_implicit &&
                   from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* False for what is of no interest: the stream and the document themselves. */
static bool read_event(const yaml_event_t *from, struct yamldoc_event *to)
{
    *to = (struct yamldoc_event){.line = from->start_mark.line + 1};
    switch (from->type) {
    case YAML_SCALAR_EVENT:
        read_scalar(from, to);
        return true;
    case YAML_ALIAS_EVENT:
        to->kind = YAMLDOC_ALIAS;
        to->text = (const char *)from->data.alias.anchor;
        to->length = strlen(to->text);
        return true;
    case YAML_SEQUENCE_START_EVENT:
        to->kind = YAMLDOC_LIST;
        to->anchor = (const char *)from->data.sequence_start.anchor;
        return true;
    case YAML_MAPPING_START_EVENT:
        to->kind = YAMLDOC_MAP;
        to->anchor = (const char *)from->data.mapping_start.anchor;
        return true;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        to->kind = YAMLDOC_CLOSE;
        return true;
    case YAML_DOCUMENT_END_EVENT:
    case YAML_STREAM_END_EVENT:
        to->kind = YAMLDOC_END;
        return true;
    default:
        return false;
    }
}

bool yamldoc_next(struct yamldoc *d, struct yamldoc_event *event,
                  struct error *err)
{
    do {
        forget_event(d);
        if (!yaml_parser_parse(&d->parser, &d->event))
            return tell_problem(&d->parser, err);
        d->has_event = true;
    } while (!read_event(&d->event, event));
    return true;
}
