/* line_pattern: fields between texts, quotes within fields, limits. */
#include "base/line_pattern.h"
#include "unit.h"

static struct line_pattern pattern;
static char *line_copy; /* slices borrow from it */

static int end(void **state)
{
    (void)state;
    line_pattern_fini(&pattern);
    free(line_copy);
    line_copy = NULL;
    return 0;
}

/* A pattern of texts; fields go to the slots 0, 1, … in their order. */
static void make(const char *head, const char *const *texts, size_t count)
{
    line_pattern_begin(&pattern, head, strlen(head));
    for (size_t i = 0; i < count; i++)
        assert_true(
            line_pattern_add(&pattern, (int)i, texts[i], strlen(texts[i])));
}

static bool match(const char *line, struct line_slice *slots)
{
    size_t length = strlen(line);
    free(line_copy);
    line_copy = exact_copy(line, length);
    return line_pattern_match(&pattern, line_copy, length, slots);
}

static void assert_slice(struct line_slice s, const char *text)
{
    assert_int_equal(s.length, strlen(text));
    assert_memory_equal(s.at, text, s.length);
}

static void test_fields(void **state)
{
    (void)state;
    struct line_slice s[LINE_SLOTS_MAX];
    make("<", (const char *const[]){"> [", "] \"", "\""}, 3);
    assert_true(match("<a b> [c] \"d\"", s));
    assert_slice(s[0], "a b");
    assert_slice(s[1], "c");
    assert_slice(s[2], "d");
    assert_true(match("<> [] \"\"", s));
    assert_slice(s[0], "");
    static const char *const others[] = {
        "", "a> [c] \"d\"", "<a", "<a> [c", "<a> [c] \"d", "<a> [c] \"d\" e"};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(match(others[i], s));
}

static void test_quotes_within_a_field(void **state)
{
    (void)state;
    struct line_slice s[LINE_SLOTS_MAX];
    make("\"", (const char *const[]){"\" ", ""}, 2);
    assert_true(match("\"a \\\" b\" c", s));
    assert_slice(s[0], "a \\\" b");
    assert_true(match("\"a\\\\\" c", s)); /* the backslash is escaped */
    assert_slice(s[0], "a\\\\");
    assert_slice(s[1], "c");
    assert_false(match("\"a\\\" c", s));
}

static void test_what_nobody_wants(void **state)
{
    (void)state;
    struct line_slice s[LINE_SLOTS_MAX];
    line_pattern_begin(&pattern, "", 0);
    assert_true(line_pattern_add(&pattern, -1, " ", 1));
    assert_true(line_pattern_add(&pattern, 2, "", 0));
    assert_true(match("a b c", s));
    assert_null(s[0].at);
    assert_null(s[1].at);
    assert_slice(s[2], "b c");
}

static void test_limits(void **state)
{
    (void)state;
    line_pattern_begin(&pattern, "", 0);
    assert_false(line_pattern_add(&pattern, LINE_SLOTS_MAX, " ", 1));
    assert_true(line_pattern_add(&pattern, 0, "", 0));
    assert_false(line_pattern_add(&pattern, 1, "x", 1)); /* behind the end */
    line_pattern_begin(&pattern, "", 0);
    for (size_t i = 0; i < LINE_PIECES_MAX; i++)
        assert_true(line_pattern_add(&pattern, -1, " ", 1));
    assert_false(line_pattern_add(&pattern, -1, " ", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_fields, end),
        cmocka_unit_test_teardown(test_quotes_within_a_field, end),
        cmocka_unit_test_teardown(test_what_nobody_wants, end),
        cmocka_unit_test_teardown(test_limits, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
