#include "base/json_write.h"

#include <string.h>

#include "base/buffer.h"
#include "base/utf8.h"

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

/* Of the character at `at`; 0 if there is none. */
static size_t sequence_bytes(const char *at, size_t left)
{
    struct utf8 u = {0};
    for (size_t i = 0; i < left && utf8_feed(&u, at + i, 1); i++)
        if (utf8_is_whole(&u))
            return i + 1;
    return 0;
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
