/* ws_frame: the examples of RFC 6455 5.7, and what a server must not send. Each
 * stream is read in one piece and byte by byte. */
#include <stdio.h>

#include "base/ws_frame.h"
#include "unit.h"

enum { MAX_MESSAGE = 100000, LOG_BYTES = 300000 };

/* What a stream said, as text: "piece Hel|piece lo|text|ping Hi|…". */
struct log {
    char *text;
    size_t size;
};

static void add(struct log *log, const char *text, size_t size)
{
    assert_true(log->size + size < LOG_BYTES);
    if (size)
        memcpy(log->text + log->size, text, size);
    log->size += size;
    log->text[log->size] = '\0';
}

static void add_event(struct log *log, const struct ws_event *e)
{
    static const char *const names[] = {
        [WS_PINGED] = "ping ", [WS_PONGED] = "pong ", [WS_CLOSED] = "close "};
    char words[200];
    if (e->kind == WS_PIECE) {
        add(log, e->bytes, e->size);
        return;
    }
    if (e->kind == WS_MESSAGE)
        snprintf(words, sizeof words, "<%s>", e->is_binary ? "binary" : "text");
    else if (e->kind == WS_VIOLATION)
        snprintf(words, sizeof words, "<%u %s>", e->code, e->problem);
    else if (e->kind == WS_CLOSED)
        snprintf(words, sizeof words, "<close %u %.*s>", e->code, (int)e->size,
                 e->bytes);
    else
        snprintf(words, sizeof words, "<%s%.*s>", names[e->kind], (int)e->size,
                 e->bytes);
    add(log, words, strlen(words));
}

/* False once the stream is broken. */
static bool feed(struct ws_reader *r, struct log *log, const char *bytes,
                 size_t size)
{
    char *copy = exact_copy(bytes, size);
    const char *at = copy;
    struct ws_event e;
    do {
        e = ws_reader_next(r, &at, copy + size);
        if (e.kind != WS_MORE)
            add_event(log, &e);
    } while (e.kind != WS_MORE && e.kind != WS_VIOLATION);
    assert_true(e.kind == WS_VIOLATION || at == copy + size);
    free(copy);
    return e.kind != WS_VIOLATION;
}

static void read_in_pieces(struct log *log, const char *bytes, size_t size,
                           size_t piece)
{
    struct ws_reader r;
    ws_reader_init(&r, MAX_MESSAGE);
    log->size = 0;
    log->text[0] = '\0';
    for (size_t at = 0; at < size; at += piece)
        if (!feed(&r, log, bytes + at, size - at < piece ? size - at : piece))
            break;
}

static void assert_reads(const char *wanted, const char *bytes, size_t size)
{
    static const size_t pieces[] = {1, 2, 3, 7, SIZE_MAX};
    char *text = malloc(LOG_BYTES);
    struct log log = {.text = text};
    assert_non_null(text);
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        read_in_pieces(&log, bytes, size, pieces[i] < size ? pieces[i] : size);
        assert_string_equal(wanted, log.text);
    }
    free(text);
}

#define READS(wanted, bytes) assert_reads(wanted, bytes, sizeof(bytes) - 1)

/* ------------------------------------------------------------------ reading */

static void examples_of_the_rfc(void **state)
{
    (void)state;
    READS("Hello<text>", "\x81\x05Hello");
    READS("Hello<text>", "\x01\x03Hel\x80\x02lo");
    READS("<ping Hello>", "\x89\x05Hello");
    READS("<pong Hello>", "\x8A\x05Hello");
}

static void lengths_of_all_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536, 99999};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t n = sizes[i], head = n < 126 ? 2 : n < 65536 ? 4 : 10;
        char *bytes = calloc(1, n + head), *wanted = calloc(1, n + 16);
        bytes[0] = '\x82';
        bytes[1] = (char)(head == 2 ? n : head == 4 ? 126 : 127);
        for (size_t k = 0; k + 2 < head; k++)
            bytes[head - 1 - k] = (char)(n >> 8 * k & 0xFF);
        memset(bytes + head, 'x', n);
        memset(wanted, 'x', n);
        memcpy(wanted + n, "<binary>", 9);
        assert_reads(wanted, bytes, n + head);
        free(bytes);
        free(wanted);
    }
}

static void control_frames_come_amid_a_message(void **state)
{
    (void)state;
    READS("a<ping 1>b<pong >c<text>d<binary>", "\x01\x01"
                                               "a"
                                               "\x89\x01"
                                               "1"
                                               "\x00\x01"
                                               "b"
                                               "\x8A\x00"
                                               "\x80\x01"
                                               "c"
                                               "\x82\x01"
                                               "d");
    READS("<text><binary>", "\x01\x00\x00\x00\x80\x00\x82\x00");
}

static void characters_span_frames(void **state)
{
    (void)state;
    READS("\xE2\x82\xAC<text>", "\x01\x01\xE2\x00\x01\x82\x80\x01\xAC");
    READS("\xE2<binary>", "\x82\x01\xE2");
}

static void close_frames_say_why(void **state)
{
    (void)state;
    READS("<close 1005 >", "\x88\x00");
    READS("<close 1000 >", "\x88\x02\x03\xE8");
    READS("<close 1001 bye>", "\x88\x05\x03\xE9"
                              "bye");
    READS("<close 4999 \xC3\xA9>", "\x88\x04\x13\x87\xC3\xA9");
}

/* -------------------------------------------------------------- violations */

static void broken_frames_are_refused(void **state)
{
    (void)state;
    READS("<1002 a frame of the server is masked>",
          "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    READS("<1002 a frame has a reserved bit set>", "\xC1\x05Hello");
    READS("<1002 a frame has a reserved bit set>", "\xA1\x05Hello");
    READS("<1002 a frame has a reserved bit set>", "\x91\x05Hello");
    READS("<1002 a frame has a reserved opcode>", "\x83\x00");
    READS("<1002 a frame has a reserved opcode>", "\x87\x00");
    READS("<1002 a frame has a reserved opcode>", "\x8B\x00");
    READS("<1002 a frame has a reserved opcode>", "\x8F\x00");
    READS("<1002 a control frame is fragmented>", "\x09\x00");
    READS("<1002 a control frame is fragmented>", "\x08\x00");
    READS("<1002 a control frame has more than 125 bytes>", "\x89\x7E\x00\x7E");
    READS("<1002 a frame continues no message>", "\x80\x01x");
    READS("a<1002 a message begins amid another>", "\x01\x01"
                                                   "a\x81\x01"
                                                   "b");
    READS("a<text><1002 a frame continues no message>", "\x81\x01"
                                                        "a\x80\x00");
}

static void bad_lengths_are_refused(void **state)
{
    (void)state;
    READS("<1002 a length takes more bytes than it needs>", "\x81\x7E\x00\x7D");
    READS("<1002 a length takes more bytes than it needs>",
          "\x82\x7F\x00\x00\x00\x00\x00\x00\xFF\xFF");
    READS("<1002 a length of 64 bits has its first bit set>",
          "\x82\x7F\x80\x00\x00\x00\x00\x01\x00\x00");
    READS("<1002 a length of 64 bits has its first bit set>",
          "\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF");
    READS("<1009 a message is larger than max_message>",
          "\x82\x7F\x00\x00\x00\x00\x00\x01\x86\xA1");
    READS("<1009 a message is larger than max_message>",
          "\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF");
    READS("abc<1009 a message is larger than max_message>",
          "\x02\x03"
          "abc"
          "\x00\x7F\x00\x00\x00\x00\x00\x01\x86\x9E");
}

static void text_must_be_utf8(void **state)
{
    (void)state;
    READS("<1007 a text is not UTF-8>", "\x81\x01\xFF");
    READS("<1007 a text is not UTF-8>", "\x01\x01\xC0\x80\x01\x80");
    struct ws_reader r;
    char text[64] = "";
    struct log log = {.text = text};
    ws_reader_init(&r, MAX_MESSAGE);
    assert_false(feed(&r, &log, "\x81\x02\xC3\x28", 4)); /* by its 4th byte */
    assert_string_equal("<1007 a text is not UTF-8>", text);
    READS("\xE2\x82<1007 a text ends amid a character>", "\x81\x02\xE2\x82");
    READS("<1007 the reason of a close frame is not UTF-8>",
          "\x88\x03\x03\xE8\xFF");
    READS("<1007 the reason of a close frame is not UTF-8>",
          "\x88\x03\x03\xE8\xC3");
}

static void close_codes_must_be_for_the_wire(void **state)
{
    (void)state;
    static const unsigned bad[] = {0,    999,  1004, 1005, 1006, 1015,
                                   1016, 1100, 2000, 2999, 5000, 65535};
    static const unsigned good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009,
                                    1010, 1011, 1012, 1013, 1014, 3000, 4999};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        char frame[] = {'\x88', 2, (char)(bad[i] >> 8), (char)(bad[i] & 0xFF)};
        assert_reads("<1002 a close frame has a code that is not for the wire>",
                     frame, sizeof frame);
        assert_false(ws_code_is_valid(bad[i]));
    }
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(ws_code_is_valid(good[i]));
    READS("<1002 a close frame has half a code>", "\x88\x01\x03");
}

static void a_violation_is_told_by_the_byte_that_shows_it(void **state)
{
    (void)state;
    READS("<1002 a frame has a reserved opcode>", "\x83");
    READS("<1002 a frame of the server is masked>", "\x81\x80");
    READS("<1002 a control frame has more than 125 bytes>", "\x89\x7F");
}

static void what_is_not_over_says_nothing(void **state)
{
    (void)state;
    READS("", "\x81");
    READS("", "\x82\x7F\x00\x00\x00\x00\x00\x01");
    READS("", "\x89\x05Hell");
    READS("Hell", "\x81\x05Hell");
}

/* ------------------------------------------------------------------ writing */

static void frames_are_masked(void **state)
{
    (void)state;
    static const unsigned char key[4] = {0x37, 0xfa, 0x21, 0x3d};
    unsigned char head[WS_HEAD_MAX_BYTES];
    char payload[5];
    assert_int_equal(6, ws_frame_head(head, WS_TEXT, 5, key));
    assert_memory_equal("\x81\x85\x37\xfa\x21\x3d", head, 6);
    ws_frame_mask(payload, "Hello", 5, key);
    assert_memory_equal("\x7f\x9f\x4d\x51\x58", payload, 5);
}

static void heads_are_as_short_as_can_be(void **state)
{
    (void)state;
    static const unsigned char key[4] = {1, 2, 3, 4};
    unsigned char head[WS_HEAD_MAX_BYTES];
    assert_int_equal(6, ws_frame_head(head, WS_BINARY, 0, key));
    assert_memory_equal("\x82\x80\1\2\3\4", head, 6);
    assert_int_equal(6, ws_frame_head(head, WS_PING, 125, key));
    assert_memory_equal("\x89\xFD\1\2\3\4", head, 6);
    assert_int_equal(8, ws_frame_head(head, WS_TEXT, 126, key));
    assert_memory_equal("\x81\xFE\x00\x7E\1\2\3\4", head, 8);
    assert_int_equal(8, ws_frame_head(head, WS_TEXT, 65535, key));
    assert_memory_equal("\x81\xFE\xFF\xFF\1\2\3\4", head, 8);
    assert_int_equal(14, ws_frame_head(head, WS_TEXT, 65536, key));
    assert_memory_equal("\x81\xFF\0\0\0\0\0\1\0\0\1\2\3\4", head, 14);
}

static void masking_twice_gives_the_same_bytes(void **state)
{
    (void)state;
    static const unsigned char key[4] = {0xDE, 0xAD, 0xBE, 0xEF};
    for (size_t size = 0; size < 40; size++) {
        char *plain = malloc(size + 1), *once = malloc(size + 1),
             *twice = malloc(size + 1);
        for (size_t i = 0; i < size; i++)
            plain[i] = (char)(i * 7);
        char *exact = exact_copy(plain, size);
        ws_frame_mask(once, exact, size, key);
        ws_frame_mask(twice, once, size, key);
        assert_memory_equal(plain, twice, size);
        for (size_t i = 0; i < size; i++)
            assert_int_equal((unsigned char)once[i],
                             (unsigned char)plain[i] ^ key[i % 4]);
        free(exact);
        free(plain);
        free(once);
        free(twice);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_rfc),
        cmocka_unit_test(lengths_of_all_sizes),
        cmocka_unit_test(control_frames_come_amid_a_message),
        cmocka_unit_test(characters_span_frames),
        cmocka_unit_test(close_frames_say_why),
        cmocka_unit_test(broken_frames_are_refused),
        cmocka_unit_test(bad_lengths_are_refused),
        cmocka_unit_test(text_must_be_utf8),
        cmocka_unit_test(close_codes_must_be_for_the_wire),
        cmocka_unit_test(a_violation_is_told_by_the_byte_that_shows_it),
        cmocka_unit_test(what_is_not_over_says_nothing),
        cmocka_unit_test(frames_are_masked),
        cmocka_unit_test(heads_are_as_short_as_can_be),
        cmocka_unit_test(masking_twice_gives_the_same_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
