#include "base/url_parts.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"

/* -------------------------------------------------------------------- split */

/* Up to the first of `stops`, or to the end. */
static struct url_slice cut(const char **at, const char *end, const char *stops)
{
    struct url_slice s = {.at = *at};
    while (*at < end && !(**at && strchr(stops, **at)))
        ++*at;
    s.length = (size_t)(*at - s.at);
    return s;
}

static bool takes(const char **at, const char *end, const char *text)
{
    size_t length = strlen(text);
    if ((size_t)(end - *at) < length || memcmp(*at, text, length) != 0)
        return false;
    *at += length;
    return true;
}

static bool is_scheme(struct url_slice s)
{
    if (!s.length || !isalpha((unsigned char)s.at[0]))
        return false;
    for (size_t i = 1; i < s.length; i++)
        if (!isalnum((unsigned char)s.at[i]) && s.at[i] != '+' &&
            s.at[i] != '-' && s.at[i] != '.')
            return false;
    return true;
}

void url_split(struct url_parts *parts, const char *text, size_t length)
{
    const char *at = text, *end = text + length;
    *parts = (struct url_parts){0};
    struct url_slice scheme = cut(&at, end, ":/?#");
    if (at < end && *at == ':' && is_scheme(scheme)) {
        parts->scheme = scheme;
        at++;
    } else {
        at = text;
    }
    if (takes(&at, end, "//"))
        parts->authority = cut(&at, end, "/?#");
    parts->path = cut(&at, end, "?#");
    if (takes(&at, end, "?"))
        parts->query = cut(&at, end, "#");
    if (takes(&at, end, "#"))
        parts->fragment = (struct url_slice){at, (size_t)(end - at)};
}

/* ------------------------------------------------------------------ resolve */

static void add_slice(struct buffer *out, struct url_slice s)
{
    buffer_add(out, s.at, s.length);
}

/* Takes back the last segment of what was kept. */
static char *take_back(const char *path, char *to)
{
    while (to > path && *--to != '/')
        ;
    return to;
}

/* RFC 3986 5.2.4, in place; returns the new length. Linear: what is taken back
 * was put there before. */
static size_t remove_dots(char *path, size_t length)
{
    char *to = path, *at = path, *end = path + length;
    while (at < end) {
        size_t left = (size_t)(end - at);
        const char *in = at;
        if (takes(&in, end, "../") || takes(&in, end, "./")) {
            at += in - at;
        } else if (takes(&in, end, "/./")) {
            at += 2;
        } else if (takes(&in, end, "/../")) {
            at += 3;
            to = take_back(path, to);
        } else if (left == 2 && memcmp(at, "/.", 2) == 0) {
            *++at = '/';
        } else if (left == 3 && memcmp(at, "/..", 3) == 0) {
            at += 2;
            *at = '/';
            to = take_back(path, to);
        } else if ((left == 1 && *at == '.') ||
                   (left == 2 && memcmp(at, "..", 2) == 0)) {
            break;
        } else {
            do
                *to++ = *at++;
            while (at < end && *at != '/');
        }
    }
    return (size_t)(to - path);
}

/* 5.2.3: all of the base's path up to its last slash. */
static void add_folder(struct buffer *out, const struct url_parts *base)
{
    const char *slash = base->path.length
                            ? memrchr(base->path.at, '/', base->path.length)
                            : NULL;
    if (slash)
        buffer_add(out, base->path.at, (size_t)(slash + 1 - base->path.at));
    else if (base->authority.at)
        buffer_add_char(out, '/');
}

static void add_path(struct buffer *out, const struct url_parts *base,
                     struct url_slice path)
{
    size_t start = out->size;
    if (base && !(path.length && *path.at == '/'))
        add_folder(out, base);
    add_slice(out, path);
    if (out->size > start)
        out->size = start + remove_dots(out->data + start, out->size - start);
}

static void add_part(struct buffer *out, const char *mark, struct url_slice s)
{
    if (!s.at)
        return;
    buffer_add_text(out, mark);
    add_slice(out, s);
}

void url_resolve(struct buffer *out, const char *base, const char *reference,
                 size_t length)
{
    struct url_parts b, r;
    url_split(&b, base, strlen(base));
    url_split(&r, reference, length);
    bool is_within = !r.scheme.at && !r.authority.at; /* of the same site */
    add_slice(out, r.scheme.at ? r.scheme : b.scheme);
    buffer_add_char(out, ':');
    add_part(out, "//", is_within ? b.authority : r.authority);
    if (is_within && !r.path.length)
        add_slice(out, b.path);
    else
        add_path(out, is_within ? &b : NULL, r.path);
    bool keeps_query = is_within && !r.path.length && !r.query.at;
    add_part(out, "?", keeps_query ? b.query : r.query);
    add_part(out, "#", r.fragment);
}

/* ------------------------------------------------------------------- origin */

static bool is_text(struct url_slice s, const char *text)
{
    return s.at && s.length == strlen(text) &&
           strncasecmp(s.at, text, s.length) == 0;
}

/* ":8080" or nothing; ":" means the usual port. */
static bool read_port(struct url_origin *o, const char *at, const char *end)
{
    unsigned port = 0;
    o->port = o->is_secure ? 443 : 80;
    if (at == end)
        return true;
    if (*at++ != ':')
        return false;
    if (at == end)
        return true;
    for (; at < end; at++) {
        if (!isdigit((unsigned char)*at))
            return false;
        port = port * 10 + (unsigned)(*at - '0');
        if (port > UINT16_MAX)
            return false;
    }
    o->port = (uint16_t)port;
    return port != 0;
}

static bool is_ipv4(struct url_slice host)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr address;
    if (host.length >= sizeof text)
        return false;
    memcpy(text, host.at, host.length);
    text[host.length] = '\0';
    return inet_pton(AF_INET, text, &address) == 1;
}

bool url_origin_of(struct url_origin *o, const struct url_parts *parts)
{
    *o = (struct url_origin){.is_secure = is_text(parts->scheme, "https")};
    if ((!o->is_secure && !is_text(parts->scheme, "http")) ||
        !parts->authority.length)
        return false;
    const char *at = parts->authority.at;
    const char *end = at + parts->authority.length;
    const char *user = memrchr(at, '@', parts->authority.length);
    if (user)
        at = user + 1;
    if (at < end && *at == '[') {
        const char *bracket = memchr(at, ']', (size_t)(end - at));
        if (!bracket)
            return false;
        o->host = (struct url_slice){at + 1, (size_t)(bracket - at - 1)};
        o->is_address = true;
        at = bracket + 1;
    } else {
        o->host = cut(&at, end, ":");
        o->is_address = is_ipv4(o->host);
    }
    return o->host.length && read_port(o, at, end);
}

bool url_origin_equals(const struct url_origin *a, const struct url_origin *b)
{
    return a->is_secure == b->is_secure && a->port == b->port &&
           a->host.length == b->host.length &&
           strncasecmp(a->host.at, b->host.at, a->host.length) == 0;
}
