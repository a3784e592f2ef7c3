/* json: the right slice for each path, and never a byte outside the text. */
#include <stdio.h>

#include "base/json.h"
#include "unit.h"

/* A text with every construct of RFC 8259. */
static const char DOCUMENT[] =
    "{ \"user\": {\"name\": \"Ada \\\"L\\\" \\u00e9\", \"id\": "
    "9007199254740993,"
    "\t\"tags\": [\"a\", [], {}, [1, [2, 3]]]},\r\n"
    " \"items\": [{\"id\": -0.5e-3, \"ok\": true}, {\"id\": 2E+10,"
    " \"ok\": false, \"none\": null}], \"\": \"empty name\", \"a]b\": 1,"
    " \"x\": {\"name\": \"{[,:]}\"} } ";

static void finds_what_a_path_names(void **state)
{
    (void)state;
    static const struct {
        const char *path, *value; /* NULL: there is none */
    } rows[] = {
        {"user.name", "\"Ada \\\"L\\\" \\u00e9\""},
        {"user.id", "9007199254740993"},
        {".user.id", "9007199254740993"},
        {"user.tags", "[\"a\", [], {}, [1, [2, 3]]]"},
        {"user.tags[1]", "\"a\""},
        {"user.tags[2]", "[]"},
        {"user.tags[3]", "{}"},
        {"user.tags[4][2][1]", "2"},
        {"user.tags[4][2][2]", "3"},
        {"items[1].id", "-0.5e-3"},
        {"items[2].id", "2E+10"},
        {"items[1].ok", "true"},
        {"items[2].ok", "false"},
        {"items[2].none", "null"},
        {"x", "{\"name\": \"{[,:]}\"}"},
        {"x.name", "\"{[,:]}\""},
        {"a]b", "1"},
        {"user.tags[0]", NULL},
        {"user.tags[5]", NULL},
        {"user.tags[-1]", NULL},
        {"user.tags[4][2][3]", NULL},
        {"user.tags[2][1]", NULL},
        {"user.tags[]", NULL},
        {"user.tags[1", NULL},
        {"user.tags[x]", NULL},
        {"user.tags[99999999999999999999]", NULL},
        {"user.tags.a", NULL},
        {"user[1]", NULL},
        {"items[1].none", NULL},
        {"items[1].id.deeper", NULL},
        {"nam", NULL},
        {"use", NULL},
        {"users", NULL},
        {"User", NULL},
        {"x\": {\"name", NULL},
        {"[1]", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t length = sizeof DOCUMENT - 1;
        char *text = exact_copy(DOCUMENT, length);
        struct json_slice value;
        bool found = json_find(text, length, rows[i].path, &value);
        if (found != (rows[i].value != NULL))
            fail_msg("%s: %s", rows[i].path, found ? "found" : "not found");
        if (found) {
            assert_int_equal(strlen(rows[i].value), value.length);
            assert_memory_equal(rows[i].value, value.at, value.length);
        }
        free(text);
    }
}

static void an_empty_path_is_the_whole_value(void **state)
{
    (void)state;
    struct json_slice value;
    assert_true(json_find(" [1, 2] ", 8, "", &value));
    assert_int_equal(6, value.length);
    assert_true(json_find("[[7]]", 5, "[1][1]", &value));
    assert_memory_equal("7", value.at, value.length);
    assert_false(json_find("", 0, "", &value));
    assert_false(json_find("", 0, "a", &value));
    assert_false(json_find(" ", 1, "[1]", &value));
}

/* What a decoder of the whole text would have there. */
static void finds_what_a_table_would_hold(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path, *value; /* NULL: there is none */
    } rows[] = {
        {"{\"a\":1,\"a\":2}", "a", "2"},
        {"{\"a\":1,\"b\":0,\"a\":null}", "a", "null"},
        {"{\"a\":{\"b\":1},\"a\":{\"c\":2}}", "a.b", NULL},
        {"{\"a\":{\"b\":1},\"a\":{\"b\":[3]}}", "a.b[1]", "3"},
        {"{\"a\":1,\"\\u0061\":2}", "a", "2"},
        {"{\"\\u0061bc\":1}", "abc", "1"},
        {"{\"a\\u0062\\u0063\":1}", "abc", "1"},
        {"{\"\\u0061bc\":1}", "ab", NULL},
        {"{\"\\u0061bc\":1}", "abcd", NULL},
        {"{\"\\u0061bc\":1}", "\\u0061bc", NULL},
        {"{\"\\u00E9\":1}", "\xc3\xa9", "1"},
        {"{\"\\u20ac\":1}", "\xe2\x82\xac", "1"},
        {"{\"\\ud83d\\ude00\":1}", "\xf0\x9f\x98\x80", "1"},
        {"{\"\\ud83dx\":1}", "\xef\xbf\xbdx", "1"},
        {"{\"\\ude00\\ud83d\":1}", "\xef\xbf\xbd\xef\xbf\xbd", "1"},
        {"{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\":1}", "\"\\/\b\f\n\r\t", "1"},
        {"{\"\\n\":1}", "\\n", NULL},
        {"{\"a\":1} x", "a", NULL},
        {"{\"a\":1,}", "a", NULL},
        {"{\"a\":1", "a", NULL},
        {"{\"a\":1,\"b\":\"\\x\"}", "a", NULL},
        {"[1,2,x]", "[1]", NULL},
        {"[1,2] 3", "[1]", NULL},
        {" [1,2] ", "[2]", "2"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t length = strlen(rows[i].text);
        char *text = exact_copy(rows[i].text, length);
        struct json_slice v;
        bool found = json_find(text, length, rows[i].path, &v);
        const char *wanted = rows[i].value;
        if (found != (wanted != NULL) ||
            (found && (v.length != strlen(wanted) ||
                       memcmp(v.at, wanted, v.length) != 0)))
            fail_msg("'%s' in %s", rows[i].path, rows[i].text);
        free(text);
    }
}

static void halves_of_pairs_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int at; /* -1: nowhere */
    } rows[] = {
        {"\"\"", -1},
        {"\"\\u00e9\\ufffd\"", -1},
        {"\"\\ud83d\\ude00\"", -1},
        {"\"\\\\ud800\"", -1},
        {"\"\\uD800\"", 1},
        {"\"\\uDFFF\"", 1},
        {"\"\\ud83d\\ud83d\\ude00\"", 1},
        {"\"\\ud83d\\ude00\\ude00\"", 13},
        {"\"\\n\\ud83d\\n\"", 3},
        {"\"\\ud83dude00\"", 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t length = strlen(rows[i].text);
        char *text = exact_copy(rows[i].text, length);
        const char *found = json_lone_surrogate(text, text + length);
        if ((found ? found - text : -1) != rows[i].at)
            fail_msg("%s", rows[i].text);
        free(text);
    }
}

static bool is_document(const char *bytes, size_t length)
{
    char *text = exact_copy(bytes, length);
    struct json_slice value;
    bool whole = json_document(text, length, &value);
    free(text);
    return whole;
}

static void tells_documents_from_broken_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool whole;
    } rows[] = {
        {"null", true},
        {" true ", true},
        {"\n\"\"\t", true},
        {"0", true},
        {"-0", true},
        {"10.25E-07", true},
        {"[]", true},
        {"[ ]", true},
        {"{ }", true},
        {"[1,2]", true},
        {"{\"a\":1}", true},
        {"\"\\u0041\\\\\"", true},
        {"", false},
        {" ", false},
        {"nul", false},
        {"nulll", false},
        {"True", false},
        {"01", false},
        {"1.", false},
        {".5", false},
        {"-", false},
        {"+1", false},
        {"1e", false},
        {"1e+", false},
        {"- 1", false},
        {"0x10", false},
        {"NaN", false},
        {"\"", false},
        {"\"\\\"", false},
        {"\"a\nb\"", false},
        {"'a'", false},
        {"[", false},
        {"[1", false},
        {"[1,", false},
        {"[1,]", false},
        {"[,1]", false},
        {"[1 2]", false},
        {"[1}", false},
        {"]", false},
        {"{", false},
        {"{\"a\"", false},
        {"{\"a\":", false},
        {"{\"a\":}", false},
        {"{\"a\":1,}", false},
        {"{a:1}", false},
        {"{1:1}", false},
        {"{\"a\" 1}", false},
        {"{\"a\":1]", false},
        {"{,}", false},
        {"1 2", false},
        {"[] []", false},
        {"// x\n1", false},
        {"\"\\x\"", false},
        {"\"\\u12\"", false},
        {"\"\\u12g4\"", false},
        {"\"\\ud800\"", true},
        {"\"\\/\"", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (is_document(rows[i].text, strlen(rows[i].text)) != rows[i].whole)
            fail_msg("'%s'", rows[i].text);
    assert_false(is_document("1\0", 2));
}

/* Every proper beginning of an object is broken, and reading it stops at its
 * end; the address sanitizer watches. */
static void stops_at_the_end_of_every_truncation(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "user.name",
        "user.tags[4][2][2]",
        "items[2].none",
        "x.name",
        "items[1].nil",
        "a.b[1]",
        "",
        "zzz",
    };
    size_t whole = strlen(DOCUMENT) - 1; /* without the space at its end */
    for (size_t length = 0; length < whole; length++) {
        assert_false(is_document(DOCUMENT, length));
        char *text = exact_copy(DOCUMENT, length);
        for (size_t i = 0; i < COUNT_OF(paths); i++) {
            struct json_slice value;
            if (json_find(text, length, paths[i], &value))
                assert_true(value.at >= text &&
                            value.at + value.length <= text + length);
        }
        free(text);
    }
    assert_true(is_document(DOCUMENT, whole));
}

static void takes_any_bytes_for_text(void **state)
{
    (void)state;
    static const char alphabet[] = "{}[]\",:\\ 1-.eEtrufalsn\n\xff"
                                   "d8c";
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        char bytes[24];
        size_t length = (size_t)round % sizeof bytes;
        for (size_t i = 0; i < length; i++) {
            seed = seed * 1664525 + 1013904223;
            bytes[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        char *text = exact_copy(bytes, length);
        struct json_slice value;
        json_find(text, length, "a[2].b", &value);
        json_find(text, length, "[1]", &value);
        if (json_document(text, length, &value))
            assert_true(value.length > 0 && value.length <= length);
        free(text);
    }
}

/* `depth` opening brackets, a value, and as many closing ones. */
static bool nested_is_document(size_t depth)
{
    size_t length = 2 * depth + 1;
    char *text = malloc(length);
    memset(text, '[', depth);
    text[depth] = '0';
    memset(text + depth + 1, ']', depth);
    bool whole = is_document(text, length);
    free(text);
    return whole;
}

static void nests_deep_but_not_for_ever(void **state)
{
    (void)state;
    assert_true(nested_is_document(1));
    assert_true(nested_is_document(500));
    assert_false(nested_is_document(1000000));
    size_t length = 1000000;
    char *open = malloc(length);
    memset(open, '[', length);
    struct json_slice value;
    assert_false(json_document(open, length, &value));
    assert_false(json_find(open, length, "[2]", &value));
    free(open);
}

static void count_element(struct json_slice element, void *arg)
{
    size_t *bytes = arg;
    bytes[0]++;
    bytes[1] += element.length;
}

static void visits_each_element(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool whole;
        size_t elements, bytes;
    } rows[] = {
        {"[]", true, 0, 0},         {"[ ]", true, 0, 0},
        {"[1]", true, 1, 1},        {"[ 1 , [2,3] , {} ]", true, 3, 8},
        {"{}", false, 0, 0},        {"1", false, 0, 0},
        {"[1,]", false, 1, 1},      {"[1", false, 1, 1},
        {"[1 2]", false, 1, 1},     {"", false, 0, 0},
        {"[\"a\",x]", false, 1, 3},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t seen[2] = {0, 0}, length = strlen(rows[i].text);
        char *text = exact_copy(rows[i].text, length);
        struct json_slice array = {text, length};
        assert_int_equal(rows[i].whole, json_each(array, count_element, seen));
        assert_int_equal(rows[i].elements, seen[0]);
        assert_int_equal(rows[i].bytes, seen[1]);
        free(text);
    }
}

static void one_value_of_many(void **state)
{
    (void)state;
    const char text[] = "  {\"a\": [1]} , 2";
    struct json_slice value;
    assert_true(json_value(text, text + sizeof text - 1, &value));
    assert_ptr_equal(text + 2, value.at);
    assert_int_equal(10, value.length);
    assert_false(json_value(text + 2, text + 5, &value));
    assert_false(json_value(text, text, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_path_names),
        cmocka_unit_test(finds_what_a_table_would_hold),
        cmocka_unit_test(halves_of_pairs_are_found),
        cmocka_unit_test(an_empty_path_is_the_whole_value),
        cmocka_unit_test(tells_documents_from_broken_text),
        cmocka_unit_test(stops_at_the_end_of_every_truncation),
        cmocka_unit_test(takes_any_bytes_for_text),
        cmocka_unit_test(nests_deep_but_not_for_ever),
        cmocka_unit_test(visits_each_element),
        cmocka_unit_test(one_value_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
