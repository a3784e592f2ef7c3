#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

static const uint64_t HIGH_BITS = UINT64_C(0x8080808080808080);

/* How many bytes from there on are ASCII, at least; eight at a time. */
static size_t ascii_prefix(const char *at, size_t size)
{
    size_t used = 0;
    uint64_t word;
    for (; size - used >= sizeof word; used += sizeof word) {
        memcpy(&word, at + used, sizeof word);
        if (word & HIGH_BITS)
            break;
    }
    return used;
}

/* The well-formed sequences by their first byte: Unicode 15, table 3-7. */
static bool begin(struct utf8 *u, unsigned char c)
{
    u->low = 0x80;
    u->high = 0xBF;
    if (c < 0x80)
        return true;
    if (c < 0xC2 || c > 0xF4)
        return false;
    u->left = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    if (c == 0xE0)
        u->low = 0xA0;
    if (c == 0xED)
        u->high = 0x9F;
    if (c == 0xF0)
        u->low = 0x90;
    if (c == 0xF4)
        u->high = 0x8F;
    return true;
}

static bool go_on(struct utf8 *u, unsigned char c)
{
    if (c < u->low || c > u->high)
        return false;
    u->left--;
    u->low = 0x80;
    u->high = 0xBF;
    return true;
}

bool utf8_feed(struct utf8 *u, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!u->left)
            i += ascii_prefix(bytes + i, size - i);
        if (i == size)
            break;
        unsigned char c = (unsigned char)bytes[i];
        if (u->left ? !go_on(u, c) : !begin(u, c))
            return false;
    }
    return true;
}
