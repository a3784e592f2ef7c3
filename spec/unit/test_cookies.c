/* cookies: what a jar takes, gives, and forgets. RFC 6265 5.1 to 5.4, 6.1. */
#include <stdio.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "engine/cookies.h"
#include "engine/set_cookie.h"
#include "unit.h"

static const int64_t NOW_MS = INT64_C(1700000000000);

static void receive_at(struct cookies *jar, const char *url, const char *text,
                       int64_t now_ms)
{
    struct cookie_place from;
    struct set_cookie c;
    assert_true(cookie_place_of(&from, url));
    if (set_cookie_parse(&c, text, strlen(text), now_ms))
        cookies_receive(jar, &from, &c, now_ms);
}

static void receive(struct cookies *jar, const char *url, const char *text)
{
    receive_at(jar, url, text, NOW_MS);
}

/* What a request carries; good until the next call. */
static const char *carried_at(struct cookies *jar, const char *url,
                              int64_t now_ms)
{
    static struct buffer text;
    struct cookie_place to;
    const struct cookie *const *list;
    buffer_clear(&text);
    assert_true(cookie_place_of(&to, url));
    size_t count = cookies_for(jar, &to, now_ms, &list);
    for (size_t i = 0; i < count; i++)
        cookie_text_add(&text, list[i]->name, list[i]->name_length,
                        list[i]->value, list[i]->value_length);
    static char copy[4096];
    snprintf(copy, sizeof copy, "%s", buffer_text(&text));
    buffer_fini(&text);
    return copy;
}

static const char *carried(struct cookies *jar, const char *url)
{
    return carried_at(jar, url, NOW_MS);
}

static size_t count_of(struct cookies *jar)
{
    const struct cookie *const *list;
    return cookies_for(jar, NULL, NOW_MS, &list);
}

/* The examples of 3.1. */
static void follows_the_examples(void **state)
{
    (void)state;
    struct cookies *jar = cookies_new();
    const char *url = "https://www.example.com/login/now";
    receive(jar, url, "SID=31d4d96e407aad42; Path=/; Secure; HttpOnly");
    receive(jar, url, "lang=en-US; Path=/; Domain=example.com");
    assert_string_equal("SID=31d4d96e407aad42; lang=en-US",
                        carried(jar, "https://www.example.com/"));
    assert_string_equal("lang=en-US", carried(jar, "https://example.com/"));
    assert_string_equal("lang=en-US", carried(jar, "http://www.example.com/"));
    receive(jar, url,
            "lang=en-US; Path=/; Domain=example.com; "
            "Expires=Wed, 09 Jun 2021 10:18:14 GMT");
    assert_string_equal("SID=31d4d96e407aad42",
                        carried(jar, "https://www.example.com/"));
    cookies_free(jar);
}

static void takes_and_gives_by_domain(void **state)
{
    (void)state;
    static const struct {
        const char *from, *domain, *to;
        bool is_sent;
    } rows[] = {
        {"http://example.com", "", "http://example.com", true},
        {"http://example.com", "", "http://EXAMPLE.com:8080", true},
        {"http://example.com", "", "http://www.example.com", false},
        {"http://www.example.com", "", "http://example.com", false},
        {"http://www.example.com", "example.com", "http://example.com", true},
        {"http://www.example.com", "Example.COM", "http://a.b.example.com",
         true},
        {"http://www.example.com", ".example.com", "http://x.example.com",
         true},
        {"http://www.example.com", "www.example.com", "http://example.com",
         false},
        {"http://example.com", "www.example.com", "http://www.example.com",
         false},
        {"http://example.com", "ample.com", "http://example.com", false},
        {"http://example.com", "other.com", "http://other.com", false},
        {"http://example.com", "com", "http://example.com", false},
        {"http://a.example.co.uk", "co.uk", "http://a.example.co.uk", false},
        {"http://a.example.co.uk", "example.co.uk", "http://example.co.uk",
         true},
        {"http://a.github.io", "github.io", "http://b.github.io", false},
        {"http://github.io", "github.io", "http://github.io", true},
        {"http://github.io", "github.io", "http://a.github.io", false},
        {"http://localhost", "localhost", "http://localhost", true},
        {"http://localhost", "localhost", "http://a.localhost", false},
        {"http://127.0.0.1", "127.0.0.1", "http://127.0.0.1", true},
        {"http://127.0.0.1", "0.0.1", "http://127.0.0.1", false},
        {"http://127.0.0.1", "", "http://1.127.0.0.1", false},
        {"http://[::1]:80", "", "http://[::1]:81", true},
        {"http://shop.test", "shop.test", "http://www.shop.test", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct cookies *jar = cookies_new();
        char text[128];
        snprintf(text, sizeof text, "a=1; Domain=%s", rows[i].domain);
        receive(jar, rows[i].from, text);
        bool is_sent = strcmp(carried(jar, rows[i].to), "a=1") == 0;
        if (is_sent != rows[i].is_sent)
            fail_msg("%s Domain=%s to %s", rows[i].from, rows[i].domain,
                     rows[i].to);
        cookies_free(jar);
    }
}

static void takes_and_gives_by_path(void **state)
{
    (void)state;
    static const struct {
        const char *from, *path, *to;
        bool is_sent;
    } rows[] = {
        {"/", "", "/", true},
        {"/", "", "/any", true},
        {"", "", "", true},
        {"?q=/a/b", "", "", true},
        {"/a", "", "/", true},
        {"/a/b", "", "/a", true},
        {"/a/b", "", "/a/", true},
        {"/a/b", "", "/a/c/d?e", true},
        {"/a/b?x=/y/z", "", "/a", true},
        {"/a/b", "", "/", false},
        {"/a/b", "", "/ab", false},
        {"/a/b", "", "/b", false},
        {"/a/b/", "", "/a/b", true},
        {"/a/b/", "", "/a", false},
        {"/a/b", "/", "/c", true},
        {"/a/b", "/c", "/c", true},
        {"/a/b", "/c", "/c/d", true},
        {"/a/b", "/c", "/cd", false},
        {"/a/b", "/c", "/C", false},
        {"/a/b", "/c/", "/c", false},
        {"/a/b", "/c/", "/c/d", true},
        {"/a/b", "c", "/a", true},
        {"/a/b", "/a%20", "/a ", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct cookies *jar = cookies_new();
        char from[64], to[64], text[64];
        snprintf(from, sizeof from, "http://a.test%s", rows[i].from);
        snprintf(to, sizeof to, "http://a.test%s", rows[i].to);
        snprintf(text, sizeof text, "a=1; Path=%s", rows[i].path);
        receive(jar, from, text);
        bool is_sent = strcmp(carried(jar, to), "a=1") == 0;
        if (is_sent != rows[i].is_sent)
            fail_msg("%s Path=%s to %s", rows[i].from, rows[i].path,
                     rows[i].to);
        cookies_free(jar);
    }
}

static void gives_secure_ones_to_those_that_are(void **state)
{
    (void)state;
    static const struct {
        const char *host;
        bool plain_too;
    } rows[] = {{"a.test", false},    {"127.0.0.1", true},
                {"localhost", true},  {"[::1]", true},
                {"127.0.0.2", false}, {"x.localhost", false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct cookies *jar = cookies_new();
        char plain[64], tls[64];
        snprintf(plain, sizeof plain, "http://%s/", rows[i].host);
        snprintf(tls, sizeof tls, "https://%s/", rows[i].host);
        receive(jar, plain, "a=1; Secure");
        assert_string_equal("a=1", carried(jar, tls));
        assert_string_equal(rows[i].plain_too ? "a=1" : "",
                            carried(jar, plain));
        cookies_free(jar);
    }
}

static void orders_by_path_and_age(void **state)
{
    (void)state;
    struct cookies *jar = cookies_new();
    receive(jar, "http://a.b.test/", "z=1");
    receive(jar, "http://a.b.test/", "b=2; Path=/x");
    receive(jar, "http://a.b.test/", "a=3; Domain=b.test");
    receive(jar, "http://a.b.test/", "c=4; Path=/x/y; Domain=b.test");
    receive(jar, "http://a.b.test/", "a=5; Path=/x");
    receive(jar, "http://a.b.test/", "z=6"); /* keeps its age */
    assert_string_equal("c=4; b=2; a=5; z=6; a=3",
                        carried(jar, "http://a.b.test/x/y"));
    cookies_free(jar);
}

static void replaces_what_is_the_same_cookie(void **state)
{
    (void)state;
    struct cookies *jar = cookies_new();
    const char *url = "http://a.b.test/";
    receive(jar, url, "a=1");
    receive(jar, url, "a=2");
    receive(jar, url, "a=3; Path=/; Domain=a.b.test");
    assert_int_equal(1, count_of(jar));
    receive(jar, url, "A=4");
    receive(jar, url, "a=5; Path=/x");
    receive(jar, url, "a=6; Domain=b.test");
    assert_int_equal(4, count_of(jar));
    receive(jar, url, "a=; Max-Age=0");
    receive(jar, url, "a=; Max-Age=0");
    receive(jar, url, "b=; Expires=Sun, 06 Nov 1994 08:49:37 GMT");
    assert_int_equal(3, count_of(jar));
    assert_string_equal("a=5; A=4; a=6", carried(jar, "http://a.b.test/x"));
    cookies_free(jar);
}

static void forgets_what_has_expired(void **state)
{
    (void)state;
    struct cookies *jar = cookies_new();
    receive(jar, "http://a.test", "a=1; Max-Age=60");
    receive(jar, "http://a.test", "b=2");
    assert_string_equal("a=1; b=2",
                        carried_at(jar, "http://a.test", NOW_MS + 59999));
    assert_string_equal("b=2",
                        carried_at(jar, "http://a.test", NOW_MS + 60000));
    cookies_free(jar);
}

static void holds_so_many_of_a_domain(void **state)
{
    (void)state;
    struct cookies *jar = cookies_new();
    char text[64];
    receive(jar, "http://b.test", "other=1");
    receive(jar, "http://a.test", "short=1; Max-Age=1");
    for (int i = 0; i < 49; i++) {
        snprintf(text, sizeof text, "c%d=1", i);
        receive(jar, "http://a.test", text);
    }
    assert_int_equal(51, count_of(jar));
    /* First what has expired, though it is not the oldest… */
    receive(jar, "http://a.test", "c0=2");
    receive_at(jar, "http://a.test", "new=1", NOW_MS + 1000);
    assert_int_equal(51, count_of(jar));
    assert_null(strstr(carried(jar, "http://a.test"), "short=1"));
    assert_non_null(strstr(carried(jar, "http://a.test"), "c0=2"));
    /* … then the oldest. */
    receive(jar, "http://a.test", "newer=1");
    assert_int_equal(51, count_of(jar));
    assert_null(strstr(carried(jar, "http://a.test"), "c0=2"));
    assert_non_null(strstr(carried(jar, "http://a.test"), "c1=1"));
    assert_string_equal("other=1", carried(jar, "http://b.test"));
    cookies_free(jar);
}

static void holds_so_many_in_all(void **state)
{
    (void)state;
    struct cookies *jar = cookies_new();
    char url[64], text[64];
    for (int i = 0; i < COOKIES_MAX + 100; i++) {
        snprintf(url, sizeof url, "http://h%d.test", i % 100);
        snprintf(text, sizeof text, "c%d=1", i);
        receive(jar, url, text);
    }
    assert_int_equal(COOKIES_MAX, count_of(jar));
    const struct cookie *const *list;
    cookies_for(jar, NULL, NOW_MS, &list);
    assert_string_equal("c100", list[0]->name);
    cookies_free(jar);
}

/* As many as fit into an answer's headers, over and over. */
static void takes_many_in_no_time(void **state)
{
    (void)state;
    struct cookies *jar = cookies_new();
    char text[64];
    int64_t began_ns = clock_thread_cpu_ns();
    for (int i = 0; i < 100000; i++) {
        snprintf(text, sizeof text, "c%d=1; Path=/%d", i, i % 7);
        receive(jar, "http://a.b.c.d.e.f.g.h.test/", text);
    }
    int64_t took_ms = (clock_thread_cpu_ns() - began_ns) / NS_PER_MS;
    assert_int_equal(COOKIES_PER_DOMAIN_MAX, count_of(jar));
    assert_true(took_ms < 5000); /* with sanitizers */
    cookies_free(jar);
}

static void keeps_no_path_without_end(void **state)
{
    (void)state;
    struct buffer url = {0};
    struct cookies *jar = cookies_new();
    buffer_add_text(&url, "http://a.test/");
    for (int i = 0; i < COOKIE_ATTRIBUTE_MAX_BYTES; i++)
        buffer_add_text(&url, "x");
    buffer_add_text(&url, "/y");
    receive(jar, buffer_text(&url), "a=1");
    assert_int_equal(0, count_of(jar));
    buffer_fini(&url);
    cookies_free(jar);
}

static void goes_back_to_its_mark(void **state)
{
    (void)state;
    struct cookies *jar = cookies_new();
    const char *url = "http://a.test/";
    receive(jar, url, "a=1");
    cookies_rewind(jar); /* before any mark: empty */
    assert_string_equal("", carried(jar, url));
    receive(jar, url, "a=1");
    receive(jar, url, "b=2");
    cookies_mark(jar);
    for (int i = 0; i < 3; i++) {
        receive(jar, url, "a=3");
        receive(jar, url, "b=; Max-Age=0");
        receive(jar, url, "c=4");
        assert_string_equal("a=3; c=4", carried(jar, url));
        cookies_rewind(jar);
        assert_string_equal("a=1; b=2", carried(jar, url));
    }
    cookies_clear(jar, NULL);
    assert_int_equal(0, count_of(jar));
    cookies_rewind(jar);
    cookies_rewind(jar);
    assert_string_equal("a=1; b=2", carried(jar, url));
    cookies_free(jar);
}

static struct url_slice slice(const char *text)
{
    return (struct url_slice){text, strlen(text)};
}

static void takes_what_a_script_wants(void **state)
{
    (void)state;
    struct cookies *jar = cookies_new();
    struct cookie_wish w = {.domain = slice("A.Test"),
                            .path = slice("/"),
                            .name = slice("a"),
                            .value = slice("1"),
                            .expires_ms = COOKIE_NEVER_EXPIRES};
    cookies_put(jar, &w, NOW_MS);
    assert_string_equal("a=1", carried(jar, "http://x.a.test"));
    w.is_host_only = true;
    w.name = slice("b");
    cookies_put(jar, &w, NOW_MS);
    assert_string_equal("a=1", carried(jar, "http://x.a.test"));
    assert_string_equal("a=1; b=1", carried(jar, "http://a.test"));
    cookies_clear(jar, "none");
    cookies_clear(jar, "a");
    assert_string_equal("b=1", carried(jar, "http://a.test"));
    w.expires_ms = NOW_MS;
    cookies_put(jar, &w, NOW_MS);
    assert_int_equal(0, count_of(jar));
    cookies_free(jar);
}

static void knows_places(void **state)
{
    (void)state;
    struct cookie_place p;
    char url[400] = "http://";
    assert_false(cookie_place_of(&p, "ftp://a.test"));
    assert_false(cookie_place_of(&p, "/path"));
    memset(url + 7, 'a', 255);
    assert_true(cookie_place_of(&p, url));
    memset(url + 7, 'a', 256);
    assert_false(cookie_place_of(&p, url));
}

static void writes_texts(void **state)
{
    (void)state;
    struct buffer text = {0};
    assert_false(cookie_text_has(&text, "a", 1));
    cookie_text_remove(&text, "a", 1);
    cookie_text_add(&text, "aa", 2, "1", 1);
    cookie_text_add(&text, "a", 1, "b=2", 3);
    cookie_text_add(&text, "c", 1, "", 0);
    assert_string_equal("aa=1; a=b=2; c=", buffer_text(&text));
    assert_true(cookie_text_has(&text, "a", 1));
    assert_false(cookie_text_has(&text, "b", 1));
    cookie_text_remove(&text, "a", 1);
    assert_string_equal("aa=1; c=", buffer_text(&text));
    cookie_text_remove(&text, "c", 1);
    assert_string_equal("aa=1", buffer_text(&text));
    cookie_text_add(&text, "d", 1, "4", 1);
    cookie_text_remove(&text, "aa", 2);
    assert_string_equal("d=4", buffer_text(&text));
    cookie_text_remove(&text, "d", 1);
    assert_string_equal("", buffer_text(&text));
    buffer_fini(&text);
    cookies_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_examples),
        cmocka_unit_test(takes_and_gives_by_domain),
        cmocka_unit_test(takes_and_gives_by_path),
        cmocka_unit_test(gives_secure_ones_to_those_that_are),
        cmocka_unit_test(orders_by_path_and_age),
        cmocka_unit_test(replaces_what_is_the_same_cookie),
        cmocka_unit_test(forgets_what_has_expired),
        cmocka_unit_test(holds_so_many_of_a_domain),
        cmocka_unit_test(holds_so_many_in_all),
        cmocka_unit_test(takes_many_in_no_time),
        cmocka_unit_test(keeps_no_path_without_end),
        cmocka_unit_test(goes_back_to_its_mark),
        cmocka_unit_test(takes_what_a_script_wants),
        cmocka_unit_test(knows_places),
        cmocka_unit_test(writes_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
