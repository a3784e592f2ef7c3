#include "engine/fetch.h"

#include "base/buffer.h"
#include "engine/answer_headers.h"
#include "engine/digest_auth.h"
#include "engine/fetch_cookies.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/record_request.h"
#include "engine/tagging.h"
#include "engine/trace.h"
#include "engine/trail.h"
#include "engine/vu.h"
#include "engine/worker.h"
#include "io/inflate.h"

enum { DECODED_KEEP_BYTES = 256 * 1024 };

/* --------------------------------------------------------------- the answer */

static void decode(struct fetch *f, const struct http_result *r,
                   const struct answer_headers *h, struct fetch_result *out)
{
    if (out->is_discarded || !h->is_coded)
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

/* --------------------------------------------------------------- exchanges */

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
        fetch_carry_cookies(f);
    count_in_flight(f->vu->worker, 1);
    f->exchange = http_start(vu_http(f->vu), &f->request, on_exchange_done, f);
}

/* The exchange as a sample of its own; afterwards `r` is gone. */
static void follow(struct fetch *f, const struct http_result *r,
                   struct fetch_result *out)
{
    out->is_ok = true;
    record(f, r, out);
    trail_turn(f, r);
    send(f);
}

/* Whether the request was sent again, with credentials; the challenge is then a
 * sample of its own, and `r` is gone. */
static bool meets_challenge(struct fetch *f, const struct http_result *r,
                            const struct answer_headers *h,
                            struct fetch_result *out)
{
    struct digest_challenge c;
    struct fetch_result challenge = *out;
    if (!f->digest || f->has_answered || r->status != 401 ||
        !h->is_challenged || !digest_auth_find(&c, r->headers, r->header_bytes))
        return false;
    challenge.is_ok = true;
    record(f, r, &challenge);
    trail_authorize(f, r, &c);
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
                     const struct answer_headers *h)
{
    bool is_challenge = f->digest && !f->has_answered && r->status == 401;
    return !is_challenge && !trail_leads_on(f, r, h);
}

static bool on_head(void *arg, const struct http_head *head)
{
    struct fetch *f = arg;
    struct http_result r = {.status = head->status,
                            .headers = head->headers,
                            .header_bytes = head->header_bytes};
    struct answer_headers h = {0};
    answer_headers_read(&h, r.headers, r.header_bytes);
    if (!is_final(f, &r, &h))
        return false;
    if (h.cookies)
        fetch_take_cookies(f, h.cookies, r.headers + r.header_bytes);
    f->is_streaming = true;
    f->head_status = head->status;
    f->head_proto = head->proto;
    f->ends_as = h.is_coded ? HTTP_DECODING : HTTP_OK;
    struct fetch_result out = {.is_ok =
                                   expectation_meets(f->expect, head->status),
                               .status = head->status,
                               .proto = head->proto,
                               .headers = head->headers,
                               .header_bytes = head->header_bytes};
    add_trail(f, &out);
    f->sink->on_head(f->arg, &out, h.is_coded);
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

static struct fetch_result result_of(const struct fetch *f,
                                     const struct http_result *r)
{
    return (struct fetch_result){.failure = r->failure,
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
}

/* A complete answer: true if it is the last one, false if the request was sent
 * on, and `r` is gone. */
static bool take_answer(struct fetch *f, const struct http_result *r,
                        struct fetch_result *out)
{
    struct answer_headers h = {0};
    answer_headers_read(&h, r->headers, r->header_bytes);
    if (h.cookies)
        fetch_take_cookies(f, h.cookies, r->headers + r->header_bytes);
    if (meets_challenge(f, r, &h, out))
        return false;
    if (!trail_leads_on(f, r, &h)) {
        decode(f, r, &h, out);
        judge(f, r, out);
    } else if (f->hops < f->redirects) {
        follow(f, r, out);
        return false;
    } else {
        trail_give_up(f, out);
    }
    return true;
}

static void on_exchange_done(void *arg, const struct http_result *r)
{
    struct fetch *f = arg;
    struct fetch_result out = result_of(f, r);
    count_in_flight(f->vu->worker, -1);
    f->exchange = NULL;
    if (f->is_streaming)
        end_stream(f, &out);
    f->vu->requests++;
    f->vu->answers += out.failure == HTTP_OK;
    if (out.failure == HTTP_OK && !f->is_streaming && !take_answer(f, r, &out))
        return;
    if (out.failure != HTTP_OK)
        drop_answer(&out);
    out.is_ok =
        out.failure == HTTP_OK && expectation_meets(f->expect, out.status);
    record(f, r, &out);
    hand_over(f, &out);
}

void fetch_start(struct fetch *f, struct vu *vu)
{
    f->vu = vu;
    f->step = vu->pool ? vu->pool->step : RECORD_NO_STEP;
    if (vu->pool)
        tagging_step(vu, &f->tags);
    f->lines = f->request.headers;
    f->hops = 0;
    f->is_on_trail = f->has_answered = f->is_streaming = false;
    if (f->trail)
        trail_trim(f->trail);
    send(f);
}

void fetch_cancel(struct fetch *f)
{
    if (f->exchange)
        http_cancel(f->exchange);
}

void fetch_fini(struct fetch *f)
{
    trail_free(f->trail);
    f->trail = NULL;
}
