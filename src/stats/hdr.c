#include "stats/hdr.h"

#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

/* HdrHistogram's cookies name the encoding; 0x10 says that a count takes any
 * number of bytes. */
enum {
    COOKIE = 0x1c849303 | 0x10,
    COOKIE_COMPRESSED = 0x1c849304 | 0x10,
    DIGITS = 3,
    LOWEST = 100,
    LONGEST_NUMBER = 9 /* bytes: the last one has eight bits */
};

/* ---------------------------------------------------------------- big-endian
 */

static void set_bytes(char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (char)(value >> (8 * (bytes - 1 - i)));
}

static void put_bytes(struct buffer *out, uint64_t value, int bytes)
{
    set_bytes(buffer_reserve(out, (size_t)bytes), value, bytes);
    out->size += (size_t)bytes;
}

static uint64_t get_bytes(const char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | (uint8_t)at[i];
    return value;
}

/* ------------------------------------------------------------ zigzag LEB128 */

static void put_number(struct buffer *out, int64_t n)
{
    uint64_t z = (uint64_t)n << 1 ^ (n < 0 ? UINT64_MAX : 0);
    for (int i = 1; i < LONGEST_NUMBER && z > 0x7f; i++, z >>= 7)
        buffer_add_char(out, (char)(z | 0x80));
    buffer_add_char(out, (char)z);
}

static bool get_number(const char **at, const char *end, int64_t *n)
{
    uint64_t z = 0;
    for (int i = 1; *at < end; i++) {
        uint8_t byte = (uint8_t) * (*at)++;
        bool is_last = i == LONGEST_NUMBER || !(byte & 0x80);
        uint64_t bits = i == LONGEST_NUMBER ? byte : byte & 0x7f;
        z |= bits << (7 * (i - 1));
        if (is_last) {
            *n = (int64_t)(z >> 1) ^ -(int64_t)(z & 1);
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------- encode */

struct encoder {
    struct buffer *out;
    uint32_t next_bin;
};

static void put_bin(uint32_t bin, uint64_t count, void *arg)
{
    struct encoder *e = arg;
    uint32_t empty = bin - e->next_bin;
    if (empty == 1)
        put_number(e->out, 0);
    else if (empty)
        put_number(e->out, -(int64_t)empty);
    put_number(e->out, (int64_t)count);
    e->next_bin = bin + 1;
}

/* Times end at an hour; a custom trend may go beyond. */
static int64_t highest_of(const struct encoder *e)
{
    bool is_time = e->next_bin <= histogram_bin(HISTOGRAM_MAX_TIME_NS) + 1;
    return is_time ? HISTOGRAM_MAX_TIME_NS : HISTOGRAM_MAX_VALUE;
}

void hdr_encode(const struct histogram *h, struct buffer *out)
{
    static const double ratio = 1; /* of stored integers to values */
    uint64_t ratio_bits;
    memcpy(&ratio_bits, &ratio, sizeof ratio_bits);
    size_t start = out->size;
    put_bytes(out, COOKIE, 4);
    put_bytes(out, 0, 4); /* the payload's length, below */
    put_bytes(out, 0, 4); /* no normalizing offset */
    put_bytes(out, DIGITS, 4);
    put_bytes(out, LOWEST, 8);
    put_bytes(out, 0, 8); /* the highest value, below */
    put_bytes(out, ratio_bits, 8);
    struct encoder e = {.out = out};
    histogram_each(h, put_bin, &e);
    if (!h->count)
        put_number(out, 0); /* as HdrHistogram does */
    char *header = out->data + start;
    set_bytes(header + 4, out->size - start - HDR_HEADER_BYTES, 4);
    set_bytes(header + 24, (uint64_t)highest_of(&e), 8);
}

/* ------------------------------------------------------------------- decode */

static bool check_header(const char *bytes, size_t size, struct error *err)
{
    if (size < HDR_HEADER_BYTES)
        return error_set(err, "a histogram is cut short");
    if (get_bytes(bytes, 4) != COOKIE)
        return error_set(err, "it is no histogram in the V2 encoding");
    if (get_bytes(bytes + 4, 4) != size - HDR_HEADER_BYTES)
        return error_set(err, "a histogram has not the length it says");
    if (get_bytes(bytes + 8, 4) || get_bytes(bytes + 12, 4) != DIGITS ||
        get_bytes(bytes + 16, 8) >> HISTOGRAM_UNIT_BITS != 1)
        return error_set(err, "a histogram has other bins than lload's (three "
                              "significant digits from 100 on)");
    return true;
}

static bool add_count(struct histogram *into, uint64_t bin, int64_t count,
                      struct error *err)
{
    if (bin >= HISTOGRAM_BINS)
        return error_set(err, "a histogram has more bins than there are");
    if ((uint64_t)count > HDR_MAX_COUNT - into->count)
        return error_set(err, "the counts of histograms are beyond 2^53");
    histogram_add_bin(into, (uint32_t)bin, (uint64_t)count);
    return true;
}

bool hdr_decode(const char *bytes, size_t size, struct histogram *into,
                struct error *err)
{
    if (!check_header(bytes, size, err))
        return false;
    const char *at = bytes + HDR_HEADER_BYTES, *end = bytes + size;
    uint64_t bin = 0;
    int64_t n;
    while (at < end) {
        if (!get_number(&at, end, &n))
            return error_set(err, "a histogram ends in the middle of a number");
        if (n > 0 && !add_count(into, bin, n, err))
            return false;
        if (n < -(int64_t)HISTOGRAM_BINS)
            return error_set(err, "a histogram skips more bins than there are");
        bin += n < 0 ? (uint64_t)-n : 1;
    }
    return true;
}

/* ------------------------------------------------------------------ wrapper */

void hdr_wrap(char to[HDR_WRAPPER_BYTES], size_t compressed_bytes)
{
    set_bytes(to, COOKIE_COMPRESSED, 4);
    set_bytes(to + 4, compressed_bytes, 4);
}

bool hdr_unwrap(const char *bytes, size_t size, size_t *compressed_bytes,
                struct error *err)
{
    if (size < HDR_WRAPPER_BYTES || get_bytes(bytes, 4) != COOKIE_COMPRESSED)
        return error_set(err, "it is no compressed histogram in the V2 "
                              "encoding");
    *compressed_bytes = (size_t)get_bytes(bytes + 4, 4);
    if (*compressed_bytes != size - HDR_WRAPPER_BYTES)
        return error_set(err, "a compressed histogram has not the length it "
                              "says");
    return true;
}
