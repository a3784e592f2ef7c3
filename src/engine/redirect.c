#include "engine/redirect.h"

#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/url.h"
#include "base/url_parts.h"
#include "io/http.h"

bool redirect_locate(struct buffer *out, const char *url, const char *location,
                     size_t length)
{
    struct buffer literal = {0};
    struct url_parts from, to;
    struct url_origin origin;
    buffer_clear(out);
    /* An empty one would mean the same page for ever. */
    bool ok = length && url_add_literal(&literal, location, length);
    if (ok)
        url_resolve(out, url, literal.data, literal.size);
    buffer_fini(&literal);
    if (!ok)
        return false;
    url_split(&from, url, strlen(url));
    url_split(&to, buffer_text(out), out->size);
    if (!url_origin_of(&origin, &to))
        return false;
    if (from.fragment.at && !to.fragment.at) {
        buffer_add_char(out, '#');
        buffer_add(out, from.fragment.at, from.fragment.length);
    }
    buffer_text(out);
    return true;
}

static bool are_of_one_origin(const char *one, const char *other)
{
    struct url_parts parts;
    struct url_origin a, b;
    url_split(&parts, one, strlen(one));
    bool known = url_origin_of(&a, &parts);
    url_split(&parts, other, strlen(other));
    return known && url_origin_of(&b, &parts) && url_origin_equals(&a, &b);
}

static bool begins(const char *line, const char *text)
{
    return strncasecmp(line, text, strlen(text)) == 0;
}

/* What is for the first site only. */
static bool is_confidential(const char *line)
{
    return begins(line, "Authorization:") || begins(line, "Cookie:") ||
           begins(line, "Proxy-Authorization:") || begins(line, "Host:");
}

static void take_out(struct buffer *lines, bool content, bool confidential)
{
    char *to = lines->data, *at = lines->data;
    char *end = at ? at + lines->size : NULL;
    while (at < end) {
        char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((stop ? stop + 1 : end) - at);
        bool goes = (content && begins(at, "Content-")) ||
                    (confidential && is_confidential(at));
        if (!goes) {
            memmove(to, at, length);
            to += length;
        }
        at += length;
    }
    if (end)
        lines->size = (size_t)(to - lines->data);
    buffer_text(lines);
}

static bool becomes_get(int status, const char *method)
{
    if (status == 303)
        return strcmp(method, "HEAD") != 0;
    return status <= 302 && strcmp(method, "POST") == 0;
}

bool redirect_apply(struct http_request *request, struct buffer *lines,
                    int status, const char *url)
{
    bool drops_body = becomes_get(status, request->method);
    bool is_same = are_of_one_origin(request->url, url);
    if (drops_body) {
        request->method = "GET";
        request->body = NULL;
        request->body_bytes = 0;
        request->has_body = false;
    }
    if (drops_body || !is_same)
        take_out(lines, drops_body, !is_same);
    request->url = url;
    request->headers = lines->data;
    return is_same;
}
