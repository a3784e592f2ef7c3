/* redirect: methods, addresses and headers of the next request. */
#include "base/buffer.h"
#include "engine/redirect.h"
#include "io/http.h"
#include "unit.h"

static void knows_redirects(void **state)
{
    (void)state;
    for (int status = 100; status < 600; status++)
        assert_int_equal(status == 301 || status == 302 || status == 303 ||
                             status == 307 || status == 308,
                         redirect_is(status));
}

static void locates(void **state)
{
    (void)state;
    static const struct {
        const char *url, *location, *expected; /* NULL: nowhere */
    } rows[] = {
        {"http://a/b/c", "d", "http://a/b/d"},
        {"http://a/b#f", "/c", "http://a/c#f"},
        {"http://a/b#f", "/c#g", "http://a/c#g"},
        {"http://a/b#f", "/c#", "http://a/c#"},
        {"http://a/b", "https://c", "https://c"},
        {"http://a/b", "?q", "http://a/b?q"},
        {"http://a/b", "/x y\xc3\xa9", "http://a/x%20y%C3%A9"},
        {"http://u:p@a/b", "/c", "http://u:p@a/c"},
        {"http://a/b", "http://u:p@c/", "http://u:p@c/"},
        {"http://a/b", "", NULL},
        {"http://a/b", "/x\ty", NULL},
        {"http://a/b", "ftp://a/", NULL},
        {"http://a/b", "javascript:1", NULL},
        {"http://a/b", "http:/c", NULL},
        {"http://a/b", "http://:80/", NULL},
        {"http://a/b", "http://a:x/", NULL},
    };
    struct buffer out = {0};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t length = strlen(rows[i].location);
        char *exact = exact_copy(rows[i].location, length);
        bool leads = redirect_locate(&out, rows[i].url, exact, length);
        free(exact);
        if (leads != (rows[i].expected != NULL) ||
            (leads && strcmp(out.data, rows[i].expected) != 0))
            fail_msg("'%s' at %s: %s", rows[i].location, rows[i].url,
                     leads ? out.data : "nowhere");
    }
    buffer_fini(&out);
}

static void chooses_the_method(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *method, *next;
    } rows[] = {
        {301, "GET", "GET"},    {301, "POST", "GET"},
        {301, "PUT", "PUT"},    {302, "HEAD", "HEAD"},
        {302, "POST", "GET"},   {302, "PATCH", "PATCH"},
        {303, "GET", "GET"},    {303, "POST", "GET"},
        {303, "DELETE", "GET"}, {303, "HEAD", "HEAD"},
        {307, "POST", "POST"},  {307, "PUT", "PUT"},
        {308, "POST", "POST"},  {308, "DELETE", "DELETE"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_request r = {.method = rows[i].method,
                                 .url = "http://a/",
                                 .body = "b",
                                 .body_bytes = 1,
                                 .has_body = true};
        struct buffer lines = {0};
        assert_true(redirect_apply(&r, &lines, rows[i].status, "http://a/c"));
        bool turned = strcmp(rows[i].method, "GET") != 0 &&
                      strcmp(rows[i].next, "GET") == 0;
        assert_string_equal(rows[i].next, r.method);
        assert_string_equal("http://a/c", r.url);
        if (rows[i].status != 303)
            assert_int_equal(!turned, r.has_body);
        assert_int_equal(r.has_body, r.body_bytes);
        buffer_fini(&lines);
    }
}

static void chooses_the_headers(void **state)
{
    (void)state;
    static const char given[] = "authorization: a\r\nX-Own: b\r\nCookie: c\r\n"
                                "Content-Type: d\r\ncontent-md5: e\r\n"
                                "HOST: f\r\nHostess: g\r\nCookies: h\r\n";
    static const struct {
        int status;
        const char *url, *lines;
    } rows[] = {
        {307, "http://a/x", given},
        {307, "http://A:80/x", given},
        {302, "http://a/x",
         "authorization: a\r\nX-Own: b\r\nCookie: c\r\n"
         "HOST: f\r\nHostess: g\r\nCookies: h\r\n"},
        {307, "https://a/x",
         "X-Own: b\r\nContent-Type: d\r\ncontent-md5: e\r\n"
         "Hostess: g\r\nCookies: h\r\n"},
        {302, "http://b/x", "X-Own: b\r\nHostess: g\r\nCookies: h\r\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_request r = {.method = "POST", .url = "http://a/"};
        struct buffer lines = {0};
        buffer_add_text(&lines, given);
        buffer_text(&lines);
        bool same = redirect_apply(&r, &lines, rows[i].status, rows[i].url);
        assert_int_equal(i < 3, same);
        assert_string_equal(rows[i].lines, r.headers);
        buffer_fini(&lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_redirects),
        cmocka_unit_test(locates),
        cmocka_unit_test(chooses_the_method),
        cmocka_unit_test(chooses_the_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
