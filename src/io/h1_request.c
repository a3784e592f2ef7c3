#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "io/h1.h"

/* Up to here a body is copied behind its head, to be sent with it at once. */
enum { SMALL_BODY_BYTES = 16 * 1024 };

static bool is_name(const char *line, const char *name, size_t length)
{
    return strncasecmp(line, name, length) == 0 && line[length] == ':';
}

static bool says_close(const char *value, const char *end)
{
    for (; end - value >= 5; value++)
        if (strncasecmp(value, "close", 5) == 0)
            return true;
    return false;
}

struct own_lines {
    bool has_host;
    bool says_close;
};

/* What the caller's header lines decide. */
static struct own_lines read_lines(const char *lines, size_t size)
{
    struct own_lines own = {0};
    const char *at = lines, *end = lines + size;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        char first = (char)(*at | 0x20);
        if (first == 'h' && is_name(at, "Host", 4))
            own.has_host = true;
        if (first == 'c' && is_name(at, "Connection", 10))
            own.says_close = own.says_close || says_close(at + 11, stop);
        at = stop + 1;
    }
    return own;
}

static char *put(char *to, const char *bytes, size_t size)
{
    memcpy(to, bytes, size);
    return to + size;
}

static char *put_number(char *to, size_t number)
{
    char digits[24], *first = digits + sizeof digits;
    do
        *--first = (char)('0' + number % 10);
    while (number /= 10);
    return put(to, first, (size_t)(digits + sizeof digits - first));
}

#define PUT_LITERAL(to, text) put(to, text, sizeof(text) - 1)

void h1_request_write(struct h1_exchange *x)
{
    enum { ROOM_FOR_THE_REST = 96 };
    const struct http_request *r = x->request;
    const struct h1_origin *o = x->origin;
    const char *target = r->url + o->prefix_bytes;
    const char *lines = r->headers ? r->headers : "";
    size_t method_bytes = strlen(r->method), lines_bytes = strlen(lines);
    size_t target_bytes = (size_t)(strchrnul(target, '#') - target);
    bool is_small = r->has_body && r->body_bytes <= SMALL_BODY_BYTES;
    size_t body_bytes = is_small ? r->body_bytes : 0;
    struct own_lines own = read_lines(lines, lines_bytes);
    x->wants_close = own.says_close;
    x->body_left_out = r->has_body ? r->body_bytes - body_bytes : 0;
    x->sent = 0;
    buffer_clear(&x->out);
    char *to = buffer_reserve(&x->out, method_bytes + target_bytes +
                                           o->host_line_bytes + lines_bytes +
                                           body_bytes + ROOM_FOR_THE_REST);
    to = put(to, r->method, method_bytes);
    *to++ = ' ';
    if (*target != '/')
        *to++ = '/';
    to = put(to, target, target_bytes);
    to = PUT_LITERAL(to, " HTTP/1.1\r\n");
    if (!own.has_host)
        to = put(to, o->host_line, o->host_line_bytes);
    to = put(to, lines, lines_bytes);
    if (r->has_body) {
        to = PUT_LITERAL(to, "Content-Length: ");
        to = put_number(to, r->body_bytes);
        to = PUT_LITERAL(to, "\r\n");
    }
    to = PUT_LITERAL(to, "\r\n");
    if (body_bytes)
        to = put(to, r->body, body_bytes);
    x->out.size = (size_t)(to - x->out.data);
}

/* RFC 9110 9.2.2. */

/* ------------------------------------------------------------------ sending */

bool h1_is_sent(const struct h1_exchange *x)
{
    return x->sent == x->out.size + x->body_left_out;
}

void h1_watch(struct h1_exchange *x)
{
    wire_watch(&x->conn->wire,
               (x->is_held ? 0 : EV_READ) | (h1_is_sent(x) ? 0 : EV_WRITE));
}

static enum wire_status send_some(struct h1_exchange *x)
{
    const struct http_request *r = x->request;
    size_t in_out = x->out.size, n = 0;
    enum wire_status s;
    if (x->sent < in_out)
        s = wire_send(&x->conn->wire, x->out.data + x->sent, in_out - x->sent,
                      x->body_left_out > 0, &n);
    else
        s = wire_send(&x->conn->wire, r->body + (x->sent - in_out),
                      x->body_left_out - (x->sent - in_out), false, &n);
    x->sent += n;
    return s;
}

/* Where the server takes no more, it may have answered nevertheless: what can
 * be read decides. */
void h1_send(struct h1_exchange *x)
{
    enum wire_status s = WIRE_OK;
    while (s == WIRE_OK && !h1_is_sent(x))
        s = send_some(x);
    if (s == WIRE_OK) {
        h1_watch(x);
        h1_enter(x, HTTP_WAITING, clock_now_ns());
    } else if (s == WIRE_WANT_READ || s == WIRE_WANT_WRITE) {
        h1_watch(x);
    } else if (x->sent || !h1_retry(x, true)) {
        x->cannot_send = true;
        wire_watch(&x->conn->wire, EV_READ);
    }
}
