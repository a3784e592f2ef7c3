/* ws_handshake: the example of RFC 6455 1.3, and answers that are none. */
#include <stdio.h>

#include "base/buffer.h"
#include "io/crypto.h"
#include "io/ws_handshake.h"
#include "unit.h"

static const char KEY[] = "dGhlIHNhbXBsZSBub25jZQ==";
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define UPGRADES "Upgrade: websocket\r\nConnection: Upgrade\r\n"

static char agreed[WS_PROTOCOL_MAX_BYTES];

static const char *judge(const char *lines, const char *protocols)
{
    struct crypto *crypto = crypto_new();
    char *exact = exact_copy(lines, strlen(lines));
    const char *problem = ws_handshake_problem(crypto, exact, strlen(lines),
                                               KEY, protocols, agreed);
    free(exact);
    crypto_free(crypto);
    return problem;
}

static void assert_refused(const char *lines, const char *why)
{
    const char *problem = judge(lines, NULL);
    assert_non_null(problem);
    if (!strstr(problem, why))
        fail_msg("'%s' does not say '%s'", problem, why);
}

static void the_answer_of_the_rfc_is_taken(void **state)
{
    (void)state;
    assert_null(judge(UPGRADES ACCEPT, NULL));
    assert_null(judge("X: y\r\nupgrade:WebSocket \r\n"
                      "connection: keep-alive, UPGRADE\r\n" ACCEPT,
                      NULL));
    assert_null(judge("Connection: keep-alive\r\n" UPGRADES ACCEPT, NULL));
    assert_string_equal("", agreed);
}

static void others_are_refused(void **state)
{
    (void)state;
    assert_refused("", "Upgrade is not");
    assert_refused("Connection: Upgrade\r\n" ACCEPT, "Upgrade is not");
    assert_refused("Upgrade: h2c\r\nConnection: Upgrade\r\n" ACCEPT,
                   "Upgrade is not");
    assert_refused("Upgrade: websocket\r\n" ACCEPT, "Connection does not");
    assert_refused("Upgrade: websocket\r\nConnection: close\r\n" ACCEPT,
                   "Connection does not");
    assert_refused(UPGRADES, "Accept");
    assert_refused(UPGRADES "Sec-WebSocket-Accept:\r\n", "Accept");
    assert_refused(UPGRADES ACCEPT ACCEPT, "Accept");
    assert_refused(UPGRADES
                   "Sec-WebSocket-Accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n",
                   "Accept");
    assert_refused(UPGRADES ACCEPT
                   "Sec-WebSocket-Extensions: permessage-deflate\r\n",
                   "extension");
}

static void subprotocols_are_agreed_on(void **state)
{
    (void)state;
    assert_null(judge(UPGRADES ACCEPT "Sec-WebSocket-Protocol: b\r\n", "a, b"));
    assert_string_equal("b", agreed);
    assert_null(judge(UPGRADES ACCEPT, "a, b")); /* the server need not */
    assert_string_equal("", agreed);
    assert_non_null(
        judge(UPGRADES ACCEPT "Sec-WebSocket-Protocol: B\r\n", "a, b"));
    assert_non_null(
        judge(UPGRADES ACCEPT "Sec-WebSocket-Protocol: a, b\r\n", "a, b"));
    assert_non_null(judge(UPGRADES ACCEPT "Sec-WebSocket-Protocol: a\r\n"
                                          "Sec-WebSocket-Protocol: b\r\n",
                          "a, b"));
    assert_refused(UPGRADES ACCEPT "Sec-WebSocket-Protocol: a\r\n",
                   "subprotocol");
}

static void the_request_says_what_it_must(void **state)
{
    (void)state;
    struct buffer lines = {0};
    ws_handshake_write(&lines, KEY, "a, b");
    assert_string_equal("Connection: Upgrade\r\n"
                        "Upgrade: websocket\r\n"
                        "Sec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        "Sec-WebSocket-Protocol: a, b\r\n",
                        buffer_text(&lines));
    buffer_fini(&lines);
}

static void keys_are_new_each_time(void **state)
{
    (void)state;
    char a[WS_KEY_BYTES], b[WS_KEY_BYTES];
    assert_true(ws_handshake_key(a));
    assert_true(ws_handshake_key(b));
    assert_int_equal(WS_KEY_BYTES - 1, strlen(a));
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_of_the_rfc_is_taken),
        cmocka_unit_test(others_are_refused),
        cmocka_unit_test(subprotocols_are_agreed_on),
        cmocka_unit_test(the_request_says_what_it_must),
        cmocka_unit_test(keys_are_new_each_time)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
