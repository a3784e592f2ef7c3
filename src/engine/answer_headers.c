#include "engine/answer_headers.h"

#include <string.h>
#include <strings.h>

const char *answer_header_value(const char *at, const char *end,
                                const char *name, size_t name_length,
                                size_t *length)
{
    if ((size_t)(end - at) <= name_length || at[name_length] != ':' ||
        strncasecmp(at, name, name_length) != 0)
        return NULL;
    at += name_length + 1;
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && strchr(" \t\r", end[-1]))
        end--;
    *length = (size_t)(end - at);
    return at;
}

/* Most lines are told by their first letter. */
static void note_line(struct answer_headers *h, const char *at, const char *end)
{
    size_t length;
    char first = (char)(*at | 0x20);
    if (first == 'c') {
        h->is_coded |=
            ANSWER_HEADER_VALUE(at, end, "Content-Encoding", &length) != NULL;
    } else if (first == 'l' && !h->location) {
        h->location =
            ANSWER_HEADER_VALUE(at, end, "Location", &h->location_length);
    } else if (first == 's' && !h->cookies) {
        h->cookies =
            ANSWER_HEADER_VALUE(at, end, "Set-Cookie", &length) ? at : NULL;
    } else if (first == 'w') {
        h->is_challenged |=
            ANSWER_HEADER_VALUE(at, end, "WWW-Authenticate", &length) != NULL;
    }
}

void answer_headers_read(struct answer_headers *h, const char *lines,
                         size_t size)
{
    const char *at = lines, *end = lines + size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        note_line(h, at, stop);
        at = stop + 1;
    }
}
