/* coding_zlib — gzip and deflate. "deflate" is accepted with and without its
 * zlib wrapper, as browsers do. */
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include <zlib.h>

#include "base/buffer.h"
#include "io/coding.h"

enum { WINDOW_GZIP = 15 + 16, WINDOW_ZLIB = 15, WINDOW_RAW = -15 };
enum { LEVEL = 6, MEMORY_LEVEL = 8 };

/* RFC 1950: compression method 8 and a header that divides by 31. */
static bool has_zlib_header(const unsigned char *body, size_t size)
{
    return size >= 2 && (body[0] & 15) == 8 &&
           (body[0] * 256 + body[1]) % 31 == 0;
}

/* zlib counts in unsigned. */
static size_t give(z_stream *z, size_t left)
{
    z->avail_in = left > UINT_MAX ? UINT_MAX : (unsigned)left;
    return left - z->avail_in;
}

static enum http_failure inflate_all(z_stream *z, size_t left, size_t max_bytes,
                                     struct buffer *out)
{
    for (;;) {
        size_t room = coding_room(out, max_bytes);
        if (!z->avail_in)
            left = give(z, left);
        z->next_out = (unsigned char *)buffer_reserve(out, room);
        z->avail_out = (unsigned)room;
        int status = inflate(z, Z_NO_FLUSH);
        out->size += room - z->avail_out;
        if (out->size > max_bytes)
            return HTTP_TOO_LARGE;
        if (status == Z_STREAM_END && !z->avail_in && !left)
            return HTTP_OK;
        if (status == Z_STREAM_END) /* RFC 1952: members may follow */
            status = inflateReset(z);
        if (status != Z_OK)
            return HTTP_DECODING;
    }
}

static enum http_failure undo(int window_bits, const char *body, size_t bytes,
                              size_t max_bytes, struct buffer *out)
{
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)body};
    if (inflateInit2(&z, window_bits) != Z_OK)
        return HTTP_OTHER;
    enum http_failure failure = inflate_all(&z, bytes, max_bytes, out);
    inflateEnd(&z);
    return failure;
}

static enum http_failure undo_gzip(const char *body, size_t bytes,
                                   size_t max_bytes, struct buffer *out)
{
    return undo(WINDOW_GZIP, body, bytes, max_bytes, out);
}

static enum http_failure undo_deflate(const char *body, size_t bytes,
                                      size_t max_bytes, struct buffer *out)
{
    bool wrapped = has_zlib_header((const unsigned char *)body, bytes);
    return undo(wrapped ? WINDOW_ZLIB : WINDOW_RAW, body, bytes, max_bytes,
                out);
}

static void apply(int window_bits, const char *plain, size_t left,
                  struct buffer *out)
{
    enum { STEP_BYTES = 16 * 1024 };
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)plain};
    int status = Z_OK;
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, window_bits, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    while (status != Z_STREAM_END) {
        if (!z.avail_in)
            left = give(&z, left);
        z.next_out = (unsigned char *)buffer_reserve(out, STEP_BYTES);
        z.avail_out = STEP_BYTES;
        status = deflate(&z, left ? Z_NO_FLUSH : Z_FINISH);
        out->size += STEP_BYTES - z.avail_out;
    }
    deflateEnd(&z);
}

static void apply_gzip(const char *plain, size_t bytes, struct buffer *out)
{
    apply(WINDOW_GZIP, plain, bytes, out);
}

static void apply_deflate(const char *plain, size_t bytes, struct buffer *out)
{
    apply(WINDOW_ZLIB, plain, bytes, out);
}

const struct coding coding_gzip = {
    .name = "gzip", .alias = "x-gzip", .undo = undo_gzip, .apply = apply_gzip};

const struct coding coding_deflate = {
    .name = "deflate", .undo = undo_deflate, .apply = apply_deflate};
