/* regex: what matches, what is refused, and that no text holds it up. */
#include "base/clock.h"
#include "base/error.h"
#include "io/regex.h"
#include "unit.h"

static struct regex *compiled(const char *pattern, const char *flags)
{
    struct error err = {{0}};
    char *exact = exact_copy(pattern, strlen(pattern));
    struct regex *re = regex_new(exact, strlen(pattern), flags, &err);
    if (!re)
        fail_msg("'%s': %s", pattern, err.text);
    free(exact);
    return re;
}

/* "whole|group 1|group 2", ! for a group that took no part; "" for none. */
static void write_match(const struct regex *re, const char *text, char *out)
{
    size_t from, to;
    for (size_t i = 0; i <= regex_group_count(re); i++) {
        if (i)
            *out++ = '|';
        if (!regex_group(re, i, &from, &to)) {
            *out++ = '!';
            continue;
        }
        memcpy(out, text + from, to - from);
        out += to - from;
    }
    *out = '\0';
}

static void matches_as_perl_does(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *flags, *text, *expected; /* NULL: no match */
    } rows[] = {
        {"b+", "", "abbbc", "bbb"},
        {"name=\"([^\"]+)\"", "", "<input name=\"csrf\">",
         "name=\"csrf\"|csrf"},
        {"(a)|(b)", "", "b", "b|!|b"},
        {"(?<year>\\d{4})-(\\d\\d)", "", "on 2026-01", "2026-01|2026|01"},
        {"A.c", "", "abc", NULL},
        {"A.c", "i", "abc", "abc"},
        {"a.c", "", "a\nc", NULL},
        {"a.c", "s", "a\nc", "a\nc"},
        {"^b$", "", "a\nb\nc", NULL},
        {"^b$", "m", "a\nb\nc", "b"},
        {"a b # c", "x", "ab", "ab"},
        {"^.$", "", "\xc3\xa9", NULL},
        {"^.$", "u", "\xc3\xa9", "\xc3\xa9"},
        {"x.", "u", "x\xff x\xc3\xa9", "x\xc3\xa9"}, /* not all of it UTF-8 */
        {"\\Qa.b", "", "a.b", "a.b"},
        {"a|b", "", "xb", "b"},
        {"", "", "abc", ""},
        {"(?C7)a", "", "a", "a"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char found[100];
        struct regex *re = compiled(rows[i].pattern, rows[i].flags);
        size_t length = strlen(rows[i].text);
        char *text = exact_copy(rows[i].text, length);
        enum regex_status status = regex_match(re, text, length, 0);
        assert_int_equal(rows[i].expected ? REGEX_FOUND : REGEX_NONE, status);
        if (rows[i].expected) {
            write_match(re, text, found);
            assert_string_equal(rows[i].expected, found);
        }
        free(text);
        regex_free(re);
    }
}

static void refuses_what_is_no_pattern(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *flags, *words;
    } rows[] = {
        {"a(b", "", "missing closing parenthesis at position 4"},
        {"a)(b", "", "unmatched closing parenthesis at position 2"},
        {"[", "", "missing terminating ]"},
        {"a", "g", "the flags are letters of \"imsxu\""},
        {"a", "I", "the flags are"},
        {"\\C", "", "\\C"},
        {"(*UTF)a", "", "UTF"},
        {"(*UCP)a", "", "UCP"},
        {"(", "x", "missing closing parenthesis"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error err = {{0}};
        assert_null(regex_new(rows[i].pattern, strlen(rows[i].pattern),
                              rows[i].flags, &err));
        if (!strstr(err.text, rows[i].words))
            fail_msg("'%s': %s", rows[i].pattern, err.text);
    }
    regex_free(NULL);
}

static void goes_on_behind_a_match(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *flags, *text;
        int matches;
    } rows[] = {
        {"\\d+", "", "1 22 333", 3}, {"x*", "", "axb", 4},
        {"", "", "abc", 4},          {"", "u", "\xc3\xa9\xe2\x82\xac", 3},
        {"$", "m", "a\nb", 2},       {"\\b", "", "ab cd", 4},
        {"(?=a)", "", "aaa", 3},     {"a", "", "", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct regex *re = compiled(rows[i].pattern, rows[i].flags);
        size_t length = strlen(rows[i].text), at = 0;
        int matches = 0;
        while (at <= length &&
               regex_match(re, rows[i].text, length, at) == REGEX_FOUND) {
            matches++;
            at = regex_next(re, rows[i].text, length);
        }
        if (matches != rows[i].matches)
            fail_msg("'%s': %d", rows[i].pattern, matches);
        regex_free(re);
    }
}

static char *repeated(const char *unit, size_t times, size_t *length)
{
    size_t size = strlen(unit);
    char *text = malloc(size * times);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * size, unit, size);
    *length = size * times;
    return text;
}

/* Without its limits each of these takes minutes, or for ever. */
static void gives_up_what_takes_too_long(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *unit;
        size_t times;
    } rows[] = {
        {"(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 1000},
        {"\\w+@", "a", 1000000},
        {"(?:.*){1,9}=x", "ab", 500000},
        {"(x+x+)+y", "x", 100000},
        {"^(?:(a)|(?1))*$", "aaaaaaaaab", 10000},
        {"(.*)\\1\\1z?!", "a", 100000},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t length;
        char *text = repeated(rows[i].unit, rows[i].times, &length);
        struct regex *re = compiled(rows[i].pattern, "");
        int64_t from_ns = clock_now_ns();
        enum regex_status status = regex_match(re, text, length, 0);
        int64_t took_ns = clock_now_ns() - from_ns;
        if (status == REGEX_FOUND || took_ns > 3 * NS_PER_S)
            fail_msg("'%s': status %d after %g s", rows[i].pattern, status,
                     (double)took_ns / NS_PER_S);
        free(text);
        regex_free(re);
    }
}

static void finds_in_large_texts(void **state)
{
    (void)state;
    size_t length;
    char *text = repeated("<input name=\"field\" value=\"1\">", 40000, &length);
    memcpy(text + length - 30, "<input name=\"csrf\"  value=\"7\">", 30);
    struct regex *re = compiled("name=\"csrf\"\\s+value=\"([^\"]*)\"", "i");
    size_t from, to;
    assert_int_equal(REGEX_FOUND, regex_match(re, text, length, 0));
    assert_true(regex_group(re, 1, &from, &to));
    assert_int_equal(1, to - from);
    assert_int_equal('7', text[from]);
    assert_false(regex_group(re, 2, &from, &to));
    regex_free(re);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_as_perl_does),
        cmocka_unit_test(refuses_what_is_no_pattern),
        cmocka_unit_test(goes_on_behind_a_match),
        cmocka_unit_test(gives_up_what_takes_too_long),
        cmocka_unit_test(finds_in_large_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
