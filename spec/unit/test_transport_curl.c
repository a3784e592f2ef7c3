/* transport_curl: where libcurl and h1 make something else of an answer that is
 * not well-formed. docs/transports.md has a row for each of these; on all other
 * answers both transports agree. */
#include <stdio.h>

#include "base/clock.h"
#include "http_fixture.h"
#include "io/transport_curl.h"
#include "scripted_server.h"
#include "unit.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"

struct difference {
    const char *name; /* as in the documentation */
    const char *bytes;
    enum http_failure curl; /* HTTP_OK: it takes the answer */
    enum http_failure h1;
};

static const struct difference differences[] = {
    {"lines end with LF alone", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
     HTTP_OK, HTTP_PROTOCOL},
    {"the empty line is LF alone", OK "Content-Length: 1\r\n\nx", HTTP_OK,
     HTTP_PROTOCOL},
    {"two lengths that differ",
     OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", HTTP_OK,
     HTTP_PROTOCOL},
    {"the same length twice",
     OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", HTTP_OK,
     HTTP_PROTOCOL},
    {"a list of lengths", OK "Content-Length: 1, 1\r\n\r\nx", HTTP_OK,
     HTTP_PROTOCOL},
    {"a length and chunks",
     OK "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\nx\r\n0\r\n\r\n",
     HTTP_OK, HTTP_PROTOCOL},
    {"a length with a sign", OK "Content-Length: +1\r\n\r\nx", HTTP_OK,
     HTTP_PROTOCOL},
    {"a length that overflows",
     OK "Content-Length: 99999999999999999999999\r\n\r\n", HTTP_OK,
     HTTP_PROTOCOL},
    {"a length and junk", OK "Content-Length: 1x\r\n\r\nx", HTTP_OK,
     HTTP_PROTOCOL},
    {"a coding below the chunks",
     OK "Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", HTTP_OK,
     HTTP_PROTOCOL},
    {"chunks of chunks",
     OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
        "1\r\nx\r\n0\r\n\r\n",
     HTTP_OK, HTTP_PROTOCOL},
    {"the identity coding",
     OK "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx", HTTP_OK,
     HTTP_PROTOCOL},
    {"spaces behind a chunk's size", CHUNKED "1  \r\nx\r\n0\r\n\r\n", HTTP_OK,
     HTTP_PROTOCOL},
    {"chunks with LF alone", CHUNKED "1\nx\n0\n\n", HTTP_OK, HTTP_PROTOCOL},
    {"a chunk's size with 0x", CHUNKED "0x1\r\nx\r\n0\r\n\r\n", HTTP_OTHER,
     HTTP_PROTOCOL},
    {"a trailer without a colon", CHUNKED "1\r\nx\r\n0\r\njunk\r\n\r\n",
     HTTP_OTHER, HTTP_PROTOCOL},
    {"a space before a colon", OK "Content-Length : 1\r\n\r\nx", HTTP_OK,
     HTTP_PROTOCOL},
    {"a space in a name", OK "A B: c\r\nContent-Length: 1\r\n\r\nx", HTTP_OK,
     HTTP_PROTOCOL},
    {"a folded line first", OK " A: b\r\nContent-Length: 1\r\n\r\nx",
     HTTP_OTHER, HTTP_PROTOCOL},
    {"a control character in a value",
     OK "A: b\001c\r\nContent-Length: 1\r\n\r\nx", HTTP_OK, HTTP_PROTOCOL},
    {"CR within a value", OK "A: b\rc\r\nContent-Length: 1\r\n\r\nx", HTTP_OK,
     HTTP_PROTOCOL},
    {"another major version", "HTTP/2.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
     HTTP_OK, HTTP_PROTOCOL},
    {"http in small letters", "http/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
     HTTP_OK, HTTP_PROTOCOL},
    {"101 that nobody asked for", "HTTP/1.1 101 X\r\n\r\nbytes", HTTP_OK,
     HTTP_PROTOCOL},
    {"the end amid the headers", OK "A: b\r\nContent-Le", HTTP_OK, HTTP_CLOSED},
};

static enum http_failure outcome_of(const char *bytes,
                                    enum http_transport transport)
{
    const struct script scripts[] = {{{READ, SEND(bytes), CLOSE}}};
    struct http_options options = {.transport = transport};
    struct scripted_server server;
    struct http_fixture f;
    char url[64];
    scripted_server_start(&server, scripts, COUNT_OF(scripts), NULL);
    http_fixture_open(&f, &options);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", server.port);
    enum http_failure failure = http_fixture_get(&f, url)->failure;
    http_fixture_close(&f);
    scripted_server_stop(&server);
    return failure;
}

static void assert_outcome(const struct difference *d, const char *transport,
                           enum http_failure wanted, enum http_failure got)
{
    if (wanted != got)
        fail_msg("%s, by %s: %s, not %s", d->name, transport,
                 http_failure_name(got), http_failure_name(wanted));
}

static void differences_are_those_documented(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(differences); i++) {
        const struct difference *d = &differences[i];
        assert_outcome(d, "curl", d->curl,
                       outcome_of(d->bytes, HTTP_TRANSPORT_CURL));
        assert_outcome(d, "h1", d->h1, outcome_of(d->bytes, HTTP_TRANSPORT_H1));
    }
}

static enum http_failure outcome_of_long_line(size_t size,
                                              enum http_transport transport)
{
    char *bytes = malloc(size + 64);
    assert_non_null(bytes);
    strcpy(bytes, OK "A: ");
    memset(bytes + strlen(OK "A: "), 'x', size);
    strcpy(bytes + strlen(OK "A: ") + size, "\r\nContent-Length: 0\r\n\r\n");
    enum http_failure failure = outcome_of(bytes, transport);
    free(bytes);
    return failure;
}

static void so_are_those_of_long_lines(void **state)
{
    (void)state;
    enum { LONG = 150 * 1024, TOO_LONG = 300 * 1024 };
    static const struct difference d = {.name = "a header line over 100 kB"};
    static const struct difference e = {.name = "headers over 256 kB"};
    assert_outcome(&d, "curl", HTTP_OTHER,
                   outcome_of_long_line(LONG, HTTP_TRANSPORT_CURL));
    assert_outcome(&d, "h1", HTTP_OK,
                   outcome_of_long_line(LONG, HTTP_TRANSPORT_H1));
    assert_outcome(&e, "curl", HTTP_OTHER,
                   outcome_of_long_line(TOO_LONG, HTTP_TRANSPORT_CURL));
    assert_outcome(&e, "h1", HTTP_TOO_LARGE,
                   outcome_of_long_line(TOO_LONG, HTTP_TRANSPORT_H1));
}

/* Reused, libcurl's handle would write to memory of the answer before. */
static void a_folded_line_does_no_harm_to_what_follows(void **state)
{
    (void)state;
    static const struct script all[] = {
        {{READ, SEND(OK "A: b\r\nContent-Length: 1\r\n\r\nx")}},
        {{READ, SEND(OK " A: b\r\nContent-Length: 1\r\n\r\nx"), CLOSE}},
        {{READ, SEND(OK "A: b\r\nContent-Length: 1\r\n\r\nx")}}};
    struct http_options options = {.transport = HTTP_TRANSPORT_CURL};
    struct scripted_server server;
    struct http_fixture f;
    char url[2][64];
    scripted_server_start(&server, all, COUNT_OF(all), NULL);
    http_fixture_open(&f, &options);
    /* Each on a connection of its own. */
    snprintf(url[0], sizeof url[0], "http://127.0.0.1:%u/", server.port);
    snprintf(url[1], sizeof url[1], "http://localhost:%u/", server.port);
    assert_int_equal(HTTP_OK, http_fixture_get(&f, url[0])->failure);
    http_user_disconnect(f.user);
    assert_int_equal(HTTP_OTHER, http_fixture_get(&f, url[1])->failure);
    http_user_disconnect(f.user);
    assert_int_equal(HTTP_OK, http_fixture_get(&f, url[0])->failure);
    http_fixture_close(&f);
    scripted_server_stop(&server);
}

/* ----------------------------------------------------------------- proxies */

static enum http_failure ask_through(const char *scheme, const char *target,
                                     const struct script *script,
                                     const char *first_line)
{
    struct scripted_server proxy;
    struct http_fixture f;
    char address[64];
    scripted_server_start(&proxy, script, 1, NULL);
    snprintf(address, sizeof address, "%s://127.0.0.1:%u", scheme, proxy.port);
    struct http_options options = {.proxy = address};
    http_fixture_open(&f, &options);
    enum http_failure failure = http_fixture_get(&f, target)->failure;
    http_fixture_close(&f);
    scripted_server_stop(&proxy);
    assert_non_null(strstr(proxy.last, first_line));
    return failure;
}

#define SOCKS_HELLO                                                            \
    {                                                                          \
        STEP_SEND, "\5\0", 2                                                   \
    }
#define SOCKS_ANSWER(code)                                                     \
    {                                                                          \
        STEP_SEND, "\5" code "\0\1\0\0\0\0\0\0", 10                            \
    }

static void requests_go_through_proxies(void **state)
{
    (void)state;
    static const struct script plain = {
        {READ, SEND(OK "Content-Length: 1\r\n\r\nx")}};
    static const struct script socks = {
        {READ_SOME, SOCKS_HELLO, READ_SOME, SOCKS_ANSWER("\0"), READ,
         SEND(OK "Content-Length: 1\r\n\r\nx")}};
    assert_int_equal(HTTP_OK, ask_through("http", "http://shop.test/a", &plain,
                                          "GET http://shop.test/a HTTP/1.1"));
    assert_int_equal(HTTP_OK, ask_through("socks5h", "http://shop.test/a",
                                          &socks, "GET /a HTTP/1.1"));
}

static void what_a_proxy_refuses_is_unreachable(void **state)
{
    (void)state;
    static const struct script plain = {
        {READ, SEND("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")}};
    static const struct script socks = {
        {READ_SOME, SOCKS_HELLO, READ_SOME, SOCKS_ANSWER("\2"), CLOSE}};
    assert_int_equal(HTTP_UNREACHABLE,
                     ask_through("http", "https://shop.test/", &plain,
                                 "CONNECT shop.test:443 HTTP/1.1"));
    assert_int_equal(HTTP_UNREACHABLE,
                     ask_through("socks5h", "http://shop.test/", &socks, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_those_documented),
        cmocka_unit_test(so_are_those_of_long_lines),
        cmocka_unit_test(requests_go_through_proxies),
        cmocka_unit_test(what_a_proxy_refuses_is_unreachable),
        cmocka_unit_test(a_folded_line_does_no_harm_to_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
