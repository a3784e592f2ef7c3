#include "base/base64.h"

#include <stdint.h>

#include "base/buffer.h"

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(struct buffer *out, const void *bytes, size_t size)
{
    const unsigned char *in = bytes;
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)in[i] << 16;
        if (left > 1)
            group |= (uint32_t)in[i + 1] << 8;
        if (left > 2)
            group |= in[i + 2];
        buffer_add_char(out, ALPHABET[group >> 18]);
        buffer_add_char(out, ALPHABET[group >> 12 & 63]);
        buffer_add_char(out, left > 1 ? ALPHABET[group >> 6 & 63] : '=');
        buffer_add_char(out, left > 2 ? ALPHABET[group & 63] : '=');
    }
}
