/* html: the elements that browsers see, whatever a server sends. Texts are of
 * exact size, for the address sanitizer. */
#include "base/html.h"
#include "base/random.h"
#include "unit.h"

static void scan(struct html *h, const char *text, size_t size)
{
    *h = (struct html){.text = exact_copy(text, size), .size = size};
    h->elements = malloc(html_count(h->text, size) * sizeof *h->elements);
    html_scan(h);
}

static void release(struct html *h)
{
    free((char *)h->text);
    free(h->elements);
}

/* "name(name name(name))": names by nesting. */
static char *write_tree(const struct html *h, uint32_t parent, char *out)
{
    bool first = true;
    for (uint32_t i = 0; i < h->count; i++) {
        if (h->elements[i].parent != parent)
            continue;
        struct html_slice name = html_name(h, i);
        if (!first)
            *out++ = ' ';
        first = false;
        memcpy(out, name.at, name.length);
        out += name.length;
        *out++ = '(';
        out = write_tree(h, i, out);
        if (out[-1] == '(')
            out--;
        else
            *out++ = ')';
    }
    *out = '\0';
    return out;
}

static void finds_the_elements(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tree;
    } rows[] = {
        {"", ""},
        {"text < 5 <3 <", ""},
        {"<a>", "a"},
        {"<a><b></b></a><i></i>", "a(b) i"},
        {"<A><B></a><i>", "A(B) i"},
        {"<div><input><br/><p>x</div><i>", "div(input br p) i"},
        {"<ul><li>1<li>2</ul><i>", "ul(li li) i"},
        {"<tr><td>1<td>2<tr>", "tr(td td(tr))"},
        {"<p>1<p>2", "p p"},
        {"<select><option>1<option>2</select><i>", "select(option option) i"},
        {"<b></i></b><i>", "b i"},
        {"<!-- <a> --><b>", "b"},
        {"<!--><b>", "b"},
        {"<!---><b>", "b"},
        {"<!-- <a>", ""},
        {"<!doctype html><b>", "b"},
        {"<?xml version='1.0'?><b>", "b"},
        {"</ a><b>", "b"},
        {"</><b>", "b"},
        {"<![CDATA[<a>]]><b>", "b"},
        {"<script>\"<a>\"</script><b>", "script b"},
        {"<script>\"</scripty>\"<a></SCRIPT ><b>", "script b"},
        {"<script><a>", "script"},
        {"<textarea><a></textarea><b>", "textarea b"},
        {"<title></titl</title><b>", "title b"},
        {"<a x='>'><b>", "a(b)"},
        {"<a x=\">\" y=>\"<b>", "a(b)"},
        {"<a x='", ""},
        {"<a x", ""},
        {"<a", ""},
        {"<b></b", "b"},
        {"<a x=1/><b>", "a(b)"},
        {"<a/b><i>", "a(i)"},
        {"<a =><b>", "a(b)"},
        {"<x:y-z><b>", "x:y-z(b)"},
        {"<img src=a<b>", "img"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char tree[100];
        struct html h;
        scan(&h, rows[i].text, strlen(rows[i].text));
        write_tree(&h, HTML_NONE, tree);
        if (strcmp(tree, rows[i].tree) != 0)
            fail_msg("'%s': %s", rows[i].text, tree);
        release(&h);
    }
}

static void reads_attributes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *value; /* NULL: there is none */
    } rows[] = {
        {"<a href=/x>", "href", "/x"},
        {"<a href='/x y'>", "href", "/x y"},
        {"<a HREF=\"/x'y\">", "href", "/x'y"},
        {"<a href = /x >", "href", "/x"},
        {"<a href=/x/>", "href", "/x/"},
        {"<a checked>", "checked", ""},
        {"<a checked/>", "checked", ""},
        {"<a checked= >", "checked", ""},
        {"<a b=1c=2 c=3>", "c", "3"},
        {"<a b='1'c='2'>", "c", "2"},
        {"<a b=1 B=2>", "b", "1"},
        {"<a\nb\t=\f1\r>", "b", "1"},
        {"<a / b=1>", "b", "1"},
        {"<a =b=1>", "=b", "1"},
        {"<a bb=1>", "b", NULL},
        {"<a>b=1</a>", "b", NULL},
        {"<a b=''>", "b", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct html h;
        struct html_slice value, name = {rows[i].name, strlen(rows[i].name)};
        scan(&h, rows[i].text, strlen(rows[i].text));
        assert_int_equal(1, h.count);
        bool found = html_find_attribute(&h, 0, name, &value);
        if (found != (rows[i].value != NULL) ||
            (found && (value.length != strlen(rows[i].value) ||
                       memcmp(value.at, rows[i].value, value.length) != 0)))
            fail_msg("'%s'", rows[i].text);
        release(&h);
    }
}

static void decodes_references(void **state)
{
    (void)state;
    static const struct {
        const char *text, *plain;
    } rows[] = {
        {"a&amp;b", "a&b"},
        {"&lt;&gt;&quot;&apos;", "<>\"'"},
        {"&nbsp;", "\xc2\xa0"},
        {"&#65;&#x42;&#X63;", "ABc"},
        {"&#65&#66;", "AB"},
        {"&#233;&#x20ac;&#128512;", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"&#0;&#xd800;&#x110000;&#99999999999999999999;",
         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
        {"&#0", "\xef\xbf\xbd"},
        {"&amp", "&amp"},
        {"&", "&"},
        {"&#", "&#"},
        {"&#x", "&#x"},
        {"&#;", "&#;"},
        {"?a=1&lt=2&copy;", "?a=1&lt=2&copy;"},
        {"&amp;lt;", "&lt;"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t size = strlen(rows[i].text);
        char *text = exact_copy(rows[i].text, size), *out = malloc(size);
        size_t length = html_decode((struct html_slice){text, size}, out);
        assert_int_equal(strlen(rows[i].plain), length);
        assert_memory_equal(rows[i].plain, out, length);
        free(text);
        free(out);
    }
}

static void gives_text_without_tags(void **state)
{
    (void)state;
    static const struct {
        const char *text, *plain;
    } rows[] = {
        {"<p>one</p>", "one"},
        {"<p> one\n  <b>two</b>three </p>", "one twothree"},
        {"<p>a &lt; b <c</p>", "a < b"},
        {"<p>a < b << c</p>", "a < b << c"},
        {"<p>a<!-- no --><script>no</script>b</p>", "ab"},
        {"<p>a<style>no", "a"},
        {"<p><img alt='>'>x</p>", "x"},
        {"<p><textarea><b></textarea></p>", ""},
        {"<textarea> <b>&amp; </textarea>", "<b>&"},
        {"<p></p>", ""},
        {"<br>text", ""},
        {"<p>a<b", "a"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct html h;
        scan(&h, rows[i].text, strlen(rows[i].text));
        assert_true(h.count >= 1);
        struct html_slice content = html_content(&h, 0);
        char *out = malloc(content.length);
        size_t length = html_text(&h, 0, out);
        if (length != strlen(rows[i].plain) ||
            memcmp(out, rows[i].plain, length) != 0)
            fail_msg("'%s': '%.*s'", rows[i].text, (int)length, out);
        free(out);
        release(&h);
    }
}

static char *repeated(const char *unit, size_t times, size_t *size)
{
    size_t length = strlen(unit);
    char *text = malloc(length * times);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * length, unit, length);
    *size = length * times;
    return text;
}

/* Each is done in a moment, and stays within what the header promises. */
static void hostile_pages_are_bounded(void **state)
{
    (void)state;
    static const char *const units[] = {
        "<a>",     "<b>",        "</b>",       "<b></i>", "<",
        "<!--",    "<script>",   "</script>",  "<a b='",  "<a b=c ",
        "&#x41;",  "<p><b></p>", "<textarea>", "</",      "<title></title",
        "<a b=\"", "<!",         "=",          "<td><a>", "</a></b></c>",
    };
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        size_t size;
        struct html h;
        char *text = repeated(units[i], 100000, &size);
        scan(&h, text, size);
        assert_true(h.count <= HTML_ELEMENTS_MAX);
        for (uint32_t e = 0; e < h.count; e++) {
            assert_true(h.elements[e].depth <= HTML_DEPTH_MAX);
            assert_true(h.elements[e].content <= h.elements[e].end);
            assert_true(h.elements[e].end <= size);
        }
        char out[HTML_TEXT_MAX];
        if (h.count)
            assert_true(html_text(&h, 0, out) <= sizeof out);
        release(&h);
        free(text);
    }
}

/* Elements nest properly, and all that is read is inside the text. */
static void check_all(const struct html *h)
{
    char *out = malloc(h->size);
    for (uint32_t i = 0; i < h->count; i++) {
        const struct html_element *e = &h->elements[i];
        struct html_attribute a;
        const char *at = html_attributes(h, i);
        assert_true(e->tag < e->content && e->content <= e->end);
        assert_true(e->end <= h->size);
        if (e->parent != HTML_NONE) {
            assert_true(e->parent < i);
            assert_true(e->end <= h->elements[e->parent].end);
        }
        while (html_next_attribute(h, &at, &a)) {
            assert_true(html_decode(a.name, out) <= a.name.length);
            assert_true(html_decode(a.value, out) <= a.value.length);
        }
        assert_true(html_text(h, i, out) <= e->end - e->content);
    }
    free(out);
}

static void any_text_is_read_within_its_bounds(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "<",    ">",   "/",     "=",       "\"", "'",  "a",     "<b>",
        "</b>", "<p>", "<!--",  "-->",     " ",  "&",  "#x4",   ";",
        "<td>", "!",   "<img ", "<title>", "x",  "</", "title", "<script>"};
    struct random r;
    random_init(&r, 77, 0);
    for (int round = 0; round < 5000; round++) {
        char text[256];
        size_t size = 0;
        int64_t count = random_int(&r, 0, 20);
        for (int64_t i = 0; i < count; i++) {
            const char *piece =
                pieces[random_int(&r, 0, (int64_t)COUNT_OF(pieces) - 1)];
            memcpy(text + size, piece, strlen(piece));
            size += strlen(piece);
        }
        struct html h;
        scan(&h, text, size);
        check_all(&h);
        release(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_elements),
        cmocka_unit_test(reads_attributes),
        cmocka_unit_test(decodes_references),
        cmocka_unit_test(gives_text_without_tags),
        cmocka_unit_test(hostile_pages_are_bounded),
        cmocka_unit_test(any_text_is_read_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
