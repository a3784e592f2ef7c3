#include "base/base64.h"

#include <stdint.h>

#include "base/buffer.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char *const ALPHABETS[] = {
    [BASE64_STANDARD] = LETTERS "+/",
    [BASE64_URL] = LETTERS "-_",
};

size_t base64_encoded_max(size_t size)
{
    return (size + 2) / 3 * 4;
}

size_t base64_decoded_max(size_t length)
{
    return (length + 3) / 4 * 3;
}

size_t base64_write(char *to, const void *bytes, size_t size,
                    enum base64_kind kind)
{
    const char *alphabet = ALPHABETS[kind];
    const unsigned char *in = bytes;
    char *at = to;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)in[i] << 16;
        if (left > 1)
            group |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            group |= in[i + 2];
        *at++ = alphabet[group >> 18];
        *at++ = alphabet[group >> 12 & 63];
        if (left > 1)
            *at++ = alphabet[group >> 6 & 63];
        if (left > 2)
            *at++ = alphabet[group & 63];
    }
    while (kind == BASE64_STANDARD && (at - to) % 4)
        *at++ = '=';
    return (size_t)(at - to);
}

static int sextet(char c, enum base64_kind kind)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == ALPHABETS[kind][62])
        return 62;
    return c == ALPHABETS[kind][63] ? 63 : -1;
}

/* The length without padding; false if the padding is not as it should be. */
static bool drop_padding(const char *text, size_t *length,
                         enum base64_kind kind)
{
    size_t all = *length, padding = 0;
    while (padding < 2 && padding < all && text[all - 1 - padding] == '=')
        padding++;
    *length -= padding;
    if (padding || kind == BASE64_STANDARD)
        return all % 4 == 0;
    return all % 4 != 1;
}

bool base64_read(void *to, size_t *size, const char *text, size_t length,
                 enum base64_kind kind)
{
    unsigned char *at = to;
    uint32_t bits = 0;
    unsigned held = 0; /* bits that no byte has got yet */
    if (!drop_padding(text, &length, kind))
        return false;
    for (size_t i = 0; i < length; i++) {
        int value = sextet(text[i], kind);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *at++ = (unsigned char)(bits >> held);
        }
    }
    *size = (size_t)(at - (unsigned char *)to);
    return held < 6 && !(bits & ((1U << held) - 1));
}

void base64_add(struct buffer *out, const void *bytes, size_t size)
{
    char *to = buffer_reserve(out, base64_encoded_max(size));
    out->size += base64_write(to, bytes, size, BASE64_STANDARD);
}
