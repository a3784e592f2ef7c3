/* base64: the vectors of RFC 4648, and every byte. */
#include "base/base64.h"
#include "base/buffer.h"
#include "unit.h"

static void encodes_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *encoded;
    } rows[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"Aladdin:open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {"\xfb\xff\xfe", "+//+"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = {0};
        size_t size = strlen(rows[i].plain);
        char *exact = exact_copy(rows[i].plain, size);
        base64_add(&out, exact, size);
        assert_string_equal(rows[i].encoded, buffer_text(&out));
        free(exact);
        buffer_fini(&out);
    }
}

static unsigned sextet(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(alphabet, c);
    assert_true(c && at);
    return (unsigned)(at - alphabet);
}

static void loses_no_bit_of_any_byte(void **state)
{
    (void)state;
    unsigned char bytes[3 * 256];
    struct buffer out = {0};
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    buffer_add_text(&out, "Basic ");
    base64_add(&out, bytes, sizeof bytes);
    assert_int_equal(6 + 4 * 256, out.size);
    for (size_t i = 0; i < 256; i++) {
        const char *group = buffer_text(&out) + 6 + 4 * i;
        unsigned bits = sextet(group[0]) << 18 | sextet(group[1]) << 12 |
                        sextet(group[2]) << 6 | sextet(group[3]);
        assert_int_equal(bytes[3 * i], bits >> 16);
        assert_int_equal(bytes[3 * i + 1], bits >> 8 & 255);
        assert_int_equal(bytes[3 * i + 2], bits & 255);
    }
    buffer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_the_vectors_of_the_rfc),
        cmocka_unit_test(loses_no_bit_of_any_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
