/* transport_h1: exchanges with servers that do as they are told, on 127.0.0.1.
 * Every outcome is checked to come once, and its phases to add up. */
#include <stdio.h>

#include "base/clock.h"
#include "http_fixture.h"
#include "io/transport_h1.h"
#include "scripted_server.h"
#include "unit.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define HELLO OK "Content-Length: 5\r\n\r\nhello"
#define ANSWER(text) READ, SEND(text)

struct scene {
    struct http_fixture f;
    struct scripted_server server;
    char url[64];
};

static void open_scene(struct scene *s, const struct script *scripts,
                       size_t count)
{
    scripted_server_start(&s->server, scripts, count, NULL);
    http_fixture_open(&s->f, NULL);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u/a?b=c",
             s->server.port);
}

static struct http_counts close_scene(struct scene *s)
{
    struct http_counts counts = http_client_take_counts(s->f.client);
    http_fixture_close(&s->f);
    scripted_server_stop(&s->server);
    return counts;
}

static void assert_body(const struct outcome *o, const char *body)
{
    if (o->failure != HTTP_OK)
        fail_msg("%s: %s", http_failure_name(o->failure), o->detail);
    assert_int_equal(200, o->status);
    assert_int_equal(strlen(body), o->body_bytes);
    assert_memory_equal(body, o->body, o->body_bytes);
}

static void assert_failure(const struct outcome *o, enum http_failure failure)
{
    if (o->failure != failure)
        fail_msg("'%s', not '%s': %s", http_failure_name(o->failure),
                 http_failure_name(failure), o->detail);
    assert_true(*o->detail);
    assert_int_equal(0, o->status);
}

/* -------------------------------------------------------------- good answers
 */

static void a_connection_is_kept(void **state)
{
    (void)state;
    struct scene s;
    const struct script scripts[] = {
        {{ANSWER(HELLO), ANSWER(HELLO), ANSWER(HELLO)}}};
    open_scene(&s, scripts, 1);
    for (unsigned i = 0; i < 3; i++) {
        const struct outcome *o = http_fixture_get(&s.f, s.url);
        assert_body(o, "hello");
        assert_string_equal("Content-Length: 5\r\n", o->headers);
        assert_int_equal(i == 0, o->connections);
        assert_int_equal(strlen(HELLO), o->received_bytes);
    }
    uint64_t sent = s.f.outcome.sent_bytes;
    struct http_counts counts = close_scene(&s);
    assert_int_equal(2, counts.reused);
    assert_int_equal(0, counts.reuse_races);
    assert_int_equal(3 * sent, s.server.bytes);
    char wanted[128];
    snprintf(wanted, sizeof wanted,
             "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nA: b\r\n\r\n",
             s.server.port);
    assert_string_equal(wanted, s.server.last);
}

static void requests_are_written_as_they_should(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *headers, *body, *wanted;
    } cases[] = {
        {"GET", "", "", NULL, "GET / HTTP/1.1\r\nHost: HERE\r\n\r\n"},
        {"GET", "?q", NULL, NULL, "GET /?q HTTP/1.1\r\nHost: HERE\r\n\r\n"},
        {"GET", "/a#b", "", NULL, "GET /a HTTP/1.1\r\nHost: HERE\r\n\r\n"},
        {"GET", "/", "X: 1\r\nhost: me\r\nY: 2\r\n", NULL,
         "GET / HTTP/1.1\r\nX: 1\r\nhost: me\r\nY: 2\r\n\r\n"},
        {"POST", "/", "Hosts: x\r\n", "",
         "POST / HTTP/1.1\r\nHost: HERE\r\nHosts: x\r\nContent-Length: 0\r\n"
         "\r\n"},
        {"PUT", "/", "", "body",
         "PUT / HTTP/1.1\r\nHost: HERE\r\nContent-Length: 4\r\n\r\nbody"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        const struct script scripts[] = {{{ANSWER(HELLO)}}};
        open_scene(&s, scripts, 1);
        char url[128], wanted[512] = "", here[32];
        snprintf(url, sizeof url, "http://127.0.0.1:%u%s", s.server.port,
                 cases[i].target);
        struct http_request r = http_fixture_request(cases[i].method, url);
        r.headers = cases[i].headers;
        r.has_body = cases[i].body != NULL;
        r.body = cases[i].body;
        r.body_bytes = r.body ? strlen(r.body) : 0;
        assert_body(http_fixture_exchange(&s.f, &r), "hello");
        close_scene(&s);
        snprintf(here, sizeof here, "127.0.0.1:%u", s.server.port);
        const char *at = strstr(cases[i].wanted, "HERE");
        if (at)
            snprintf(wanted, sizeof wanted, "%.*s%s%s",
                     (int)(at - cases[i].wanted), cases[i].wanted, here,
                     at + 4);
        else
            snprintf(wanted, sizeof wanted, "%s", cases[i].wanted);
        assert_string_equal(wanted, s.server.last);
    }
}

static void unusual_answers_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *method, *bytes, *body;
        int status;
        bool is_kept;
    } cases[] = {
        {"HEAD", OK "Content-Length: 5\r\n\r\n", "", 200, true},
        {"GET", "HTTP/1.1 204 No Content\r\n\r\n", "", 204, true},
        {"GET", "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n", "", 304, true},
        {"GET", "HTTP/1.1 100 Continue\r\n\r\n" HELLO, "hello", 200, true},
        {"GET",
         OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: x\r\n\r\n",
         "hello", 200, true},
        {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello",
         200, false},
        {"GET", OK "Connection: close\r\nContent-Length: 5\r\n\r\nhello",
         "hello", 200, false},
        {"GET", "HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nhello", "hello",
         500, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (int drips = 0; drips < 2; drips++) {
            struct scene s;
            struct script scripts[] = {{{READ, SEND(cases[i].bytes)}}};
            if (drips)
                scripts[0].steps[1].kind = STEP_DRIP;
            open_scene(&s, scripts, 1);
            struct http_request r =
                http_fixture_request(cases[i].method, s.url);
            const struct outcome *o = http_fixture_exchange(&s.f, &r);
            assert_int_equal(HTTP_OK, o->failure);
            assert_int_equal(cases[i].status, o->status);
            assert_int_equal(strlen(cases[i].body), o->body_bytes);
            assert_memory_equal(cases[i].body, o->body, o->body_bytes);
            assert_int_equal(strlen(cases[i].bytes), o->received_bytes);
            close_scene(&s);
            assert_int_equal(1, s.server.requests);
        }
}

static void the_end_of_the_connection_can_end_an_answer(void **state)
{
    (void)state;
    struct scene s;
    const struct script scripts[] = {
        {{ANSWER(OK "\r\nall of it"), CLOSE}},
        {{ANSWER("HTTP/1.0 200 OK\r\n\r\n"), CLOSE}}};
    open_scene(&s, scripts, 2);
    assert_body(http_fixture_get(&s.f, s.url), "all of it");
    assert_body(http_fixture_get(&s.f, s.url), "");
    close_scene(&s);
}

static void bytes_behind_an_answer_are_counted(void **state)
{
    (void)state;
    struct scene s;
    const struct script scripts[] = {
        {{ANSWER(HELLO "123")}},
        {{ANSWER(HELLO), PAUSE(20), SEND("45678")}},
        {{ANSWER(HELLO)}}};
    open_scene(&s, scripts, 3);
    assert_body(http_fixture_get(&s.f, s.url), "hello");
    assert_int_equal(strlen(HELLO), s.f.outcome.received_bytes);
    assert_body(http_fixture_get(&s.f, s.url), "hello");
    http_fixture_run(&s.f, 60 * NS_PER_MS);
    assert_body(http_fixture_get(&s.f, s.url), "hello");
    assert_int_equal(1, s.f.outcome.connections);
    struct http_counts counts = close_scene(&s);
    assert_int_equal(3, s.server.accepted);
    assert_int_equal(8, counts.unsolicited_bytes);
    assert_int_equal(0, counts.reused);
}

static void a_large_body_goes_up_and_comes_down(void **state)
{
    (void)state;
    enum { LARGE = 9 * 1024 * 1024 };
    char head[64], *body = malloc(LARGE);
    assert_non_null(body);
    for (size_t i = 0; i < LARGE; i++)
        body[i] = (char)('a' + i % 26);
    snprintf(head, sizeof head, OK "Content-Length: %d\r\n\r\n", LARGE);
    struct scene s;
    const struct script scripts[] = {
        {{READ_SOME, PAUSE(50), READ, SEND(head), {STEP_SEND, body, LARGE}}}};
    open_scene(&s, scripts, 1);
    struct http_request r = http_fixture_request("POST", s.url);
    r.has_body = true;
    r.body = body;
    r.body_bytes = LARGE;
    /* STEP_READ misses what STEP_READ_SOME took, but not where the head ends:
     * the first line is longer. */
    const struct outcome *o = http_fixture_exchange(&s.f, &r);
    assert_int_equal(LARGE, o->body_bytes);
    assert_memory_equal(body, o->body, LARGE);
    assert_true(o->sent_bytes > LARGE);
    assert_true(o->timings.phase_ns[HTTP_SENDING] > 20 * NS_PER_MS);
    close_scene(&s);
    free(body);
}

static void an_early_answer_counts(void **state)
{
    (void)state;
    enum { LARGE = 8 * 1024 * 1024 };
    char *body = calloc(1, LARGE);
    assert_non_null(body);
    struct scene s;
    const struct script scripts[] = {
        {{READ_SOME, SEND("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno"),
          PAUSE(50)}},
        {{ANSWER(HELLO)}}};
    open_scene(&s, scripts, 2);
    struct http_request r = http_fixture_request("POST", s.url);
    r.has_body = true;
    r.body = body;
    r.body_bytes = LARGE;
    assert_int_equal(413, http_fixture_exchange(&s.f, &r)->status);
    assert_true(s.f.outcome.sent_bytes < LARGE);
    assert_body(http_fixture_get(&s.f, s.url), "hello");
    assert_int_equal(1, s.f.outcome.connections);
    close_scene(&s);
    free(body);
}

/* ------------------------------------------------------------------ failures
 */

static void an_answer_cut_off_at_any_byte_fails(void **state)
{
    (void)state;
    static const char *const texts[] = {
        HELLO, OK "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"};
    static const struct {
        enum step_kind kind;
        enum http_failure failure;
    } ends[] = {{STEP_CLOSE, HTTP_CLOSED}, {STEP_RESET, HTTP_RESET}};
    for (size_t t = 0; t < COUNT_OF(texts); t++)
        for (size_t e = 0; e < COUNT_OF(ends); e++)
            for (size_t size = 0; size < strlen(texts[t]); size++) {
                struct scene s;
                struct script scripts[] = {{{READ,
                                             {STEP_SEND, texts[t], size},
                                             PAUSE(1),
                                             {ends[e].kind, NULL, 0}}}};
                if (!size)
                    scripts[0].steps[1] = scripts[0].steps[2];
                open_scene(&s, scripts, 1);
                assert_failure(http_fixture_get(&s.f, s.url), ends[e].failure);
                close_scene(&s);
                assert_int_equal(1, s.server.accepted);
            }
}

static void a_reset_at_any_point_is_a_reset(void **state)
{
    (void)state;
    const struct script at_once[] = {{{RESET}}};
    const struct script amid[] = {{{READ_SOME, RESET}}};
    struct scene s;
    open_scene(&s, at_once, 1);
    assert_failure(http_fixture_get(&s.f, s.url), HTTP_RESET);
    close_scene(&s);
    enum { LARGE = 8 * 1024 * 1024 };
    char *body = calloc(1, LARGE);
    assert_non_null(body);
    open_scene(&s, amid, 1);
    struct http_request r = http_fixture_request("POST", s.url);
    r.has_body = true;
    r.body = body;
    r.body_bytes = LARGE;
    assert_failure(http_fixture_exchange(&s.f, &r), HTTP_RESET);
    close_scene(&s);
    free(body);
}

static void limits_and_nonsense_have_their_classes(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        enum http_failure failure;
    } cases[] = {
        {"garbage\r\n", HTTP_PROTOCOL},
        {OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", HTTP_PROTOCOL},
        {OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n", HTTP_PROTOCOL},
        {OK "Content-Length: 11\r\n\r\n", HTTP_TOO_LARGE},
        {OK "\r\n12345678901", HTTP_TOO_LARGE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        const struct script scripts[] = {{{READ, SEND(cases[i].bytes)}},
                                         {{ANSWER(HELLO)}}};
        open_scene(&s, scripts, 2);
        struct http_request r = http_fixture_request("GET", s.url);
        r.max_body_bytes = 10;
        assert_failure(http_fixture_exchange(&s.f, &r), cases[i].failure);
        assert_body(http_fixture_get(&s.f, s.url), "hello");
        close_scene(&s);
    }
}

static void nobody_there_is_refused(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, NULL, 0);
    assert_failure(http_fixture_get(&s.f, "http://127.0.0.1:1/"), HTTP_REFUSED);
    assert_failure(http_fixture_get(&s.f, "http://nonexistent.invalid/"),
                   HTTP_DNS);
    assert_true(s.f.outcome.timings.phase_ns[HTTP_LOOKING_UP] > 0);
    close_scene(&s);
}

static void time_limits_hold_at_every_phase(void **state)
{
    (void)state;
    static const struct script silent = {{READ}};
    static const struct script amid = {
        {READ, SEND(OK "Content-Length: 5\r\n\r\nh")}};
    const struct script *const all[] = {&silent, &amid};
    static const enum http_phase phases[] = {HTTP_WAITING, HTTP_RECEIVING};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct scene s;
        const struct script scripts[] = {*all[i], {{ANSWER(HELLO)}}};
        open_scene(&s, scripts, 2);
        struct http_request r = http_fixture_request("GET", s.url);
        r.timeout_ns = 30 * NS_PER_MS;
        const struct outcome *o = http_fixture_exchange(&s.f, &r);
        assert_failure(o, HTTP_TIMEOUT);
        int64_t age_ns = o->timings.ended_ns - o->timings.started_ns;
        assert_true(age_ns >= r.timeout_ns && age_ns < NS_PER_S);
        assert_true(o->timings.phase_ns[phases[i]] > 20 * NS_PER_MS);
        assert_body(http_fixture_get(&s.f, s.url), "hello");
        close_scene(&s);
    }
}

/* The timer that stays armed for a long limit must not outlast a short one, nor
 * a short one's end a long one. */
static void time_limits_change_between_exchanges(void **state)
{
    (void)state;
    struct scene s;
    const struct script scripts[] = {{{ANSWER(HELLO), READ}},
                                     {{READ, PAUSE(80), SEND(HELLO)}}};
    open_scene(&s, scripts, 2);
    assert_body(http_fixture_get(&s.f, s.url), "hello");
    struct http_request r = http_fixture_request("GET", s.url);
    r.timeout_ns = 30 * NS_PER_MS;
    assert_failure(http_fixture_exchange(&s.f, &r), HTTP_TIMEOUT);
    assert_body(http_fixture_get(&s.f, s.url), "hello");
    close_scene(&s);
}

/* --------------------------------------------------------------- reuse races
 */

static void a_close_while_idle_is_no_race(void **state)
{
    (void)state;
    struct scene s;
    const struct script scripts[] = {{{ANSWER(HELLO), CLOSE}},
                                     {{ANSWER(HELLO)}}};
    open_scene(&s, scripts, 2);
    assert_body(http_fixture_get(&s.f, s.url), "hello");
    http_fixture_run(&s.f, 30 * NS_PER_MS);
    struct http_request r = http_fixture_request("POST", s.url);
    r.has_body = true;
    assert_body(http_fixture_exchange(&s.f, &r), "hello");
    assert_int_equal(1, s.f.outcome.connections);
    assert_int_equal(0, close_scene(&s).reuse_races);
}

/* The loop has not run since the server closed: the send itself fails, or finds
 * no reader. */
static void a_close_the_loop_has_not_seen_is_repeated(void **state)
{
    (void)state;
    struct scene s;
    const struct script scripts[] = {{{ANSWER(HELLO), RESET}},
                                     {{ANSWER(HELLO)}}};
    open_scene(&s, scripts, 2);
    assert_body(http_fixture_get(&s.f, s.url), "hello");
    struct timespec pause = {.tv_nsec = 30 * NS_PER_MS};
    nanosleep(&pause, NULL);
    struct http_request r = http_fixture_request("POST", s.url);
    r.has_body = true;
    assert_body(http_fixture_exchange(&s.f, &r), "hello");
    assert_int_equal(1, s.f.outcome.connections);
    assert_int_equal(1, close_scene(&s).reuse_races);
}

static void only_idempotent_requests_are_repeated(void **state)
{
    (void)state;
    static const enum step_kind ends[] = {STEP_CLOSE, STEP_RESET};
    static const enum http_failure failures[] = {HTTP_CLOSED, HTTP_RESET};
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        for (int posts = 0; posts < 2; posts++) {
            struct scene s;
            const struct script scripts[] = {
                {{ANSWER(HELLO), READ, {ends[i], NULL, 0}}}, {{ANSWER(HELLO)}}};
            open_scene(&s, scripts, 2);
            assert_body(http_fixture_get(&s.f, s.url), "hello");
            struct http_request r =
                http_fixture_request(posts ? "POST" : "GET", s.url);
            r.has_body = posts;
            const struct outcome *o = http_fixture_exchange(&s.f, &r);
            if (posts)
                assert_failure(o, failures[i]);
            else
                assert_body(o, "hello");
            assert_int_equal(!posts, o->connections);
            assert_int_equal(!posts, close_scene(&s).reuse_races);
        }
}

static void nothing_is_repeated_twice_nor_after_a_byte(void **state)
{
    (void)state;
    struct scene s;
    const struct script twice[] = {
        {{ANSWER(HELLO), READ, CLOSE}}, {{READ, CLOSE}}, {{ANSWER(HELLO)}}};
    open_scene(&s, twice, 3);
    assert_body(http_fixture_get(&s.f, s.url), "hello");
    assert_failure(http_fixture_get(&s.f, s.url), HTTP_CLOSED);
    assert_int_equal(1, close_scene(&s).reuse_races);
    const struct script after[] = {{{ANSWER(HELLO), ANSWER("H"), CLOSE}},
                                   {{ANSWER(HELLO)}}};
    open_scene(&s, after, 2);
    assert_body(http_fixture_get(&s.f, s.url), "hello");
    assert_failure(http_fixture_get(&s.f, s.url), HTTP_CLOSED);
    assert_int_equal(0, close_scene(&s).reuse_races);
}

/* ----------------------------------------------------------------- addresses
 */

static void names_lead_to_addresses(void **state)
{
    (void)state;
    struct scene s;
    const struct script scripts[] = {{{ANSWER(HELLO)}}, {{ANSWER(HELLO)}}};
    char entry[96], url[96];
    open_scene(&s, scripts, 2);
    snprintf(url, sizeof url, "http://localhost:%u/", s.server.port);
    assert_body(http_fixture_get(&s.f, url), "hello");
    http_fixture_close(&s.f);
    /* The first of the two addresses refuses. */
    snprintf(entry, sizeof entry, "Some.Test:%u:127.0.0.2,127.0.0.1",
             s.server.port);
    const char *const entries[] = {"other.test:80:127.0.0.3", entry, NULL};
    struct http_options options = {.resolve = entries,
                                   .transport = HTTP_TRANSPORT_H1};
    http_fixture_open(&s.f, &options);
    snprintf(url, sizeof url, "http://some.test:%u/", s.server.port);
    assert_body(http_fixture_get(&s.f, url), "hello");
    assert_int_equal(2, s.f.outcome.connections);
    assert_non_null(strstr(url, "some.test"));
    close_scene(&s);
    assert_non_null(strstr(s.server.last, "Host: some.test:"));
}

static void a_lookup_can_be_left_behind(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, NULL, 0);
    struct http_request r = http_fixture_request("GET", "http://a.invalid/");
    http_cancel(http_start(s.f.user, &r, http_fixture_done, &s.f));
    assert_int_equal(1, s.f.outcome.calls);
    assert_int_equal(HTTP_CUT_OFF, s.f.outcome.failure);
    close_scene(&s);
}

static void what_h1_cannot_do_is_declined(void **state)
{
    (void)state;
    static const struct {
        const char *method, *url;
    } cases[] = {{"CONNECT", "http://127.0.0.1:1/"},
                 {"GET", "http://user:pw@127.0.0.1:1/"},
                 {"GET", "http://[fe80::1%25lo]:1/"},
                 {"GET", "http://h\xc3\xa4user.test/"},
                 {"GET", "http://127.0.0.1:70000/"},
                 {"GET", "http://127.0.0.1:0/"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        open_scene(&s, NULL, 0);
        struct http_request r =
            http_fixture_request(cases[i].method, cases[i].url);
        assert_failure(http_fixture_exchange(&s.f, &r), HTTP_OTHER);
        assert_non_null(strstr(s.f.outcome.detail, "h1"));
        close_scene(&s);
    }
    /* Left to itself, the seam gives it to curl. */
    struct scene s;
    struct http_options automatic = {.transport = HTTP_TRANSPORT_AUTO};
    open_scene(&s, NULL, 0);
    http_fixture_close(&s.f);
    http_fixture_open(&s.f, &automatic);
    struct http_request r =
        http_fixture_request("GET", "http://user:pw@127.0.0.1:1/");
    assert_failure(http_fixture_exchange(&s.f, &r), HTTP_REFUSED);
    close_scene(&s);
}

/* ---------------------------------------------------- inside `done`, and cuts
 */

struct chain {
    struct scene s;
    struct http_request request;
    unsigned left;
    bool closes_user;
};

static void go_on(void *arg, const struct http_result *r)
{
    struct chain *c = arg;
    char first = r->body_bytes ? *r->body : '\0';
    assert_int_equal(HTTP_OK, r->failure);
    if (c->closes_user) {
        http_user_close(c->s.f.user);
        c->s.f.user = NULL;
    } else if (--c->left) {
        http_start(c->s.f.user, &c->request, go_on, c);
        /* What the result points to is still there. */
        assert_int_equal('h', first);
        assert_int_equal('h', *r->body);
        return;
    }
    http_fixture_done(&c->s.f, r);
}

static void run_chain(unsigned count, bool closes_user)
{
    struct chain c = {.left = count, .closes_user = closes_user};
    const struct script scripts[] = {
        {{ANSWER(HELLO), ANSWER(HELLO), ANSWER(HELLO), ANSWER(HELLO)}}};
    open_scene(&c.s, scripts, 1);
    c.request = http_fixture_request("GET", c.s.url);
    http_start(c.s.f.user, &c.request, go_on, &c);
    loop_run(&c.s.f.loop);
    close_scene(&c.s);
    assert_int_equal(closes_user ? 1 : count, c.s.server.requests);
}

static void done_may_begin_the_next(void **state)
{
    (void)state;
    run_chain(4, false);
}

static void done_may_close_the_user(void **state)
{
    (void)state;
    run_chain(1, true);
}

static void an_exchange_can_be_cut_off_at_any_time(void **state)
{
    (void)state;
    static const int64_t after_ns[] = {0, 0, 20 * NS_PER_MS};
    for (size_t i = 0; i < COUNT_OF(after_ns); i++) {
        struct scene s;
        const struct script scripts[] = {{{READ, SEND(OK)}}, {{ANSWER(HELLO)}}};
        open_scene(&s, scripts, 2);
        struct http_request r = http_fixture_request("GET", s.url);
        struct http_exchange *x =
            http_start(s.f.user, &r, http_fixture_done, &s.f);
        if (i > 0)
            http_fixture_run(&s.f, after_ns[i]);
        assert_int_equal(0, s.f.outcome.calls);
        http_cancel(x);
        assert_int_equal(1, s.f.outcome.calls);
        assert_failure(&s.f.outcome, HTTP_CUT_OFF);
        close_scene(&s);
    }
}

/* It has failed, but `done` has not heard of it yet. */
static void a_failure_can_be_cut_off(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, NULL, 0);
    struct http_request r = http_fixture_request("CONNECT", s.url);
    http_cancel(http_start(s.f.user, &r, http_fixture_done, &s.f));
    assert_int_equal(1, s.f.outcome.calls);
    assert_failure(&s.f.outcome, HTTP_CUT_OFF);
    http_fixture_run(&s.f, 5 * NS_PER_MS);
    assert_int_equal(1, s.f.outcome.calls);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_kept),
        cmocka_unit_test(requests_are_written_as_they_should),
        cmocka_unit_test(unusual_answers_are_understood),
        cmocka_unit_test(the_end_of_the_connection_can_end_an_answer),
        cmocka_unit_test(bytes_behind_an_answer_are_counted),
        cmocka_unit_test(a_large_body_goes_up_and_comes_down),
        cmocka_unit_test(an_early_answer_counts),
        cmocka_unit_test(an_answer_cut_off_at_any_byte_fails),
        cmocka_unit_test(a_reset_at_any_point_is_a_reset),
        cmocka_unit_test(limits_and_nonsense_have_their_classes),
        cmocka_unit_test(nobody_there_is_refused),
        cmocka_unit_test(time_limits_hold_at_every_phase),
        cmocka_unit_test(time_limits_change_between_exchanges),
        cmocka_unit_test(a_close_while_idle_is_no_race),
        cmocka_unit_test(a_close_the_loop_has_not_seen_is_repeated),
        cmocka_unit_test(only_idempotent_requests_are_repeated),
        cmocka_unit_test(nothing_is_repeated_twice_nor_after_a_byte),
        cmocka_unit_test(names_lead_to_addresses),
        cmocka_unit_test(a_lookup_can_be_left_behind),
        cmocka_unit_test(what_h1_cannot_do_is_declined),
        cmocka_unit_test(done_may_begin_the_next),
        cmocka_unit_test(done_may_close_the_user),
        cmocka_unit_test(an_exchange_can_be_cut_off_at_any_time),
        cmocka_unit_test(a_failure_can_be_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
