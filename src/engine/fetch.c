#include "engine/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "engine/cookies.h"
#include "engine/digest_auth.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/record.h"
#include "engine/redirect.h"
#include "engine/set_cookie.h"
#include "engine/trace.h"
#include "engine/vu.h"
#include "engine/worker.h"
#include "io/crypto.h"
#include "io/inflate.h"

enum { DECODED_KEEP_BYTES = 256 * 1024, TRAIL_KEEP_BYTES = 8 * 1024 };

/* What a request became on its way; kept for the next one. */
struct trail {
    struct buffer url;
    struct buffer next_url;
    struct buffer lines;      /* the script's header lines that may go on */
    struct buffer hops;       /* "STATUS URL\n" of those behind it */
    struct buffer cookies;    /* "a=1; b=2" */
    struct buffer sent;       /* lines with the cookies */
    struct buffer authorized; /* lines with the answer to a challenge */
    struct crypto *crypto;    /* owned; NULL until it is needed */
    int64_t deadline_ns;      /* of all hops together */
    char detail[48];
};

static struct trail *trail_of(struct fetch *f)
{
    if (!f->trail)
        f->trail = xcalloc(1, sizeof *f->trail);
    return f->trail;
}

/* --------------------------------------------------------------- the answer */

/* What of an answer's headers decides how it goes on. */
struct notable {
    bool is_coded;
    const char *location; /* NULL: none; the first one counts */
    size_t location_length;
    const char *cookies; /* the first line with one; NULL: none */
    bool is_challenged;
};

/* The trimmed value of the line from `at` to `end`, if that is its name. */
static const char *value_of(const char *at, const char *end, const char *name,
                            size_t name_length, size_t *length)
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

#define VALUE_OF(at, end, name, length)                                        \
    value_of(at, end, name, sizeof(name) - 1, length)

/* Most lines are told by their first letter. */
static void note_line(struct notable *n, const char *at, const char *end)
{
    size_t length;
    char first = (char)(*at | 0x20);
    if (first == 'c') {
        n->is_coded |= VALUE_OF(at, end, "Content-Encoding", &length) != NULL;
    } else if (first == 'l' && !n->location) {
        n->location = VALUE_OF(at, end, "Location", &n->location_length);
    } else if (first == 's' && !n->cookies) {
        n->cookies = VALUE_OF(at, end, "Set-Cookie", &length) ? at : NULL;
    } else if (first == 'w') {
        n->is_challenged |=
            VALUE_OF(at, end, "WWW-Authenticate", &length) != NULL;
    }
}

static void read_headers(const struct http_result *r, struct notable *n)
{
    const char *at = r->headers, *end = at + r->header_bytes;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        note_line(n, at, stop);
        at = stop + 1;
    }
}

static void decode(struct fetch *f, const struct http_result *r,
                   const struct notable *n, struct fetch_result *out)
{
    if (out->is_discarded || !n->is_coded)
        return;
    struct buffer *decoded = worker_scratch(f->vu->worker);
    buffer_clear(decoded);
    out->failure =
        inflate_body(r->headers, r->header_bytes, r->body, r->body_bytes,
                     f->request.max_body_bytes, decoded);
    out->body = buffer_text(decoded);
    out->body_bytes = decoded->size;
    if (out->failure == HTTP_DECODING)
        out->detail = "the body is not what its Content-Encoding says";
    if (out->failure == HTTP_TOO_LARGE)
        out->detail = "the decoded body is larger than max_body";
}

static void drop_answer(struct fetch_result *out)
{
    out->status = 0;
    out->body = out->headers = "";
    out->body_bytes = out->header_bytes = 0;
    out->tunnel = NULL;
}

static void judge(struct fetch *f, const struct http_result *r,
                  struct fetch_result *out)
{
    const char *problem = f->refuse ? f->refuse(f->refuse_arg, r) : NULL;
    if (!problem)
        return;
    out->failure = HTTP_PROTOCOL;
    out->detail = problem;
}

static struct request_sample sample_of(const struct fetch *f,
                                       const struct http_result *r)
{
    return (struct request_sample){.name = f->name,
                                   .method = f->request.method,
                                   .url = f->request.url,
                                   .step = f->step,
                                   .result = r,
                                   .tags = &f->tags,
                                   .vu = f->vu};
}

static void record(struct fetch *f, const struct http_result *r,
                   const struct fetch_result *out)
{
    struct http_result seen = *r;
    struct request_sample sample = sample_of(f, &seen);
    seen.detail = out->detail;
    sample.is_expected = out->is_ok;
    sample.failure = out->failure;
    if (f->is_streaming) {
        seen.status = out->status;
        seen.proto = out->proto;
        seen.timings.phase_ns[HTTP_RECEIVING] = 0;
    }
    record_request(f->vu->worker, &sample);
    trace_note(f, out);
}

/* ------------------------------------------------------------------ cookies */

/* The lines of an answer from the first with a cookie on. */
static void take_cookies(struct fetch *f, const char *at, const char *end)
{
    struct vu *vu = f->vu;
    struct cookie_place from;
    struct set_cookie c;
    int64_t now_ms = clock_wall_ms();
    if (worker_plan(vu->worker)->cookies == COOKIES_NONE ||
        !cookie_place_of(&from, f->request.url))
        return;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t length;
        if (!stop)
            stop = end;
        const char *value = VALUE_OF(at, stop, "Set-Cookie", &length);
        if (value && set_cookie_parse(&c, value, length, now_ms)) {
            if (!vu->cookies)
                vu->cookies = cookies_new();
            cookies_receive(vu->cookies, &from, &c, now_ms);
            if (f->cookies)
                cookie_text_remove(f->cookies, c.name.at, c.name.length);
        }
        at = stop + (stop < end);
    }
}

/* Those of the user that go there, but for names the request has itself. */
static void add_cookies_of_user(struct fetch *f, struct buffer *text)
{
    struct cookie_place to;
    const struct cookie *const *list;
    if (!f->vu->cookies || !cookie_place_of(&to, f->request.url))
        return;
    size_t count = cookies_for(f->vu->cookies, &to, clock_wall_ms(), &list);
    for (size_t i = 0; i < count; i++)
        if (!f->cookies ||
            !cookie_text_has(f->cookies, list[i]->name, list[i]->name_length))
            cookie_text_add(text, list[i]->name, list[i]->name_length,
                            list[i]->value, list[i]->value_length);
}

static bool has_cookie_line(const char *lines)
{
    const char *at = lines;
    while (at && *at) {
        if (strncasecmp(at, "Cookie:", 7) == 0)
            return true;
        at = strchr(at, '\n');
        at += at != NULL;
    }
    return false;
}

/* A Cookie header of the script stands for itself. */
static void carry_cookies(struct fetch *f)
{
    struct trail *t = trail_of(f);
    struct buffer *text = &t->cookies;
    buffer_clear(text);
    add_cookies_of_user(f, text);
    if (f->cookies && f->cookies->size) {
        if (text->size)
            buffer_add(text, "; ", 2);
        buffer_add(text, f->cookies->data, f->cookies->size);
    }
    if (!text->size || has_cookie_line(f->request.headers))
        return;
    buffer_clear(&t->sent);
    if (f->request.headers)
        buffer_add_text(&t->sent, f->request.headers);
    buffer_add_text(&t->sent, "Cookie: ");
    buffer_add(&t->sent, text->data, text->size);
    buffer_add(&t->sent, "\r\n", 2);
    f->request.headers = buffer_text(&t->sent);
}

/* ------------------------------------------------------------------- hops */

static const struct http_sink stream;
static void on_exchange_done(void *arg, const struct http_result *r);

/* Its thread is the only writer: no locked instruction for what others only
 * look at now and then. */
static void count_in_flight(struct worker *w, int by)
{
    unsigned count = atomic_load_explicit(&w->in_flight, memory_order_relaxed);
    atomic_store_explicit(&w->in_flight, count + (unsigned)by,
                          memory_order_relaxed);
}

static void send(struct fetch *f)
{
    f->request.sink = f->sink ? &stream : NULL;
    if (f->vu->cookies || f->cookies)
        carry_cookies(f);
    count_in_flight(f->vu->worker, 1);
    f->exchange = http_start(vu_http(f->vu), &f->request, on_exchange_done, f);
}

static void begin_trail(struct fetch *f, const struct http_result *r)
{
    struct trail *t = f->trail;
    f->is_on_trail = true;
    buffer_clear(&t->lines);
    buffer_clear(&t->hops);
    if (f->lines)
        buffer_add_text(&t->lines, f->lines);
    buffer_text(&t->lines);
    t->deadline_ns = r->timings.started_ns + f->request.timeout_ns;
}

/* The time limit is for all of it. */
static void go_on(struct fetch *f, const struct http_result *r)
{
    int64_t left_ns = f->trail->deadline_ns - r->timings.ended_ns;
    f->request.timeout_ns = left_ns > 0 ? left_ns : 1;
}

/* Where the trail's next address is; the old one is still f's. */
static void turn(struct fetch *f, const struct http_result *r)
{
    struct trail *t = f->trail;
    if (!f->is_on_trail)
        begin_trail(f, r);
    f->hops++;
    buffer_printf(&t->hops, "%d %s\n", r->status, f->request.url);
    if (!redirect_apply(&f->request, &t->lines, r->status, t->next_url.data)) {
        f->cookies = NULL;
        f->digest = NULL;
    }
    f->has_answered = false;
    go_on(f, r);
    struct buffer before = t->url;
    t->url = t->next_url;
    t->next_url = before;
}

static bool leads_on(struct fetch *f, const struct http_result *r,
                     const struct notable *n)
{
    return redirect_is(r->status) && f->redirects && n->location &&
           redirect_locate(&trail_of(f)->next_url, f->request.url, n->location,
                           n->location_length);
}

static void give_up(struct fetch *f, struct fetch_result *out)
{
    struct trail *t = f->trail;
    snprintf(t->detail, sizeof t->detail, "more than %u redirects",
             (unsigned)f->redirects);
    out->failure = HTTP_TOO_MANY_REDIRECTS;
    out->detail = t->detail;
}

/* The exchange as a sample of its own; afterwards `r` is gone. */
static void follow(struct fetch *f, const struct http_result *r,
                   struct fetch_result *out)
{
    out->is_ok = true;
    record(f, r, out);
    turn(f, r);
    send(f);
}

/* ----------------------------------------------------------------- challenges
 */

static void make_cnonce(char cnonce[33])
{
    unsigned char bytes[16];
    if (!crypto_random(bytes, sizeof bytes))
        abort();
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(cnonce + 2 * i, 3, "%02x", bytes[i]);
}

/* The same request again, with credentials. */
static void answer(struct fetch *f, const struct http_result *r,
                   const struct digest_challenge *c)
{
    struct trail *t = trail_of(f);
    char cnonce[33];
    struct digest_request request = {.credentials = f->digest,
                                     .method = f->request.method,
                                     .url = f->request.url,
                                     .cnonce = cnonce};
    if (!t->crypto && !(t->crypto = crypto_new()))
        abort();
    make_cnonce(cnonce);
    if (!f->is_on_trail)
        begin_trail(f, r);
    buffer_clear(&t->authorized);
    buffer_add(&t->authorized, t->lines.data, t->lines.size);
    digest_auth_answer(&t->authorized, c, &request, t->crypto);
    f->request.headers = buffer_text(&t->authorized);
    f->has_answered = true;
    go_on(f, r);
}

/* Whether the request was sent again, with credentials; the challenge is then a
 * sample of its own, and `r` is gone. */
static bool meets_challenge(struct fetch *f, const struct http_result *r,
                            const struct notable *n, struct fetch_result *out)
{
    struct digest_challenge c;
    struct fetch_result challenge = *out;
    if (!f->digest || f->has_answered || r->status != 401 ||
        !n->is_challenged || !digest_auth_find(&c, r->headers, r->header_bytes))
        return false;
    challenge.is_ok = true;
    record(f, r, &challenge);
    answer(f, r, &c);
    send(f);
    return true;
}

/* ------------------------------------------------------------------ streams
 */

static void add_trail(const struct fetch *f, struct fetch_result *out)
{
    out->url = f->request.url;
    if (f->hops) {
        out->hops = f->trail->hops.data;
        out->hop_bytes = f->trail->hops.size;
    }
}

/* Whether the request goes on elsewhere, or again, or fails for that. */
static bool is_final(struct fetch *f, const struct http_result *r,
                     const struct notable *n)
{
    bool is_challenge = f->digest && !f->has_answered && r->status == 401;
    return !is_challenge && !leads_on(f, r, n);
}

static bool on_head(void *arg, const struct http_head *head)
{
    struct fetch *f = arg;
    struct http_result r = {.status = head->status,
                            .headers = head->headers,
                            .header_bytes = head->header_bytes};
    struct notable n = {0};
    read_headers(&r, &n);
    if (!is_final(f, &r, &n))
        return false;
    if (n.cookies)
        take_cookies(f, n.cookies, r.headers + r.header_bytes);
    f->is_streaming = true;
    f->head_status = head->status;
    f->head_proto = head->proto;
    f->ends_as = n.is_coded ? HTTP_DECODING : HTTP_OK;
    struct fetch_result out = {.is_ok =
                                   expectation_meets(f->expect, head->status),
                               .status = head->status,
                               .proto = head->proto,
                               .headers = head->headers,
                               .header_bytes = head->header_bytes};
    add_trail(f, &out);
    f->sink->on_head(f->arg, &out, n.is_coded);
    return true;
}

static void on_body(void *arg, const char *bytes, size_t size)
{
    struct fetch *f = arg;
    f->sink->on_body(f->arg, bytes, size);
}

static const struct http_sink stream = {.on_head = on_head, .on_body = on_body};

/* Broken off by us after the head, it has ended well, or as we say. */
static void end_stream(const struct fetch *f, struct fetch_result *out)
{
    static const char *const details[HTTP_FAILURES] = {
        [HTTP_TOO_LARGE] = "an event or line is larger than max_event",
        [HTTP_DECODING] = "the stream has a Content-Encoding, though none was "
                          "offered"};
    if (out->failure == HTTP_CUT_OFF ||
        (out->failure == HTTP_OK && f->ends_as)) {
        out->body = out->headers = "";
        out->failure = f->ends_as;
        out->detail = details[f->ends_as];
    }
    if (out->failure == HTTP_OK)
        out->status = f->head_status;
    out->proto = f->head_proto;
}

void fetch_close(struct fetch *f, enum http_failure as)
{
    f->ends_as = as;
    http_cancel(f->exchange);
}

void fetch_hold(struct fetch *f, bool is_held)
{
    if (f->exchange)
        http_hold(f->exchange, is_held);
}

void fetch_count_events(const struct fetch *f, uint64_t count,
                        int64_t started_ns, int64_t first_ns)
{
    struct http_result r = {.status = f->head_status, .proto = f->head_proto};
    struct request_sample sample = sample_of(f, &r);
    r.timings.started_ns = started_ns;
    record_stream_events(f->vu->worker, &sample, count, first_ns);
}

/* -------------------------------------------------------------------- ends */

static void hand_over(struct fetch *f, struct fetch_result *out)
{
    struct worker *w = f->vu->worker; /* `done` may end the user */
    add_trail(f, out);
    f->done(f->arg, out);
    buffer_trim(worker_scratch(w), DECODED_KEEP_BYTES);
}

static void on_exchange_done(void *arg, const struct http_result *r)
{
    struct fetch *f = arg;
    struct fetch_result out = {.failure = r->failure,
                               .status = r->status,
                               .proto = r->proto,
                               .detail = r->detail,
                               .body = r->body,
                               .body_bytes = r->body_bytes,
                               .headers = r->headers,
                               .header_bytes = r->header_bytes,
                               .is_discarded = f->request.discards_body,
                               .timings = &r->timings,
                               .tunnel = r->tunnel};
    struct notable n = {0};
    count_in_flight(f->vu->worker, -1);
    f->exchange = NULL;
    if (f->is_streaming)
        end_stream(f, &out);
    f->vu->requests++;
    f->vu->answers += out.failure == HTTP_OK;
    if (out.failure == HTTP_OK && !f->is_streaming) {
        read_headers(r, &n);
        if (n.cookies)
            take_cookies(f, n.cookies, r->headers + r->header_bytes);
        if (meets_challenge(f, r, &n, &out))
            return;
        if (!leads_on(f, r, &n)) {
            decode(f, r, &n, &out);
            judge(f, r, &out);
        } else if (f->hops < f->redirects) {
            follow(f, r, &out);
            return;
        } else {
            give_up(f, &out);
        }
    }
    if (out.failure != HTTP_OK)
        drop_answer(&out);
    out.is_ok =
        out.failure == HTTP_OK && expectation_meets(f->expect, out.status);
    record(f, r, &out);
    hand_over(f, &out);
}

/* What one unusually long address left behind is given back. */
static void tidy_trail(struct trail *t)
{
    buffer_trim(&t->url, TRAIL_KEEP_BYTES);
    buffer_trim(&t->next_url, TRAIL_KEEP_BYTES);
    buffer_trim(&t->lines, TRAIL_KEEP_BYTES);
    buffer_trim(&t->hops, TRAIL_KEEP_BYTES);
    buffer_trim(&t->cookies, TRAIL_KEEP_BYTES);
    buffer_trim(&t->sent, TRAIL_KEEP_BYTES);
    buffer_trim(&t->authorized, TRAIL_KEEP_BYTES);
}

void fetch_start(struct fetch *f, struct vu *vu)
{
    f->vu = vu;
    f->step = vu->pool ? vu->pool->step : RECORD_NO_STEP;
    if (vu->pool)
        record_tag_step(vu, &f->tags);
    f->lines = f->request.headers;
    f->hops = 0;
    f->is_on_trail = f->has_answered = f->is_streaming = false;
    if (f->trail)
        tidy_trail(f->trail);
    send(f);
}

void fetch_cancel(struct fetch *f)
{
    if (f->exchange)
        http_cancel(f->exchange);
}

void fetch_fini(struct fetch *f)
{
    struct trail *t = f->trail;
    if (!t)
        return;
    buffer_fini(&t->url);
    buffer_fini(&t->next_url);
    buffer_fini(&t->lines);
    buffer_fini(&t->hops);
    buffer_fini(&t->cookies);
    buffer_fini(&t->sent);
    buffer_fini(&t->authorized);
    if (t->crypto)
        crypto_free(t->crypto);
    free(t);
    f->trail = NULL;
}
