/* event_stream: the rules of the HTML standard, however the bytes are cut. */
#include <stdio.h>

#include "base/event_stream.h"
#include "unit.h"

enum { TEXT_BYTES = 4096 };

static const struct {
    const char *bytes, *events; /* "type[id]{data}" of each */
    size_t size;                /* 0: as long as the text */
} rows[] = {
    {"data: a\n\n", "message[]{a}", 0},
    {"data:a\n\n", "message[]{a}", 0},
    {"data:  a \n\n", "message[]{ a }", 0},
    {"data: a\r\n\r\n", "message[]{a}", 0},
    {"data: a\r\r", "message[]{a}", 0},
    {"data: a\r\n\rdata: b\n\r\n", "message[]{a}message[]{b}", 0},
    {"\n\n\r\r\n\ndata: a\n\n\n\n", "message[]{a}", 0},
    {"\xEF\xBB\xBF"
     "data: a\n\n",
     "message[]{a}", 0},
    {"\xEF\xBB\xBF\xEF\xBB\xBF"
     "data: a\n\ndata: b\n\n",
     "message[]{b}", 0},
    {"\xEF\xBB: x\ndata: a\n\n", "message[]{a}", 0},
    {"data: a\n\xEF\xBB\xBF"
     "data: b\n\n",
     "message[]{a}", 0},
    {"data: a\ndata: b\ndata\ndata:c\n\n", "message[]{a\nb\n\nc}", 0},
    {"data\n\n", "message[]{}", 0},
    {"data:\n\n", "message[]{}", 0},
    {"data\ndata\n\n", "message[]{\n}", 0},
    {": hello\n:\n:data: x\ndata: a\n: there\n\n", "message[]{a}", 0},
    {"event: tick\ndata: a\n\ndata: b\n\n", "tick[]{a}message[]{b}", 0},
    {"event: lost\n\ndata: a\n\n", "message[]{a}", 0},
    {"event: one\nevent: two\ndata: a\n\n", "two[]{a}", 0},
    {"event\ndata: a\n\n", "message[]{a}", 0},
    {"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
     "message[1]{a}message[1]{b}message[]{c}", 0},
    {"id: 7\n\ndata: a\n\n", "message[7]{a}", 0},
    {"id: 1\ndata: a\n\nid: 2\0z\ndata: b\n\n", "message[1]{a}message[1]{b}",
     32},
    {"data: x\0y\n\n", "message[]{x|y}", 11},
    {"Data: a\nDATA: b\n data: c\ndata : d\ndata: e\n\n", "message[]{e}", 0},
    {"unknown: a\nunknown\ndata: b\n\n", "message[]{b}", 0},
    {"data: a:b: c\n\n", "message[]{a:b: c}", 0},
    {"data: whole\n\ndata: not", "message[]{whole}", 0},
    {"data: whole\n\ndata: not\n", "message[]{whole}", 0},
    {"", "", 0},
    {"\n", "", 0},
    {"no field at all\n\n", "", 0},
};

static size_t size_of(size_t i)
{
    return rows[i].size ? rows[i].size : strlen(rows[i].bytes);
}

/* NUL is printed as a bar. */
static size_t print_bytes(const struct buffer *b, char *out)
{
    for (size_t i = 0; i < b->size; i++)
        out[i] = b->data[i] ? b->data[i] : '|';
    return b->size;
}

static size_t print_event(const struct event_stream *s, char *out)
{
    size_t at = 0;
    if (s->type.size)
        at += print_bytes(&s->type, out);
    else
        at += (size_t)sprintf(out, "message");
    out[at++] = '[';
    at += print_bytes(&s->last_id, out + at);
    out[at++] = ']';
    out[at++] = '{';
    at += print_bytes(&s->data, out + at);
    out[at++] = '}';
    return at;
}

static size_t feed(struct event_stream *s, const char *bytes, size_t size,
                   char *out)
{
    size_t at = 0, printed = 0;
    char *copy = exact_copy(bytes, size);
    while (at < size) {
        size_t used;
        enum event_stream_state state =
            event_stream_next(s, copy + at, size - at, &used);
        at += used;
        if (state != EVENT_STREAM_READY)
            break;
        printed += print_event(s, out + printed);
    }
    assert_int_equal(at, size);
    free(copy);
    return printed;
}

static void assert_events(size_t row, size_t piece)
{
    char out[TEXT_BYTES];
    size_t printed = 0, size = size_of(row);
    struct event_stream s = {.max_bytes = 1000};
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        printed += feed(&s, rows[row].bytes + at, n, out + printed);
    }
    out[printed] = '\0';
    assert_string_equal(out, rows[row].events);
    event_stream_fini(&s);
}

static void reads_what_the_standard_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_events(i, TEXT_BYTES);
}

static void however_the_bytes_are_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t piece = 1; piece < 12; piece++)
            assert_events(i, piece);
}

static void knows_when_to_come_again(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool is_told;
        int64_t ms;
    } table[] = {
        {"data: a\n\n", false, 0},
        {"retry: 3000\ndata: a\n\n", true, 3000},
        {"retry:0\ndata: a\n\n", true, 0},
        {"retry: 10\n\ndata: a\n\n", true, 10},
        {"retry: 1\nretry: -2\nretry: 3s\nretry:\ndata: a\n\n", true, 1},
        {"retry: 99999999999999999999\ndata: a\n\n", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        char out[TEXT_BYTES];
        struct event_stream s = {.max_bytes = 1000};
        feed(&s, table[i].bytes, strlen(table[i].bytes), out);
        assert_int_equal(s.has_retry, table[i].is_told);
        assert_int_equal(s.retry_ms, table[i].ms);
        event_stream_fini(&s);
    }
}

static void gives_lines(void **state)
{
    (void)state;
    static const char bytes[] = "\xEF\xBB\xBFone\r\n\r\ntwo\rthree\nlast";
    for (size_t piece = 1; piece < sizeof bytes; piece++) {
        char out[TEXT_BYTES];
        size_t printed = 0;
        struct event_stream s = {.max_bytes = 100};
        for (size_t at = 0; at < sizeof bytes - 1;) {
            size_t used, left = sizeof bytes - 1 - at;
            size_t n = left < piece ? left : piece;
            enum event_stream_state got =
                event_stream_next_line(&s, bytes + at, n, &used);
            at += used;
            assert_int_not_equal(got, EVENT_STREAM_TOO_LARGE);
            if (got == EVENT_STREAM_READY) {
                printed += print_bytes(&s.line, out + printed);
                out[printed++] = '/';
            }
        }
        assert_true(event_stream_last_line(&s));
        printed += print_bytes(&s.line, out + printed);
        assert_false(event_stream_last_line(&s));
        out[printed] = '\0';
        assert_string_equal(out, "one//two/three/last");
        event_stream_fini(&s);
    }
}

/* One long line, many short ones, and a type: nothing goes past the limit. */
static void holds_no_more_than_it_may(void **state)
{
    (void)state;
    static const char *const table[] = {"data: xxxxxxxxxxxxx", "data: x\n",
                                        "event: yyyyyyyyyyyyyyy", "z"};
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct event_stream s = {.max_bytes = 1000};
        enum event_stream_state got = EVENT_STREAM_MORE;
        size_t used;
        for (size_t n = 0; n < 2000 && got == EVENT_STREAM_MORE; n++)
            got = event_stream_next(&s, table[i], strlen(table[i]), &used);
        assert_int_equal(got, EVENT_STREAM_TOO_LARGE);
        assert_true(s.line.size + s.data.size + s.type.size <= 2 * 1000);
        event_stream_fini(&s);
    }
}

static void forgets_comments(void **state)
{
    (void)state;
    struct event_stream s = {.max_bytes = 100};
    char out[TEXT_BYTES];
    for (int i = 0; i < 1000; i++)
        assert_int_equal(feed(&s, ": still there\n\n", 15, out), 0);
    assert_true(s.line.capacity + s.data.capacity <= 1000);
    event_stream_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_standard_says),
        cmocka_unit_test(however_the_bytes_are_cut),
        cmocka_unit_test(knows_when_to_come_again),
        cmocka_unit_test(gives_lines),
        cmocka_unit_test(holds_no_more_than_it_may),
        cmocka_unit_test(forgets_comments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
