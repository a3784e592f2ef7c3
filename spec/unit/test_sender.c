/* sender: batches over HTTP and UDP, to those who take them and those who do
 * not, and that it ends from any state. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/http.h"
#include "io/sender.h"
#include "scripted_server.h"
#include "unit.h"

#define ANSWER(status) SEND("HTTP/1.1 " status "\r\nContent-Length: 0\r\n\r\n")

static const char *const headers[] = {"X-Token: t", NULL};

struct scene {
    struct scripted_server server;
    struct sender *sender;
};

static void open_scene(struct scene *s, const struct script *scripts,
                       size_t count)
{
    struct error err;
    char url[64];
    scripted_server_start(&s->server, scripts, count, NULL);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/write?db=x", s->server.port);
    s->sender = sender_open_http(url, headers, &err);
    if (!s->sender)
        fail_msg("%s", err.text);
}

static void push(struct sender *s, const char *text)
{
    sender_push(s, text, strlen(text));
}

static void assert_report(struct sender *s, uint64_t sent, uint64_t failed,
                          uint64_t dropped)
{
    struct sender_report r = sender_report(s);
    assert_int_equal(sent, r.sent);
    assert_int_equal(failed, r.failed);
    assert_int_equal(dropped, r.dropped);
}

/* -------------------------------------------------------------------- HTTP */

static void batches_arrive_in_their_order(void **state)
{
    (void)state;
    static const struct script script[] = {
        {{READ, ANSWER("204 No Content"), READ, ANSWER("200 OK")}}};
    struct scene s;
    open_scene(&s, script, 1);
    push(s.sender, "first");
    push(s.sender, "second");
    sender_drain(s.sender, 20 * NS_PER_S);
    assert_report(s.sender, 2, 0, 0);
    assert_string_equal("", sender_report(s.sender).cause.text);
    sender_close(s.sender);
    scripted_server_stop(&s.server);
    assert_int_equal(1, s.server.accepted);
    assert_non_null(strstr(s.server.last, "POST /write?db=x HTTP/1.1\r\n"));
    assert_non_null(strstr(s.server.last, "X-Token: t\r\n"));
    assert_null(strstr(s.server.last, "Expect"));
    assert_non_null(strstr(s.server.last, "\r\n\r\nsecond"));
}

static void what_is_refused_is_counted_with_its_reason(void **state)
{
    (void)state;
    static const struct script script[] = {
        {{READ,
          SEND("HTTP/1.1 401 No\r\nContent-Length: 9\r\n\r\nno \"key\".")}},
        {{READ, ANSWER("302 Found\r\nLocation: /else")}},
        {{READ, CLOSE}},
        {{READ, ANSWER("204 No Content")}}};
    struct scene s;
    open_scene(&s, script, 1);
    push(s.sender, "a");
    sender_drain(s.sender, 20 * NS_PER_S);
    assert_report(s.sender, 0, 1, 0);
    assert_string_equal("status 401: no \"key\".",
                        sender_report(s.sender).cause.text);
    sender_close(s.sender);
    scripted_server_stop(&s.server);
    open_scene(&s, script + 1, 3);
    for (int i = 0; i < 3; i++)
        push(s.sender, "a");
    sender_close(s.sender); /* none of it is waited for */
    scripted_server_stop(&s.server);
}

static void nobody_there_is_a_failure(void **state)
{
    (void)state;
    static const struct script script[] = {{{CLOSE}}};
    struct scene s;
    open_scene(&s, script, 1);
    scripted_server_stop(&s.server);
    push(s.sender, "a");
    sender_drain(s.sender, 20 * NS_PER_S);
    assert_report(s.sender, 0, 1, 0);
    assert_true(*sender_report(s.sender).cause.text);
    sender_close(s.sender);
}

/* A black hole: the queue keeps what is newest, and the end does not wait. */
static void who_never_answers_holds_up_nobody(void **state)
{
    (void)state;
    static const struct script script[] = {{{READ}}};
    struct scene s;
    open_scene(&s, script, 1);
    for (int i = 0; i < 3 * SENDER_QUEUE_MAX; i++)
        push(s.sender, "a");
    struct sender_report r = sender_report(s.sender);
    assert_true(r.dropped >= 2 * SENDER_QUEUE_MAX - 1);
    sender_drain(s.sender, 10 * NS_PER_MS);
    r = sender_report(s.sender);
    assert_int_equal(0, r.sent);
    assert_int_equal(3 * SENDER_QUEUE_MAX, r.failed + r.dropped);
    push(s.sender, "too late");
    sender_close(s.sender);
    scripted_server_stop(&s.server);
}

static void a_batch_that_fills_the_queue_stays_alone(void **state)
{
    (void)state;
    static const struct script script[] = {{{READ_SOME}}};
    struct scene s;
    open_scene(&s, script, 1);
    char *much = calloc(1, SENDER_QUEUE_MAX_BYTES);
    push(s.sender, "a");
    for (int i = 0; i < 4; i++)
        sender_push(s.sender, much, SENDER_QUEUE_MAX_BYTES);
    assert_true(sender_report(s.sender).dropped >= 2);
    free(much);
    sender_close(s.sender);
    scripted_server_stop(&s.server);
}

static void an_address_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const urls[] = {"ftp://a/b", "not a url", "",
                                       "http://u:hush@h:99999/"};
    struct error err;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        assert_null(sender_open_http(urls[i], headers, &err));
        assert_null(strstr(err.text, "hush"));
    }
}

/* --------------------------------------------------------------------- UDP */

static int bind_udp(uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(0, bind(fd, (struct sockaddr *)&at, size));
    assert_int_equal(0, getsockname(fd, (struct sockaddr *)&at, &size));
    *port = ntohs(at.sin_port);
    return fd;
}

static struct sender *open_udp(uint16_t port)
{
    struct error err;
    struct sender *s = sender_open_udp("127.0.0.1", port, &err);
    assert_non_null(s);
    return s;
}

/* Whole lines, as many in a datagram as fit; one that is too long is cut. */
static void lines_are_not_torn_apart(void **state)
{
    (void)state;
    enum { LINE = 100, LINES = 50, LONG = 2000 };
    char text[LINE * LINES + LONG + 1], seen[sizeof text + 4096];
    size_t seen_bytes = 0;
    uint16_t port;
    int fd = bind_udp(&port);
    struct sender *s = open_udp(port);
    memset(text, 'x', sizeof text);
    for (int i = 1; i <= LINES; i++)
        text[i * LINE - 1] = '\n';
    text[sizeof text - 1] = '\n';
    sender_push(s, text, sizeof text);
    sender_drain(s, 20 * NS_PER_S);
    assert_report(s, 1, 0, 0);
    while (seen_bytes < sizeof text) {
        ssize_t n = recv(fd, seen + seen_bytes, 4096, 0);
        assert_in_range(n, 1, SENDER_DATAGRAM_MAX_BYTES);
        if (seen_bytes + (size_t)n <= LINE * LINES)
            assert_int_equal(0, n % LINE);
        seen_bytes += (size_t)n;
    }
    assert_memory_equal(text, seen, sizeof text);
    sender_close(s);
    close(fd);
}

static void a_port_where_nobody_listens_is_noticed(void **state)
{
    (void)state;
    uint16_t port;
    close(bind_udp(&port));
    struct sender *s = open_udp(port);
    for (int i = 0; i < 20 && !sender_report(s).failed; i++) {
        push(s, "a:1|c\n");
        sender_drain(s, 20 * NS_PER_S);
    }
    assert_true(sender_report(s).failed > 0);
    assert_non_null(strstr(sender_report(s).cause.text, "refused"));
    sender_close(s);
}

static void a_host_that_is_not_found_is_a_failure(void **state)
{
    (void)state;
    struct error err;
    char host[100] = {0};
    memset(host, 'a', sizeof host - 1); /* too long a label: nobody is asked */
    struct sender *s = sender_open_udp(host, 8125, &err);
    push(s, "a:1|c\n");
    sender_drain(s, 30 * NS_PER_S);
    assert_report(s, 0, 1, 0);
    sender_close(s);
    sender_close(NULL);
}

static int set_up(void **state)
{
    (void)state;
    struct error err;
    return http_global_init(&err) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    http_global_fini();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_arrive_in_their_order),
        cmocka_unit_test(what_is_refused_is_counted_with_its_reason),
        cmocka_unit_test(nobody_there_is_a_failure),
        cmocka_unit_test(who_never_answers_holds_up_nobody),
        cmocka_unit_test(a_batch_that_fills_the_queue_stays_alone),
        cmocka_unit_test(an_address_that_is_none_is_refused),
        cmocka_unit_test(lines_are_not_torn_apart),
        cmocka_unit_test(a_port_where_nobody_listens_is_noticed),
        cmocka_unit_test(a_host_that_is_not_found_is_a_failure),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
