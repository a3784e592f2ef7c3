#include "io/inflate.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <zlib.h>

#include "base/buffer.h"

enum {
    WINDOW_GZIP = 15 + 16,
    WINDOW_ZLIB = 15,
    WINDOW_RAW = -15,
    STEP_BYTES = 16 * 1024
};

static bool is_coding(const char *coding, size_t length, const char *name)
{
    return length == strlen(name) && strncasecmp(coding, name, length) == 0;
}

/* RFC 1950: compression method 8 and a header that divides by 31. */
static bool has_zlib_header(const unsigned char *body, size_t size)
{
    return size >= 2 && (body[0] & 15) == 8 &&
           (body[0] * 256 + body[1]) % 31 == 0;
}

static int window_bits(const char *coding, size_t length, const char *body,
                       size_t size)
{
    if (is_coding(coding, length, "gzip") ||
        is_coding(coding, length, "x-gzip"))
        return WINDOW_GZIP;
    if (is_coding(coding, length, "deflate"))
        return has_zlib_header((const unsigned char *)body, size) ? WINDOW_ZLIB
                                                                  : WINDOW_RAW;
    return 0;
}

static enum http_failure inflate_all(z_stream *z, size_t max_bytes,
                                     struct buffer *out)
{
    for (;;) {
        size_t room = max_bytes - out->size + 1;
        if (room > STEP_BYTES)
            room = STEP_BYTES;
        z->next_out = (unsigned char *)buffer_reserve(out, room);
        z->avail_out = (unsigned)room;
        int status = inflate(z, Z_NO_FLUSH);
        out->size += room - z->avail_out;
        if (out->size > max_bytes)
            return HTTP_TOO_LARGE;
        if (status == Z_STREAM_END && !z->avail_in)
            return HTTP_OK;
        if (status == Z_STREAM_END) /* RFC 1952: members may follow */
            status = inflateReset(z);
        if (status != Z_OK)
            return HTTP_DECODING;
    }
}

enum http_failure inflate_body(const char *coding, size_t coding_length,
                               const char *body, size_t body_bytes,
                               size_t max_bytes, struct buffer *out)
{
    if (!coding_length || is_coding(coding, coding_length, "identity")) {
        buffer_add(out, body, body_bytes);
        return HTTP_OK;
    }
    int bits = window_bits(coding, coding_length, body, body_bytes);
    if (!bits)
        return HTTP_DECODING;
    if (!body_bytes) /* nothing, e.g. the answer to HEAD */
        return HTTP_OK;
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)body,
                  .avail_in = (unsigned)body_bytes};
    if (inflateInit2(&z, bits) != Z_OK)
        return HTTP_OTHER;
    enum http_failure failure = inflate_all(&z, max_bytes, out);
    inflateEnd(&z);
    return failure;
}
