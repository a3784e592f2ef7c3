#include "httpd_bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define PATTERN_PERIOD 251
#define BLOCK_BYTES (1u << 20) /* one block of the bomb, before compression */

static void grow(struct bytes *b, size_t room)
{
    size_t wanted = b->len + room;
    if (wanted <= b->capacity)
        return;
    size_t capacity = b->capacity ? b->capacity : 256;
    while (capacity < wanted)
        capacity *= 2;
    char *data = realloc(b->data, capacity);
    if (!data) {
        fputs("httpd: out of memory\n", stderr);
        abort();
    }
    b->data = data;
    b->capacity = capacity;
}

void bytes_add(struct bytes *b, const void *data, size_t n)
{
    if (n == 0)
        return;
    grow(b, n);
    memcpy(b->data + b->len, data, n);
    b->len += n;
}

void bytes_add_text(struct bytes *b, const char *text)
{
    bytes_add(b, text, strlen(text));
}

void bytes_addf(struct bytes *b, const char *format, ...)
{
    char text[512]; /* longer texts are added with bytes_add */
    va_list args;

    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text)
        abort();
    bytes_add(b, text, (size_t)n);
}

void bytes_add_json(struct bytes *b, const char *text, size_t n)
{
    bytes_add_text(b, "\"");
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            bytes_addf(b, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            bytes_addf(b, "\\u%04x", c);
        else
            bytes_add(b, &c, 1);
    }
    bytes_add_text(b, "\"");
}

void bytes_add_base64(struct bytes *b, const void *data, size_t n)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = data;

    for (size_t i = 0; i < n; i += 3) {
        size_t have = n - i < 3 ? n - i : 3;
        uint32_t three = (uint32_t)in[i] << 16;
        if (have > 1)
            three |= (uint32_t)in[i + 1] << 8;
        if (have > 2)
            three |= in[i + 2];
        char four[4] = {ALPHABET[three >> 18], ALPHABET[three >> 12 & 63],
                        have > 1 ? ALPHABET[three >> 6 & 63] : '=',
                        have > 2 ? ALPHABET[three & 63] : '='};
        bytes_add(b, four, sizeof four);
    }
}

void bytes_add_pattern(struct bytes *b, uint64_t from, size_t n)
{
    grow(b, n);
    unsigned value = (unsigned)(from % PATTERN_PERIOD);
    for (size_t i = 0; i < n; i++) {
        b->data[b->len++] = (char)value;
        value = value + 1 == PATTERN_PERIOD ? 0 : value + 1;
    }
}

static void deflate_open(z_stream *z, int window_bits)
{
    memset(z, 0, sizeof *z);
    if (deflateInit2(z, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
}

/* Compresses all of `data` in one call, into fresh room at the end of b. */
static void deflate_all(struct bytes *b, z_stream *z, const void *data,
                        size_t n, int flush)
{
    size_t room = deflateBound(z, (uLong)n) + 64;

    grow(b, room);
    z->next_in = (Bytef *)data; /* zlib does not write through it */
    z->avail_in = (uInt)n;
    z->next_out = (Bytef *)b->data + b->len;
    z->avail_out = (uInt)room;
    int rc = deflate(z, flush);
    if (rc != Z_OK && rc != Z_STREAM_END)
        abort();
    b->len += room - z->avail_out;
}

void bytes_add_compressed(struct bytes *b, enum compression how,
                          const char *text)
{
    static const int WINDOW_BITS[] = {
        [COMPRESSION_GZIP] = 15 + 16,
        [COMPRESSION_ZLIB] = 15,
        [COMPRESSION_RAW] = -15,
    };
    z_stream z;

    deflate_open(&z, WINDOW_BITS[how]);
    deflate_all(b, &z, text, strlen(text), Z_FINISH);
    deflateEnd(&z);
}

/* A full flush leaves the compressor as it began and ends on a byte boundary,
 * so one block may be repeated as often as we like: the bomb costs the time of
 * its first mebibyte. RFC 1952: header, deflate data, CRC-32, length. */
void bytes_add_bomb(struct bytes *b, unsigned mebibytes)
{
    static const char HEADER[] = {'\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 2, 3};
    static const char EMPTY_LAST_BLOCK[] = {3, 0};
    struct bytes block = {0};
    z_stream z;
    char *zeros = calloc(1, BLOCK_BYTES);
    if (!zeros)
        abort();

    deflate_open(&z, -15);
    deflate_all(&block, &z, zeros, BLOCK_BYTES, Z_FULL_FLUSH);
    deflateEnd(&z);

    uLong block_crc = crc32(0, (const Bytef *)zeros, BLOCK_BYTES);
    uLong crc = crc32(0, NULL, 0);
    bytes_add(b, HEADER, sizeof HEADER);
    for (unsigned i = 0; i < mebibytes; i++) {
        bytes_add(b, block.data, block.len);
        crc = crc32_combine(crc, block_crc, BLOCK_BYTES);
    }
    bytes_add(b, EMPTY_LAST_BLOCK, sizeof EMPTY_LAST_BLOCK);

    uint32_t trailer[2] = {(uint32_t)crc, (uint32_t)mebibytes * BLOCK_BYTES};
    for (int i = 0; i < 8; i++) {
        char byte = (char)(trailer[i / 4] >> i % 4 * 8 & 0xff);
        bytes_add(b, &byte, 1);
    }
    bytes_fini(&block);
    free(zeros);
}

void bytes_drop(struct bytes *b, size_t n)
{
    if (n == 0)
        return;
    b->len -= n;
    memmove(b->data, b->data + n, b->len);
}

void bytes_fini(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}

/* Bytes that must follow a lead byte; -1 if it cannot lead. Overlong forms and
 * surrogates pass: good enough to decide how /echo shows a body. */
static int utf8_followers(unsigned char lead)
{
    if (lead < 0x80)
        return 0;
    if (lead >= 0xc2 && lead < 0xe0)
        return 1;
    if (lead >= 0xe0 && lead < 0xf0)
        return 2;
    if (lead >= 0xf0 && lead < 0xf5)
        return 3;
    return -1;
}

bool is_utf8(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int followers = utf8_followers((unsigned char)text[i]);
        if (followers < 0 || n - i - 1 < (size_t)followers)
            return false;
        for (; followers > 0; followers--) {
            if (((unsigned char)text[++i] & 0xc0) != 0x80)
                return false;
        }
    }
    return true;
}
