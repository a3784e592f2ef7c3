#include "base/url.h"

#include <string.h>
#include <strings.h>

#include "base/buffer.h"

/* Most addresses in scripts are paths: they are told by their first byte. */
static size_t scheme_length(const char *url)
{
    if ((url[0] | 0x20) != 'h')
        return 0;
    if (strncasecmp(url, "http://", 7) == 0)
        return 7;
    return strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
}

bool url_is_absolute(const char *url)
{
    size_t scheme = scheme_length(url);
    return scheme && url[scheme] && !strchr("/?#:", url[scheme]);
}

bool url_has_scheme(const char *url)
{
    return strcspn(url, "/?#") > strcspn(url, ":") && strstr(url, "://");
}

const char *url_path(const char *url)
{
    url += scheme_length(url);
    return url + strcspn(url, "/?#");
}

static void add_hex(struct buffer *out, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    buffer_add_char(out, '%');
    buffer_add_char(out, digits[c >> 4]);
    buffer_add_char(out, digits[c & 15]);
}

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
           c == '~';
}

void url_add_encoded(struct buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_unreserved(c))
            buffer_add_char(out, text[i]);
        else
            add_hex(out, c);
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that %XX stands for, or -1. */
static int escaped_byte(const char *at, size_t left)
{
    if (*at != '%' || left < 3)
        return -1;
    int high = hex_value(at[1]), low = hex_value(at[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

void url_add_decoded(struct buffer *out, const char *text, size_t length,
                     bool plus_is_space)
{
    for (size_t i = 0; i < length; i++) {
        int byte = escaped_byte(text + i, length - i);
        if (byte >= 0)
            i += 2;
        else
            byte = plus_is_space && text[i] == '+' ? ' ' : text[i];
        buffer_add_char(out, (char)byte);
    }
}

bool url_add_literal(struct buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f)
            return false;
        if (c == ' ' || c > 0x7f)
            add_hex(out, c);
        else
            buffer_add_char(out, text[i]);
    }
    return true;
}
