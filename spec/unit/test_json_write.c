/* json_write: escapes, and bytes that are no UTF-8 (RFC 3629). */
#include "base/buffer.h"
#include "base/json_write.h"
#include "unit.h"

#define BAD "\xef\xbf\xbd"

static void a_string_is_always_valid(void **state)
{
    (void)state;
    static const struct {
        const char *text, *json;
    } rows[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"a\"b\\c\n\t\x01\x7f", "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\xff", "\"" BAD "\""},
        {"a\xc3", "\"a" BAD "\""},                       /* cut off */
        {"\xc3(", "\"" BAD "(\""},                       /* no continuation */
        {"\xc0\xaf", "\"" BAD BAD "\""},                 /* overlong */
        {"\xed\xa0\x80x", "\"" BAD BAD BAD "x\""},       /* half a pair */
        {"\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\""}, /* beyond the last */
        {"\xe2\x82", "\"" BAD BAD "\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = {0};
        size_t length = strlen(rows[i].text);
        char *exact = exact_copy(rows[i].text, length);
        json_add_string(&out, exact, length);
        assert_string_equal(rows[i].json, buffer_text(&out));
        buffer_fini(&out);
        free(exact);
    }
}

static void a_zero_byte_is_a_character(void **state)
{
    (void)state;
    struct buffer out = {0};
    json_add_string(&out, "a\0b", 3);
    assert_string_equal("\"a\\u0000b\"", buffer_text(&out));
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_string_is_always_valid),
        cmocka_unit_test(a_zero_byte_is_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
