/* fuzz_html — whatever a server may send, to the extractor of HTML.
 *
 * The page comes in memory of its exact size; everything there is to ask of it
 * is asked. Elements must nest, and what is read be no longer than the page. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/html.h"
#include "base/html_select.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static void read_element(const struct html *h, uint32_t i, char *out)
{
    const struct html_element *e = &h->elements[i];
    const char *at = html_attributes(h, i);
    struct html_attribute a;
    must(e->tag < e->content && e->content <= e->end && e->end <= h->size,
         "an element is not within the page");
    must(e->parent == HTML_NONE ||
             (e->parent < i && e->end <= h->elements[e->parent].end),
         "an element is not within the one around it");
    while (html_next_attribute(h, &at, &a))
        must(html_decode(a.value, out) <= a.value.length, "decoding grows");
    must(html_text(h, i, out) <= e->end - e->content, "text grows");
}

/* The first line is a selector. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
    size_t line = newline ? (size_t)(newline - data) : 0;
    size_t page = newline ? size - line - 1 : size;
    char *text = malloc(page), *out = malloc(page), *words = malloc(line);
    if (page)
        memcpy(text, data + (size - page), page);
    if (line)
        memcpy(words, data, line);
    size_t room = html_count(text, page);
    struct html h = {.text = text, .size = page};
    h.elements = malloc(room * sizeof *h.elements);
    html_scan(&h);
    must(h.count <= room, "there are more elements than counted");
    for (uint32_t i = 0; i < h.count; i++)
        read_element(&h, i, out);
    struct html_selector s;
    struct error err;
    if (html_selector_read(&s, words, line, &err))
        for (uint32_t i = 0; i < h.count; i++)
            if ((i = html_select(&h, &s, i, h.count)) == HTML_NONE)
                break;
    free(text);
    free(out);
    free(words);
    free(h.elements);
    return 0;
}
