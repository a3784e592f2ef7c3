/* blocklist: what is blocked ends at once, from the loop; what is not goes. */
#include "http_fixture.h"
#include "io/blocklist.h"
#include "unit.h"

static const char *const patterns[] = {"ads.test", "*.tracker.test",
                                       "127.0.0.1", "::1", NULL};

static void patterns_fit_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool is_blocked;
    } rows[] = {
        {"http://ads.test/", true},
        {"https://ADS.Test", true},
        {"http://ads.test:8080/x?y", true},
        {"http://ads.test./", true},
        {"http://user:pw@ads.test/", true},
        {"http://a@b@ads.test?q", true},
        {"http://x.ads.test/", false},
        {"http://bads.test/", false},
        {"http://ads.test.example/", false},
        {"http://shop.test/ads.test", false},
        {"http://shop.test?@ads.test", false},
        {"http://ads.test@shop.test/", false},
        {"http://a.tracker.test/", true},
        {"http://a.b.Tracker.TEST/", true},
        {"http://tracker.test/", false},
        {"http://xtracker.test/", false},
        {"http://127.0.0.1:1/", true},
        {"http://127.0.0.11:1/", false},
        {"http://[::1]:1/", true},
        {"http://[::11]:1/", false},
    };
    struct http_options options = {.blocked = patterns};
    struct http_fixture f;
    http_fixture_open(&f, &options);
    struct blocklist *b = blocklist_open(&f.loop, patterns);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct http_request request = http_fixture_request("GET", rows[i].url);
        struct http_exchange *x =
            blocklist_start(b, &request, http_fixture_done, &f);
        if (rows[i].is_blocked != (x != NULL))
            fail_msg("%s is %s", rows[i].url, x ? "blocked" : "not blocked");
        if (!x)
            continue;
        free(f.outcome.body);
        f.outcome = (struct outcome){0};
        loop_run(&f.loop);
        assert_int_equal(1, f.outcome.calls);
        assert_int_equal(HTTP_UNREACHABLE, f.outcome.failure);
        assert_non_null(strstr(f.outcome.detail, "http.block_hosts"));
    }
    blocklist_close(b);
    http_fixture_close(&f);
}

static void no_transport_sees_what_is_blocked(void **state)
{
    (void)state;
    static const enum http_transport transports[] = {HTTP_TRANSPORT_H1,
                                                     HTTP_TRANSPORT_CURL};
    for (size_t i = 0; i < COUNT_OF(transports); i++) {
        struct http_options options = {.blocked = patterns,
                                       .transport = transports[i]};
        struct http_fixture f;
        http_fixture_open(&f, &options);
        const struct outcome *o = http_fixture_get(&f, "http://ads.test:1/");
        assert_int_equal(HTTP_UNREACHABLE, o->failure);
        assert_non_null(strstr(o->detail, "ads.test"));
        assert_int_equal(0, o->connections);
        http_fixture_close(&f);
    }
}

static void a_blocked_exchange_can_be_cancelled(void **state)
{
    (void)state;
    struct http_options options = {.blocked = patterns};
    struct http_fixture f;
    http_fixture_open(&f, &options);
    struct http_request request =
        http_fixture_request("GET", "http://ads.test/");
    struct http_exchange *x =
        http_start(f.user, &request, http_fixture_done, &f);
    http_cancel(x);
    assert_int_equal(1, f.outcome.calls);
    assert_int_equal(HTTP_CUT_OFF, f.outcome.failure);
    http_fixture_run(&f, 1000000);
    assert_int_equal(1, f.outcome.calls);
    http_fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_fit_hosts),
        cmocka_unit_test(no_transport_sees_what_is_blocked),
        cmocka_unit_test(a_blocked_exchange_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
