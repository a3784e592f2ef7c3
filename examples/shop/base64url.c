#include "base64url.h"

#include <stdint.h>

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

void base64url_encode(const void *data, size_t bytes, char *out)
{
    const unsigned char *in = data;
    uint32_t bits = 0;
    int held = 0;

    for (size_t i = 0; i < bytes; i++) {
        bits = (bits << 8) | in[i];
        for (held += 8; held >= 6; held -= 6)
            *out++ = ALPHABET[(bits >> (held - 6)) & 63];
    }
    if (held > 0)
        *out++ = ALPHABET[(bits << (6 - held)) & 63];
    *out = '\0';
}

bool base64url_decode(const char *text, size_t chars, void *out, size_t room,
                      size_t *out_bytes)
{
    unsigned char *to = out;
    uint32_t bits = 0;
    int held = 0;

    if (chars % 4 == 1 || chars * 3 / 4 > room)
        return false;
    for (size_t i = 0; i < chars; i++) {
        int value = value_of(text[i]);
        if (value < 0)
            return false;
        bits = (bits << 6) | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            *to++ = (unsigned char)(bits >> held);
        }
    }
    *out_bytes = (size_t)(to - (unsigned char *)out);
    return true;
}
