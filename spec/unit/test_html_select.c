/* html_select: which elements a selector means, and which selectors are none.
 */
#include <stdio.h>

#include "base/error.h"
#include "base/html_select.h"
#include "unit.h"

static const char PAGE[] =
    "<div id=top class='nav main'><a href=/one class=main>1</a></div>"
    "<form id=f1 name=login><p><input type=hidden name=csrf value='a&amp;b'>"
    "<input name=user></p></form>"
    "<form id=f2><input type=hidden name=csrf value=two></form>"
    "<A HREF=/three title='a \"b\"'>3</A>";

static struct html_element elements[100000];

static struct html scanned(const char *text, size_t size)
{
    struct html h = {.text = text, .size = size, .elements = elements};
    html_scan(&h);
    return h;
}

static struct html_selector selector(const char *text)
{
    struct html_selector s;
    struct error err = {{0}};
    if (!html_selector_read(&s, text, strlen(text), &err))
        fail_msg("'%s': %s", text, err.text);
    return s;
}

/* The numbers of all matches. */
static void write_matches(const struct html *h, struct html_selector *s,
                          char *out)
{
    uint32_t i = html_select(h, s, 0, h->count);
    for (*out = '\0'; i != HTML_NONE; i = html_select(h, s, i + 1, h->count))
        out += sprintf(out, " %u", i);
}

static void finds_what_it_means(void **state)
{
    (void)state;
    /* div 0, a 1, form 2, p 3, input 4, input 5, form 6, input 7, a 8 */
    static const struct {
        const char *selector, *matches;
    } rows[] = {
        {"a", " 1 8"},
        {"A", " 1 8"},
        {"*", " 0 1 2 3 4 5 6 7 8"},
        {"#f2", " 6"},
        {"#F2", ""},
        {".main", " 0 1"},
        {".mai", ""},
        {"a.main", " 1"},
        {".nav.main", " 0"},
        {"div .main", " 1"},
        {"form#f1[name=login]", " 2"},
        {"[name=csrf]", " 4 7"},
        {"form input[name=csrf]", " 4 7"},
        {"#f2 input[name=csrf]", " 7"},
        {"form p input", " 4 5"},
        {"p form input", ""},
        {"[value=\"a&b\"]", " 4"},
        {"[value='two']", " 7"},
        {"[ title = 'a \"b\"' ]", " 8"},
        {"[href]", " 1 8"},
        {"[HREF]", " 1 8"},
        {"[href^=\"/t\"]", " 8"},
        {"[href$=e]", " 1 8"},
        {"[href*=\"hre\"]", " 8"},
        {"[href^='']", ""},
        {"[class~=nav]", " 0"},
        {"[name='']", ""},
        {"  form\t#f1  ", ""},
        {" form\n p ", " 3"},
        {"*[type=hidden]", " 4 7"},
    };
    struct html h = scanned(PAGE, sizeof PAGE - 1);
    assert_int_equal(9, h.count);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char found[100];
        struct html_selector s = selector(rows[i].selector);
        write_matches(&h, &s, found);
        if (strcmp(found, rows[i].matches) != 0)
            fail_msg("%s:%s", rows[i].selector, found);
    }
}

static void refuses_what_it_does_not_know(void **state)
{
    (void)state;
    static const struct {
        const char *selector, *words;
    } rows[] = {
        {"", "ends too soon"},
        {"  ", "ends too soon"},
        {"a,b", "',b' is not understood"},
        {"a > b", "'> b' is not understood"},
        {"a:first-child", "':first-child' is not understood"},
        {"#", "ends too soon"},
        {".", "ends too soon"},
        {"##", "'#' is not understood"},
        {"[", "ends too soon"},
        {"[a", "ends too soon"},
        {"[a=", "ends too soon"},
        {"[a=b", "ends too soon"},
        {"[a='b", "a quote is not closed"},
        {"[a='b'x]", "'x]' is not understood"},
        {"[a!=b]", "'!=b]' is not understood"},
        {"[=b]", "'=b]' is not understood"},
        {"[a=]", "']' is not understood"},
        {"a b c d e f g h i", "more than 8 parts"},
        {".a.b.c.d.e.f.g.h.i", "more than 8 conditions"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct html_selector s;
        struct error err = {{0}};
        size_t size = strlen(rows[i].selector);
        char *exact = exact_copy(rows[i].selector, size);
        assert_false(html_selector_read(&s, exact, size, &err));
        if (!strstr(err.text, rows[i].words))
            fail_msg("'%s': %s", rows[i].selector, err.text);
        free(exact);
    }
    struct html_selector s;
    struct error err;
    assert_false(html_selector_read(&s, "[a\0=b]", 6, &err));
    assert_false(html_selector_read(&s, "a\0b", 3, &err));
}

static void does_not_look_for_ever(void **state)
{
    (void)state;
    enum { OUTER = 200, OUTER_SIZE = 10000, INNER = 50000 };
    size_t size = OUTER * OUTER_SIZE + INNER * 3;
    char *text = malloc(size), *at = text;
    for (int i = 0; i < OUTER; i++, at += OUTER_SIZE) {
        memset(at, ' ', OUTER_SIZE);
        memcpy(at, "<b", 2);
        at[OUTER_SIZE - 1] = '>';
    }
    for (int i = 0; i < INNER; i++, at += 3)
        memcpy(at, "<i>", 3);
    struct html h = scanned(text, size);
    struct html_selector s = selector("b[x] i");
    assert_int_equal(HTML_NONE, html_select(&h, &s, 0, h.count));
    assert_true(s.work > 64U << 20);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_it_means),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(does_not_look_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
