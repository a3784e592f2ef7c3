#include "base/html_select.h"

#include <string.h>

#include "base/error.h"

static const size_t WORK_MAX = 64U << 20;

/* Values are compared without their character references up to this length. */
enum { VALUE_MAX = 1024, SHOWN_MAX = 20 };

/* ------------------------------------------------------------------ reading */

struct reader {
    const char *at, *end;
    struct error *err;
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || (c & 0x80);
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static struct html_slice read_word(struct reader *r)
{
    const char *from = r->at;
    while (r->at < r->end && is_word_char(*r->at))
        r->at++;
    return (struct html_slice){from, (size_t)(r->at - from)};
}

static void skip_spaces(struct reader *r)
{
    while (r->at < r->end && is_space(*r->at))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool refuse(struct reader *r)
{
    ptrdiff_t left = r->end - r->at;
    if (!left)
        return error_set(r->err, "the selector ends too soon");
    return error_set(r->err,
                     "'%.*s' is not understood; there are tag, #id, .class, "
                     "[name=value], and these inside each other",
                     (int)(left < SHOWN_MAX ? left : SHOWN_MAX), r->at);
}

static bool read_quoted(struct reader *r, char quote, struct html_slice *value)
{
    const char *stop = memchr(r->at, quote, (size_t)(r->end - r->at));
    if (!stop)
        return error_set(r->err, "a quote is not closed");
    *value = (struct html_slice){r->at, (size_t)(stop - r->at)};
    r->at = stop + 1;
    return true;
}

static bool read_operator(struct reader *r, char *compare)
{
    *compare = '=';
    if (r->at < r->end && is_one_of(*r->at, "~^$*"))
        *compare = *r->at++;
    return take(r, '=');
}

/* What follows a [. */
static bool read_attribute(struct reader *r, struct html_condition *c)
{
    skip_spaces(r);
    c->name = read_word(r);
    skip_spaces(r);
    c->compare = 0;
    if (!c->name.length)
        return refuse(r);
    if (take(r, ']'))
        return true;
    if (!read_operator(r, &c->compare))
        return refuse(r);
    skip_spaces(r);
    bool ok = true;
    if (take(r, '"'))
        ok = read_quoted(r, '"', &c->value);
    else if (take(r, '\''))
        ok = read_quoted(r, '\'', &c->value);
    else
        ok = (c->value = read_word(r)).length || refuse(r);
    if (!ok)
        return false;
    skip_spaces(r);
    return take(r, ']') || refuse(r);
}

static bool read_condition(struct reader *r, struct html_part *part)
{
    static const struct html_slice id = {"id", 2}, classes = {"class", 5};
    if (part->count == HTML_CONDITIONS_MAX)
        return error_set(r->err, "more than %d conditions",
                         (int)HTML_CONDITIONS_MAX);
    struct html_condition *c = &part->conditions[part->count++];
    char kind = *r->at++;
    if (kind == '[')
        return read_attribute(r, c);
    c->name = kind == '#' ? id : classes;
    c->compare = kind == '#' ? '=' : '~';
    c->value = read_word(r);
    return c->value.length || refuse(r);
}

static bool read_part(struct reader *r, struct html_part *part)
{
    const char *from = r->at;
    *part = (struct html_part){0};
    if (!take(r, '*'))
        part->tag = read_word(r);
    while (r->at < r->end && is_one_of(*r->at, "#.["))
        if (!read_condition(r, part))
            return false;
    return r->at > from || refuse(r);
}

bool html_selector_read(struct html_selector *s, const char *text,
                        size_t length, struct error *err)
{
    struct reader r = {text, text + length, err};
    s->count = 0;
    s->work = 0;
    skip_spaces(&r);
    do {
        if (s->count == HTML_PARTS_MAX)
            return error_set(err, "more than %d parts", (int)HTML_PARTS_MAX);
        if (!read_part(&r, &s->parts[s->count++]))
            return false;
        if (r.at < r.end && !is_space(*r.at))
            return refuse(&r);
        skip_spaces(&r);
    } while (r.at < r.end);
    return true;
}

/* ----------------------------------------------------------------- matching */

static bool has_word(struct html_slice list, struct html_slice word)
{
    const char *at = list.at, *end = list.at + list.length;
    while (at < end) {
        const char *from = at;
        while (at < end && !is_space(*at))
            at++;
        if ((size_t)(at - from) == word.length &&
            memcmp(from, word.at, word.length) == 0)
            return true;
        at++;
    }
    return false;
}

static bool value_matches(const struct html_condition *c,
                          struct html_slice value)
{
    char decoded[VALUE_MAX];
    struct html_slice wanted = c->value;
    if (value.length <= sizeof decoded && memchr(value.at, '&', value.length))
        value = (struct html_slice){decoded, html_decode(value, decoded)};
    size_t beyond = value.length - wanted.length;
    bool fits = value.length >= wanted.length;
    switch (c->compare) {
    case '=':
        return fits && !beyond &&
               memcmp(value.at, wanted.at, wanted.length) == 0;
    case '~':
        return has_word(value, wanted);
    case '^':
        return wanted.length && fits &&
               memcmp(value.at, wanted.at, wanted.length) == 0;
    case '$':
        return wanted.length && fits &&
               memcmp(value.at + beyond, wanted.at, wanted.length) == 0;
    case '*':
        return wanted.length &&
               memmem(value.at, value.length, wanted.at, wanted.length);
    default:
        return true;
    }
}

static bool part_matches(const struct html *h, struct html_selector *s,
                         const struct html_part *part, uint32_t element)
{
    const struct html_element *e = &h->elements[element];
    struct html_slice value;
    if (part->tag.length && !html_same_word(part->tag, html_name(h, element)))
        return false;
    for (size_t i = 0; i < part->count; i++) {
        const struct html_condition *c = &part->conditions[i];
        s->work += e->content - e->tag;
        if (!html_find_attribute(h, element, c->name, &value) ||
            !value_matches(c, value))
            return false;
    }
    return true;
}

/* Of the elements around one, the nearest that fits is as good as any. */
static bool matches(const struct html *h, struct html_selector *s,
                    uint32_t element)
{
    size_t left = s->count - 1;
    if (!part_matches(h, s, &s->parts[left], element))
        return false;
    uint32_t around = h->elements[element].parent;
    while (left && around != HTML_NONE) {
        if (part_matches(h, s, &s->parts[left - 1], around))
            left--;
        around = h->elements[around].parent;
    }
    return !left;
}

uint32_t html_select(const struct html *h, struct html_selector *s,
                     uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to && s->work <= WORK_MAX; i++)
        if (matches(h, s, i))
            return i;
    return HTML_NONE;
}
