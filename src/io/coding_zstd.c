/* coding_zstd — zstd (RFC 8878). Frames that want a window of more than 8 MB
 * are refused: RFC 9659. */
#include <stdlib.h>
#include <zstd.h>

#include "base/buffer.h"
#include "io/coding.h"

enum { LEVEL = 3, WINDOW_LOG_MAX = 23 };

/* Frames may follow each other. */
static enum http_failure undo_all(ZSTD_DCtx *context, ZSTD_inBuffer *in,
                                  size_t max_bytes, struct buffer *out)
{
    for (;;) {
        size_t room = coding_room(out, max_bytes);
        ZSTD_outBuffer to = {buffer_reserve(out, room), room, 0};
        size_t wanted = ZSTD_decompressStream(context, &to, in);
        out->size += to.pos;
        if (out->size > max_bytes)
            return HTTP_TOO_LARGE;
        if (ZSTD_isError(wanted))
            return HTTP_DECODING;
        bool is_read = in->pos == in->size;
        if (is_read && !wanted)
            return HTTP_OK;
        if (is_read && to.pos < room)
            return HTTP_DECODING;
    }
}

static enum http_failure undo(const char *body, size_t bytes, size_t max_bytes,
                              struct buffer *out)
{
    ZSTD_inBuffer in = {body, bytes, 0};
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (!context)
        abort();
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    enum http_failure failure = undo_all(context, &in, max_bytes, out);
    ZSTD_freeDCtx(context);
    return failure;
}

static void apply(const char *plain, size_t bytes, struct buffer *out)
{
    size_t room = ZSTD_compressBound(bytes);
    size_t used =
        ZSTD_compress(buffer_reserve(out, room), room, plain, bytes, LEVEL);
    if (ZSTD_isError(used))
        abort();
    out->size += used;
}

const struct coding coding_zstd = {
    .name = "zstd", .undo = undo, .apply = apply};
