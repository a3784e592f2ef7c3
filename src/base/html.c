#include "base/html.h"

#include <string.h>

enum { NAME_MAX_LENGTH = 63, STRAY_MAX = 100000 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Words are short: a call of strncasecmp costs more than the comparison. */
bool html_same_word(struct html_slice a, struct html_slice b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++)
        if (to_lower(a.at[i]) != to_lower(b.at[i]))
            return false;
    return true;
}

/* For names of at least one letter, of which most differ in the first. */
static bool is_one_of(struct html_slice name, const char *const *names)
{
    for (; *names; names++)
        if (**names == to_lower(name.at[0]) &&
            html_same_word(name, (struct html_slice){*names, strlen(*names)}))
            return true;
    return false;
}

static bool is_void(struct html_slice name)
{
    static const char *const names[] = {
        "area", "base", "br",    "col",    "embed", "hr",  "img", "input",
        "link", "meta", "param", "source", "track", "wbr", NULL};
    return is_one_of(name, names);
}

/* No tags inside: only their own end tag ends them. */
static bool is_raw(struct html_slice name)
{
    static const char *const names[] = {"script", "style",    "textarea",
                                        "title",  "iframe",   "noembed",
                                        "xmp",    "noframes", NULL};
    return is_one_of(name, names);
}

/* Ended by the next one of their kind, when that follows directly. */
static bool is_ended_by_next(struct html_slice name)
{
    static const char *const names[] = {"a", "dd", "dt", "li", "option",
                                        "p", "td", "th", "tr", NULL};
    return is_one_of(name, names);
}

/* --------------------------------------------------------------------- tags */

static const char *skip_spaces(const char *at, const char *end)
{
    while (at < end && is_space(*at))
        at++;
    return at;
}

/* Reads the value that follows a =; NULL if the text ends first. */
static const char *read_value(const char *at, const char *end,
                              struct html_slice *value)
{
    at = skip_spaces(at, end);
    if (at == end)
        return NULL;
    if (*at == '"' || *at == '\'') {
        const char *quote = memchr(at + 1, *at, (size_t)(end - at - 1));
        if (!quote)
            return NULL;
        *value = (struct html_slice){at + 1, (size_t)(quote - at - 1)};
        return quote + 1;
    }
    const char *from = at;
    while (at < end && !is_space(*at) && *at != '>')
        at++;
    *value = (struct html_slice){from, (size_t)(at - from)};
    return at;
}

enum step { STEP_ATTRIBUTE, STEP_END, STEP_CUT };

/* At STEP_END, *at is at the > of the tag; at STEP_CUT the text ends in it. */
static enum step next_attribute(const char **at, const char *end,
                                struct html_attribute *a)
{
    const char *c = *at;
    while (c < end && (is_space(*c) || *c == '/'))
        c++;
    *at = c;
    if (c == end)
        return STEP_CUT;
    if (*c == '>')
        return STEP_END;
    a->name.at = c++; /* even a =, if it comes first */
    while (c < end && !is_space(*c) && *c != '/' && *c != '>' && *c != '=')
        c++;
    a->name.length = (size_t)(c - a->name.at);
    a->value = (struct html_slice){c, 0};
    const char *equals = skip_spaces(c, end);
    if (equals < end && *equals == '=')
        c = read_value(equals + 1, end, &a->value);
    if (!c)
        return STEP_CUT;
    *at = c;
    return STEP_ATTRIBUTE;
}

enum markup { MARKUP_NONE, MARKUP_START, MARKUP_END, MARKUP_OTHER };

struct token {
    enum markup markup;
    struct html_slice name;
    const char *after; /* NULL if the text ends in it */
};

static const char *behind(const char *at, const char *end, const char *mark)
{
    const char *found = memmem(at, (size_t)(end - at), mark, strlen(mark));
    return found ? found + strlen(mark) : NULL;
}

static struct html_slice read_name(const char *at, const char *end)
{
    const char *from = at;
    while (at < end && !is_space(*at) && *at != '/' && *at != '>')
        at++;
    return (struct html_slice){from, (size_t)(at - from)};
}

static const char *behind_attributes(const char *at, const char *end)
{
    struct html_attribute a;
    enum step step;
    while ((step = next_attribute(&at, end, &a)) == STEP_ATTRIBUTE)
        ;
    return step == STEP_END ? at + 1 : NULL;
}

/* What the < at `at` begins; a < of its own is text. */
static struct token read_markup(const char *at, const char *end)
{
    struct token t = {MARKUP_OTHER, {at, 0}, NULL};
    char next = at + 1 < end ? at[1] : '\0';
    if (is_letter(next)) {
        t.markup = MARKUP_START;
        t.name = read_name(at + 1, end);
        t.after = behind_attributes(t.name.at + t.name.length, end);
    } else if (next == '/' && at + 2 < end && is_letter(at[2])) {
        t.markup = MARKUP_END;
        t.name = read_name(at + 2, end);
        t.after = behind(t.name.at + t.name.length, end, ">");
    } else if (next == '!' && end - at >= 4 && at[2] == '-' && at[3] == '-') {
        t.after = behind(at + 2, end, "-->");
    } else if (next == '!' || next == '?' || next == '/') {
        t.after = behind(at + 1, end, ">");
    } else {
        t.markup = MARKUP_NONE;
        t.after = at + 1;
    }
    return t;
}

/* Where the end tag of a raw element is; the end of the text if nowhere. */
static const char *find_raw_end(const char *at, const char *end,
                                struct html_slice name)
{
    while ((at = memmem(at, (size_t)(end - at), "</", 2))) {
        if (html_same_word(read_name(at + 2, end), name))
            return at;
        at += 2;
    }
    return end;
}

/* ----------------------------------------------------------------- elements */

struct scanner {
    struct html *h;
    const char *end;
    size_t room;
    uint32_t open; /* the innermost element that has not ended */
    size_t stray;  /* end tags of nothing */
};

static uint32_t offset(const struct scanner *s, const char *at)
{
    return (uint32_t)(at - s->h->text);
}

static void close_to(struct scanner *s, uint32_t element, const char *at)
{
    uint32_t outside = s->h->elements[element].parent;
    while (s->open != outside) {
        struct html_element *e = &s->h->elements[s->open];
        e->end = offset(s, at);
        s->open = e->parent;
    }
}

/* Returns where to go on. */
static const char *start_element(struct scanner *s, const char *at,
                                 const struct token *t)
{
    if (t->name.length > NAME_MAX_LENGTH)
        return t->after;
    if (s->h->count == s->room)
        return NULL;
    if (s->open != HTML_NONE && is_ended_by_next(t->name) &&
        html_same_word(html_name(s->h, s->open), t->name))
        close_to(s, s->open, at);
    uint32_t number = s->h->count++;
    struct html_element *e = &s->h->elements[number];
    *e = (struct html_element){.tag = offset(s, at),
                               .content = offset(s, t->after),
                               .end = offset(s, t->after),
                               .parent = s->open,
                               .name_length = (uint16_t)t->name.length};
    if (s->open != HTML_NONE)
        e->depth = (uint16_t)(s->h->elements[s->open].depth + 1);
    if (is_void(t->name))
        return t->after;
    const char *next = t->after;
    if (is_raw(t->name)) {
        next = find_raw_end(t->after, s->end, t->name);
        e->end = offset(s, next);
    } else if (e->depth < HTML_DEPTH_MAX) {
        s->open = number;
    }
    return next;
}

static const char *end_element(struct scanner *s, const char *at,
                               const struct token *t)
{
    uint32_t i = s->open;
    while (i != HTML_NONE && !html_same_word(html_name(s->h, i), t->name))
        i = s->h->elements[i].parent;
    if (i != HTML_NONE)
        close_to(s, i, at);
    else if (++s->stray > STRAY_MAX)
        return NULL;
    return t->after;
}

size_t html_count(const char *text, size_t size)
{
    const char *at = text, *end = text + size;
    size_t count = 0;
    while (count < HTML_ELEMENTS_MAX && at < end &&
           (at = memchr(at, '<', (size_t)(end - at)))) {
        at++;
        count += at < end && is_letter(*at);
    }
    return count;
}

void html_scan(struct html *h)
{
    if (h->size > UINT32_MAX - 1)
        h->size = UINT32_MAX - 1;
    struct scanner s = {.h = h,
                        .end = h->text + h->size,
                        .room = html_count(h->text, h->size),
                        .open = HTML_NONE};
    const char *at = h->text;
    h->count = 0;
    while (at && at < s.end && (at = memchr(at, '<', (size_t)(s.end - at)))) {
        struct token t = read_markup(at, s.end);
        if (t.after && t.markup == MARKUP_START)
            at = start_element(&s, at, &t);
        else if (t.after && t.markup == MARKUP_END)
            at = end_element(&s, at, &t);
        else
            at = t.after;
    }
    while (s.open != HTML_NONE)
        close_to(&s, s.open, s.end);
}

struct html_slice html_name(const struct html *h, uint32_t element)
{
    const struct html_element *e = &h->elements[element];
    return (struct html_slice){h->text + e->tag + 1, e->name_length};
}

bool html_is(const struct html *h, uint32_t element, const char *name)
{
    struct html_slice wanted = {name, strlen(name)};
    return html_same_word(html_name(h, element), wanted);
}

const char *html_attributes(const struct html *h, uint32_t element)
{
    struct html_slice name = html_name(h, element);
    return name.at + name.length;
}

bool html_next_attribute(const struct html *h, const char **at,
                         struct html_attribute *a)
{
    return next_attribute(at, h->text + h->size, a) == STEP_ATTRIBUTE;
}

bool html_find_attribute(const struct html *h, uint32_t element,
                         struct html_slice name, struct html_slice *value)
{
    struct html_attribute a;
    const char *at = html_attributes(h, element);
    while (html_next_attribute(h, &at, &a))
        if (html_same_word(a.name, name)) {
            *value = a.value;
            return true;
        }
    return false;
}

struct html_slice html_content(const struct html *h, uint32_t element)
{
    const struct html_element *e = &h->elements[element];
    return (struct html_slice){h->text + e->content, e->end - e->content};
}

/* --------------------------------------------------------------------- text */

static size_t add_utf8(uint32_t c, char *to)
{
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        c = 0xfffd;
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    to[0] = (char)(first[more] | c >> (6 * more));
    for (size_t i = 1; i <= more; i++)
        to[i] = (char)(0x80 | (c >> (6 * (more - i)) & 0x3f));
    return more + 1;
}

static int digit_value(char c, unsigned base)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* &#65; or &#x41; behind the #. A reference is never shorter than its UTF-8. */
static const char *read_number(const char *at, const char *end, uint32_t *c)
{
    unsigned base = at < end && (*at | 0x20) == 'x' ? 16 : 10;
    int digit;
    if (base == 16)
        at++;
    const char *from = at;
    for (*c = 0; at < end && (digit = digit_value(*at, base)) >= 0; at++)
        if (*c <= 0x10ffff)
            *c = *c * base + (uint32_t)digit;
    if (at == from)
        return NULL;
    return at < end && *at == ';' ? at + 1 : at;
}

static const char *read_named(const char *at, const char *end, uint32_t *c)
{
    static const struct {
        const char *name;
        uint32_t character;
    } known[] = {{"amp;", '&'},  {"lt;", '<'},    {"gt;", '>'},
                 {"quot;", '"'}, {"apos;", '\''}, {"nbsp;", 0xa0}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t length = strlen(known[i].name);
        if ((size_t)(end - at) >= length &&
            memcmp(at, known[i].name, length) == 0) {
            *c = known[i].character;
            return at + length;
        }
    }
    return NULL;
}

size_t html_decode(struct html_slice from, char *to)
{
    const char *at = from.at, *end = from.at + from.length;
    char *out = to;
    while (at < end) {
        uint32_t c;
        const char *after = NULL;
        if (*at == '&' && at + 1 < end)
            after = at[1] == '#' ? read_number(at + 2, end, &c)
                                 : read_named(at + 1, end, &c);
        if (after) {
            out += add_utf8(c, out);
            at = after;
        } else {
            *out++ = *at++;
        }
    }
    return (size_t)(out - to);
}

static size_t collapse_spaces(char *text, size_t length)
{
    size_t out = 0;
    for (size_t i = 0; i < length; i++)
        if (!is_space(text[i]))
            text[out++] = text[i];
        else if (out && text[out - 1] != ' ')
            text[out++] = ' ';
    return out && text[out - 1] == ' ' ? out - 1 : out;
}

/* The next < that is no text, and what it begins; `end` if there is none. */
static const char *find_markup(const char *at, const char *end, struct token *t)
{
    for (; (at = memchr(at, '<', (size_t)(end - at))); at++) {
        *t = read_markup(at, end);
        if (t->markup != MARKUP_NONE)
            return at;
    }
    return end;
}

/* Where text can go on: behind the markup, and what is in it if nobody reads
 * that. */
static const char *behind_markup(const struct token *t, const char *end)
{
    static const char *const unread[] = {"script", "style", NULL};
    if (t->after && t->markup == MARKUP_START && is_one_of(t->name, unread))
        return find_raw_end(t->after, end, t->name);
    return t->after;
}

size_t html_text(const struct html *h, uint32_t element, char *to)
{
    struct html_slice content = html_content(h, element);
    if (content.length > HTML_TEXT_MAX)
        content.length = HTML_TEXT_MAX;
    const char *at = content.at, *end = content.at + content.length;
    bool is_plain = is_raw(html_name(h, element));
    size_t length = 0;
    while (at && at < end) {
        struct token t = {MARKUP_NONE, {at, 0}, NULL};
        const char *stop = is_plain ? end : find_markup(at, end, &t);
        struct html_slice piece = {at, (size_t)(stop - at)};
        length += html_decode(piece, to + length);
        at = stop < end ? behind_markup(&t, end) : end;
    }
    return collapse_spaces(to, length);
}
