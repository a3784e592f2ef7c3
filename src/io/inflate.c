#include "io/inflate.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "io/coding.h"

struct applied {
    const struct coding *list[INFLATE_CODINGS_MAX];
    size_t count;
    bool is_unknown;
};

static bool is_identity(const char *name, size_t length)
{
    static const char identity[] = "identity";
    return length == sizeof identity - 1 &&
           strncasecmp(name, identity, length) == 0;
}

/* Nothing between two commas is nothing: RFC 9110 5.6.1. */
static void note(struct applied *a, const char *name, size_t length)
{
    if (!length || is_identity(name, length))
        return;
    const struct coding *c = coding_find(name, length);
    if (c && a->count < INFLATE_CODINGS_MAX)
        a->list[a->count++] = c;
    else
        a->is_unknown = true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void note_list(struct applied *a, const char *at, const char *end)
{
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *stop = comma ? comma : end, *next = stop + 1;
        while (at < stop && is_space(*at))
            at++;
        while (stop > at && is_space(stop[-1]))
            stop--;
        note(a, at, (size_t)(stop - at));
        at = next;
    }
}

static void note_headers(struct applied *a, const char *at, size_t size)
{
    static const char name[] = "Content-Encoding:";
    const char *end = at + size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        if ((size_t)(stop - at) >= sizeof name - 1 &&
            strncasecmp(at, name, sizeof name - 1) == 0)
            note_list(a, at + sizeof name - 1, stop);
        at = stop + 1;
    }
}

/* What is still coded may be a little larger than what it stands for. */
static size_t limit_between(size_t max_bytes)
{
    size_t extra = max_bytes / 8 + 1024;
    return max_bytes > SIZE_MAX / 2 ? max_bytes : max_bytes + extra;
}

/* The last one applied is the first to go. */
static enum http_failure undo_all(const struct applied *a, const char *body,
                                  size_t bytes, size_t max_bytes,
                                  struct buffer *out)
{
    enum http_failure failure = HTTP_OK;
    struct buffer before = {0};
    for (size_t i = a->count; i-- > 1 && failure == HTTP_OK;) {
        struct buffer step = {0};
        failure =
            a->list[i]->undo(body, bytes, limit_between(max_bytes), &step);
        buffer_fini(&before);
        before = step;
        body = step.data;
        bytes = step.size;
        if (!bytes && failure == HTTP_OK)
            failure = HTTP_DECODING;
    }
    if (failure == HTTP_OK)
        failure = a->list[0]->undo(body, bytes, max_bytes, out);
    buffer_fini(&before);
    return failure;
}

enum http_failure inflate_body(const char *headers, size_t header_bytes,
                               const char *body, size_t body_bytes,
                               size_t max_bytes, struct buffer *out)
{
    struct applied applied = {0};
    note_headers(&applied, headers, header_bytes);
    if (applied.is_unknown)
        return HTTP_DECODING;
    if (body_bytes && applied.count)
        return undo_all(&applied, body, body_bytes, max_bytes, out);
    buffer_add(out, body, body_bytes);
    return HTTP_OK;
}
