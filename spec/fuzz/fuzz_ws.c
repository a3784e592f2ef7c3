/* fuzz_ws — whatever a server may send, to the reader of WebSocket frames.
 *
 * The first byte says how the rest is cut into reads; each read comes in memory
 * of its exact size that is gone afterwards. The same bytes in one read must
 * give the same messages, control frames and end. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/ws_frame.h"

enum { MAX_MESSAGE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

struct seen {
    struct buffer log; /* messages and control frames, one after another */
    size_t message_bytes;
    bool is_broken;
};

static void check(const struct seen *s, const struct ws_event *e)
{
    struct utf8 u = {0};
    must(s->message_bytes <= MAX_MESSAGE, "a message is too large");
    must(e->kind == WS_PIECE || e->size <= WS_CONTROL_MAX_BYTES,
         "a control frame is too large");
    if (e->kind == WS_CLOSED) {
        must(e->code == WS_CODE_NONE || ws_code_is_valid(e->code),
             "a close code that is none");
        must(utf8_feed(&u, e->bytes, e->size) && utf8_is_whole(&u),
             "a reason that is not UTF-8");
    }
    if (e->kind == WS_VIOLATION)
        must(ws_code_is_valid(e->code) && e->problem && *e->problem,
             "a violation without a reason");
}

/* Pieces of one message are one text, however they were cut. */
static void note(struct seen *s, const struct ws_event *e)
{
    if (e->kind == WS_PIECE)
        s->message_bytes += e->size;
    check(s, e);
    if (e->kind != WS_PIECE)
        buffer_printf(&s->log, "<%d %d %u %zu>", (int)e->kind,
                      (int)e->is_binary, e->code, e->size);
    buffer_add(&s->log, e->bytes, e->size);
    if (e->kind == WS_MESSAGE)
        s->message_bytes = 0;
    s->is_broken = e->kind == WS_VIOLATION;
}

static void read_piece(struct ws_reader *r, struct seen *s, const uint8_t *data,
                       size_t size)
{
    char *copy = malloc(size ? size : 1);
    const char *at = copy;
    struct ws_event e = {.kind = WS_PIECE};
    must(copy != NULL, "no memory");
    memcpy(copy, data, size);
    while (e.kind != WS_MORE && !s->is_broken) {
        e = ws_reader_next(r, &at, copy + size);
        must(at <= copy + size, "it used more than there was");
        if (e.kind != WS_MORE)
            note(s, &e);
    }
    must(s->is_broken || at == copy + size, "bytes were left");
    free(copy);
}

static void read_all(struct seen *s, const uint8_t *data, size_t size,
                     size_t piece)
{
    struct ws_reader r;
    ws_reader_init(&r, MAX_MESSAGE);
    for (size_t at = 0; at < size && !s->is_broken; at += piece)
        read_piece(&r, s, data + at, size - at < piece ? size - at : piece);
}

/* In pieces, some of a text may come before what shows that it is none. */
static void compare(const struct seen *a, const struct seen *b)
{
    must(a->is_broken == b->is_broken, "the ends differ");
    must(a->is_broken || (a->log.size == b->log.size &&
                          (!a->log.size ||
                           memcmp(a->log.data, b->log.data, a->log.size) == 0)),
         "what was read differs");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole = {0}, pieces = {0};
    if (size < 2)
        return 0;
    read_all(&whole, data + 1, size - 1, size - 1);
    read_all(&pieces, data + 1, size - 1, 1u + data[0] % 16);
    compare(&whole, &pieces);
    buffer_fini(&whole.log);
    buffer_fini(&pieces.log);
    return 0;
}
