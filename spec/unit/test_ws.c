/* ws: connections to servers that do as they are told, on 127.0.0.1. */
#include <stdio.h>

#include "base/clock.h"
#include "http_fixture.h"
#include "io/tunnel.h"
#include "io/ws.h"
#include "scripted_server.h"
#include "unit.h"

#define SWITCHED                                                               \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
#define BYTES(literal)                                                         \
    {                                                                          \
        STEP_SEND, literal, sizeof(literal) - 1                                \
    }
#define DRIPS(literal)                                                         \
    {                                                                          \
        STEP_DRIP, literal, sizeof(literal) - 1                                \
    }
#define OPENS READ, SEND(SWITCHED)
#define SOME_BYTES(n)                                                          \
    {                                                                          \
        STEP_READ_SOME, NULL, n                                                \
    }

struct scene {
    struct http_fixture f;
    struct scripted_server server;
    struct ws_client *client;
    struct ws ws;
    bool is_open;
    bool is_done;
    unsigned pongs;
    size_t max_message;
    /* What the loop waits for. */
    bool (*is_enough)(const struct scene *s);
};

static void on_pong(void *arg, int64_t round_trip_ns)
{
    struct scene *s = arg;
    assert_true(round_trip_ns >= 0);
    s->pongs++;
}

static void on_changed(void *arg)
{
    struct scene *s = arg;
    if (s->is_enough && s->is_enough(s))
        loop_stop(&s->f.loop);
}

static const struct ws_events events = {.pong = on_pong, .changed = on_changed};

static void on_answer(void *arg, const struct http_result *r)
{
    struct scene *s = arg;
    s->is_done = true;
    assert_int_equal(HTTP_OK, r->failure);
    assert_int_equal(101, r->status);
    assert_non_null(r->tunnel);
    s->is_open = true;
    ws_open(&s->ws, s->client, r->tunnel, s->max_message, &events, s);
    loop_stop(&s->f.loop);
}

static struct http_request handshake(const char *url)
{
    struct http_request r = http_fixture_request("GET", url);
    r.switches = true;
    return r;
}

static void open_scene(struct scene *s, const struct script *script,
                       size_t max_message)
{
    char url[64];
    memset(s, 0, sizeof *s);
    s->max_message = max_message;
    scripted_server_start(&s->server, script, 1, NULL);
    http_fixture_open(&s->f, NULL);
    s->client = ws_client_open(&s->f.loop);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/ws", s->server.port);
    struct http_request r = handshake(url);
    http_start(s->f.user, &r, on_answer, s);
    loop_run(&s->f.loop);
    assert_true(s->is_done);
}

static void close_scene(struct scene *s)
{
    if (s->is_open && s->ws.state != WS_STATE_OVER)
        ws_cut(&s->ws);
    if (s->is_open)
        ws_fini(&s->ws);
    ws_client_close(s->client);
    http_fixture_close(&s->f);
    scripted_server_stop(&s->server);
}

static bool is_over(const struct scene *s)
{
    return s->ws.state == WS_STATE_OVER;
}

static bool has_message(const struct scene *s)
{
    struct ws_message m;
    return ws_next(&s->ws, &m) || is_over(s);
}

static bool has_pong(const struct scene *s)
{
    return s->pongs > 0 || is_over(s);
}

static void run_until(struct scene *s, bool (*is_enough)(const struct scene *s))
{
    s->is_enough = is_enough;
    if (!is_enough(s))
        loop_run(&s->f.loop);
    s->is_enough = NULL;
}

static void assert_message(struct scene *s, const char *wanted, bool is_binary)
{
    struct ws_message m;
    run_until(s, has_message);
    assert_true(ws_next(&s->ws, &m));
    assert_int_equal(strlen(wanted), m.size);
    assert_memory_equal(wanted, m.bytes, m.size);
    assert_int_equal(is_binary, m.is_binary);
    ws_drop(&s->ws);
}

static void assert_failure(struct scene *s, enum http_failure failure,
                           const char *detail)
{
    run_until(s, is_over);
    if (s->ws.failure != failure)
        fail_msg("'%s', not '%s'", http_failure_name(s->ws.failure),
                 http_failure_name(failure));
    if (failure == HTTP_OK)
        assert_null(s->ws.detail);
    else if (!strstr(s->ws.detail, detail))
        fail_msg("'%s' does not say '%s'", s->ws.detail, detail);
}

/* -------------------------------------------------------------------- tests */

static void messages_come_in_their_order(void **state)
{
    (void)state;
    struct scene s;
    const struct script script = {{READ,
                                   BYTES(SWITCHED "\x81\x05"
                                                  "early\x82\x01"),
                                   BYTES("b\x01\x02"
                                         "fr"),
                                   DRIPS("\x89\x01p\x00\x02"
                                         "ag\x80\x02"
                                         "s!\x81\x00"),
                                   BYTES("\x88\x02\x03\xE8")}};
    open_scene(&s, &script, 1000);
    assert_message(&s, "early", false);
    assert_message(&s, "b", true);
    assert_message(&s, "frags!", false);
    assert_message(&s, "", false);
    assert_int_equal(4, s.ws.messages);
    run_until(&s, is_over); /* the script is over: the server waits for us */
    assert_int_equal(HTTP_OK, s.ws.failure);
    assert_int_equal(1000, s.ws.close_code);
    assert_null(s.ws.close_reason);
    close_scene(&s);
}

static void a_close_frame_is_answered(void **state)
{
    (void)state;
    struct scene s;
    const struct script script = {{OPENS,
                                   BYTES("\x81\x02"
                                         "hi\x88\x05\x0F\xA0"
                                         "bye"),
                                   SOME_BYTES(0),
                                   BYTES("rubbish behind the end"), CLOSE}};
    open_scene(&s, &script, 1000);
    assert_failure(&s, HTTP_OK, NULL);
    assert_int_equal(4000, s.ws.close_code);
    assert_string_equal("bye", s.ws.close_reason);
    assert_message(&s, "hi", false); /* is still there */
    close_scene(&s);
}

static void we_close_and_the_server_answers(void **state)
{
    (void)state;
    struct scene s;
    const struct script script = {
        {OPENS, SOME_BYTES(0), BYTES("\x81\x04late\x88\x02\x03\xE8"), CLOSE}};
    open_scene(&s, &script, 1000);
    ws_close(&s.ws, 1000, "done", 4);
    assert_int_equal(WS_STATE_CLOSING, s.ws.state);
    assert_failure(&s, HTTP_OK, NULL);
    assert_int_equal(1000, s.ws.close_code);
    assert_int_equal(0, s.ws.messages);
    close_scene(&s);
}

static void a_server_that_does_not_answer_a_close_is_left(void **state)
{
    (void)state;
    struct scene s;
    const struct script script = {{OPENS}};
    open_scene(&s, &script, 1000);
    ws_close(&s.ws, 1000, "", 0);
    assert_failure(&s, HTTP_TIMEOUT, "did not answer the close frame");
    assert_int_equal(WS_CODE_ABNORMAL, s.ws.close_code);
    close_scene(&s);
}

static void pings_go_both_ways(void **state)
{
    (void)state;
    struct scene s;
    char frames[] = "\x8A\x04none"
                    "\x8A\x01x"
                    "\x8A\x04____"
                    "\x8A\x04____"
                    "\x89\x02hi";
    const struct script script = {{OPENS,
                                   SOME_BYTES(0),
                                   {STEP_SEND, frames, sizeof frames - 1},
                                   SOME_BYTES(0)}};
    uint32_t first = 1;
    memcpy(frames + 11, &first, sizeof first);
    memcpy(frames + 17, &first, sizeof first);
    open_scene(&s, &script, 1000);
    uint64_t before = s.ws.sent_bytes;
    ws_ping(&s.ws);
    assert_int_equal(before + 6 + 4, s.ws.sent_bytes);
    run_until(&s, has_pong);
    assert_int_equal(1, s.pongs); /* a pong nobody asked for is none */
    assert_int_equal(before + 10 + 6 + 2, s.ws.sent_bytes); /* ours to "hi" */
    close_scene(&s);
}

static void assert_ends(const struct script *script, size_t max_message,
                        enum http_failure failure, const char *detail)
{
    struct scene s;
    open_scene(&s, script, max_message);
    assert_failure(&s, failure, detail);
    assert_int_equal(WS_CODE_ABNORMAL, s.ws.close_code);
    close_scene(&s);
}

static void connections_that_break_off_fail(void **state)
{
    (void)state;
    const struct script closed = {{OPENS, CLOSE}};
    const struct script amid = {{OPENS, BYTES("\x81\x05Hel"), CLOSE}};
    const struct script reset = {{OPENS, BYTES("\x81\x05Hel"), RESET}};
    assert_ends(&closed, 1000, HTTP_CLOSED, "without a close frame");
    assert_ends(&amid, 1000, HTTP_CLOSED, "without a close frame");
    assert_ends(&reset, 1000, HTTP_RESET, "lost");
}

static void violations_end_it(void **state)
{
    (void)state;
    const struct script masked = {{OPENS, BYTES("\x81\x81\1\2\3\4x")}};
    const struct script early = {{READ, BYTES(SWITCHED "\xC1\x00")}};
    const struct script text = {{OPENS, DRIPS("\x81\x02\xC3\x28")}};
    const struct script large = {{OPENS, BYTES("\x82\x7E\x03\xE9")}};
    assert_ends(&masked, 1000, HTTP_PROTOCOL, "masked");
    assert_ends(&early, 1000, HTTP_PROTOCOL, "reserved bit");
    assert_ends(&text, 1000, HTTP_PROTOCOL, "UTF-8");
    assert_ends(&large, 1000, HTTP_TOO_LARGE, "max_message");
}

/* Messages that nobody takes: the socket is read no further than the inbox
 * reaches, and on where it is emptied. */
static void an_inbox_has_a_limit(void **state)
{
    (void)state;
    enum { SIZE = 60000, COUNT = 8 };
    struct scene s;
    char *frame = malloc(SIZE + 4);
    struct ws_message m;
    struct script script = {{OPENS}};
    memset(frame, 'x', SIZE + 4);
    memcpy(frame, "\x82\x7E\xEA\x60", 4);
    for (size_t i = 0; i < COUNT; i++)
        script.steps[2 + i] = (struct step){STEP_SEND, frame, SIZE + 4};
    open_scene(&s, &script, SIZE);
    while (s.ws.messages < 2 && s.ws.state == WS_STATE_OPEN)
        http_fixture_run(&s.f, 10 * NS_PER_MS);
    http_fixture_run(&s.f, 100 * NS_PER_MS);
    assert_in_range(s.ws.messages, 2, 3);
    for (size_t i = 0; i < COUNT; i++) {
        run_until(&s, has_message);
        assert_true(ws_next(&s.ws, &m));
        assert_int_equal(SIZE, m.size);
        assert_int_equal('x', m.bytes[SIZE - 1]);
        ws_drop(&s.ws);
    }
    assert_int_equal(COUNT, s.ws.messages);
    close_scene(&s);
    free(frame);
}

static bool has_room(const struct scene *s)
{
    return !ws_is_clogged(&s->ws);
}

static void what_a_socket_does_not_take_waits(void **state)
{
    (void)state;
    enum { SIZE = 32 * 1024 * 1024 };
    struct scene s;
    char *bytes = calloc(1, SIZE);
    const struct script script = {{OPENS, PAUSE(100)}}; /* then it reads on */
    open_scene(&s, &script, 1000);
    uint64_t before = s.ws.sent_bytes;
    ws_send(&s.ws, WS_BINARY, bytes, SIZE);
    assert_true(ws_is_clogged(&s.ws));
    run_until(&s, has_room);
    ws_send(&s.ws, WS_TEXT, "x", 1);
    while (s.ws.state == WS_STATE_OPEN && s.ws.out.size)
        http_fixture_run(&s.f, 10 * NS_PER_MS);
    assert_int_equal(before + 14 + SIZE + 7, s.ws.sent_bytes);
    close_scene(&s);
    free(bytes);
}

static void it_is_http_unless_asked_for(void **state)
{
    (void)state;
    struct scene s;
    const struct script script = {{OPENS}};
    memset(&s, 0, sizeof s);
    scripted_server_start(&s.server, &script, 1, NULL);
    http_fixture_open(&s.f, NULL);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/ws", s.server.port);
    const struct outcome *o = http_fixture_get(&s.f, url);
    assert_int_equal(HTTP_PROTOCOL, o->failure);
    http_fixture_close(&s.f);
    scripted_server_stop(&s.server);
}

static void a_connection_that_nobody_takes_is_closed(void **state)
{
    (void)state;
    struct scene s;
    const struct script script = {{OPENS}};
    memset(&s, 0, sizeof s);
    scripted_server_start(&s.server, &script, 1, NULL);
    http_fixture_open(&s.f, NULL);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/ws", s.server.port);
    struct http_request r = handshake(url);
    const struct outcome *o = http_fixture_exchange(&s.f, &r);
    assert_int_equal(HTTP_OK, o->failure);
    assert_int_equal(101, o->status);
    http_fixture_close(&s.f);
    scripted_server_stop(&s.server); /* comes back: its peer has hung up */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_in_their_order),
        cmocka_unit_test(a_close_frame_is_answered),
        cmocka_unit_test(we_close_and_the_server_answers),
        cmocka_unit_test(a_server_that_does_not_answer_a_close_is_left),
        cmocka_unit_test(pings_go_both_ways),
        cmocka_unit_test(connections_that_break_off_fail),
        cmocka_unit_test(violations_end_it),
        cmocka_unit_test(an_inbox_has_a_limit),
        cmocka_unit_test(what_a_socket_does_not_take_waits),
        cmocka_unit_test(it_is_http_unless_asked_for),
        cmocka_unit_test(a_connection_that_nobody_takes_is_closed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
