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

static void reads_what_it_writes(void **state)
{
    (void)state;
    unsigned char bytes[300], back[300];
    char text[404];
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37 + i / 7);
    for (int kind = BASE64_STANDARD; kind <= BASE64_URL; kind++)
        for (size_t size = 0; size <= sizeof bytes; size++) {
            size_t length =
                base64_write(text, bytes, size, (enum base64_kind)kind);
            assert_true(length <= base64_encoded_max(size));
            char *exact = exact_copy(text, length);
            size_t got = 1234;
            assert_true(size <= base64_decoded_max(length));
            assert_true(
                base64_read(back, &got, exact, length, (enum base64_kind)kind));
            assert_int_equal(size, got);
            assert_memory_equal(bytes, back, size);
            free(exact);
        }
}

static void reads_one_text_for_each_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum base64_kind kind;
        const char *plain; /* NULL: refused */
    } rows[] = {
        {"Zm9vYg==", BASE64_STANDARD, "foob"},
        {"Zm9vYg", BASE64_STANDARD, NULL},
        {"Zm9vYg=", BASE64_STANDARD, NULL},
        {"Zm9vYh==", BASE64_STANDARD, NULL}, /* bits left over */
        {"Zm9vYmF=", BASE64_STANDARD, NULL},
        {"Zm9v\n", BASE64_STANDARD, NULL},
        {"Zm 9v", BASE64_STANDARD, NULL},
        {"Zm9=vYg=", BASE64_STANDARD, NULL},
        {"====", BASE64_STANDARD, NULL},
        {"=", BASE64_STANDARD, NULL},
        {"Z===", BASE64_STANDARD, NULL},
        {"-_-_", BASE64_STANDARD, NULL},
        {"+/+/", BASE64_STANDARD, "\xfb\xff\xbf"},
        {"+/+/", BASE64_URL, NULL},
        {"-_-_", BASE64_URL, "\xfb\xff\xbf"},
        {"Zm9vYg", BASE64_URL, "foob"},
        {"Zm9vYg==", BASE64_URL, "foob"},
        {"Zm9vYg=", BASE64_URL, NULL},
        {"Zm9vYh", BASE64_URL, NULL},
        {"Z", BASE64_URL, NULL},
        {"\xc3\xa4", BASE64_URL, NULL},
        {"", BASE64_URL, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char out[16];
        size_t length = strlen(rows[i].text), size = 0;
        char *exact = exact_copy(rows[i].text, length);
        bool ok = base64_read(out, &size, exact, length, rows[i].kind);
        if (ok != (rows[i].plain != NULL))
            fail_msg("'%s'", rows[i].text);
        if (ok) {
            assert_int_equal(strlen(rows[i].plain), size);
            assert_memory_equal(rows[i].plain, out, size);
        }
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_the_vectors_of_the_rfc),
        cmocka_unit_test(loses_no_bit_of_any_byte),
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(reads_one_text_for_each_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
