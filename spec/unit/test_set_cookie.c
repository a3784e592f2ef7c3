/* set_cookie: dates, attributes, and what is to be ignored. RFC 6265. */
#include "engine/set_cookie.h"
#include "unit.h"

static const int64_t NOW_MS = INT64_C(1700000000000);

static void reads_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds; /* -1: no date */
    } rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        {"Wed, 09 Jun 2021 10:18:14 GMT", 1623233894},
        {"Wed, 09-Jun-2021 10:18:14", 1623233894},
        {"9 jun 2021 10:18:14", 1623233894},
        {"2021 10:18:14 JUNE 9", 1623233894}, /* the first of each kind */
        {"1994/Nov/06/08:49:37", 784111777},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Thu, 01-Jan-70 00:00:00 GMT", 0},
        {"Fri, 31 Dec 1999 23:59:59 GMT", 946684799},
        {"Sat, 01-Jan-00 00:00:00 GMT", 946684800},
        {"Thu, 29 Feb 2024 12:00:00 GMT", 1709208000},
        {"01 Jan 1601 00:00:00", -11644473600},
        {"31 Dec 9999 23:59:59", 253402300799},
        {"31-Dec-69 0:0:0", 3155673600},
        {"1 Jan 2000 1:2:3pm", 946688523},
        {"01 Jan 1600 00:00:00", -1},
        {"29 Feb 2023 12:00:00", -1},
        {"29 Feb 1900 12:00:00", -1},
        {"31 Apr 2024 12:00:00", -1},
        {"00 Jan 2024 12:00:00", -1},
        {"32 Jan 2024 12:00:00", -1},
        {"01 Jan 2024 24:00:00", -1},
        {"01 Jan 2024 12:60:00", -1},
        {"01 Jan 2024 12:00:60", -1},
        {"01 Jan 2024 12:00", -1},
        {"01 Jan 2024", -1},
        {"01 Foo 2024 12:00:00", -1},
        {"Jan 2024 12:00:00", -1},
        {"01 Jan 20245 12:00:00", -1},
        {"1700000000", -1},
        {"0", -1},
        {"", -1},
        {",,,", -1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t wall_ms = 0;
        size_t length = strlen(rows[i].text);
        char *exact = exact_copy(rows[i].text, length);
        bool is_date = set_cookie_date(exact, length, &wall_ms);
        free(exact);
        bool expected = rows[i].seconds != -1;
        if (is_date != expected ||
            (is_date && wall_ms != rows[i].seconds * 1000))
            fail_msg("'%s': %d, %lld", rows[i].text, is_date,
                     (long long)wall_ms);
    }
}

static bool parse(struct set_cookie *c, const char *text, char **exact)
{
    size_t length = strlen(text);
    *exact = exact_copy(text, length);
    return set_cookie_parse(c, *exact, length, NOW_MS);
}

static bool is_slice(struct url_slice s, const char *text)
{
    if (!text || !s.at)
        return !text && !s.at;
    return s.length == strlen(text) && memcmp(s.at, text, s.length) == 0;
}

static void reads_names_values_and_attributes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name, *value, *domain, *path;
        bool is_secure;
    } rows[] = {
        {"SID=31d4d96e407aad42", "SID", "31d4d96e407aad42", NULL, NULL, false},
        {"SID=31d4; Path=/; Domain=example.com", "SID", "31d4", "example.com",
         "/", false},
        {"SID=31d4; Path=/; Secure; HttpOnly", "SID", "31d4", NULL, "/", true},
        {"lang=; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "lang", "", NULL, NULL,
         false},
        {"  a\t= b c  ;  PATH = /x ; SECURE", "a", "b c", NULL, "/x", true},
        {"a=b=c==", "a", "b=c==", NULL, NULL, false},
        {"a=\"b c\"", "a", "\"b c\"", NULL, NULL, false},
        {"a=b; domain=.Example.COM", "a", "b", "Example.COM", NULL, false},
        {"a=b; domain=one; domain=two", "a", "b", "two", NULL, false},
        {"a=b; domain=one; domain=", "a", "b", "one", NULL, false},
        {"a=b; domain", "a", "b", NULL, NULL, false},
        {"a=b; path=x", "a", "b", NULL, NULL, false},
        {"a=b; path=/x; path=y", "a", "b", NULL, NULL, false},
        {"a=b; path=", "a", "b", NULL, NULL, false},
        {"a=b; secure=no", "a", "b", NULL, NULL, true},
        {"a=b;;; ;=;=x; unknown; SameSite=Lax; Priority=High", "a", "b", NULL,
         NULL, false},
        {"a=b;", "a", "b", NULL, NULL, false},
        {"a=", "a", "", NULL, NULL, false},
        {"\xc3\xa9=\xff", "\xc3\xa9", "\xff", NULL, NULL, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct set_cookie c;
        char *exact;
        if (!parse(&c, rows[i].text, &exact) ||
            !is_slice(c.name, rows[i].name) ||
            !is_slice(c.value, rows[i].value) ||
            !is_slice(c.domain, rows[i].domain) ||
            !is_slice(c.path, rows[i].path) || c.is_secure != rows[i].is_secure)
            fail_msg("'%s'", rows[i].text);
        free(exact);
    }
}

static void ignores_what_is_no_cookie(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",      "a",       "=b",      " =b",         ";",      ";a=b",
        "a;b=c", "a=b\x01", "a\x7f=b", "a=b; x=\x0b", "a\rb=c", "a=b\nc=d",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct set_cookie c;
        char *exact;
        if (parse(&c, rows[i], &exact))
            fail_msg("'%s'", rows[i]);
        free(exact);
    }
    struct set_cookie c;
    assert_false(set_cookie_parse(&c, "a=b\0c", 5, NOW_MS));
}

static void bounds_names_values_and_attributes(void **state)
{
    (void)state;
    static char text[3 * COOKIE_MAX_BYTES];
    struct set_cookie c;
    memset(text, 'x', sizeof text);
    text[1] = '=';
    assert_true(set_cookie_parse(&c, text, COOKIE_MAX_BYTES + 1, NOW_MS));
    assert_false(set_cookie_parse(&c, text, COOKIE_MAX_BYTES + 2, NOW_MS));
    memcpy(text, "a=b;path=/", 10);
    size_t most = 9 + COOKIE_ATTRIBUTE_MAX_BYTES;
    assert_true(set_cookie_parse(&c, text, most, NOW_MS));
    assert_int_equal(COOKIE_ATTRIBUTE_MAX_BYTES, c.path.length);
    assert_true(set_cookie_parse(&c, text, most + 1, NOW_MS));
    assert_null(c.path.at);
    assert_true(set_cookie_parse(&c, text, sizeof text, NOW_MS));
}

static void knows_when_a_cookie_expires(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t expires_ms;
    } rows[] = {
        {"a=b", INT64_MAX},
        {"a=b; Max-Age=60", INT64_C(1700000060000)},
        {"a=b; max-age = 60 ", INT64_C(1700000060000)},
        {"a=b; Max-Age=0", 0},
        {"a=b; Max-Age=-1", 0},
        {"a=b; Max-Age=-99999999999999999999", 0},
        {"a=b; Max-Age=", INT64_MAX},
        {"a=b; Max-Age=-", INT64_MAX},
        {"a=b; Max-Age=+60", INT64_MAX},
        {"a=b; Max-Age=6x", INT64_MAX},
        {"a=b; Max-Age=1.5", INT64_MAX},
        {"a=b; Expires=Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(784111777000)},
        {"a=b; Expires=never", INT64_MAX},
        {"a=b; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Expires=never",
         INT64_C(784111777000)},
        {"a=b; Max-Age=60; Expires=Sun, 06 Nov 1994 08:49:37 GMT",
         INT64_C(1700000060000)},
        {"a=b; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Max-Age=60",
         INT64_C(1700000060000)},
        {"a=b; Max-Age=60; Max-Age=120", INT64_C(1700000120000)},
        {"a=b; Max-Age=60; Max-Age=x", INT64_C(1700000060000)},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct set_cookie c;
        char *exact;
        if (!parse(&c, rows[i].text, &exact) ||
            c.expires_ms != rows[i].expires_ms)
            fail_msg("'%s': %lld", rows[i].text, (long long)c.expires_ms);
        free(exact);
    }
    struct set_cookie c;
    char *exact;
    assert_true(parse(&c, "a=b; Max-Age=99999999999999999999999", &exact));
    assert_true(c.expires_ms > NOW_MS && c.expires_ms < INT64_MAX / 1000);
    free(exact);
}

static void knows_what_a_request_may_carry(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "__Host-a", "a.b[c]"};
    static const char *const no_names[] = {"",    "a b", "a=b", "a;b",
                                           "a,b", "a\t", "a\n"};
    static const char *const values[] = {"", "a b", "a=b", "\"a\"", "\xc3\xa9"};
    static const char *const no_values[] = {"a;b", "a\r\nb", " a", "a\t"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_true(cookie_name_is_valid(names[i], strlen(names[i])));
    for (size_t i = 0; i < COUNT_OF(no_names); i++)
        assert_false(cookie_name_is_valid(no_names[i], strlen(no_names[i])));
    for (size_t i = 0; i < COUNT_OF(values); i++)
        assert_true(cookie_value_is_valid(values[i], strlen(values[i])));
    for (size_t i = 0; i < COUNT_OF(no_values); i++)
        assert_false(cookie_value_is_valid(no_values[i], strlen(no_values[i])));
    assert_false(cookie_value_is_valid("a\0b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_dates),
        cmocka_unit_test(reads_names_values_and_attributes),
        cmocka_unit_test(ignores_what_is_no_cookie),
        cmocka_unit_test(bounds_names_values_and_attributes),
        cmocka_unit_test(knows_when_a_cookie_expires),
        cmocka_unit_test(knows_what_a_request_may_carry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
