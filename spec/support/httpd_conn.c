#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "httpd.h"

#define READ_BYTES 65536
#define PIECE_BYTES 65536               /* of the pattern, made at a time */
#define MOST_HEAD_BYTES (1u << 20)      /* of a request */
#define MOST_BODY_BYTES (128u << 20)    /* of a request */
#define IDLE_CAPACITY_BYTES (64u << 10) /* an idle connection keeps no more */

enum parsed { PARSED_PART, PARSED_WHOLE, PARSED_BAD };

/* What became of the connection: it waits for an event or its timer, the
 * answer is complete, or the connection is gone. */
enum pumped { PUMP_WAITS, PUMP_DONE, PUMP_GONE };

bool slice_is(struct slice s, const char *text)
{
    return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

static void watch(struct conn *c, uint32_t events)
{
    if (c->events == events)
        return;
    struct epoll_event event = {.events = events, .data.ptr = c};
    int op = c->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    epoll_ctl(c->server->epoll_fd, op, c->fd, &event);
    c->events = events;
}

void conn_open(struct server *s, int fd)
{
    struct conn *c = calloc(1, sizeof *c);
    int on = 1;

    if (!c)
        abort();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *c = (struct conn){.server = s,
                       .next = s->conns,
                       .link = &s->conns,
                       .fd = fd,
                       .timer = NO_TIMER};
    if (c->next)
        c->next->link = &c->next;
    s->conns = c;
    watch(c, EPOLLIN);
}

void conn_close(struct conn *c)
{
    timer_cancel(c);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    close(c->fd);
    bytes_fini(&c->in);
    bytes_fini(&c->out);
    free(c);
}

/* Closing with a linger time of zero sends RST instead of FIN. */
static void conn_reset(struct conn *c)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    conn_close(c);
}

static struct slice trim(struct slice s)
{
    while (s.len > 0 && isspace((unsigned char)s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && isspace((unsigned char)s.at[s.len - 1]))
        s.len--;
    return s;
}

/* The text before `stop`, which is dropped from *rest with it. */
static struct slice cut(struct slice *rest, const char *stop)
{
    size_t skip = strlen(stop);
    const char *end = memmem(rest->at, rest->len, stop, skip);
    struct slice part = *rest;

    if (!end) {
        *rest = (struct slice){rest->at + rest->len, 0};
        return part;
    }
    part.len = (size_t)(end - part.at);
    rest->at += part.len + skip;
    rest->len -= part.len + skip;
    return part;
}

static bool parse_length(struct slice value, int base, size_t *out)
{
    char digits[20] = "";
    char *end;

    if (value.len == 0 || value.len >= sizeof digits ||
        !isxdigit((unsigned char)value.at[0]))
        return false;
    memcpy(digits, value.at, value.len);
    *out = strtoull(digits, &end, base);
    return *end == '\0' && *out <= MOST_BODY_BYTES;
}

static bool parse_field(struct request *r, struct slice line)
{
    struct slice name = cut(&line, ":");
    struct slice value = trim(line);

    if (slice_is(name, "content-length"))
        return parse_length(value, 10, &r->body_bytes);
    if (slice_is(name, "transfer-encoding")) {
        r->chunked = slice_is(value, "chunked");
        return r->chunked;
    }
    if (slice_is(name, "expect"))
        r->expect_continue = slice_is(value, "100-continue");
    if (slice_is(name, "connection"))
        r->close = slice_is(value, "close");
    return true;
}

static bool parse_head(struct request *r, struct slice head)
{
    if (memchr(head.at, '\0', head.len))
        return false;
    struct slice line = cut(&head, "\r\n");
    r->method = cut(&line, " ");
    r->target = cut(&line, " ");
    r->close = slice_is(line, "HTTP/1.0");
    if (r->method.len == 0 || r->target.len == 0 ||
        !(r->close || slice_is(line, "HTTP/1.1")))
        return false;
    r->query = r->target;
    r->path = cut(&r->query, "?");

    r->fields = head;
    while (head.len > 0) {
        if (!parse_field(r, cut(&head, "\r\n")))
            return false;
    }
    return true;
}

/* Moves the chunks together in place. `sent` is what follows the head; the
 * body of a request that is still coming in is looked at again from its start,
 * which is fine for the few kilobytes that specs send this way. */
static enum parsed parse_chunks(struct request *r, struct slice sent)
{
    struct slice rest = sent;
    struct bytes body = {0};
    enum parsed result = PARSED_PART;
    size_t size;

    while (memmem(rest.at, rest.len, "\r\n", 2)) {
        struct slice line = cut(&rest, "\r\n");
        if (!parse_length(trim(cut(&line, ";")), 16, &size)) {
            result = PARSED_BAD;
            break;
        }
        if (rest.len < size + 2)
            break;
        if (size == 0) {
            result = PARSED_WHOLE;
            break;
        }
        bytes_add(&body, rest.at, size);
        rest.at += size + 2;
        rest.len -= size + 2;
    }
    if (result == PARSED_WHOLE) {
        r->body_bytes = (size_t)(rest.at - sent.at) + 2;
        r->body = (struct slice){sent.at, body.len};
        if (body.len > 0)
            memcpy((char *)sent.at, body.data, body.len);
    }
    bytes_fini(&body);
    return result;
}

static enum parsed parse_body(struct request *r, struct slice sent)
{
    if (r->chunked)
        return parse_chunks(r, sent);
    if (sent.len < r->body_bytes)
        return PARSED_PART;
    r->body = (struct slice){sent.at, r->body_bytes};
    return PARSED_WHOLE;
}

static enum parsed parse(struct conn *c, struct request *r)
{
    static const char BLANK[] = "\r\n\r\n";
    struct slice in = {c->in.data, c->in.len};
    const char *blank = in.len ? memmem(in.at, in.len, BLANK, 4) : NULL;

    *r = (struct request){0};
    if (in.len > 0 && !isalpha((unsigned char)in.at[0]))
        return PARSED_BAD; /* TLS, most likely: it would wait for ever */
    if (!blank)
        return in.len > MOST_HEAD_BYTES ? PARSED_BAD : PARSED_PART;
    size_t fields_end = (size_t)(blank - in.at) + 2;
    r->head_bytes = fields_end + 2;
    if (!parse_head(r, (struct slice){in.at, fields_end}))
        return PARSED_BAD;
    return parse_body(
        r, (struct slice){in.at + r->head_bytes, in.len - r->head_bytes});
}

/* Takes what the socket takes; false if the peer is gone. */
static bool flush(struct conn *c)
{
    while (c->out_sent < c->out.len) {
        ssize_t n = send(c->fd, c->out.data + c->out_sent,
                         c->out.len - c->out_sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        c->out_sent += (size_t)n;
    }
    c->out.len = c->out_sent = 0;
    if (c->out.capacity > IDLE_CAPACITY_BYTES)
        bytes_fini(&c->out);
    return true;
}

static void add_event(struct conn *c)
{
    char text[96];
    unsigned long long number = ++c->answer.pattern_next;
    int size = 0;

    if (c->answer.one_line)
        size = snprintf(text, sizeof text, "data: %llu, and so on", number);
    else
        size = snprintf(text, sizeof text,
                        "id: %llu\nevent: tick\ndata: {\"n\":%llu}\n\n", number,
                        number);
    bytes_addf(&c->out, "%x\r\n%s\r\n", (unsigned)size, text);
}

/* Adds the next piece of the pattern to c->out. */
static void add_piece(struct conn *c)
{
    struct answer *a = &c->answer;
    if (a->events) {
        add_event(c);
        return;
    }
    uint64_t left = a->pattern_end - a->pattern_next;
    size_t most = a->drip_ns       ? 1
                  : a->chunk_bytes ? a->chunk_bytes
                                   : PIECE_BYTES;
    size_t n = left < most ? (size_t)left : most;

    if (a->chunk_bytes)
        bytes_addf(&c->out, "%zx\r\n", n);
    bytes_add_pattern(&c->out, a->pattern_next, n);
    if (a->chunk_bytes)
        bytes_add_text(&c->out, "\r\n");
    a->pattern_next += n;
}

static bool pause_for(struct conn *c, int64_t ns)
{
    if (ns <= 0)
        return false;
    if (ns != NEVER)
        timer_set(c, now_ns() + ns);
    return true;
}

static enum pumped finish(struct conn *c)
{
    int64_t pause_ns = c->answer.pause_after_ns;

    c->answer.pause_after_ns = 0;
    if (pause_for(c, pause_ns))
        return PUMP_WAITS;
    c->busy = false;
    if (c->answer.end == END_KEEP)
        return PUMP_DONE;
    if (c->answer.end == END_RESET)
        conn_reset(c);
    else
        conn_close(c);
    return PUMP_GONE;
}

/* Sends the answer until the socket is full, a pause begins or it ends. Called
 * when the socket takes bytes again or a pause is over. */
static enum pumped pump(struct conn *c)
{
    struct answer *a = &c->answer;

    for (;;) {
        if (!flush(c)) {
            conn_close(c);
            return PUMP_GONE;
        }
        if (c->out.len > 0) {
            watch(c, EPOLLIN | EPOLLOUT);
            return PUMP_WAITS;
        }
        watch(c, EPOLLIN);
        if (a->pattern_next < a->pattern_end) {
            add_piece(c);
            if (pause_for(c, a->drip_ns))
                return PUMP_WAITS;
        } else if (a->tail) {
            bytes_add_text(&c->out, a->tail);
            a->tail = NULL;
        } else {
            return finish(c);
        }
    }
}

static void send_continue(struct conn *c, const struct request *r)
{
    if (!r->expect_continue || c->continued)
        return;
    c->continued = true;
    bytes_add_text(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
    flush(c);
}

static enum pumped answer(struct conn *c, enum parsed how, struct request *r)
{
    c->busy = true;
    c->continued = false;
    c->answer = (struct answer){.end = END_KEEP};
    if (how == PARSED_BAD) {
        answer_bad_request(c, 400);
    } else {
        answer_request(c, r);
        bytes_drop(&c->in, r->head_bytes + r->body_bytes);
        if (c->in.len == 0 && c->in.capacity > IDLE_CAPACITY_BYTES)
            bytes_fini(&c->in);
    }
    if (pause_for(c, c->answer.pause_before_ns))
        return PUMP_WAITS;
    return pump(c);
}

/* Answers the requests that are whole, one after another. */
static void step(struct conn *c)
{
    while (!c->busy) {
        struct request r;
        enum parsed how = parse(c, &r);
        if (how == PARSED_PART) {
            if (r.head_bytes > 0)
                send_continue(c, &r);
            return;
        }
        if (answer(c, how, &r) != PUMP_DONE)
            return;
    }
}

/* False if the peer closed its side or reset the connection. */
static bool receive(struct conn *c)
{
    char room[READ_BYTES];

    for (;;) {
        ssize_t n = recv(c->fd, room, sizeof room, 0);
        if (n > 0)
            bytes_add(&c->in, room, (size_t)n);
        if (n > 0 && (size_t)n < sizeof room)
            return true;
        if (n == 0 || (n < 0 && errno != EINTR))
            return n < 0 && errno == EAGAIN;
    }
}

void conn_on_events(struct conn *c, uint32_t events)
{
    if (!receive(c)) {
        conn_close(c);
        return;
    }
    bool may_send = c->busy && c->timer == NO_TIMER && events & EPOLLOUT;
    if (may_send && pump(c) != PUMP_DONE)
        return;
    step(c);
}

void conn_on_timer(struct conn *c)
{
    if (pump(c) == PUMP_DONE)
        step(c);
}
