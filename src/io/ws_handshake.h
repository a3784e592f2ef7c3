/* ws_handshake — how HTTP becomes a WebSocket (RFC 6455, section 4).
 *
 * Writes what the request must say, and judges an answer with status 101.
 * permessage-deflate, or any other extension, is not offered: a server that
 * speaks one nevertheless is refused. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct buffer;
struct crypto;

enum { WS_KEY_BYTES = 25, WS_PROTOCOL_MAX_BYTES = 64 };

/* A new key, with its NUL. */
bool ws_handshake_key(char key[WS_KEY_BYTES]) ATTR_NODISCARD;
/* Appends the header lines; `protocols` is "a, b" or NULL. */
void ws_handshake_write(struct buffer *lines, const char *key,
                        const char *protocols);
/* Why the header lines of the answer are none to that key, or NULL. The agreed
 * protocol goes to `protocol`, "" if there is none. */
const char *ws_handshake_problem(struct crypto *crypto, const char *lines,
                                 size_t line_bytes, const char *key,
                                 const char *protocols,
                                 char protocol[WS_PROTOCOL_MAX_BYTES]);
