/* scrape: what is kept of one URL, well-behaved or not, and that it ends from
 * any state. */
#include <stdio.h>
#include <time.h>

#include <openssl/evp.h>

#include "base/clock.h"
#include "base/error.h"
#include "certificate.h"
#include "io/http.h"
#include "io/scrape.h"
#include "scripted_server.h"
#include "unit.h"

#define OK(length) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n"
#define OFTEN_NS (20 * NS_PER_MS)
#define ONCE_NS (3600 * NS_PER_S)

struct scene {
    struct scripted_server server;
    struct scrape *scrape;
    char url[64];
};

static void open_scene(struct scene *s, const struct script *scripts,
                       size_t count, int64_t interval_ns)
{
    struct error err;
    scripted_server_start(&s->server, scripts, count, NULL);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u/metrics?a=b",
             s->server.port);
    s->scrape = scrape_open(s->url, interval_ns, false, &err);
    if (!s->scrape)
        fail_msg("%s", err.text);
}

static void close_scrape(struct scrape *s)
{
    int64_t from_ns = clock_now_ns();
    scrape_close(s);
    assert_true(clock_now_ns() - from_ns < NS_PER_S / 2);
}

static void close_scene(struct scene *s)
{
    close_scrape(s->scrape);
    scripted_server_stop(&s->server);
}

static void wait_ms(long ms)
{
    struct timespec t = {.tv_nsec = ms * (long)NS_PER_MS};
    nanosleep(&t, NULL);
}

/* The next sample, when it is there; free it. */
static struct scrape_sample wait_for_sample(struct scrape *s)
{
    struct scrape_sample sample;
    for (int i = 0; i < 8000; i++) {
        if (scrape_take(s, &sample))
            return sample;
        wait_ms(1);
    }
    fail_msg("no sample");
    return (struct scrape_sample){0};
}

static void assert_body(struct scrape *s, int status, const char *body)
{
    struct scrape_sample sample = wait_for_sample(s);
    if (sample.error)
        fail_msg("%s", sample.error);
    assert_int_equal(status, sample.status);
    assert_int_equal(strlen(body), sample.body_bytes);
    assert_string_equal(body, sample.body);
    assert_int_equal(0, sample.lost);
    scrape_sample_fini(&sample);
}

static void assert_error(struct scrape *s, const char *part)
{
    struct scrape_sample sample = wait_for_sample(s);
    assert_non_null(sample.error);
    if (!strstr(sample.error, part))
        fail_msg("not \"%s\" but: %s", part, sample.error);
    assert_int_equal(0, sample.status);
    assert_null(sample.body);
    assert_int_equal(0, sample.body_bytes);
    scrape_sample_fini(&sample);
}

/* --------------------------------------------------------------------- tests
 */

static void again_and_again(void **state)
{
    const struct script scripts[] = {
        {{READ, SEND(OK("4") "a 1\n"), READ, SEND(OK("0")), CLOSE}},
        {{READ, SEND(OK("4") "a 2\n")}}};
    struct scene s;
    (void)state;
    int64_t before_ns = clock_now_ns();
    open_scene(&s, scripts, 2, OFTEN_NS);
    struct scrape_sample first = wait_for_sample(s.scrape);
    assert_string_equal("a 1\n", first.body);
    assert_true(first.t_ns >= before_ns && first.t_ns <= clock_now_ns());
    struct scrape_sample second = wait_for_sample(s.scrape);
    assert_int_equal(0, second.body_bytes);
    assert_string_equal("", second.body);
    assert_true(second.t_ns - before_ns >= OFTEN_NS);
    assert_body(s.scrape, 200, "a 2\n");
    scrape_sample_fini(&first);
    scrape_sample_fini(&second);
    close_scene(&s);
    assert_int_equal(2, s.server.accepted);
    assert_non_null(strstr(s.server.last, "GET /metrics?a=b HTTP/1.1\r\n"));
    assert_non_null(strstr(s.server.last, "\r\nUser-Agent: lload\r\n"));
}

static void the_status_is_told(void **state)
{
    const struct script script = {
        {READ, SEND("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")}};
    struct scene s;
    (void)state;
    open_scene(&s, &script, 1, ONCE_NS);
    assert_body(s.scrape, 503, "busy");
    close_scene(&s);
}

static void failures(void **state)
{
    const struct script scripts[] = {
        {{READ, RESET}},
        {{READ, CLOSE}},
        {{READ, SEND(OK("9") "half"), CLOSE}},
        {{READ, SEND("no HTTP at all\r\n\r\n"), CLOSE}}};
    struct scene s;
    (void)state;
    open_scene(&s, scripts, COUNT_OF(scripts), OFTEN_NS);
    assert_error(s.scrape, "reset by peer");
    assert_error(s.scrape, "Empty reply");
    assert_error(s.scrape, "bytes remaining");
    assert_error(s.scrape, "");
    close_scene(&s);
}

static void a_refused_port(void **state)
{
    struct scene s;
    struct error err;
    (void)state;
    open_scene(&s, NULL, 0, ONCE_NS);
    close_scene(&s);
    s.scrape = scrape_open(s.url, ONCE_NS, false, &err);
    assert_error(s.scrape, "Couldn't connect");
    close_scrape(s.scrape);
}

static void a_large_body(void **state)
{
    static char zeros[SCRAPE_BODY_MAX_BYTES + 1];
    struct script scripts[] = {{{READ,
                                 SEND(OK("1000000")),
                                 {STEP_SEND, zeros, sizeof zeros - 1},
                                 CLOSE}},
                               {{READ,
                                 SEND("HTTP/1.1 200 OK\r\n\r\n"),
                                 {STEP_SEND, zeros, sizeof zeros},
                                 CLOSE}}};
    struct scene s;
    (void)state;
    memset(zeros, 'x', sizeof zeros);
    open_scene(&s, scripts, 2, OFTEN_NS);
    struct scrape_sample sample = wait_for_sample(s.scrape);
    assert_int_equal(SCRAPE_BODY_MAX_BYTES, sample.body_bytes);
    scrape_sample_fini(&sample);
    assert_error(s.scrape, "larger than 1 MB");
    close_scene(&s);
}

static void a_silent_server(void **state)
{
    const struct script scripts[] = {{{READ}}, {{READ, SEND(OK("1") "x")}}};
    struct scene s;
    (void)state;
    open_scene(&s, scripts, 2, OFTEN_NS);
    assert_error(s.scrape, "no complete answer within 2 s");
    assert_body(s.scrape, 200, "x");
    close_scene(&s);
}

static void redirects(void **state)
{
    const struct script scripts[] = {
        {{READ,
          SEND("HTTP/1.1 302 Found\r\nLocation: /there\r\n"
               "Content-Length: 0\r\n\r\n"),
          READ, SEND(OK("5") "there"), CLOSE}},
        {{READ,
          SEND("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
               "Content-Length: 0\r\n\r\n"),
          CLOSE}},
        {{READ,
          SEND("HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/\r\n"
               "Content-Length: 0\r\n\r\n"),
          CLOSE}}};
    struct scene s;
    (void)state;
    open_scene(&s, scripts, 3, OFTEN_NS);
    assert_body(s.scrape, 200, "there");
    assert_error(s.scrape, "not supported or disabled");
    assert_error(s.scrape, "not supported or disabled");
    close_scene(&s);
}

static void certificates(void **state)
{
    const struct script scripts[] = {
        {{CLOSE}},
        {{READ, SEND(OK("6") "secret")}},
        {{READ, SEND("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n"
                     "Content-Length: 0\r\n\r\n")}}};
    struct scripted_server server;
    struct error err;
    char url[64];
    (void)state;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = certificate_make(key, "scrape", -60, 3600);
    SSL_CTX *context = certificate_context(certificate, key);
    scripted_server_start(&server, scripts, 3, context);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", server.port);

    struct scrape *s = scrape_open(url, ONCE_NS, false, &err);
    assert_error(s, "certificate");
    close_scrape(s);
    s = scrape_open(url, ONCE_NS, true, &err);
    assert_body(s, 200, "secret");
    close_scrape(s);
    s = scrape_open(url, ONCE_NS, true, &err);
    assert_error(s, "not supported or disabled");
    close_scrape(s);

    scripted_server_stop(&server);
    SSL_CTX_free(context);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static int take_all(struct scrape *s)
{
    struct scrape_sample sample;
    int count = 0;
    for (; scrape_take(s, &sample); count++)
        scrape_sample_fini(&sample);
    return count;
}

static void what_is_not_taken_makes_room(void **state)
{
    struct scene s;
    struct error err;
    struct scrape_sample oldest = {0};
    (void)state;
    open_scene(&s, NULL, 0, ONCE_NS);
    close_scene(&s); /* nobody listens any more: GETs are quick */
    s.scrape = scrape_open(s.url, NS_PER_MS, false, &err);
    for (long ms = 100; !oldest.lost && ms < 1000; ms *= 2) {
        scrape_sample_fini(&oldest);
        take_all(s.scrape);
        wait_ms(ms);
        oldest = wait_for_sample(s.scrape);
    }
    assert_true(oldest.lost > 0);
    scrape_sample_fini(&oldest);
    assert_true(take_all(s.scrape) >= SCRAPE_KEPT_MAX - 1);
    close_scrape(s.scrape);
}

static void close_at_any_time(void **state)
{
    const struct script scripts[] = {{{READ}},
                                     {{READ, SEND("HTTP/1.1 200 OK\r\nA: ")}},
                                     {{READ, SEND(OK("9") "half")}},
                                     {{READ, SEND(OK("1") "x")}}};
    struct scene s;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        open_scene(&s, &scripts[i], 1, ONCE_NS);
        wait_ms(50);
        close_scene(&s);
    }
    for (int i = 0; i < 50; i++) {
        open_scene(&s, scripts, 1, ONCE_NS);
        if (i % 2)
            wait_ms(1);
        close_scene(&s);
    }
}

static void urls(void **state)
{
    static const struct {
        const char *url;
        const char *problem;
    } table[] = {
        {"", "not a URL"},
        {"127.0.0.1:9090/metrics", "not a URL"},
        {"/metrics", "not a URL"},
        {"http://", "not a URL"},
        {"http://a b/", "not a URL"},
        {"http://127.0.0.1:99999/", "not a URL"},
        {"ftp://127.0.0.1/", "must begin with http:// or https://"},
        {"file:///etc/passwd", "must begin with http:// or https://"},
        {"httpx://127.0.0.1/", "must begin with http:// or https://"},
    };
    struct error err;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (scrape_open(table[i].url, ONCE_NS, false, &err))
            fail_msg("%s is taken", table[i].url);
        if (!strstr(err.text, table[i].problem))
            fail_msg("%s: %s", table[i].url, err.text);
    }
    scrape_close(NULL);
}

static int open_all(void **state)
{
    struct error err;
    (void)state;
    return http_global_init(&err) ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    http_global_fini();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(again_and_again),
        cmocka_unit_test(the_status_is_told),
        cmocka_unit_test(failures),
        cmocka_unit_test(a_refused_port),
        cmocka_unit_test(a_large_body),
        cmocka_unit_test(a_silent_server),
        cmocka_unit_test(redirects),
        cmocka_unit_test(certificates),
        cmocka_unit_test(what_is_not_taken_makes_room),
        cmocka_unit_test(close_at_any_time),
        cmocka_unit_test(urls),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
