/* tls: exchanges of the h1 transport with a TLS server of ours, whose own
 * certificate is the only one that is trusted; and, on both transports, what
 * never gets as far as a session. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "certificate.h"
#include "http_fixture.h"
#include "io/tls.h"
#include "scripted_server.h"
#include "unit.h"

#define HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define ANSWER(text) READ, SEND(text)

static EVP_PKEY *key;
static X509 *certificate; /* for localhost and 127.0.0.1 */
static X509 *stale;       /* the same, but expired */
static char trusted[] = "/tmp/lload-tls-XXXXXX";

static int make_keys(void **state)
{
    (void)state;
    key = EVP_EC_gen("P-256");
    assert_non_null(key);
    certificate = certificate_make(key, "fresh", -60, 3600);
    stale = certificate_make(key, "stale", -7200, -3600);
    int fd = mkstemp(trusted);
    FILE *f = fdopen(fd, "w");
    assert_non_null(f);
    assert_int_equal(1, PEM_write_X509(f, certificate));
    assert_int_equal(1, PEM_write_X509(f, stale));
    fclose(f);
    return setenv("SSL_CERT_FILE", trusted, 1);
}

static int forget_keys(void **state)
{
    (void)state;
    X509_free(certificate);
    X509_free(stale);
    EVP_PKEY_free(key);
    return unlink(trusted);
}

/* --------------------------------------------------------------------- scene
 */

struct scene {
    struct http_fixture f;
    struct scripted_server server;
    SSL_CTX *context;
    char url[64];
};

static void open_scene(struct scene *s, const struct script *scripts,
                       size_t count, X509 *shown, bool insecure)
{
    struct http_options options = {.transport = HTTP_TRANSPORT_H1,
                                   .insecure = insecure};
    s->context = certificate_context(shown, key);
    scripted_server_start(&s->server, scripts, count, s->context);
    http_fixture_open(&s->f, &options);
    snprintf(s->url, sizeof s->url, "https://localhost:%u/", s->server.port);
}

static void close_scene(struct scene *s)
{
    http_fixture_close(&s->f);
    scripted_server_stop(&s->server);
    SSL_CTX_free(s->context);
}

static void assert_hello(const struct outcome *o)
{
    if (o->failure != HTTP_OK)
        fail_msg("%s: %s", http_failure_name(o->failure), o->detail);
    assert_int_equal(5, o->body_bytes);
    assert_memory_equal("hello", o->body, 5);
}

static void assert_failure(const struct outcome *o, enum http_failure failure,
                           const char *word)
{
    if (o->failure != failure || !strstr(o->detail, word))
        fail_msg("%s: %s", http_failure_name(o->failure), o->detail);
}

/* --------------------------------------------------------------------- tests
 */

static void a_trusted_server_is_talked_to(void **state)
{
    (void)state;
    struct scene s;
    const struct script scripts[] = {
        {{ANSWER(HELLO), ANSWER(HELLO), ANSWER(HELLO)}}, {{ANSWER(HELLO)}}};
    open_scene(&s, scripts, 2, certificate, false);
    for (int i = 0; i < 3; i++) {
        assert_hello(http_fixture_get(&s.f, s.url));
        assert_int_equal(i == 0, s.f.outcome.connections);
        assert_int_equal(strlen(HELLO), s.f.outcome.received_bytes);
        assert_int_equal(
            i == 0, s.f.outcome.timings.phase_ns[HTTP_TLS_HANDSHAKING] > 0);
    }
    close_scene(&s);
    assert_int_equal(3, s.server.requests);
}

static void addresses_have_certificates_too(void **state)
{
    (void)state;
    struct scene s;
    const struct script scripts[] = {{{ANSWER(HELLO)}}};
    open_scene(&s, scripts, 1, certificate, false);
    snprintf(s.url, sizeof s.url, "https://127.0.0.1:%u/", s.server.port);
    assert_hello(http_fixture_get(&s.f, s.url));
    close_scene(&s);
}

static void what_cannot_be_trusted_is_not(void **state)
{
    (void)state;
    struct scene s;
    const struct script scripts[] = {{{ANSWER(HELLO)}}, {{ANSWER(HELLO)}}};
    open_scene(&s, scripts, 2, stale, false);
    assert_failure(http_fixture_get(&s.f, s.url), HTTP_TLS, "expired");
    close_scene(&s);
    /* A name that the certificate does not have. */
    open_scene(&s, scripts, 2, certificate, false);
    http_fixture_close(&s.f);
    char entry[64];
    snprintf(entry, sizeof entry, "other.test:%u:127.0.0.1", s.server.port);
    const char *const entries[] = {entry, NULL};
    struct http_options options = {.transport = HTTP_TRANSPORT_H1,
                                   .resolve = entries};
    http_fixture_open(&s.f, &options);
    snprintf(s.url, sizeof s.url, "https://other.test:%u/", s.server.port);
    assert_failure(http_fixture_get(&s.f, s.url), HTTP_TLS, "mismatch");
    close_scene(&s);
    /* Nobody vouches for it. */
    setenv("SSL_CERT_FILE", "/dev/null", 1);
    open_scene(&s, scripts, 2, certificate, false);
    assert_failure(http_fixture_get(&s.f, s.url), HTTP_TLS, "self-signed");
    close_scene(&s);
    /* And nobody asks. */
    open_scene(&s, scripts, 2, stale, true);
    assert_hello(http_fixture_get(&s.f, s.url));
    close_scene(&s);
    setenv("SSL_CERT_FILE", trusted, 1);
}

static void sessions_are_resumed(void **state)
{
    (void)state;
    struct scene s;
    const struct script scripts[] = {
        {{ANSWER("HTTP/1.1 200 OK\r\nConnection: close\r\n"
                 "Content-Length: 5\r\n\r\nhello")}},
        {{ANSWER(HELLO), CLOSE}},
        {{ANSWER(HELLO)}}};
    open_scene(&s, scripts, 3, certificate, false);
    for (int i = 0; i < 3; i++) {
        assert_hello(http_fixture_get(&s.f, s.url));
        http_fixture_run(&s.f, 20 * NS_PER_MS);
    }
    close_scene(&s);
    assert_int_equal(3, s.server.accepted);
    assert_int_equal(2, s.server.resumed);
}

static void ends_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        struct step send, end;
        enum http_failure failure;
        const char *word;
    } cases[] = {
        {SEND("HTTP/1.1 200 OK\r\n\r\nhello"), CLOSE, HTTP_OK, ""},
        {SEND("HTTP/1.1 200 OK\r\n\r\nhell"),
         {STEP_SUDDEN_CLOSE, NULL, 0},
         HTTP_CLOSED,
         "without a length"},
        {SEND("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"),
         {STEP_SUDDEN_CLOSE, NULL, 0},
         HTTP_CLOSED,
         "amid"},
        {SEND("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"), CLOSE,
         HTTP_CLOSED, "amid"},
        {PAUSE(1), CLOSE, HTTP_CLOSED, "without an answer"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        const struct script scripts[] = {{{READ, cases[i].send, cases[i].end}}};
        open_scene(&s, scripts, 1, certificate, false);
        const struct outcome *o = http_fixture_get(&s.f, s.url);
        if (cases[i].failure == HTTP_OK)
            assert_hello(o);
        else
            assert_failure(o, cases[i].failure, cases[i].word);
        close_scene(&s);
    }
}

static void bytes_behind_an_answer_are_noticed(void **state)
{
    (void)state;
    struct scene s;
    /* Two records that may come in one read. */
    const struct script scripts[] = {{{READ, SEND(HELLO), SEND("more")}},
                                     {{ANSWER(HELLO)}}};
    open_scene(&s, scripts, 2, certificate, false);
    assert_hello(http_fixture_get(&s.f, s.url));
    http_fixture_run(&s.f, 20 * NS_PER_MS);
    assert_hello(http_fixture_get(&s.f, s.url));
    struct http_counts counts = http_client_take_counts(s.f.client);
    assert_true(counts.unsolicited_bytes > 0);
    close_scene(&s);
    assert_int_equal(2, s.server.accepted);
}

static void large_bodies_pass(void **state)
{
    (void)state;
    enum { LARGE = 2 * 1024 * 1024 };
    char head[64], *body = malloc(LARGE);
    assert_non_null(body);
    for (size_t i = 0; i < LARGE; i++)
        body[i] = (char)('a' + i % 26);
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
             LARGE);
    struct scene s;
    const struct script scripts[] = {
        {{READ, SEND(head), {STEP_SEND, body, LARGE}}}};
    open_scene(&s, scripts, 1, certificate, false);
    struct http_request r = http_fixture_request("PUT", s.url);
    r.has_body = true;
    r.body = body;
    r.body_bytes = LARGE;
    const struct outcome *o = http_fixture_exchange(&s.f, &r);
    assert_int_equal(HTTP_OK, o->failure);
    assert_int_equal(LARGE, o->body_bytes);
    assert_memory_equal(body, o->body, LARGE);
    close_scene(&s);
    free(body);
}

static void a_server_without_tls_is_a_tls_failure(void **state)
{
    (void)state;
    static const struct script all[] = {{{READ_SOME, SEND("HTTP/1.1 400 No")}},
                                        {{READ_SOME, CLOSE}},
                                        {{READ_SOME, RESET}}};
    struct scripted_server server;
    struct http_fixture f;
    char url[64];
    scripted_server_start(&server, all, COUNT_OF(all), NULL);
    http_fixture_open(&f, NULL);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", server.port);
    for (size_t i = 0; i < COUNT_OF(all); i++)
        assert_failure(http_fixture_get(&f, url), HTTP_TLS, "TLS");
    http_fixture_close(&f);
    scripted_server_stop(&server);
}

static const enum http_transport transports[] = {HTTP_TRANSPORT_H1,
                                                 HTTP_TRANSPORT_CURL};

static const struct outcome *get_for(int64_t ns, struct http_fixture *f,
                                     const char *url)
{
    struct http_request r = http_fixture_request("GET", url);
    r.timeout_ns = ns;
    return http_fixture_exchange(f, &r);
}

static void assert_hangs_in(enum http_phase phase, const struct outcome *o)
{
    const struct http_timings *t = &o->timings;
    assert_int_equal(HTTP_TIMEOUT, o->failure);
    assert_true(t->phase_ns[phase] > (t->ended_ns - t->started_ns) / 2);
}

static void a_handshake_has_a_time_limit(void **state)
{
    (void)state;
    static const struct script all[] = {{{READ_SOME, PAUSE(200)}},
                                        {{READ_SOME, PAUSE(200)}}};
    struct scripted_server server;
    scripted_server_start(&server, all, COUNT_OF(all), NULL);
    for (size_t i = 0; i < COUNT_OF(transports); i++) {
        struct http_options options = {.transport = transports[i]};
        struct http_fixture f;
        char url[64];
        http_fixture_open(&f, &options);
        snprintf(url, sizeof url, "https://127.0.0.1:%u/", server.port);
        assert_hangs_in(HTTP_TLS_HANDSHAKING,
                        get_for(100 * NS_PER_MS, &f, url));
        if (transports[i] == HTTP_TRANSPORT_H1)
            assert_failure(&f.outcome, HTTP_TIMEOUT, "handshake");
        http_fixture_close(&f);
    }
    scripted_server_stop(&server);
}

static int listen_without_accepting(struct sockaddr_in *a, int backlog)
{
    socklen_t size = sizeof *a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    *a = (struct sockaddr_in){.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(0, bind(fd, (struct sockaddr *)a, sizeof *a));
    assert_int_equal(0, listen(fd, backlog));
    assert_int_equal(0, getsockname(fd, (struct sockaddr *)a, &size));
    return fd;
}

/* A full queue drops what comes, as a firewall would. */
static void a_connection_that_hangs_is_no_handshake(void **state)
{
    (void)state;
    struct sockaddr_in a;
    int listener = listen_without_accepting(&a, 0);
    int filler = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(0, connect(filler, (struct sockaddr *)&a, sizeof a));
    for (size_t i = 0; i < COUNT_OF(transports); i++) {
        struct http_options options = {.transport = transports[i]};
        struct http_fixture f;
        char url[64];
        http_fixture_open(&f, &options);
        snprintf(url, sizeof url, "https://127.0.0.1:%u/", ntohs(a.sin_port));
        assert_hangs_in(HTTP_CONNECTING, get_for(100 * NS_PER_MS, &f, url));
        http_fixture_close(&f);
    }
    close(filler);
    close(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trusted_server_is_talked_to),
        cmocka_unit_test(addresses_have_certificates_too),
        cmocka_unit_test(what_cannot_be_trusted_is_not),
        cmocka_unit_test(sessions_are_resumed),
        cmocka_unit_test(ends_are_told_apart),
        cmocka_unit_test(bytes_behind_an_answer_are_noticed),
        cmocka_unit_test(large_bodies_pass),
        cmocka_unit_test(a_server_without_tls_is_a_tls_failure),
        cmocka_unit_test(a_handshake_has_a_time_limit),
        cmocka_unit_test(a_connection_that_hangs_is_no_handshake),
    };
    signal(SIGPIPE, SIG_IGN); /* of the server's OpenSSL */
    return cmocka_run_group_tests(tests, make_keys, forget_keys);
}
