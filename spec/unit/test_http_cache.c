/* What heads of answers say about caches, and that it is counted. */
#include <string.h>

#include "io/h1_answer.h"
#include "io/h1_memo.h"
#include "io/http_cache.h"
#include "unit.h"

static enum http_cache verdict(int status, const char *headers)
{
    /* Behind the end there is nothing that may be read. */
    size_t size = strlen(headers);
    char *copy = malloc(size ? size : 1);
    memcpy(copy, headers, size);
    enum http_cache v = http_cache_verdict(status, copy, size);
    free(copy);
    return v;
}

static void heads_say_it(void **state)
{
    static const struct {
        const char *headers;
        enum http_cache verdict;
    } rows[] = {
        {"", HTTP_CACHE_SILENT},
        {"Server: shop\r\nContent-Length: 3\r\n", HTTP_CACHE_SILENT},
        {"X-Cache: HIT\r\n", HTTP_CACHE_HIT},
        {"x-cache:\tMiss from cloudfront\r\n", HTTP_CACHE_MISS},
        {"X-Cache: Hit from cloudfront\r\n", HTTP_CACHE_HIT},
        {"X-Cache: TCP_MEM_HIT from a1-2.deploy.example\r\n", HTTP_CACHE_HIT},
        {"X-Cache: MISS, HIT\r\n", HTTP_CACHE_HIT},
        {"X-Cache: HIT\r\nX-Cache: MISS\r\n", HTTP_CACHE_HIT},
        {"X-Cache: Error from cloudfront\r\n", HTTP_CACHE_SILENT},
        {"X-Cache: \r\n", HTTP_CACHE_SILENT},
        {"X-Cache-Hits: 3\r\nX-Cached: hit\r\n", HTTP_CACHE_SILENT},
        {"CF-Cache-Status: HIT\r\n", HTTP_CACHE_HIT},
        {"CF-Cache-Status: REVALIDATED\r\n", HTTP_CACHE_HIT},
        {"CF-Cache-Status: DYNAMIC\r\n", HTTP_CACHE_MISS},
        {"CF-Cache-Status: EXPIRED\r\nX-Cache: HIT\r\n", HTTP_CACHE_MISS},
        {"Age: 17\r\n", HTTP_CACHE_HIT},
        {"Age: 0\r\n", HTTP_CACHE_MISS},
        {"Age: 17\r\nX-Cache: MISS\r\n", HTTP_CACHE_MISS},
        {"Age: old\r\n", HTTP_CACHE_SILENT},
        {"Age: -1\r\n", HTTP_CACHE_SILENT},
        {"Age:\r\n", HTTP_CACHE_SILENT},
        {"Age", HTTP_CACHE_SILENT},
        {"Age:", HTTP_CACHE_SILENT},
        {"X-Cache: HI", HTTP_CACHE_SILENT},
        {"\n\n:\n", HTTP_CACHE_SILENT}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (verdict(200, rows[i].headers) != rows[i].verdict)
            fail_msg("row %zu: \"%s\"", i, rows[i].headers);
}

static void not_modified_is_a_hit(void **state)
{
    (void)state;
    assert_int_equal(HTTP_CACHE_HIT, verdict(304, ""));
    assert_int_equal(HTTP_CACHE_HIT, verdict(304, "X-Cache: MISS\r\n"));
}

static struct h1_memo memo;

/* Reads an answer as an exchange does: from the memo if it knows it. */
static enum http_cache read(const char *bytes, bool is_known)
{
    struct h1_answer a = {0};
    size_t used = 0, size = strlen(bytes);
    h1_answer_begin(&a, false, 1000);
    bool found = h1_memo_recall(&memo, &a, bytes, size);
    assert_int_equal(is_known, found);
    if (!found) {
        assert_int_equal(H1_ANSWER_DONE,
                         h1_answer_feed(&a, bytes, size, &used));
        h1_memo_note(&memo, &a, bytes, size);
    }
    enum http_cache says = a.cache;
    h1_answer_fini(&a);
    return says;
}

static void known_heads_say_the_same(void **state)
{
    static const char hit[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                              "X-Cache: HIT\r\n\r\nhi";
    static const char none[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                               "X-Other: no\r\n\r\nhi";
    (void)state;
    assert_int_equal(HTTP_CACHE_HIT, read(hit, false));
    assert_int_equal(HTTP_CACHE_HIT, read(hit, true));
    assert_int_equal(HTTP_CACHE_SILENT, read(none, false));
    assert_int_equal(HTTP_CACHE_SILENT, read(none, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_say_it),
        cmocka_unit_test(not_modified_is_a_hit),
        cmocka_unit_test(known_heads_say_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
