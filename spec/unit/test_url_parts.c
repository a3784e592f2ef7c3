/* url_parts: splitting, references and origins; the tables are RFC 3986's. */
#include "base/buffer.h"
#include "base/url_parts.h"
#include "unit.h"

static char *resolve(const char *base, const char *reference, size_t length)
{
    struct buffer out = {0};
    char *exact = exact_copy(reference, length);
    url_resolve(&out, base, exact, length);
    char *text = strdup(buffer_text(&out));
    buffer_fini(&out);
    free(exact);
    return text;
}

struct reference {
    const char *text, *expected;
};

static void resolves_all(const char *base, const struct reference *rows,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *got = resolve(base, rows[i].text, strlen(rows[i].text));
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("'%s' at %s: '%s', not '%s'", rows[i].text, base, got,
                     rows[i].expected);
        free(got);
    }
}

static void resolves_the_normal_examples(void **state)
{
    (void)state;
    static const struct reference rows[] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
    };
    resolves_all("http://a/b/c/d;p?q", rows, COUNT_OF(rows));
}

static void resolves_the_abnormal_examples(void **state)
{
    (void)state;
    static const struct reference rows[] = {
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"http:g", "http:g"}, /* strict */
    };
    resolves_all("http://a/b/c/d;p?q", rows, COUNT_OF(rows));
}

static void resolves_at_other_bases(void **state)
{
    (void)state;
    static const struct {
        const char *base, *text, *expected;
    } rows[] = {
        {"http://a", "g", "http://a/g"},
        {"http://a", "?y", "http://a?y"},
        {"http://a?q", "", "http://a?q"},
        {"http://a?q", "..", "http://a/"},
        {"http://a/b?x=/c/d", "g", "http://a/g"},
        {"http://a/b#/c/d", "g", "http://a/g"},
        {"http://u:p@a:8080/b", "/g", "http://u:p@a:8080/g"},
        {"http://a/b", "https://c:1/d/../e", "https://c:1/e"},
        {"http://a/b", "//c?q", "http://c?q"},
        {"http://a/b", "/x:y", "http://a/x:y"},
        {"http://a/b", "1:y", "http://a/1:y"}, /* no scheme */
        {"http://a/b/", "a//../c", "http://a/b/a/c"},
        {"http://a/b?q#f", "?", "http://a/b?"},
        {"http://a/b?q#f", "#", "http://a/b?q#"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        resolves_all(rows[i].base,
                     &(struct reference){rows[i].text, rows[i].expected}, 1);
}

/* Dots that take back what is not there must not cost more than they are. */
static void is_linear_in_dots(void **state)
{
    (void)state;
    struct buffer reference = {0};
    for (int i = 0; i < 100000; i++)
        buffer_add_text(&reference, i % 2 ? "/a" : "/..");
    char *got = resolve("http://a/b", reference.data, reference.size);
    assert_string_equal("http://a/a", got);
    free(got);
    buffer_fini(&reference);
}

static bool is_part(struct url_slice s, const char *text)
{
    if (!text || !s.at)
        return !text && !s.at;
    return s.length == strlen(text) && memcmp(s.at, text, s.length) == 0;
}

static void splits_any_text(void **state)
{
    (void)state;
    static const struct {
        const char *text, *scheme, *authority, *path, *query, *fragment;
    } rows[] = {
        {"http://www.ics.uci.edu/pub/ietf/uri/#Related", "http",
         "www.ics.uci.edu", "/pub/ietf/uri/", NULL, "Related"},
        {"ftp://ftp.is.co.za/rfc/rfc1808.txt", "ftp", "ftp.is.co.za",
         "/rfc/rfc1808.txt", NULL, NULL},
        {"ldap://[2001:db8::7]/c=GB?objectClass?one", "ldap", "[2001:db8::7]",
         "/c=GB", "objectClass?one", NULL},
        {"mailto:John.Doe@example.com", "mailto", NULL, "John.Doe@example.com",
         NULL, NULL},
        {"tel:+1-816-555-1212", "tel", NULL, "+1-816-555-1212", NULL, NULL},
        {"telnet://192.0.2.16:80/", "telnet", "192.0.2.16:80", "/", NULL, NULL},
        {"?", NULL, NULL, "", "", NULL},
        {"#?", NULL, NULL, "", NULL, "?"},
        {"//", NULL, "", "", NULL, NULL},
        {":a", NULL, NULL, ":a", NULL, NULL},
        {"", NULL, NULL, "", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url_parts p;
        url_split(&p, rows[i].text, strlen(rows[i].text));
        if (!is_part(p.scheme, rows[i].scheme) ||
            !is_part(p.authority, rows[i].authority) ||
            !is_part(p.path, rows[i].path) ||
            !is_part(p.query, rows[i].query) ||
            !is_part(p.fragment, rows[i].fragment))
            fail_msg("'%s'", rows[i].text);
    }
}

static bool origin_of(struct url_origin *o, const char *url)
{
    struct url_parts parts;
    url_split(&parts, url, strlen(url));
    return url_origin_of(o, &parts);
}

static void knows_whom_an_address_asks(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host; /* NULL: none */
        uint16_t port;
        bool is_secure, is_address;
    } rows[] = {
        {"http://a.test/x", "a.test", 80, false, false},
        {"HTTPS://A.Test", "A.Test", 443, true, false},
        {"https://a:8443?q", "a", 8443, true, false},
        {"http://a:", "a", 80, false, false},
        {"http://u:p@w@127.0.0.1:81/", "127.0.0.1", 81, false, true},
        {"http://[::1]:82/", "::1", 82, false, true},
        {"http://1.2.3.400/", "1.2.3.400", 80, false, false},
        {"http://a:65535", "a", 65535, false, false},
        {"http://a:65536", NULL, 0, false, false},
        {"http://a:99999999999999999999", NULL, 0, false, false},
        {"http://a:0", NULL, 0, false, false},
        {"http://a:8x", NULL, 0, false, false},
        {"http://[::1]x", NULL, 0, false, false},
        {"http://[::1", NULL, 0, false, false},
        {"http://[]", NULL, 0, false, false},
        {"http://", NULL, 0, false, false},
        {"http:///p", NULL, 0, false, false},
        {"http://u@", NULL, 0, false, false},
        {"http://:80", NULL, 0, false, false},
        {"http:a", NULL, 0, false, false},
        {"ftp://a", NULL, 0, false, false},
        {"app://a", NULL, 0, false, false},
        {"/a", NULL, 0, false, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url_origin o;
        bool known = origin_of(&o, rows[i].url);
        if (known != (rows[i].host != NULL) ||
            (known &&
             (!is_part(o.host, rows[i].host) || o.port != rows[i].port ||
              o.is_secure != rows[i].is_secure ||
              o.is_address != rows[i].is_address)))
            fail_msg("%s", rows[i].url);
    }
}

static void compares_origins(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"http://a/x", "http://A:80/y?z", true},
        {"https://a", "https://a:443", true},
        {"http://u:p@a", "http://a", true},
        {"http://a", "https://a", false},
        {"http://a:443", "https://a", false},
        {"http://a", "http://a:81", false},
        {"http://a", "http://ab", false},
        {"http://a", "http://b.a", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url_origin a, b;
        assert_true(origin_of(&a, rows[i].a) && origin_of(&b, rows[i].b));
        if (url_origin_equals(&a, &b) != rows[i].equal)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves_the_normal_examples),
        cmocka_unit_test(resolves_the_abnormal_examples),
        cmocka_unit_test(resolves_at_other_bases),
        cmocka_unit_test(is_linear_in_dots),
        cmocka_unit_test(splits_any_text),
        cmocka_unit_test(knows_whom_an_address_asks),
        cmocka_unit_test(compares_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
