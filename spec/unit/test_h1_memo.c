/* h1_memo: what it recalls is what the parser would say, and nothing else. */
#include "io/h1_answer.h"
#include "io/h1_memo.h"
#include "unit.h"

static struct h1_memo memo;
static struct h1_answer parsed, recalled;

static int forget(void **state)
{
    (void)state;
    memset(&memo, 0, sizeof memo);
    h1_answer_fini(&parsed);
    h1_answer_fini(&recalled);
    memset(&parsed, 0, sizeof parsed);
    memset(&recalled, 0, sizeof recalled);
    return 0;
}

static void learn(const char *bytes, bool to_head)
{
    size_t used = 0;
    h1_answer_begin(&parsed, to_head, 100);
    assert_int_equal(H1_ANSWER_DONE,
                     h1_answer_feed(&parsed, bytes, strlen(bytes), &used));
    assert_int_equal(strlen(bytes), used);
    h1_memo_note(&memo, &parsed, bytes, strlen(bytes));
}

static bool recall(const char *bytes, bool to_head, size_t max_body)
{
    h1_answer_begin(&recalled, to_head, max_body);
    return h1_memo_recall(&memo, &recalled, bytes, strlen(bytes));
}

static void what_was_seen_is_recalled(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello",
        "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        assert_false(recall(answers[i], false, 100));
        learn(answers[i], false);
        assert_true(recall(answers[i], false, 100));
        assert_int_equal(parsed.status, recalled.status);
        assert_int_equal(parsed.keeps_alive, recalled.keeps_alive);
        assert_ptr_equal(parsed.headers, recalled.headers);
        assert_int_equal(parsed.header_bytes, recalled.header_bytes);
        assert_int_equal(parsed.body_bytes, recalled.body_bytes);
        assert_memory_equal(parsed.body, recalled.body, parsed.body_bytes);
        assert_false(recalled.is_fresh);
    }
}

static void a_body_that_is_discarded_is_not_given(void **state)
{
    (void)state;
    static const char bytes[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    learn(bytes, false);
    h1_answer_begin(&recalled, false, 2);
    recalled.discards_body = true;
    assert_true(h1_memo_recall(&memo, &recalled, bytes, strlen(bytes)));
    assert_int_equal(0, recalled.body_bytes);
    assert_int_equal(200, recalled.status);
}

static void another_body_of_the_same_size_is_its_own(void **state)
{
    (void)state;
    learn("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false);
    assert_true(recall("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworld",
                       false, 100));
    assert_memory_equal("world", recalled.body, 5);
}

static void any_other_byte_of_the_head_counts(void **state)
{
    (void)state;
    static const char bytes[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    char other[sizeof bytes];
    learn(bytes, false);
    for (size_t i = 0; i < sizeof bytes - 1 - 5; i++) {
        memcpy(other, bytes, sizeof bytes);
        other[i] ^= 1;
        assert_false(recall(other, false, 100));
    }
    memcpy(other, bytes, sizeof bytes);
    other[sizeof bytes - 2] = '\0'; /* a byte is missing */
    assert_false(recall(other, false, 100));
}

static void the_request_counts_too(void **state)
{
    (void)state;
    static const char bytes[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    learn(bytes, false);
    assert_false(recall(bytes, true, 100));
    assert_false(recall(bytes, false, 4));
    assert_true(recall(bytes, false, 5));
    forget(NULL);
    learn("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true);
    assert_false(
        recall("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, 100));
}

static void chunks_and_interim_answers_are_not_remembered(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\nx\r\n0\r\n\r\n",
        "HTTP/1.1 100 Go\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        learn(answers[i], false);
        assert_false(recall(answers[i], false, 100));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_that_is_discarded_is_not_given),
        cmocka_unit_test_teardown(what_was_seen_is_recalled, forget),
        cmocka_unit_test_teardown(another_body_of_the_same_size_is_its_own,
                                  forget),
        cmocka_unit_test_teardown(any_other_byte_of_the_head_counts, forget),
        cmocka_unit_test_teardown(the_request_counts_too, forget),
        cmocka_unit_test_teardown(chunks_and_interim_answers_are_not_remembered,
                                  forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
