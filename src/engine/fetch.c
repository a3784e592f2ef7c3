#include "engine/fetch.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "engine/pool.h"
#include "engine/record.h"
#include "engine/trace.h"
#include "engine/vu.h"
#include "engine/worker.h"
#include "io/inflate.h"

enum { DECODED_KEEP_BYTES = 256 * 1024 };

/* The value of the last header of that name, trimmed; NULL if there is none. */
static const char *find_header(const struct http_result *r, const char *name,
                               size_t *length)
{
    const char *found = NULL, *at = r->headers;
    const char *end = at + r->header_bytes;
    size_t name_length = strlen(name);
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        const char *stop = line_end ? line_end : end;
        if ((size_t)(stop - at) > name_length && at[name_length] == ':' &&
            strncasecmp(at, name, name_length) == 0) {
            found = at + name_length + 1;
            while (found < stop && (*found == ' ' || *found == '\t'))
                found++;
            *length = (size_t)(stop - found);
            while (*length && strchr(" \t\r", found[*length - 1]))
                --*length;
        }
        at = stop + 1;
    }
    return found;
}

static void decode(struct fetch *f, const struct http_result *r,
                   struct fetch_result *out)
{
    size_t length = 0;
    const char *coding = find_header(r, "Content-Encoding", &length);
    if (!coding)
        return;
    struct buffer *decoded = worker_scratch(f->vu->worker);
    buffer_clear(decoded);
    out->failure = inflate_body(coding, length, r->body, r->body_bytes,
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
}

static void record(struct fetch *f, const struct http_result *r,
                   const struct fetch_result *out)
{
    struct http_result seen = *r;
    seen.detail = out->detail;
    struct request_sample sample = {.name = f->name,
                                    .method = f->request.method,
                                    .url = f->request.url,
                                    .step = f->step,
                                    .is_expected = out->is_ok,
                                    .failure = out->failure,
                                    .result = &seen,
                                    .tags = &f->tags};
    record_request(f->vu->worker, &sample);
}

static void on_exchange_done(void *arg, const struct http_result *r)
{
    struct fetch *f = arg;
    struct fetch_result out = {.failure = r->failure,
                               .status = r->status,
                               .detail = r->detail,
                               .body = r->body,
                               .body_bytes = r->body_bytes,
                               .headers = r->headers,
                               .header_bytes = r->header_bytes,
                               .timings = &r->timings};
    f->exchange = NULL;
    if (out.failure == HTTP_OK)
        decode(f, r, &out);
    if (out.failure != HTTP_OK)
        drop_answer(&out);
    out.is_ok =
        out.failure == HTTP_OK && expectation_meets(f->expect, out.status);
    f->vu->requests++;
    f->vu->answers += out.failure == HTTP_OK;
    record(f, r, &out);
    trace_note(f, &out);
    struct worker *w = f->vu->worker; /* `done` may end the user */
    f->done(f->arg, &out);
    buffer_trim(worker_scratch(w), DECODED_KEEP_BYTES);
}

void fetch_start(struct fetch *f, struct vu *vu)
{
    f->vu = vu;
    f->step = vu->pool ? vu->pool->step : RECORD_NO_STEP;
    if (vu->pool)
        record_tag_step(vu, &f->tags);
    f->exchange = http_start(vu_http(vu), &f->request, on_exchange_done, f);
}

void fetch_cancel(struct fetch *f)
{
    if (f->exchange)
        http_cancel(f->exchange);
}
