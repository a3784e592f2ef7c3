/* ws_frame — frames of a WebSocket as a client writes and reads them (RFC 6455,
 * section 5).
 *
 * Pure: bytes in, events out. Knows no extension, so every reserved bit is a
 * violation. Memory does not depend on what comes: payloads are handed on piece
 * by piece as they lie in the bytes given, and only control frames, which are
 * small, are gathered. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"

enum ws_opcode {
    WS_CONTINUATION = 0x0,
    WS_TEXT = 0x1,
    WS_BINARY = 0x2,
    WS_CLOSE = 0x8,
    WS_PING = 0x9,
    WS_PONG = 0xA
};

/* RFC 6455 7.4.1; those that lload says or speaks of. */
enum ws_code {
    WS_CODE_NORMAL = 1000,
    WS_CODE_GOING_AWAY = 1001,
    WS_CODE_PROTOCOL = 1002,
    WS_CODE_NONE = 1005,     /* the close frame had none */
    WS_CODE_ABNORMAL = 1006, /* there was no close frame */
    WS_CODE_NO_UTF8 = 1007,
    WS_CODE_TOO_LARGE = 1009
};

enum { WS_HEAD_MAX_BYTES = 14, WS_CONTROL_MAX_BYTES = 125 };
enum { WS_REASON_MAX_BYTES = WS_CONTROL_MAX_BYTES - 2 };

/* Whether an endpoint may send it in a close frame. */
bool ws_code_is_valid(unsigned code);

/* ------------------------------------------------------------------ writing */

/* The head of a final, masked frame; returns its size. */
size_t ws_frame_head(unsigned char to[WS_HEAD_MAX_BYTES], enum ws_opcode opcode,
                     size_t size, const unsigned char key[4]);
/* Copies a payload as it goes out. */
void ws_frame_mask(char *to, const char *from, size_t size,
                   const unsigned char key[4]);

/* ------------------------------------------------------------------ reading */

enum ws_event_kind {
    WS_MORE,    /* all bytes are used up */
    WS_PIECE,   /* bytes of a message */
    WS_MESSAGE, /* the message whose pieces came is complete */
    WS_PINGED,
    WS_PONGED,
    WS_CLOSED,   /* code, and the reason as bytes */
    WS_VIOLATION /* code to close with, and why; nothing may follow */
};

struct ws_event {
    enum ws_event_kind kind;
    const char *bytes; /* valid until the next call */
    size_t size;
    bool is_binary; /* of a piece or a message */
    unsigned code;
    const char *problem; /* of a violation */
};

struct ws_reader {
    size_t max_message_bytes;
    /* Private. */
    unsigned char head[WS_HEAD_MAX_BYTES];
    unsigned char head_bytes;   /* of the frame's head, so far */
    unsigned char control_size; /* bytes gathered of a control frame */
    bool is_in_payload;
    bool is_in_message; /* a continuation is due */
    bool is_binary;     /* the message is */
    uint64_t left;      /* of the payload */
    size_t message_bytes;
    struct utf8 text;
    char control[WS_CONTROL_MAX_BYTES];
};

void ws_reader_init(struct ws_reader *r, size_t max_message_bytes);
/* The next event of the bytes from `*at` to `end`; `*at` moves on. Call it
 * until it wants more. */
struct ws_event ws_reader_next(struct ws_reader *r, const char **at,
                               const char *end);
