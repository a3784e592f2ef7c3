/* error: words for people, cut but never overrun. */
#include "base/error.h"
#include "unit.h"

static void says_what_it_was_told_and_returns_false(void **state)
{
    (void)state;
    struct error err;
    assert_false(error_set(&err, "line %d: %s", 3, "a quote"));
    assert_string_equal("line 3: a quote", err.text);
    assert_false(error_wrap(&err, "cannot read '%s'", "a.csv"));
    assert_string_equal("cannot read 'a.csv': line 3: a quote", err.text);
}

static void long_words_are_cut(void **state)
{
    (void)state;
    struct error err;
    char words[2 * ERROR_TEXT_BYTES];
    memset(words, 'x', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    error_set(&err, "%s", words);
    assert_int_equal(ERROR_TEXT_BYTES - 1, strlen(err.text));
    error_wrap(&err, "%s", words);
    assert_true(strlen(err.text) < ERROR_TEXT_BYTES);
    assert_non_null(strstr(err.text, "x: x"));
}

static void a_long_cause_leaves_its_purpose_whole(void **state)
{
    (void)state;
    struct error err;
    char cause[ERROR_TEXT_BYTES];
    memset(cause, 'c', sizeof cause - 1);
    cause[sizeof cause - 1] = '\0';
    error_set(&err, "%s", cause);
    for (int i = 0; i < 5; i++)
        error_wrap(&err, "purpose %d", i);
    assert_int_equal(0, strncmp("purpose 4: purpose 3: ", err.text, 22));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_it_was_told_and_returns_false),
        cmocka_unit_test(long_words_are_cut),
        cmocka_unit_test(a_long_cause_leaves_its_purpose_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
