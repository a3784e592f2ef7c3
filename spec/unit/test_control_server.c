/* control_server: what programs send it over a socket, well-formed or not, and
 * that it ends from any state. The test's thread is the control thread. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "io/control_server.h"
#include "unit.h"

#define HOST "Host: 127.0.0.1\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

struct scene {
    struct control_server *server;
    int notify_fd;
};

static void open_scene(struct scene *s)
{
    struct error err;
    s->notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->server = control_server_open("127.0.0.1", 0, CONTROL_JSON, &err);
    if (!s->server)
        fail_msg("%s", err.text);
    control_server_notify(s->server, s->notify_fd);
}

static void close_scene(struct scene *s)
{
    int64_t from_ns = clock_now_ns();
    control_server_close(s->server);
    assert_true(clock_now_ns() - from_ns < NS_PER_S);
    close(s->notify_fd);
}

/* ------------------------------------------------------------------- clients
 */

static int dial(const struct scene *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(control_server_port(s->server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(0, connect(fd, (struct sockaddr *)&to, sizeof to));
    return fd;
}

static void say(int fd, const char *text, size_t length)
{
    while (length) {
        ssize_t n = send(fd, text, length, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* it may have hung up already */
        text += n;
        length -= (size_t)n;
    }
}

static int send_text(const struct scene *s, const char *text)
{
    int fd = dial(s);
    say(fd, text, strlen(text));
    return fd;
}

static bool is_readable(int fd, int within_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, within_ms) == 1;
}

struct reply {
    int status; /* 0: hung up without an answer */
    char text[8192];
    const char *body;
};

/* All of it, to the hang-up; closes the socket. */
static struct reply *hear(int fd)
{
    static struct reply r;
    size_t size = 0;
    ssize_t n = 1;
    memset(&r, 0, sizeof r);
    while (n > 0 && size < sizeof r.text - 1) {
        assert_true(is_readable(fd, 8000));
        n = recv(fd, r.text + size, sizeof r.text - 1 - size, 0);
        size += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    sscanf(r.text, "HTTP/1.%*d %d", &r.status);
    r.body = strstr(r.text, "\r\n\r\n");
    r.body = r.body ? r.body + 4 : "";
    return &r;
}

static void assert_error(const struct reply *r, int status, const char *part)
{
    if (r->status != status || !strstr(r->body, part) ||
        strncmp(r->body, "{ \"error\": \"", 12) != 0)
        fail_msg("not %d with \"%s\" but: %s", status, part, r->text);
}

/* -------------------------------------------------------- the control thread
 */

static const struct control_request *take(const struct scene *s)
{
    uint64_t count;
    const struct control_request *q;
    assert_true(is_readable(s->notify_fd, 8000));
    assert_int_equal(8, read(s->notify_fd, &count, sizeof count));
    q = control_server_next(s->server);
    assert_non_null(q);
    return q;
}

static void answer(const struct scene *s, unsigned status, const char *json)
{
    control_server_answer(s->server, status, json, strlen(json));
}

static void assert_nothing_asked(const struct scene *s)
{
    assert_false(is_readable(s->notify_fd, 0));
    assert_null(control_server_next(s->server));
}

/* --------------------------------------------------------------------- tests
 */

static void a_question_and_its_answer(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    int fd = send_text(&s, "PATCH /v1/profiles/1?a=%20&b HTTP/1.1\r\n" HOST
                           "Content-Type: application/json\r\n"
                           "Content-Length: 11\r\n\r\n{\"vus\": 50}");
    const struct control_request *q = take(&s);
    assert_string_equal("PATCH", q->method);
    assert_string_equal("/v1/profiles/1", q->path);
    assert_string_equal("a=%20&b", q->query);
    assert_int_equal(11, q->body_bytes);
    assert_string_equal("{\"vus\": 50}", q->body);
    answer(&s, 202, "{ \"fine\": true }\n");
    const struct reply *r = hear(fd);
    assert_int_equal(202, r->status);
    assert_string_equal("{ \"fine\": true }\n", r->body);
    assert_non_null(strstr(r->text, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(r->text, "\r\nCache-Control: no-store\r\n"));
    assert_nothing_asked(&s);
    close_scene(&s);
}

static void nothing_is_decoded(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    int fd = send_text(&s, GET("/v1/stop%00%2e%2e?x?y"));
    const struct control_request *q = take(&s);
    assert_string_equal("/v1/stop%00%2e%2e", q->path);
    assert_string_equal("x?y", q->query);
    assert_string_equal("", q->body);
    assert_int_equal(0, q->body_bytes);
    answer(&s, 404, "{}");
    assert_int_equal(404, hear(fd)->status);
    close_scene(&s);
}

static void one_after_another(void **state)
{
    enum { CLIENTS = CONTROL_CONNECTIONS_MAX };
    struct scene s;
    int fds[CLIENTS];
    bool seen[CLIENTS] = {false};
    char text[64];
    (void)state;
    open_scene(&s);
    for (int i = 0; i < CLIENTS; i++) {
        snprintf(text, sizeof text, "GET /%d HTTP/1.1\r\n" HOST "\r\n", i);
        fds[i] = send_text(&s, text);
    }
    for (int i = 0; i < CLIENTS; i++) {
        const struct control_request *q = take(&s);
        seen[atoi(q->path + 1)] = true;
        answer(&s, 200, q->path);
    }
    for (int i = 0; i < CLIENTS; i++) {
        snprintf(text, sizeof text, "/%d", i);
        assert_true(seen[i]);
        assert_string_equal(text, hear(fds[i])->body);
    }
    close_scene(&s);
}

static void who_does_not_answer_is_excused(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    int fd = send_text(&s, GET("/slow"));
    take(&s);
    assert_error(hear(fd), 503, "did not answer within 3 s; ask again");
    /* The next one waits already when the late answer comes. */
    fd = send_text(&s, GET("/next"));
    assert_true(is_readable(s.notify_fd, 8000));
    answer(&s, 200, "late");
    assert_string_equal("/next", take(&s)->path);
    answer(&s, 200, "in time");
    assert_string_equal("in time", hear(fd)->body);
    close_scene(&s);
}

static void what_nobody_took_is_withdrawn(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    assert_error(hear(send_text(&s, GET("/"))), 503, "ask again");
    assert_null(control_server_next(s.server));
    close_scene(&s);
}

static void without_anybody_to_answer(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    control_server_notify(s.server, -1);
    assert_error(hear(send_text(&s, GET("/"))), 503, "no run is under way");
    assert_nothing_asked(&s);
    control_server_notify(s.server, s.notify_fd);
    int waits = send_text(&s, GET("/"));
    take(&s);
    control_server_notify(s.server, -1);
    assert_error(hear(waits), 503, "no run is under way");
    answer(&s, 200, "in vain");
    close_scene(&s);
}

static void who_answers_may_change(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    int fd = send_text(&s, GET("/"));
    assert_true(is_readable(s.notify_fd, 8000));
    int other_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    control_server_notify(s.server, other_fd);
    close(s.notify_fd);
    s.notify_fd = other_fd;
    take(&s);
    answer(&s, 200, "{}");
    assert_int_equal(200, hear(fd)->status);
    close_scene(&s);
}

static void strangers_are_turned_away(void **state)
{
    static const struct {
        const char *request;
        int status;
        const char *part;
    } table[] = {
        {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, "Host header"},
        {"GET / HTTP/1.1\r\n" HOST "Origin: http://evil.example\r\n\r\n", 403,
         "Origin"},
        {"GET / HTTP/1.1\r\n" HOST "oRiGiN: null\r\n\r\n", 403, "Origin"},
        {"GET / HTTP/1.0\r\n\r\n", 403, "Host header"},
        {"OPTIONS /v1/stop HTTP/1.1\r\n" HOST "Origin: http://a\r\n\r\n", 403,
         "Origin"},
        {"POST /v1/stop HTTP/1.1\r\n" HOST "Content-Type: text/plain\r\n"
         "Content-Length: 2\r\n\r\n{}",
         415, "application/json"},
    };
    struct scene s;
    (void)state;
    open_scene(&s);
    for (size_t i = 0; i < COUNT_OF(table); i++)
        assert_error(hear(send_text(&s, table[i].request)), table[i].status,
                     table[i].part);
    assert_nothing_asked(&s);
    close_scene(&s);
}

static int send_body(const struct scene *s, size_t bytes)
{
    char head[160];
    char *body = calloc(1, bytes + 1);
    memset(body, 'x', bytes);
    snprintf(head, sizeof head,
             "POST / HTTP/1.1\r\n" HOST "Content-Length: %zu\r\n\r\n", bytes);
    int fd = send_text(s, head);
    say(fd, body, bytes);
    free(body);
    return fd;
}

static void bodies_are_limited(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    int fd = send_body(&s, CONTROL_BODY_MAX_BYTES);
    assert_int_equal(CONTROL_BODY_MAX_BYTES, take(&s)->body_bytes);
    answer(&s, 200, "{}");
    assert_int_equal(200, hear(fd)->status);
    assert_error(hear(send_body(&s, CONTROL_BODY_MAX_BYTES + 1)), 413,
                 "larger than 64 kB");
    assert_error(hear(send_body(&s, 900 * 1000)), 413, "larger than 64 kB");
    assert_error(hear(send_text(&s, "POST / HTTP/1.1\r\n" HOST
                                    "Content-Length: 99999999999\r\n\r\n")),
                 413, "larger than 64 kB");
    assert_nothing_asked(&s);
    close_scene(&s);
}

static void chunks_without_end(void **state)
{
    static char chunk[32 * 1024];
    struct scene s;
    (void)state;
    open_scene(&s);
    int fd = send_text(&s, "POST / HTTP/1.1\r\n" HOST
                           "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 64; i++) {
        say(fd, "8000\r\n", 6);
        say(fd, chunk, sizeof chunk);
        say(fd, "\r\n", 2);
    }
    assert_true(hear(fd)->status != 200);
    fd =
        send_text(&s, "POST / HTTP/1.1\r\n" HOST
                      "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
    assert_string_equal("{}", take(&s)->body);
    answer(&s, 200, "{}");
    assert_int_equal(200, hear(fd)->status);
    close_scene(&s);
}

static void nonsense(void **state)
{
    static const char *const table[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n" HOST "\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 1x\r\n\r\nx",
        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "PATCH / HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\nhalf",
        "GET / HTTP/1.1\r\n" HOST "Half",
        "GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n",
    };
    struct scene s;
    (void)state;
    open_scene(&s);
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        int fd = send_text(&s, table[i]);
        shutdown(fd, SHUT_WR);
        /* Whatever is asked after all is answered. */
        while (!is_readable(fd, 20))
            if (control_server_next(s.server))
                answer(&s, 200, "{}");
        hear(fd);
    }
    close_scene(&s);
}

static void heads_are_limited(void **state)
{
    static char head[64 * 1024];
    struct scene s;
    (void)state;
    open_scene(&s);
    memset(head, 'a', sizeof head);
    int fd = send_text(&s, "GET / HTTP/1.1\r\n" HOST "X: ");
    say(fd, head, sizeof head);
    hear(fd);
    fd = send_text(&s, "GET /");
    say(fd, head, sizeof head);
    hear(fd);
    fd = send_text(&s, "GET / HTTP/1.1\r\n" HOST);
    for (int i = 0; i < 10000; i++)
        say(fd, "A: b\r\n", 6);
    hear(fd);
    assert_nothing_asked(&s);
    close_scene(&s);
}

static void connections_are_limited(void **state)
{
    struct scene s;
    int idle[CONTROL_CONNECTIONS_MAX];
    (void)state;
    open_scene(&s);
    for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
        idle[i] = send_text(&s, "GET /");
    int fd = send_text(&s, GET("/"));
    assert_false(is_readable(s.notify_fd, 100));
    close(idle[0]);
    take(&s);
    answer(&s, 200, "{}");
    assert_int_equal(200, hear(fd)->status);
    for (int i = 1; i < CONTROL_CONNECTIONS_MAX; i++)
        close(idle[i]);
    close_scene(&s);
}

static void the_silent_are_hung_up_on(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    int idle[CONTROL_CONNECTIONS_MAX];
    int64_t from_ns = clock_now_ns();
    for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
        idle[i] = send_text(&s, "POST / HTTP/1.1\r\n" HOST
                                "Content-Length: 10\r\n\r\nhalf");
    int fd = send_text(&s, GET("/"));
    take(&s);
    assert_true(clock_now_ns() - from_ns < 8 * NS_PER_S);
    answer(&s, 200, "{}");
    assert_int_equal(200, hear(fd)->status);
    for (int i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
        close(idle[i]);
    close_scene(&s);
}

static void the_last_answer_is_sent(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct scene s;
        open_scene(&s);
        int fd = send_text(&s, "POST /v1/stop HTTP/1.1\r\n" HOST
                               "Content-Length: 2\r\n\r\n");
        say(fd, "{}", 2); /* a packet of its own */
        take(&s);
        answer(&s, 200, "stopping");
        close_scene(&s);
        assert_string_equal("stopping", hear(fd)->body);
    }
}

/* ------------------------------------------------------- closing at any time
 */

static void close_idle(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    close_scene(&s);
    open_scene(&s);
    int fds[] = {dial(&s), send_text(&s, "GET / HT"),
                 send_text(&s, "GET /?x HTTP/1.1\r\n" HOST),
                 send_text(&s, "POST / HTTP/1.1\r\n" HOST
                               "Content-Length: 9\r\n\r\nhalf")};
    close_scene(&s);
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        close(fds[i]);
}

static void close_while_asked(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    int fd = send_text(&s, GET("/"));
    assert_true(is_readable(s.notify_fd, 8000));
    close_scene(&s);
    assert_error(hear(fd), 503, "no run is under way");
}

static void close_while_taken(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    int first = send_text(&s, GET("/first"));
    take(&s);
    int second = send_text(&s, GET("/second"));
    close_scene(&s);
    assert_error(hear(first), 503, "no run is under way");
    struct reply *r = hear(second); /* perhaps it was not even accepted */
    assert_true(r->status == 0 || r->status == 503);
}

static void close_on_a_client_that_does_not_read(void **state)
{
    static char large[4 * 1024 * 1024];
    struct scene s;
    (void)state;
    open_scene(&s);
    int fd = send_text(&s, GET("/"));
    take(&s);
    memset(large, ' ', sizeof large);
    control_server_answer(s.server, 200, large, sizeof large);
    close_scene(&s);
    close(fd);
}

static void close_on_a_client_that_has_gone(void **state)
{
    struct scene s;
    (void)state;
    open_scene(&s);
    int fd = send_text(&s, GET("/"));
    take(&s);
    close(fd);
    answer(&s, 200, "{}");
    close_scene(&s);
}

/* ------------------------------------------------------------------- opening
 */

static void a_port_in_use(void **state)
{
    struct scene s;
    struct error err;
    char expected[128];
    (void)state;
    open_scene(&s);
    uint16_t port = control_server_port(s.server);
    assert_true(port != 0);
    assert_null(control_server_open("127.0.0.1", port, CONTROL_JSON, &err));
    snprintf(expected, sizeof expected,
             "cannot listen on 127.0.0.1:%u: the port is in use; choose "
             "another, or 0 for any free one",
             port);
    assert_string_equal(expected, err.text);
    close_scene(&s);
}

static void addresses(void **state)
{
    static const struct {
        const char *address;
        const char *problem;
    } table[] = {
        {"203.0.113.1", "203.0.113.1:6565: this machine does not have"},
        {"2001:db8::1", "[2001:db8::1]:6565: "},
        {"example.com", "\"example.com\": it is not an address like"},
        {"", "\"\": it is not an address"},
        {"127.0.0.1,127.0.0.2", "it is not an address"},
    };
    struct error err;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        assert_null(
            control_server_open(table[i].address, 6565, CONTROL_JSON, &err));
        assert_non_null(strstr(err.text, table[i].problem));
    }
    struct control_server *s =
        control_server_open("::1", 0, CONTROL_JSON, &err);
    if (s)
        assert_true(control_server_port(s) != 0);
    control_server_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_and_its_answer),
        cmocka_unit_test(nothing_is_decoded),
        cmocka_unit_test(one_after_another),
        cmocka_unit_test(who_does_not_answer_is_excused),
        cmocka_unit_test(what_nobody_took_is_withdrawn),
        cmocka_unit_test(without_anybody_to_answer),
        cmocka_unit_test(who_answers_may_change),
        cmocka_unit_test(strangers_are_turned_away),
        cmocka_unit_test(bodies_are_limited),
        cmocka_unit_test(chunks_without_end),
        cmocka_unit_test(nonsense),
        cmocka_unit_test(heads_are_limited),
        cmocka_unit_test(connections_are_limited),
        cmocka_unit_test(the_silent_are_hung_up_on),
        cmocka_unit_test(the_last_answer_is_sent),
        cmocka_unit_test(close_idle),
        cmocka_unit_test(close_while_asked),
        cmocka_unit_test(close_while_taken),
        cmocka_unit_test(close_on_a_client_that_does_not_read),
        cmocka_unit_test(close_on_a_client_that_has_gone),
        cmocka_unit_test(a_port_in_use),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
