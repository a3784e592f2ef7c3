/* h1_answer: every answer is read whole, in two pieces at every place, and byte
 * by byte, from memory that ends where the bytes end; all give the same. */
#include <stdio.h>

#include "io/h1_answer.h"
#include "unit.h"

#define OK "HTTP/1.1 200 OK\r\n"

enum { MAX_BODY = 1000 };

struct expected {
    const char *name;
    const char *bytes;
    enum h1_answer_state state; /* once they are followed by the end */
    int status;
    const char *headers;
    const char *body;
    bool keeps_alive;
    size_t unused; /* bytes behind it */
    bool answers_head;
    bool needs_end; /* it is complete only by the end of the connection */
};

static const struct expected answers[] = {
    {"a length", OK "Content-Length: 5\r\nA: b\r\n\r\nhello", H1_ANSWER_DONE,
     200, "Content-Length: 5\r\nA: b\r\n", "hello", .keeps_alive = true},
    {"no body", OK "Content-Length: 0\r\n\r\n", H1_ANSWER_DONE, 200,
     "Content-Length: 0\r\n", "", .keeps_alive = true},
    {"no reason phrase", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
     H1_ANSWER_DONE, 200, "Content-Length: 1\r\n", "x", .keeps_alive = true},
    {"an empty reason phrase", "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx",
     H1_ANSWER_DONE, 200, "Content-Length: 1\r\n", "x", .keeps_alive = true},
    {"no headers at all", OK "\r\nto the end", H1_ANSWER_DONE, 200, "",
     "to the end", .needs_end = true},
    {"nothing to the end", OK "A: b\r\n\r\n", H1_ANSWER_DONE, 200, "A: b\r\n",
     "", .needs_end = true},
    {"204 without a length", "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n",
     H1_ANSWER_DONE, 204, "A: b\r\n", "", .keeps_alive = true},
    {"304 with the length of what was not sent",
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 7000\r\n\r\n",
     H1_ANSWER_DONE, 304, "Content-Length: 7000\r\n", "", .keeps_alive = true},
    {"an answer to HEAD", OK "Content-Length: 7000\r\n\r\n", H1_ANSWER_DONE,
     200, "Content-Length: 7000\r\n", "", .keeps_alive = true,
     .answers_head = true},
    {"chunks to HEAD", OK "Transfer-Encoding: chunked\r\n\r\n", H1_ANSWER_DONE,
     200, "Transfer-Encoding: chunked\r\n", "", .keeps_alive = true,
     .answers_head = true},
    {"chunks",
     OK "Transfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n",
     H1_ANSWER_DONE, 200, "Transfer-Encoding: chunked\r\n", "abcdefg",
     .keeps_alive = true},
    {"no chunk but the last", OK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     H1_ANSWER_DONE, 200, "Transfer-Encoding: chunked\r\n", "",
     .keeps_alive = true},
    {"trailers",
     OK "Transfer-Encoding: chunked\r\n\r\n"
        "1\r\na\r\n0\r\nSum: 1\r\nB: c\r\n\r\n",
     H1_ANSWER_DONE, 200, "Transfer-Encoding: chunked\r\n", "a",
     .keeps_alive = true},
    {"an interim answer",
     "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" OK
     "Content-Length: 1\r\n\r\nx",
     H1_ANSWER_DONE, 200, "Content-Length: 1\r\n", "x", .keeps_alive = true},
    {"several interim answers",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nA: b\r\n\r\n"
     "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\nx",
     H1_ANSWER_DONE, 200, "Content-Length: 1\r\n", "x", .keeps_alive = true},
    {"the wish to close", OK "Connection: close\r\nContent-Length: 1\r\n\r\nx",
     H1_ANSWER_DONE, 200, "Connection: close\r\nContent-Length: 1\r\n", "x",
     .keeps_alive = false},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
     H1_ANSWER_DONE, 200, "Content-Length: 1\r\n", "x", .keeps_alive = false},
    {"HTTP/1.0 that stays",
     "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
     H1_ANSWER_DONE, 200, "Connection: keep-alive\r\nContent-Length: 1\r\n",
     "x", .keeps_alive = true},
    {"bytes behind it", OK "Content-Length: 1\r\n\r\nxHTTP/1.1 2",
     H1_ANSWER_DONE, 200, "Content-Length: 1\r\n", "x", .keeps_alive = true,
     .unused = 10},
    {"bytes behind chunks",
     OK "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n\r\n",
     H1_ANSWER_DONE, 200, "Transfer-Encoding: chunked\r\n", "x",
     .keeps_alive = true, .unused = 2},
    {"bytes behind no body", "HTTP/1.1 204 No\r\n\r\n!", H1_ANSWER_DONE, 204,
     "", "", .keeps_alive = true, .unused = 1},

    {"not a byte", "", .state = H1_ANSWER_CUT_SHORT},
    {"an interim answer and no more", "HTTP/1.1 100 Continue\r\n\r\n",
     .state = H1_ANSWER_CUT_SHORT},
    {"less than its length", OK "Content-Length: 5\r\n\r\nhell",
     .state = H1_ANSWER_CUT_SHORT},
    {"less than its chunk", OK "Transfer-Encoding: chunked\r\n\r\n3\r\nab",
     .state = H1_ANSWER_CUT_SHORT},
    {"no last chunk", OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
     .state = H1_ANSWER_CUT_SHORT},

    {"no HTTP", "garbage\r\n\r\n", .state = H1_ANSWER_BROKEN},
    {"an empty line first", "\r\n" OK "Content-Length: 0\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"another version", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"HTTP/0.9", "<html>hello</html>", .state = H1_ANSWER_BROKEN},
    {"no number for a status", "HTTP/1.1 abc OK\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"a status below 100", "HTTP/1.1 099 Hm\r\nContent-Length: 0\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"lines without CR", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
     .state = H1_ANSWER_BROKEN},
    {"a status line without CR", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"a status line without CR and nothing else",
     "HTTP/1.1 200 OK\n\r\n\r\n\r\nbody", .state = H1_ANSWER_BROKEN},
    {"chunks behind a status line without CR",
     "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"a header without a colon", OK "oops\r\n\r\n", .state = H1_ANSWER_BROKEN},
    {"a space before the colon", OK "Content-Length : 1\r\n\r\nx",
     .state = H1_ANSWER_BROKEN},
    {"a control character in a header", OK "A: b\001c\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"two lengths that differ",
     OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
     .state = H1_ANSWER_BROKEN},
    {"the same length twice",
     OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
     .state = H1_ANSWER_BROKEN},
    {"a length and chunks",
     OK "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"chunks and a length",
     OK "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"a coding below the chunks",
     OK "Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"an unknown coding", OK "Transfer-Encoding: foo\r\n\r\nx",
     .state = H1_ANSWER_BROKEN},
    {"chunks of chunks",
     OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\nx\r\n0\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"more than chunks", OK "Transfer-Encoding: chunkedx\r\n\r\nx",
     .state = H1_ANSWER_BROKEN},
    {"chunks in capitals",
     OK "A: b\r\nTRANSFER-ENCODING:\tChunked \r\nC: d\r\n\r\n"
        "1\r\nx\r\n0\r\n\r\n",
     H1_ANSWER_DONE, 200, "A: b\r\nTRANSFER-ENCODING:\tChunked \r\nC: d\r\n",
     "x", .keeps_alive = true},
    {"no number for a length", OK "Content-Length: x\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"a negative length", OK "Content-Length: -1\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"a length beyond all numbers",
     OK "Content-Length: 99999999999999999999999\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"no number for a chunk", OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
     .state = H1_ANSWER_BROKEN},
    {"a chunk beyond all numbers",
     OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff1\r\n",
     .state = H1_ANSWER_BROKEN},
    {"a chunk longer than it says",
     OK "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"another protocol, unasked",
     "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
     "Upgrade: h2c\r\n\r\n",
     .state = H1_ANSWER_BROKEN},
    {"a length beyond max_body", OK "Content-Length: 1001\r\n\r\n",
     .state = H1_ANSWER_TOO_LARGE},
};

static void assert_text(const char *name, const char *wanted, const char *got,
                        size_t size)
{
    if (strlen(wanted) != size || (size && memcmp(wanted, got, size) != 0))
        fail_msg("%s: wanted '%s', got '%.*s'", name, wanted, (int)size, got);
}

static void check_outcome(const struct expected *e, struct h1_answer *a,
                          enum h1_answer_state state, size_t unused)
{
    if (state != e->state)
        fail_msg("%s: state %d, not %d: %s", e->name, (int)state, (int)e->state,
                 a->problem ? a->problem : "");
    if (state != H1_ANSWER_DONE) {
        assert_non_null(a->problem);
        assert_true(*a->problem);
        return;
    }
    assert_int_equal(e->status, a->status);
    assert_text(e->name, e->headers, a->headers, a->header_bytes);
    assert_text(e->name, e->body, a->body, a->body_bytes);
    if (e->keeps_alive != a->keeps_alive)
        fail_msg("%s: keeps_alive is %d", e->name, a->keeps_alive);
    assert_int_equal(e->unused, unused);
}

/* Feeds pieces of the sizes given, the last as often as needed. */
static void read_in_pieces(const struct expected *e, struct h1_answer *a,
                           size_t first, size_t others)
{
    size_t size = strlen(e->bytes), at = 0, piece = first;
    enum h1_answer_state state = H1_ANSWER_MORE;
    char *copies[256];
    size_t count = 0, unused = 0;
    h1_answer_begin(a, e->answers_head, MAX_BODY);
    while (state == H1_ANSWER_MORE && at < size) {
        size_t used = 0;
        if (piece > size - at)
            piece = size - at;
        if (count == COUNT_OF(copies)) /* only the last must stay */
            free(copies[--count]);
        char *copy = copies[count++] = exact_copy(e->bytes + at, piece);
        state = h1_answer_feed(a, copy, piece, &used);
        at += piece;
        if (state == H1_ANSWER_DONE)
            unused = piece - used + (size - at);
        piece = others;
    }
    if (state == H1_ANSWER_MORE) {
        if (e->state == H1_ANSWER_DONE)
            assert_true(e->needs_end);
        for (size_t i = 0; i < count; i++) /* it must need none of them */
            free(copies[i]);
        count = 0;
        state = h1_answer_end(a);
    }
    check_outcome(e, a, state, unused);
    h1_answer_release(a);
    for (size_t i = 0; i < count; i++)
        free(copies[i]);
}

static void each_answer_is_understood_in_any_pieces(void **state)
{
    (void)state;
    struct h1_answer a = {0};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        const struct expected *e = &answers[i];
        size_t size = strlen(e->bytes);
        read_in_pieces(e, &a, size ? size : 1, 1);
        for (size_t first = 1; first < size; first++)
            read_in_pieces(e, &a, first, size);
        read_in_pieces(e, &a, 1, 1);
        read_in_pieces(e, &a, 3, 7);
    }
    h1_answer_fini(&a);
}

/* Whatever is cut off is either cut short, or broken already; never done, but
 * where the end is what completes it. */
static void no_answer_is_complete_before_its_end(void **state)
{
    (void)state;
    struct h1_answer a = {0};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        const struct expected *e = &answers[i];
        size_t whole = strlen(e->bytes) - e->unused, used;
        if (e->state != H1_ANSWER_DONE || e->needs_end)
            continue;
        for (size_t size = 0; size < whole; size++) {
            char *copy = exact_copy(e->bytes, size);
            h1_answer_begin(&a, e->answers_head, MAX_BODY);
            assert_int_equal(H1_ANSWER_MORE,
                             h1_answer_feed(&a, copy, size, &used));
            free(copy);
            assert_int_equal(H1_ANSWER_CUT_SHORT, h1_answer_end(&a));
        }
    }
    h1_answer_fini(&a);
}

static enum h1_answer_state feed_text(struct h1_answer *a, const char *text)
{
    size_t used;
    char *copy = exact_copy(text, strlen(text));
    enum h1_answer_state s = h1_answer_feed(a, copy, strlen(text), &used);
    free(copy);
    return s;
}

static void bodies_are_bounded(void **state)
{
    (void)state;
    struct h1_answer a = {0};
    char piece[102];
    memset(piece, 'x', 101);
    piece[101] = '\0';
    h1_answer_begin(&a, false, MAX_BODY);
    assert_int_equal(H1_ANSWER_MORE, feed_text(&a, OK "\r\n"));
    for (int i = 0; i < 9; i++)
        assert_int_equal(H1_ANSWER_MORE, feed_text(&a, piece));
    assert_int_equal(H1_ANSWER_TOO_LARGE, feed_text(&a, piece));
    h1_answer_begin(&a, false, 3);
    assert_int_equal(
        H1_ANSWER_TOO_LARGE,
        feed_text(&a, OK "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd"
                         "\r\n"));
    h1_answer_begin(&a, false, 0);
    assert_int_equal(H1_ANSWER_DONE, feed_text(&a, OK "Content-Length: 0\r\n"
                                                      "\r\n"));
    h1_answer_fini(&a);
}

/* What follows is of another protocol, even if it looks like this one. */
static void protocols_are_switched_when_asked_for(void **state)
{
    (void)state;
    static const char head[] = "HTTP/1.1 103 Early Hints\r\n\r\n"
                               "HTTP/1.1 101 Switching Protocols\r\n"
                               "Connection: Upgrade\r\n"
                               "Upgrade: websocket\r\n\r\n";
    static const char *const tails[] = {"", "\x81\x02hi", OK "\r\n"};
    struct h1_answer a = {0};
    for (size_t i = 0; i < COUNT_OF(tails); i++) {
        char text[256];
        size_t size = strlen(head) + strlen(tails[i]), used = 0;
        snprintf(text, sizeof text, "%s%s", head, tails[i]);
        for (size_t first = 1; first <= strlen(head); first++) {
            h1_answer_begin(&a, false, MAX_BODY);
            a.switches = true;
            enum h1_answer_state s = h1_answer_feed(&a, text, first, &used);
            if (first < strlen(head)) {
                assert_int_equal(H1_ANSWER_MORE, s);
                s = h1_answer_feed(&a, text + first, size - first, &used);
                used += first;
            }
            assert_int_equal(H1_ANSWER_DONE, s);
            assert_int_equal(strlen(head), used);
            assert_int_equal(101, a.status);
            assert_false(a.keeps_alive);
            assert_int_equal(0, a.body_bytes);
            assert_text("switched",
                        "Connection: Upgrade\r\nUpgrade: websocket\r\n",
                        a.headers, a.header_bytes);
        }
    }
    h1_answer_fini(&a);
}

static void bodies_that_are_discarded_may_be_any(void **state)
{
    (void)state;
    static const char *const texts[] = {
        OK "Content-Length: 5\r\n\r\nhello",
        OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"};
    struct h1_answer a = {0};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        size_t size = strlen(texts[i]), used;
        for (size_t first = 1; first <= size; first++) {
            h1_answer_begin(&a, false, 2);
            a.discards_body = true;
            enum h1_answer_state s = h1_answer_feed(&a, texts[i], first, &used);
            if (first < size)
                s = h1_answer_feed(&a, texts[i] + first, size - first, &used);
            assert_int_equal(H1_ANSWER_DONE, s);
            assert_int_equal(0, a.body_bytes);
            assert_int_equal(0, a.body_store.size);
            assert_true(a.keeps_alive);
        }
    }
    h1_answer_fini(&a);
}

static enum h1_answer_state feed_many(struct h1_answer *a, const char *line,
                                      size_t bytes)
{
    enum h1_answer_state s = H1_ANSWER_MORE;
    for (size_t sent = 0; sent < bytes && s == H1_ANSWER_MORE;
         sent += strlen(line))
        s = feed_text(a, line);
    return s;
}

static void heads_are_bounded(void **state)
{
    (void)state;
    struct h1_answer a = {0};
    h1_answer_begin(&a, false, MAX_BODY);
    assert_int_equal(H1_ANSWER_MORE, feed_text(&a, OK));
    assert_int_equal(H1_ANSWER_MORE,
                     feed_many(&a, "Name: value\r\n", H1_HEAD_MAX_BYTES - 100));
    assert_int_equal(H1_ANSWER_TOO_LARGE,
                     feed_many(&a, "Name: value\r\n", 200));
    /* Interim answers count too. */
    h1_answer_begin(&a, false, MAX_BODY);
    assert_int_equal(
        H1_ANSWER_TOO_LARGE,
        feed_many(&a, "HTTP/1.1 100 Continue\r\n\r\n", 2 * H1_HEAD_MAX_BYTES));
    /* In one piece. */
    char *large = malloc(H1_HEAD_MAX_BYTES + 100);
    assert_non_null(large);
    strcpy(large, OK "A: ");
    memset(large + strlen(large), 'x', H1_HEAD_MAX_BYTES);
    strcpy(large + H1_HEAD_MAX_BYTES, "\r\nContent-Length: 0\r\n\r\n");
    h1_answer_begin(&a, false, MAX_BODY);
    assert_int_equal(H1_ANSWER_TOO_LARGE, feed_text(&a, large));
    free(large);
    h1_answer_fini(&a);
}

static void progress_is_told(void **state)
{
    (void)state;
    struct h1_answer a = {0};
    h1_answer_begin(&a, false, MAX_BODY);
    assert_true(a.is_fresh);
    feed_text(&a, "HTTP/1.1 100 Continue\r\n");
    assert_false(a.is_fresh);
    feed_text(&a, "\r\n");
    assert_true(a.is_fresh);
    assert_int_equal(1, a.interim);
    feed_text(&a, OK);
    assert_false(a.is_fresh);
    h1_answer_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_is_understood_in_any_pieces),
        cmocka_unit_test(no_answer_is_complete_before_its_end),
        cmocka_unit_test(bodies_are_bounded),
        cmocka_unit_test(protocols_are_switched_when_asked_for),
        cmocka_unit_test(bodies_that_are_discarded_may_be_any),
        cmocka_unit_test(heads_are_bounded),
        cmocka_unit_test(progress_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
