#include "engine/trail.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "engine/answer_headers.h"
#include "engine/digest_auth.h"
#include "engine/fetch.h"
#include "engine/redirect.h"
#include "io/crypto.h"

enum { TRAIL_KEEP_BYTES = 8 * 1024 };

struct trail *trail_of(struct fetch *f)
{
    if (!f->trail)
        f->trail = xcalloc(1, sizeof *f->trail);
    return f->trail;
}

/* What one unusually long address left behind is given back. */
void trail_trim(struct trail *t)
{
    buffer_trim(&t->url, TRAIL_KEEP_BYTES);
    buffer_trim(&t->next_url, TRAIL_KEEP_BYTES);
    buffer_trim(&t->lines, TRAIL_KEEP_BYTES);
    buffer_trim(&t->hops, TRAIL_KEEP_BYTES);
    buffer_trim(&t->cookies, TRAIL_KEEP_BYTES);
    buffer_trim(&t->sent, TRAIL_KEEP_BYTES);
    buffer_trim(&t->authorized, TRAIL_KEEP_BYTES);
}

void trail_free(struct trail *t)
{
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
}

/* ---------------------------------------------------------------- redirects */

bool trail_leads_on(struct fetch *f, const struct http_result *r,
                    const struct answer_headers *h)
{
    return redirect_is(r->status) && f->redirects && h->location &&
           redirect_locate(&trail_of(f)->next_url, f->request.url, h->location,
                           h->location_length);
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

void trail_turn(struct fetch *f, const struct http_result *r)
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

void trail_give_up(struct fetch *f, struct fetch_result *out)
{
    struct trail *t = f->trail;
    snprintf(t->detail, sizeof t->detail, "more than %u redirects",
             (unsigned)f->redirects);
    out->failure = HTTP_TOO_MANY_REDIRECTS;
    out->detail = t->detail;
}

/* --------------------------------------------------------------- challenges */

static void make_cnonce(char cnonce[33])
{
    unsigned char bytes[16];
    if (!crypto_random(bytes, sizeof bytes))
        abort();
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(cnonce + 2 * i, 3, "%02x", bytes[i]);
}

void trail_authorize(struct fetch *f, const struct http_result *r,
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
