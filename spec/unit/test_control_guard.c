/* control_guard: who is let in, and who is told what instead. */
#include "base/json.h"
#include "io/control_guard.h"
#include "io/resolver.h"
#include "unit.h"

static union address address(const char *text)
{
    struct addresses *parsed = addresses_parse(text, 6565);
    assert_non_null(parsed);
    union address a = parsed->list[0];
    addresses_unref(parsed);
    return a;
}

static unsigned status_of(const struct control_head *head, const char *bound)
{
    union address a = address(bound);
    const struct control_refusal *r = control_guard_check(head, &a);
    return r ? r->status : 0;
}

static void hosts(void **state)
{
    static const struct {
        const char *bound;
        const char *host;
        unsigned status;
    } table[] = {
        {"127.0.0.1", "127.0.0.1:6565", 0},
        {"127.0.0.1", "127.0.0.1", 0},
        {"127.0.0.1", "localhost:6565", 0},
        {"127.0.0.1", "LocalHost", 0},
        {"127.0.0.1", "localhost:9999", 0}, /* through a tunnel */
        {"127.0.0.1", NULL, 403},
        {"127.0.0.1", "", 403},
        {"127.0.0.1", ":6565", 403},
        {"127.0.0.1", "127.0.0.2:6565", 403},
        {"127.0.0.1", "evil.example:6565", 403},
        {"127.0.0.1", "127.0.0.1.evil.example", 403},
        {"127.0.0.1", "localhost.evil.example", 403},
        {"127.0.0.1", "localhost:evil.example", 403},
        {"127.0.0.1", "evil.example#localhost", 403},
        {"127.0.0.1", "localhost@evil.example", 403},
        {"127.0.0.1", "127.0.0.1,evil.example", 403},
        {"127.0.0.1", "127.0.0.1,127.0.0.1", 403},
        {"127.0.0.1", "127.1", 403},
        {"127.0.0.1", " 127.0.0.1", 403},
        {"127.0.0.1", "[::1]:6565", 403},
        {"127.0.0.1", "[127.0.0.1", 403},
        {"127.0.0.1",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         403},
        {"::1", "[::1]:6565", 0},
        {"::1", "[::1]", 0},
        {"::1", "[0:0::1]", 0},
        {"::1", "localhost:6565", 0},
        {"::1", "::1", 403},
        {"::1", "[::1]x", 403},
        {"::1", "[::2]", 403},
        {"::1", "[]", 403},
        {"0.0.0.0", "10.1.2.3:6565", 0},
        {"0.0.0.0", "localhost", 0},
        {"0.0.0.0", "evil.example", 403},
        {"::", "[2001:db8::1]:6565", 0},
        {"::", "10.1.2.3", 0},
        {"::", "evil.example", 403},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct control_head head = {.method = "GET", .host = table[i].host};
        unsigned status = status_of(&head, table[i].bound);
        if (status != table[i].status)
            fail_msg("%s at %s: %u", table[i].host ? table[i].host : "none",
                     table[i].bound, status);
    }
}

static void pages(void **state)
{
    struct control_head head = {.method = "GET", .host = "localhost"};
    (void)state;
    assert_int_equal(0, status_of(&head, "127.0.0.1"));
    head.origin = "http://localhost:6565";
    assert_int_equal(403, status_of(&head, "127.0.0.1"));
    head.origin = "null";
    assert_int_equal(403, status_of(&head, "127.0.0.1"));
    head.origin = "";
    assert_int_equal(403, status_of(&head, "127.0.0.1"));
}

static void types_of_bodies(void **state)
{
    static const struct {
        const char *method;
        const char *type;
        unsigned status;
    } table[] = {
        {"POST", NULL, 0},
        {"POST", "application/json", 0},
        {"POST", "Application/JSON; charset=utf-8", 0},
        {"PATCH", "application/json ;x", 0},
        {"POST", "application/x-www-form-urlencoded", 415},
        {"POST", "text/plain", 415},
        {"POST", "application/jsonp", 415},
        {"POST", "application/jso", 415},
        {"POST", "", 415},
        {"PATCH", "text/plain; application/json", 415},
        {"DELETE", "text/plain", 415},
        {"GET", "text/plain", 0},
        {"HEAD", "text/plain", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct control_head head = {.method = table[i].method,
                                    .host = "localhost",
                                    .content_type = table[i].type};
        unsigned status = status_of(&head, "127.0.0.1");
        if (status != table[i].status)
            fail_msg("%s %s: %u", table[i].method,
                     table[i].type ? table[i].type : "none", status);
    }
}

static void refusals_are_json(void **state)
{
    (void)state;
    union address a = address("127.0.0.1");
    const struct control_head heads[] = {
        {.method = "GET", .host = "evil.example"},
        {.method = "GET", .host = "localhost", .origin = "x"},
        {.method = "POST", .host = "localhost", .content_type = "x"}};
    for (size_t i = 0; i < COUNT_OF(heads); i++) {
        const struct control_refusal *r = control_guard_check(&heads[i], &a);
        struct json_slice value;
        assert_non_null(r);
        assert_true(json_find(r->json, strlen(r->json), "error", &value));
        assert_true(value.length > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts),
        cmocka_unit_test(pages),
        cmocka_unit_test(types_of_bodies),
        cmocka_unit_test(refusals_are_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
