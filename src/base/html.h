/* html — the elements of a page, found without building a tree of it.
 *
 * Reads tags as browsers do (HTML Living Standard, 13.2.5): attributes with and
 * without quotes, comments, script and style, void elements. It does not repair
 * a page: an element reaches to its end tag, or to that of an element around
 * it. For links, forms and what a selector names. Works on borrowed text,
 * allocates nothing, never recurses; work is linear in the text and nesting is
 * followed to HTML_DEPTH_MAX. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HTML_ELEMENTS_MAX = 100000, /* what comes behind them is not seen */
    HTML_DEPTH_MAX = 256,       /* deeper elements have no inside */
    HTML_TEXT_MAX = 64 * 1024   /* bytes of an element that its text is of */
};
#define HTML_NONE UINT32_MAX

struct html_slice {
    const char *at;
    size_t length;
};

struct html_element {
    uint32_t tag;     /* where its < is */
    uint32_t content; /* what follows its > */
    uint32_t end;     /* where its content ends */
    uint32_t parent;  /* number of an element before it, or HTML_NONE */
    uint16_t depth;
    uint16_t name_length;
};

/* Elements in the order of their tags, so that those inside element i are the
 * ones behind it whose tag is before its end. */
struct html {
    const char *text; /* borrowed */
    size_t size;
    struct html_element *elements; /* borrowed */
    uint32_t count;
};

/* How many elements html_scan() finds at most. */
size_t html_count(const char *text, size_t size);
/* Fills `h->elements`, which has room for that many. */
void html_scan(struct html *h);

struct html_slice html_name(const struct html *h, uint32_t element);
bool html_is(const struct html *h, uint32_t element, const char *name);

struct html_attribute {
    struct html_slice name, value; /* as they are written */
};
/* Where the attributes of an element begin, for html_next_attribute(). */
const char *html_attributes(const struct html *h, uint32_t element);
/* Reads the attribute at `*at` and goes behind it; false at the end of the
 * tag. */
bool html_next_attribute(const struct html *h, const char **at,
                         struct html_attribute *a);
/* The first of that name, in any case of letters. */
bool html_find_attribute(const struct html *h, uint32_t element,
                         struct html_slice name, struct html_slice *value);

/* Both write at most as many bytes as they read, and return how many. */
/* Character references: numeric ones, and &amp; &lt; &gt; &quot; &apos; &nbsp;.
 * Any other stays as it is. */
size_t html_decode(struct html_slice from, char *to);
/* What is in an element without its tags, of the first HTML_TEXT_MAX bytes;
 * runs of white space are one space, and none at the ends. */
size_t html_text(const struct html *h, uint32_t element, char *to);
/* The content as it is, without tags in it: of script, style, textarea, title.
 */
struct html_slice html_content(const struct html *h, uint32_t element);
/* Equal but for the case of ASCII letters. */
bool html_same_word(struct html_slice a, struct html_slice b);
