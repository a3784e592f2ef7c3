/* utf8: the tables of RFC 3629, in one piece and byte by byte. */
#include <stdio.h>

#include "base/utf8.h"
#include "unit.h"

enum verdict { WHOLE, UNFINISHED, NONE };

static enum verdict judge(const char *bytes, size_t size, size_t piece)
{
    struct utf8 u = {0};
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        char *part = exact_copy(bytes + at, n);
        bool ok = utf8_feed(&u, part, n);
        free(part);
        if (!ok)
            return NONE;
    }
    return utf8_is_whole(&u) ? WHOLE : UNFINISHED;
}

static void assert_verdict(enum verdict wanted, const char *bytes, size_t size)
{
    for (size_t piece = 1; piece <= size; piece++)
        if (judge(bytes, size, piece) != wanted)
            fail_msg("%zu bytes from 0x%02x in pieces of %zu: %d, not %d", size,
                     (unsigned char)bytes[0], piece, judge(bytes, size, piece),
                     wanted);
}

#define ASSERT(verdict, text) assert_verdict(verdict, text, sizeof(text) - 1)

static void characters_are_taken(void **state)
{
    (void)state;
    ASSERT(WHOLE, "plain text that is longer than a word of eight bytes");
    ASSERT(WHOLE, "\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80");
    ASSERT(WHOLE, "\xEF\xBF\xBF \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF");
    ASSERT(WHOLE,
           "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5 kosme \xCE\xB5");
    ASSERT(WHOLE, "a NUL \0 is a character");
    assert_int_equal(WHOLE, judge("", 0, 1));
}

static void unfinished_characters_are_told(void **state)
{
    (void)state;
    ASSERT(UNFINISHED, "abcdefgh\xC3");
    ASSERT(UNFINISHED, "\xE2\x82");
    ASSERT(UNFINISHED, "\xF0\x9F\x98");
}

static void everything_else_is_refused(void **state)
{
    (void)state;
    ASSERT(NONE, "\x80");
    ASSERT(NONE, "abcdefghij\xBF");
    ASSERT(NONE, "\xC0\x80");
    ASSERT(NONE, "\xC1\xBF");
    ASSERT(NONE, "\xC3\x28");
    ASSERT(NONE, "\xE0\x9F\xBF");
    ASSERT(NONE, "\xED\xA0\x80"); /* a surrogate */
    ASSERT(NONE, "\xF0\x8F\xBF\xBF");
    ASSERT(NONE, "\xF4\x90\x80\x80"); /* beyond U+10FFFF */
    ASSERT(NONE, "\xF5\x80\x80\x80");
    ASSERT(NONE, "\xFE");
    ASSERT(NONE, "\xFF");
    ASSERT(NONE, "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80zz");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_taken),
        cmocka_unit_test(unfinished_characters_are_told),
        cmocka_unit_test(everything_else_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
