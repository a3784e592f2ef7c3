#include "base/json_write.h"

#include <stdint.h>
#include <string.h>

#include "base/buffer.h"

void json_add_escaped(struct buffer *out, const char *text, size_t length)
{
    static const char *const short_forms = "\"\\\b\f\n\r\t";
    static const char *const letters = "\"\\bfnrt";
    size_t kept = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        buffer_add(out, text + kept, i - kept);
        kept = i + 1;
        const char *found = c ? strchr(short_forms, c) : NULL;
        if (found)
            buffer_printf(out, "\\%c", letters[found - short_forms]);
        else
            buffer_printf(out, "\\u%04x", c);
    }
    buffer_add(out, text + kept, length - kept);
}

/* RFC 3629, table of section 4: lead bytes, and what the second may be. */
static const struct {
    uint8_t from, to, second_from, second_to, length;
} sequences[] = {{0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2},
                 {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
                 {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                 {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
                 {0xf4, 0xf4, 0x80, 0x8f, 4}};

/* Of the character at `at`; 0 if there is none. */
static size_t sequence_bytes(const char *at, size_t left)
{
    const unsigned char *b = (const unsigned char *)at;
    size_t i = 0, count = sizeof sequences / sizeof *sequences;
    while (i < count && (b[0] < sequences[i].from || b[0] > sequences[i].to))
        i++;
    size_t length = i < count ? sequences[i].length : 0;
    if (length <= 1)
        return length;
    if (length > left || b[1] < sequences[i].second_from ||
        b[1] > sequences[i].second_to)
        return 0;
    for (size_t k = 2; k < length; k++)
        if ((b[k] & 0xc0) != 0x80)
            return 0;
    return length;
}

void json_add_string(struct buffer *out, const char *text, size_t length)
{
    size_t kept = 0, at = 0;
    buffer_add_char(out, '"');
    while (at < length) {
        size_t bytes = sequence_bytes(text + at, length - at);
        at += bytes ? bytes : 1;
        if (bytes)
            continue;
        json_add_escaped(out, text + kept, at - 1 - kept);
        buffer_add_text(out, "\xef\xbf\xbd");
        kept = at;
    }
    json_add_escaped(out, text + kept, length - kept);
    buffer_add_char(out, '"');
}
