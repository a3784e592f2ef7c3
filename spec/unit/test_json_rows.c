/* json_rows: which bytes are a row, of an array and of lines. */
#include <stdio.h>

#include "base/error.h"
#include "base/json_rows.h"
#include "unit.h"

typedef bool parser(struct json_rows *t, char *text, size_t size,
                    struct error *err);

static void expect_rows(parser *parse, const char *text, const char *expected)
{
    struct json_rows t;
    struct error err;
    char rows[128] = "";
    size_t at = 0, size = strlen(text);
    if (!parse(&t, exact_copy(text, size), size, &err))
        fail_msg("%s: %s", text, err.text);
    assert_true(t.is_array);
    for (size_t i = 0; i < t.row_count; i++) {
        struct json_slice row = json_rows_at(&t, i);
        at += (size_t)snprintf(rows + at, sizeof rows - at, "%s%.*s",
                               i ? " / " : "", (int)row.length, row.at);
    }
    assert_string_equal(expected, rows);
    json_rows_fini(&t);
}

static void finds_the_elements_of_an_array(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rows;
    } table[] = {
        {"[1,2]", "1 / 2"},
        {" [ {\"a\": 1} ,\n \"x, \" , [1, 2] ,null ] ",
         "{\"a\": 1} / \"x, \" / [1, 2] / null"},
        {"\xef\xbb\xbf[true]", "true"},
        {"[]", ""},
        {"[ ]\n", ""},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++)
        expect_rows(json_rows_of_document, table[i].text, table[i].rows);
}

static void keeps_a_document_that_is_no_array(void **state)
{
    (void)state;
    struct json_rows t;
    struct error err;
    assert_true(
        json_rows_of_document(&t, exact_copy(" {\"a\":[1]} ", 11), 11, &err));
    assert_false(t.is_array);
    assert_int_equal(0, t.row_count);
    assert_memory_equal("{\"a\":[1]}", t.document.at, t.document.length);
    json_rows_fini(&t);
}

static void finds_the_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rows;
    } table[] = {
        {"1\n2\n", "1 / 2"},
        {"{\"a\":1}\r\n\r\n {\"a\":2} \n\n[3]", "{\"a\":1} / {\"a\":2} / [3]"},
        {"\xef\xbb\xbf\"x\"", "\"x\""},
        {"", ""},
        {"\n \t\n", ""},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++)
        expect_rows(json_rows_of_lines, table[i].text, table[i].rows);
}

static void says_what_is_broken(void **state)
{
    (void)state;
    static const struct {
        parser *parse;
        const char *text, *message;
    } table[] = {
        {json_rows_of_document, "[1,", "not valid JSON"},
        {json_rows_of_document, "", "not valid JSON"},
        {json_rows_of_lines, "1\n\n{]\n", "line 3: not valid JSON"},
        {json_rows_of_lines, "1 2", "line 1: not valid JSON"},
        {json_rows_of_lines, "{\"a\":\n1}", "line 1: not valid JSON"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct json_rows t;
        struct error err;
        size_t size = strlen(table[i].text);
        assert_false(
            table[i].parse(&t, exact_copy(table[i].text, size), size, &err));
        assert_string_equal(table[i].message, err.text);
        assert_null(t.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_elements_of_an_array),
        cmocka_unit_test(keeps_a_document_that_is_no_array),
        cmocka_unit_test(finds_the_lines),
        cmocka_unit_test(says_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
