/* coding_brotli — br (RFC 7932). */
#include <brotli/decode.h>
#include <brotli/encode.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "io/coding.h"

/* Its default, 11, takes a hundred times as long; this is what servers use for
 * answers they compress while they send them. */
enum { QUALITY = 5 };

static enum http_failure undo_all(BrotliDecoderState *state, const char *body,
                                  size_t left, size_t max_bytes,
                                  struct buffer *out)
{
    const uint8_t *at = (const uint8_t *)body;
    BrotliDecoderResult result;
    do {
        size_t room = coding_room(out, max_bytes), free_bytes = room;
        uint8_t *to = (uint8_t *)buffer_reserve(out, room);
        result = BrotliDecoderDecompressStream(state, &left, &at, &free_bytes,
                                               &to, NULL);
        out->size += room - free_bytes;
        if (out->size > max_bytes)
            return HTTP_TOO_LARGE;
    } while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
    return result == BROTLI_DECODER_RESULT_SUCCESS && !left ? HTTP_OK
                                                            : HTTP_DECODING;
}

static enum http_failure undo(const char *body, size_t bytes, size_t max_bytes,
                              struct buffer *out)
{
    BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    if (!state)
        abort();
    enum http_failure failure = undo_all(state, body, bytes, max_bytes, out);
    BrotliDecoderDestroyInstance(state);
    return failure;
}

static void apply(const char *plain, size_t bytes, struct buffer *out)
{
    size_t room = BrotliEncoderMaxCompressedSize(bytes);
    uint8_t *to = (uint8_t *)buffer_reserve(out, room);
    if (!BrotliEncoderCompress(QUALITY, BROTLI_DEFAULT_WINDOW,
                               BROTLI_MODE_GENERIC, bytes,
                               (const uint8_t *)plain, &room, to))
        abort();
    out->size += room;
}

const struct coding coding_brotli = {
    .name = "br", .undo = undo, .apply = apply};
