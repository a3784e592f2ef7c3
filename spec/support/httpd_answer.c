#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "httpd.h"

#define MS_NS 1000000
#define BOMB_MIB 256

static const char SMALL_JSON[] =
    "{\"id\":9007199254740992,\"small\":42,\"negative\":-7,\"ratio\":0.25,"
    "\"name\":\"lload\",\"text\":\"caf\\u00e9 \\\"quoted\\\"\","
    "\"yes\":true,\"no\":false,\"nothing\":null,"
    "\"items\":[{\"sku\":\"a-1\",\"price\":1.5,\"tags\":[\"x\",\"y\"]},"
    "{\"sku\":\"b-2\",\"price\":20,\"tags\":[]}],"
    "\"path\":{\"to\":[{\"field\":\"first\"},{\"field\":\"second\"}]},"
    "\"matrix\":[[1,2],[3,4]],\"empty\":{}}";

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *reason;
    } REASONS[] = {{200, "OK"},
                   {201, "Created"},
                   {204, "No Content"},
                   {302, "Found"},
                   {304, "Not Modified"},
                   {400, "Bad Request"},
                   {401, "Unauthorized"},
                   {404, "Not Found"},
                   {429, "Too Many Requests"},
                   {500, "Internal Server Error"},
                   {503, "Service Unavailable"}};

    for (size_t i = 0; i < sizeof REASONS / sizeof REASONS[0]; i++) {
        if (REASONS[i].status == status)
            return REASONS[i].reason;
    }
    return "Status";
}

/* A number of the query string, e.g. `ms` of "?ms=20&x=1". */
static uint64_t query_number(const struct request *r, const char *name,
                             uint64_t otherwise)
{
    const char *at = r->query.at;
    const char *end = at + r->query.len;
    size_t len = strlen(name);

    while (at && at < end) {
        if ((size_t)(end - at) > len && strncmp(at, name, len) == 0 &&
            at[len] == '=')
            return strtoull(at + len + 1, NULL, 10);
        at = memchr(at, '&', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    return otherwise;
}

static int hex_value(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

static void bytes_add_decoded(struct bytes *out, struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        if (c == '%' && i + 2 < s.len) {
            c = (char)(hex_value(s.at[i + 1]) << 4 | hex_value(s.at[i + 2]));
            i += 2;
        }
        bytes_add(out, &c, 1);
    }
}

static void head_begin(struct conn *c, int status)
{
    bytes_addf(&c->out, "HTTP/1.1 %d %s\r\n", status, reason_of(status));
}

static void head_end(struct conn *c)
{
    if (c->answer.end != END_KEEP)
        bytes_add_text(&c->out, "Connection: close\r\n");
    bytes_add_text(&c->out, "\r\n");
    c->answer.head_bytes = c->out.len;
}

static void head_length(struct conn *c, uint64_t length)
{
    bytes_addf(&c->out, "Content-Length: %llu\r\n", (unsigned long long)length);
}

static void send_body(struct conn *c, int status, const char *type,
                      const char *body, size_t len)
{
    head_begin(c, status);
    bytes_addf(&c->out, "Content-Type: %s\r\n", type);
    head_length(c, len);
    head_end(c);
    bytes_add(&c->out, body, len);
}

static void send_text(struct conn *c, int status, const char *text)
{
    send_body(c, status, "text/plain", text, strlen(text));
}

static void send_json(struct conn *c, struct bytes *json)
{
    send_body(c, 200, "application/json", json->data, json->len);
    bytes_fini(json);
}

static void send_encoded(struct conn *c, const char *encoding,
                         struct bytes *body)
{
    head_begin(c, 200);
    bytes_addf(&c->out,
               "Content-Type: application/json\r\nContent-Encoding: %s\r\n",
               encoding);
    head_length(c, body->len);
    head_end(c);
    bytes_add(&c->out, body->data, body->len);
    bytes_fini(body);
}

static void answer_ok(struct conn *c, const struct request *r)
{
    (void)r;
    send_text(c, 200, "ok\n");
}

static void answer_json(struct conn *c, const struct request *r)
{
    (void)r;
    send_body(c, 200, "application/json", SMALL_JSON, strlen(SMALL_JSON));
}

static void echo_member(struct bytes *json, const char *name, struct slice s)
{
    bytes_addf(json, "\"%s\":", name);
    bytes_add_json(json, s.at, s.len);
    bytes_add_text(json, ",");
}

/* One header line as "name":"value"; false when no line is left. */
static bool echo_field(struct bytes *json, struct slice *rest)
{
    char name[256];
    const char *end = rest->len ? memmem(rest->at, rest->len, "\r\n", 2) : NULL;
    if (!end)
        return false;
    struct slice line = {rest->at, (size_t)(end - rest->at)};
    rest->len -= line.len + 2;
    rest->at = end + 2;

    size_t n = 0;
    while (n < line.len && n < sizeof name && line.at[n] != ':') {
        name[n] = (char)tolower((unsigned char)line.at[n]);
        n++;
    }
    size_t value = n < line.len ? n + 1 : n;
    while (value < line.len && line.at[value] == ' ')
        value++;
    bytes_add_json(json, name, n);
    bytes_add_text(json, ":");
    bytes_add_json(json, line.at + value, line.len - value);
    return true;
}

static void echo_headers(struct bytes *json, struct slice fields)
{
    bytes_add_text(json, "\"headers\":{");
    while (echo_field(json, &fields)) {
        if (fields.len > 0)
            bytes_add_text(json, ",");
    }
    bytes_add_text(json, "},");
}

static void answer_echo(struct conn *c, const struct request *r)
{
    struct bytes json = {0};

    bytes_add_text(&json, "{");
    echo_member(&json, "method", r->method);
    echo_member(&json, "target", r->target);
    echo_member(&json, "path", r->path);
    echo_member(&json, "query", r->query);
    echo_headers(&json, r->fields);
    if (is_utf8(r->body.at, r->body.len))
        echo_member(&json, "body", r->body);
    bytes_add_text(&json, "\"body_base64\":\"");
    bytes_add_base64(&json, r->body.at, r->body.len);
    bytes_addf(&json, "\",\"length\":%zu}", r->body.len);
    send_json(c, &json);
}

/* The value of a header of the request; nothing if it has none. */
static struct slice field_of(const struct request *r, const char *name)
{
    size_t len = strlen(name);
    const char *at = r->fields.at, *end = at + r->fields.len;
    while (at < end) {
        const char *stop = memmem(at, (size_t)(end - at), "\r\n", 2);
        if (!stop)
            stop = end;
        if ((size_t)(stop - at) > len && at[len] == ':' &&
            strncasecmp(at, name, len) == 0) {
            at += len + 1;
            while (at < stop && *at == ' ')
                at++;
            return (struct slice){at, (size_t)(stop - at)};
        }
        at = stop + 2;
    }
    return (struct slice){"", 0};
}

static void mirror_field(struct conn *c, const struct request *r,
                         const char *name)
{
    struct slice value = field_of(r, name);
    if (!value.len)
        return;
    bytes_addf(&c->out, "%s: ", name);
    bytes_add(&c->out, value.at, value.len);
    bytes_add_text(&c->out, "\r\n");
}

/* The body as it came, byte by byte. */
static void answer_mirror(struct conn *c, const struct request *r)
{
    head_begin(c, 200);
    mirror_field(c, r, "Content-Type");
    mirror_field(c, r, "Content-Encoding");
    head_length(c, r->body.len);
    head_end(c);
    bytes_add(&c->out, r->body.at, r->body.len);
}

/* Credentials of any user will do; the next leg is what /mirror answers. */
static void answer_challenge(struct conn *c, const struct request *r)
{
    static const char BODY[] = "who are you?\n";
    struct slice given = field_of(r, "Authorization");
    if (given.len > 7 && memcmp(given.at, "Digest ", 7) == 0) {
        answer_mirror(c, r);
        return;
    }
    head_begin(c, 401);
    bytes_add_text(&c->out, "WWW-Authenticate: Basic realm=\"all\"\r\n"
                            "WWW-Authenticate: Digest realm=\"all\", "
                            "nonce=\"once\", qop=\"auth\"\r\n");
    head_length(c, strlen(BODY));
    head_end(c);
    bytes_add_text(&c->out, BODY);
}

static void answer_slow(struct conn *c, const struct request *r)
{
    c->answer.pause_before_ns = (int64_t)query_number(r, "ms", 100) * MS_NS;
    send_text(c, 200, "slow\n");
}

static void answer_status(struct conn *c, const struct request *r)
{
    int status = r->number >= 200 && r->number <= 999 ? (int)r->number : 400;

    if (status == 204 || status == 304) {
        head_begin(c, status);
        head_end(c);
    } else {
        send_text(c, status, reason_of(status));
    }
}

static void send_pattern(struct conn *c, uint64_t bytes)
{
    head_begin(c, 200);
    bytes_add_text(&c->out, "Content-Type: application/octet-stream\r\n");
    head_length(c, bytes);
    head_end(c);
    c->answer.pattern_end = bytes;
}

static void answer_bytes(struct conn *c, const struct request *r)
{
    send_pattern(c, r->number);
}

static void begin_chunked(struct conn *c, uint64_t bytes, const char *fields)
{
    head_begin(c, 200);
    bytes_add_text(&c->out, "Content-Type: application/octet-stream\r\n");
    bytes_add_text(&c->out, "Transfer-Encoding: chunked\r\n");
    bytes_add_text(&c->out, fields);
    head_end(c);
    c->answer.pattern_end = bytes;
    c->answer.chunk_bytes = 4093; /* chunk ends fall on no round number */
    c->answer.tail = "0\r\n\r\n";
}

static void answer_chunked(struct conn *c, const struct request *r)
{
    begin_chunked(c, r->number, "");
}

static void answer_chunked_trailers(struct conn *c, const struct request *r)
{
    (void)r;
    begin_chunked(c, 10000, "Trailer: X-Checksum\r\n");
    c->answer.tail = "0\r\nX-Checksum: 12345\r\nX-Last: yes\r\n\r\n";
}

static void answer_gzip(struct conn *c, const struct request *r)
{
    struct bytes body = {0};
    (void)r;
    bytes_add_compressed(&body, COMPRESSION_GZIP, SMALL_JSON);
    send_encoded(c, "gzip", &body);
}

static void answer_deflate(struct conn *c, const struct request *r)
{
    struct bytes body = {0};
    (void)r;
    bytes_add_compressed(&body, COMPRESSION_ZLIB, SMALL_JSON);
    send_encoded(c, "deflate", &body);
}

static void answer_deflate_raw(struct conn *c, const struct request *r)
{
    struct bytes body = {0};
    (void)r;
    bytes_add_compressed(&body, COMPRESSION_RAW, SMALL_JSON);
    send_encoded(c, "deflate", &body);
}

static void answer_gzip_bomb(struct conn *c, const struct request *r)
{
    struct bytes body = {0};
    (void)r;
    bytes_add_bomb(&body, BOMB_MIB);
    send_encoded(c, "gzip", &body);
}

/* A good header, then bytes that no decoder accepts. */
static void answer_gzip_broken(struct conn *c, const struct request *r)
{
    struct bytes body = {0};
    (void)r;
    bytes_add_compressed(&body, COMPRESSION_GZIP, SMALL_JSON);
    for (size_t i = 12; i < body.len; i++)
        body.data[i] = '\xff';
    send_encoded(c, "gzip", &body);
}

static void answer_headers(struct conn *c, const struct request *r)
{
    static const char VALUE[] = "the quick brown fox jumps over the lazy dog";
    size_t start = c->out.len;

    head_begin(c, 200);
    for (unsigned i = 0; c->out.len - start < r->number; i++)
        bytes_addf(&c->out, "X-Line-%u: %s\r\n", i, VALUE);
    head_length(c, 3);
    head_end(c);
    bytes_add_text(&c->out, "ok\n");
}

/* ?status=302&header=Location%3A%20%2Fok&header=…: any status, any headers. */
static void answer_any(struct conn *c, const struct request *r)
{
    static const char NAME[] = "header=";
    int status = (int)query_number(r, "status", 200);
    const char *at = r->query.at, *end = at + r->query.len;

    head_begin(c, status);
    while (at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        size_t len = (size_t)((stop ? stop : end) - at);
        if (len > strlen(NAME) && memcmp(at, NAME, strlen(NAME)) == 0) {
            bytes_add_decoded(
                &c->out, (struct slice){at + strlen(NAME), len - strlen(NAME)});
            bytes_add_text(&c->out, "\r\n");
        }
        at += len + 1;
    }
    head_length(c, 0);
    head_end(c);
}

/* Cookies c0, c1, … and one that is larger than any may be. */
static void answer_set_cookies(struct conn *c, const struct request *r)
{
    head_begin(c, 200);
    for (uint64_t i = 0; i < r->number; i++)
        bytes_addf(&c->out, "Set-Cookie: c%llu=1; Path=/\r\n",
                   (unsigned long long)i);
    bytes_add_text(&c->out, "Set-Cookie: large=");
    for (int i = 0; i < 5000; i++)
        bytes_add_text(&c->out, "x");
    bytes_add_text(&c->out, "\r\n");
    head_length(c, 0);
    head_end(c);
}

static void answer_redirect_loop(struct conn *c, const struct request *r)
{
    (void)r;
    head_begin(c, 302);
    bytes_add_text(&c->out, "Location: redirect-loop\r\n");
    head_length(c, 0);
    head_end(c);
}

/* The same, 150 ms a hop. */
static void answer_redirect_slow(struct conn *c, const struct request *r)
{
    (void)r;
    c->answer.pause_before_ns = 150 * (int64_t)MS_NS;
    head_begin(c, 302);
    bytes_add_text(&c->out, "Location: redirect-slow\r\n");
    head_length(c, 0);
    head_end(c);
}

static void answer_redirect(struct conn *c, const struct request *r)
{
    head_begin(c, 302);
    if (r->number > 1)
        bytes_addf(&c->out, "Location: /redirect/%llu\r\n",
                   (unsigned long long)r->number - 1);
    else
        bytes_add_text(&c->out, "Location: /ok\r\n");
    head_length(c, 0);
    head_end(c);
}

/* Promises 1,000 bytes and sends 500. */
static void send_half(struct conn *c)
{
    head_begin(c, 200);
    head_length(c, 1000);
    head_end(c);
    c->answer.pattern_end = 500;
}

static void answer_drop(struct conn *c, const struct request *r)
{
    (void)r;
    send_half(c);
    c->answer.end = END_CLOSE;
}

static void answer_drop_chunked(struct conn *c, const struct request *r)
{
    (void)r;
    begin_chunked(c, 1000, "");
    c->answer.tail = "3e8\r\nonly the beginning of a thousand";
    c->answer.end = END_CLOSE;
}

/* The pause lets the client read the first half: a reset throws away what it
 * has not read yet. */
static void answer_reset_mid(struct conn *c, const struct request *r)
{
    (void)r;
    send_half(c);
    c->answer.pause_after_ns = 50 * MS_NS;
    c->answer.end = END_RESET;
}

static void answer_hang(struct conn *c, const struct request *r)
{
    (void)r;
    c->answer.pause_before_ns = NEVER;
}

static void answer_drip(struct conn *c, const struct request *r)
{
    send_pattern(c, query_number(r, "bytes", 10));
    c->answer.drip_ns = (int64_t)query_number(r, "ms", 10) * MS_NS;
}

/* ?n=3&ms=0: so many events, with pauses; the stream ends well. */
static void answer_events(struct conn *c, const struct request *r)
{
    begin_chunked(c, query_number(r, "n", 3), "");
    c->answer.events = true;
    c->answer.drip_ns = (int64_t)query_number(r, "ms", 0) * MS_NS;
}

static void answer_events_line(struct conn *c, const struct request *r)
{
    answer_events(c, r);
    c->answer.one_line = true;
}

static void answer_events_half(struct conn *c, const struct request *r)
{
    answer_events(c, r);
    c->answer.tail = "b\r\ndata: half\n\r\n0\r\n\r\n";
}

static void answer_events_drop(struct conn *c, const struct request *r)
{
    answer_events(c, r);
    c->answer.tail = "b\r\ndata: h";
    c->answer.end = END_CLOSE;
}

static void answer_events_reset(struct conn *c, const struct request *r)
{
    answer_events(c, r);
    c->answer.tail = NULL;
    c->answer.pause_after_ns = 50 * MS_NS;
    c->answer.end = END_RESET;
}

static void answer_events_hang(struct conn *c, const struct request *r)
{
    answer_events(c, r);
    c->answer.tail = NULL;
    c->answer.pause_after_ns = NEVER;
}

static void answer_close(struct conn *c, const struct request *r)
{
    (void)r;
    c->answer.end = END_CLOSE;
    send_text(c, 200, "close\n");
}

static void answer_1xx(struct conn *c, const struct request *r)
{
    bytes_add_text(&c->out, "HTTP/1.1 103 Early Hints\r\n"
                            "Link: </style.css>; rel=preload\r\n\r\n");
    answer_ok(c, r);
}

static void answer_extra(struct conn *c, const struct request *r)
{
    answer_ok(c, r);
    bytes_add_text(&c->out, "bytes nobody asked for");
}

static void send_ok_unless(struct conn *c, bool fails)
{
    send_text(c, fails ? 500 : 200, fails ? "failed\n" : "ok\n");
}

static void answer_error_rate(struct conn *c, const struct request *r)
{
    uint64_t every = query_number(r, "every", 2);
    send_ok_unless(c, every > 0 && r->times % every == 0);
}

static void answer_fail_first(struct conn *c, const struct request *r)
{
    send_ok_unless(c, r->times <= r->number);
}

static void answer_counts(struct conn *c, const struct request *r)
{
    const struct server *s = c->server;
    struct bytes json = {0};

    (void)r;
    bytes_addf(&json, "{\"total\":%llu,\"connections\":%llu,\"paths\":",
               (unsigned long long)s->total,
               (unsigned long long)s->connections);
    counts_print(&s->paths, &json);
    bytes_add_text(&json, ",\"methods\":");
    counts_print(&s->methods, &json);
    bytes_add_text(&json, "}");
    send_json(c, &json);
}

/* A connection that is still open counts again with its next request. */
static void answer_counts_reset(struct conn *c, const struct request *r)
{
    struct server *s = c->server;

    counts_fini(&s->paths);
    counts_fini(&s->methods);
    s->total = s->connections = 0;
    for (struct conn *other = s->conns; other; other = other->next)
        other->counted = false;
    answer_ok(c, r);
}

/* Either a function that writes the answer, or its very bytes (none: only the
 * end) after which the connection is closed or reset. */
struct route {
    const char *path; /* a final slash stands for a number that follows */
    void (*answer)(struct conn *c, const struct request *r);
    enum answer_end end;
    const char *bytes;
};

static const struct route ROUTES[] = {
    {"/ok", .answer = answer_ok},
    {"/json", .answer = answer_json},
    {"/json-odd", .end = END_CLOSE,
     .bytes = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
              "{\"twice\":1,\"twice\":{\"x\":2},\"gone\":1,\"gone\":null,"
              "\"\\u0061bc\":3,\"cut\":\"\\ud83d!\",\"\\ude00\":4}"},
    {"/echo", .answer = answer_echo},
    {"/mirror", .answer = answer_mirror},
    {"/challenge", .answer = answer_challenge},
    {"/slow", .answer = answer_slow},
    {"/status/", .answer = answer_status},
    {"/bytes/", .answer = answer_bytes},
    {"/chunked/", .answer = answer_chunked},
    {"/chunked-trailers", .answer = answer_chunked_trailers},
    {"/gzip", .answer = answer_gzip},
    {"/deflate", .answer = answer_deflate},
    {"/deflate-raw", .answer = answer_deflate_raw},
    {"/gzip-bomb", .answer = answer_gzip_bomb},
    {"/gzip-broken", .answer = answer_gzip_broken},
    {"/headers/", .answer = answer_headers},
    {"/answer", .answer = answer_any},
    {"/set-cookies/", .answer = answer_set_cookies},
    {"/redirect-loop", .answer = answer_redirect_loop},
    {"/redirect-slow", .answer = answer_redirect_slow},
    {"/redirect/", .answer = answer_redirect},
    {"/drop", .answer = answer_drop},
    {"/drop-chunked", .answer = answer_drop_chunked},
    {"/drop-before", .end = END_CLOSE, .bytes = ""},
    {"/reset", .end = END_RESET, .bytes = ""},
    {"/reset-mid", .answer = answer_reset_mid},
    {"/hang", .answer = answer_hang},
    {"/drip", .answer = answer_drip},
    {"/events", .answer = answer_events},
    {"/events-line", .answer = answer_events_line},
    {"/events-half", .answer = answer_events_half},
    {"/events-drop", .answer = answer_events_drop},
    {"/events-reset", .answer = answer_events_reset},
    {"/events-hang", .answer = answer_events_hang},
    {"/close", .answer = answer_close},
    {"/http10", .end = END_CLOSE,
     .bytes = "HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\nhttp10\n"},
    {"/no-length", .end = END_CLOSE,
     .bytes = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end\n"},
    {"/1xx", .answer = answer_1xx},
    {"/extra", .answer = answer_extra},
    {"/conflict", .end = END_CLOSE,
     .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n"
              "\r\nok\n12"},
    {"/garbage", .end = END_CLOSE,
     .bytes = "220 this is not HTTP at all\r\n\x01\x02\x03\r\n"},
    {"/error-rate", .answer = answer_error_rate},
    {"/fail-first/", .answer = answer_fail_first},
    {"/counts", .answer = answer_counts},
    {"/counts/reset", .answer = answer_counts_reset},
};

static bool route_takes(const struct route *route, struct request *r)
{
    size_t len = strlen(route->path);
    if (route->path[len - 1] != '/')
        return slice_is(r->path, route->path);
    if (r->path.len <= len || memcmp(r->path.at, route->path, len) != 0 ||
        !isdigit((unsigned char)r->path.at[len]))
        return false;
    r->number = strtoull(r->path.at + len, NULL, 10);
    return true;
}

static bool starts_with(struct slice s, const char *text)
{
    return s.len >= strlen(text) && memcmp(s.at, text, strlen(text)) == 0;
}

static void answer_by_path(struct conn *c, struct request *r)
{
    for (size_t i = 0; i < sizeof ROUTES / sizeof ROUTES[0]; i++) {
        const struct route *route = &ROUTES[i];
        if (!route_takes(route, r))
            continue;
        if (route->answer) {
            route->answer(c, r);
        } else {
            bytes_add_text(&c->out, route->bytes);
            c->answer.end = route->end;
        }
        return;
    }
    if (starts_with(r->path, "/echo/"))
        answer_echo(c, r);
    else if (starts_with(r->path, "/any/"))
        answer_ok(c, r);
    else
        send_text(c, 404, "no such path\n");
}

/* Before it is answered: what is dropped or reset was asked for as well. */
static void count(struct conn *c, struct request *r)
{
    struct server *s = c->server;

    if (starts_with(r->path, "/counts"))
        return;
    s->total++;
    r->times = counts_add(&s->paths, r->path.at, r->path.len);
    counts_add(&s->methods, r->method.at, r->method.len);
    if (!c->counted)
        s->connections++;
    c->counted = true;
}

void answer_request(struct conn *c, struct request *r)
{
    count(c, r);
    if (r->close)
        c->answer.end = END_CLOSE;
    answer_by_path(c, r);
    if (slice_is(r->method, "HEAD") && c->answer.head_bytes > 0) {
        c->out.len = c->answer.head_bytes;
        c->answer.pattern_end = 0;
        c->answer.tail = NULL;
    }
}

void answer_bad_request(struct conn *c, int status)
{
    c->answer.end = END_CLOSE;
    send_text(c, status, "bad request\n");
}
