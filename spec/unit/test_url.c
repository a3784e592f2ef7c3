/* url: what is an address, where its path begins, what must be escaped. */
#include <stdio.h>

#include "base/buffer.h"
#include "base/url.h"
#include "unit.h"

static void knows_absolute_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool absolute;
    } rows[] = {
        {"http://a", true},
        {"https://a.test:8443/x", true},
        {"HTTPS://A", true},
        {"http://[::1]/", true},
        {"http://", false},
        {"https://", false},
        {"http:///path", false},
        {"http://?q", false},
        {"http://:80/", false},
        {"http://#", false},
        {"http:/a", false},
        {"ftp://a", false},
        {"/path", false},
        {"a.test", false},
        {"", false},
        {"http", false},
        {"xhttp://a", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (url_is_absolute(rows[i].url) != rows[i].absolute)
            fail_msg("'%s'", rows[i].url);
}

static void knows_schemes(void **state)
{
    (void)state;
    static const char *const yes[] = {"http://", "ftp://a/b", "a.b+c://d?e"};
    static const char *const no[] = {"",        "/a://b", "a/b://c",
                                     "a?b://c", "a:b",    "a.test:80/x"};
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        assert_true(url_has_scheme(yes[i]));
    for (size_t i = 0; i < COUNT_OF(no); i++)
        assert_false(url_has_scheme(no[i]));
}

static void finds_the_path(void **state)
{
    (void)state;
    static const struct {
        const char *url, *path;
    } rows[] = {
        {"http://a.test:80/p/q?r=/s", "/p/q?r=/s"},
        {"https://a", ""},
        {"https://a?q=/x", "?q=/x"},
        {"http://a#f", "#f"},
        {"/p", "/p"},
        {"HTTP://A/B", "/B"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_string_equal(rows[i].path, url_path(rows[i].url));
}

static void escapes_all_but_the_unreserved(void **state)
{
    (void)state;
    const char *unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (int c = 0; c < 256; c++) {
        struct buffer out = {0};
        char byte = (char)c, expected[4] = {byte};
        if (!c || !strchr(unreserved, c))
            snprintf(expected, sizeof expected, "%%%02X", (unsigned)c);
        url_add_encoded(&out, &byte, 1);
        assert_string_equal(expected, buffer_text(&out));
        buffer_fini(&out);
    }
}

static void takes_literal_paths_as_they_stand(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected; /* NULL: refused */
    } rows[] = {
        {"/a/b?c=d&e=%20#f", "/a/b?c=d&e=%20#f"},
        {"/a b", "/a%20b"},
        {"/\xc3\xa9", "/%C3%A9"},
        {"", ""},
        {"/a\nb", NULL},
        {"/a\rHost: b", NULL},
        {"/\x7f", NULL},
        {"/\t", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = {0};
        size_t size = strlen(rows[i].text);
        char *exact = exact_copy(rows[i].text, size);
        bool taken = url_add_literal(&out, exact, size);
        assert_int_equal(rows[i].expected != NULL, taken);
        if (taken)
            assert_string_equal(rows[i].expected, buffer_text(&out));
        free(exact);
        buffer_fini(&out);
    }
    struct buffer out = {0};
    assert_false(url_add_literal(&out, "/a\0b", 4));
    buffer_fini(&out);
}

static void decodes_what_is_well_formed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool plus;
        const char *plain;
    } rows[] = {
        {"", false, ""},        {"a%20b", false, "a b"},
        {"a+b", false, "a+b"},  {"a+b%2B", true, "a b+"},
        {"%C3%a4", false, "ä"}, {"%", false, "%"},
        {"%4", false, "%4"},    {"%4g%41", false, "%4gA"},
        {"%%41", false, "%A"},  {"%2541", false, "%41"},
        {"100%", true, "100%"}, {"%G1%1G", false, "%G1%1G"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = {0};
        size_t length = strlen(rows[i].text);
        char *exact = exact_copy(rows[i].text, length);
        url_add_decoded(&out, exact, length, rows[i].plus);
        assert_string_equal(rows[i].plain, buffer_text(&out));
        free(exact);
        buffer_fini(&out);
    }
}

static void decoding_undoes_encoding(void **state)
{
    (void)state;
    struct buffer encoded = {0}, decoded = {0};
    char bytes[256];
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
    url_add_encoded(&encoded, bytes, sizeof bytes);
    for (int plus = 0; plus < 2; plus++) {
        buffer_clear(&decoded);
        url_add_decoded(&decoded, encoded.data, encoded.size, plus);
        assert_int_equal(sizeof bytes, decoded.size);
        assert_memory_equal(bytes, decoded.data, sizeof bytes);
    }
    buffer_fini(&encoded);
    buffer_fini(&decoded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_absolute_addresses),
        cmocka_unit_test(knows_schemes),
        cmocka_unit_test(finds_the_path),
        cmocka_unit_test(escapes_all_but_the_unreserved),
        cmocka_unit_test(takes_literal_paths_as_they_stand),
        cmocka_unit_test(decodes_what_is_well_formed),
        cmocka_unit_test(decoding_undoes_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
