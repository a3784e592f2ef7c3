#include "io/h1_answer.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

enum { HEAD_KEEP_BYTES = 8 * 1024, BODY_KEEP_BYTES = 64 * 1024 };

static struct h1_answer *answer_of(llhttp_t *parser)
{
    return parser->data;
}

/* --------------------------------------------------------------------- head */

static int refuse(struct h1_answer *a, const char *problem)
{
    a->problem = problem;
    return HPE_USER;
}

static int refuse_large(struct h1_answer *a, const char *problem)
{
    a->is_too_large = true;
    return refuse(a, problem);
}

static bool has_no_body(const struct h1_answer *a)
{
    return a->answers_head || a->status / 100 == 1 || a->status == 204 ||
           a->status == 304;
}

/* Pauses the parser, which does not say where it is before. */
static int on_headers_complete(llhttp_t *parser)
{
    struct h1_answer *a = answer_of(parser);
    a->status = parser->status_code;
    if (has_no_body(a))
        parser->flags |= F_SKIPBODY; /* as a callback's 1 does */
    return HPE_PAUSED;
}

/* The head ends where `end` is. Its header lines are between the status line
 * and the empty line. llhttp takes some lines without CR; we do not. */
static int take_lines(struct h1_answer *a, const char *end)
{
    const char *text = a->at;
    if (a->head_store.size) { /* it spans reads */
        buffer_add(&a->head_store, text, (size_t)(end - text));
        text = a->head_store.data;
        end = text + a->head_store.size;
    }
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    if (!newline || newline[-1] != '\r' || end - newline < 3 ||
        memcmp(end - 4, "\r\n\r\n", 4) != 0)
        return refuse(a, "a line of the head does not end with CR LF");
    a->headers = newline + 1;
    a->header_bytes = (size_t)(end - 2 - a->headers);
    a->head_bytes += (size_t)(end - text);
    return a->head_bytes <= H1_HEAD_MAX_BYTES
               ? HPE_OK
               : refuse_large(a, "the headers are larger than 256 kB");
}

/* We offer no transfer coding, so the only one is chunked, once: RFC 9112 6.1.
 * llhttp would hand out what another coding made of the body. */
static bool is_only_chunked(const struct h1_answer *a)
{
    static const char name[] = "transfer-encoding:";
    const char *at = a->headers, *end = at + a->header_bytes;
    unsigned codings = 0;
    for (; at < end;
         at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1) {
        if (strncasecmp(at, name, sizeof name - 1) != 0)
            continue;
        at += sizeof name - 1;
        at += strspn(at, " \t");
        if (strncasecmp(at, "chunked", 7) != 0 || !strchr(" \t\r", at[7]))
            return false;
        codings++;
    }
    return codings == 1;
}

static int take_head(struct h1_answer *a, const char *end)
{
    const llhttp_t *parser = &a->parser;
    a->is_in_head = false;
    if (parser->http_major != 1)
        return refuse(a, "the answer is no HTTP/1.x");
    if (a->status < 100)
        return refuse(a, "the status is no number from 100 to 999");
    if (a->status == 101 && !a->switches)
        return refuse(a, "the server switches protocols, unasked");
    a->minor = parser->http_minor;
    int problem = take_lines(a, end);
    if (problem)
        return problem;
    a->cache = http_cache_verdict(a->status, a->headers, a->header_bytes);
    if (!has_no_body(a) && (parser->flags & F_TRANSFER_ENCODING) &&
        !is_only_chunked(a))
        return refuse(a, "a transfer coding other than chunked");
    if (a->on_head && a->status / 100 != 1)
        a->is_streamed = a->on_head(a);
    if (!has_no_body(a) && !a->discards_body && !a->is_streamed &&
        (parser->flags & F_CONTENT_LENGTH) &&
        parser->content_length > a->max_body_bytes)
        return refuse_large(a, "the body is larger than max_body");
    return HPE_OK;
}

/* --------------------------------------------------------------------- body */

static void store_body(struct h1_answer *a)
{
    buffer_add(&a->body_store, a->body, a->body_bytes);
    a->body = NULL;
    a->body_bytes = 0;
}

static int on_body(llhttp_t *parser, const char *bytes, size_t size)
{
    struct h1_answer *a = answer_of(parser);
    if (a->is_streamed)
        a->on_piece(a, bytes, size);
    if (a->is_streamed || a->discards_body)
        return 0;
    if (size > a->max_body_bytes - a->body_store.size - a->body_bytes)
        return refuse_large(a, "the body is larger than max_body");
    if (!a->body_store.size && !a->body_bytes) {
        a->body = bytes;
        a->body_bytes = size;
        return 0;
    }
    store_body(a);
    buffer_add(&a->body_store, bytes, size);
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct h1_answer *a = answer_of(parser);
    a->is_over = true;
    a->keeps_alive = llhttp_should_keep_alive(parser);
    return HPE_PAUSED;
}

/* ------------------------------------------------------------------ messages
 */

static const llhttp_settings_t settings = {
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete};

static void begin_message(struct h1_answer *a)
{
    llhttp_init(&a->parser, HTTP_RESPONSE, &settings);
    a->parser.data = a;
    a->is_fresh = a->is_in_head = true;
    a->is_over = false;
    buffer_clear(&a->head_store);
}

void h1_answer_begin(struct h1_answer *a, bool answers_head,
                     size_t max_body_bytes)
{
    a->status = 0;
    a->cache = HTTP_CACHE_SILENT;
    a->headers = a->body = NULL;
    a->header_bytes = a->body_bytes = a->head_bytes = 0;
    a->problem = NULL;
    a->interim = 0;
    a->is_too_large = a->is_streamed = false;
    a->on_head = NULL;
    a->answers_head = answers_head;
    a->discards_body = a->switches = false;
    a->max_body_bytes = max_body_bytes;
    buffer_clear(&a->body_store);
    begin_message(a);
}

static enum h1_answer_state broken(struct h1_answer *a)
{
    if (!a->problem)
        a->problem = llhttp_get_error_reason(&a->parser);
    if (!a->problem || !*a->problem)
        a->problem = "the answer is no HTTP/1.x";
    return a->is_too_large ? H1_ANSWER_TOO_LARGE : H1_ANSWER_BROKEN;
}

/* What points into the bytes must outlive them. */
static enum h1_answer_state keep(struct h1_answer *a)
{
    if (a->is_in_head) {
        buffer_add(&a->head_store, a->at, (size_t)(a->end - a->at));
        if (a->head_bytes + a->head_store.size <= H1_HEAD_MAX_BYTES)
            return H1_ANSWER_MORE;
        a->problem = "the headers are larger than 256 kB";
        return H1_ANSWER_TOO_LARGE;
    }
    if (!a->head_store.size && a->header_bytes) {
        buffer_add(&a->head_store, a->headers, a->header_bytes);
        a->headers = a->head_store.data;
    }
    if (a->body_bytes)
        store_body(a);
    return H1_ANSWER_MORE;
}

static enum h1_answer_state finish(struct h1_answer *a)
{
    if (a->body_store.size) {
        store_body(a);
        a->body = a->body_store.data;
        a->body_bytes = a->body_store.size;
    }
    if (!a->body)
        a->body = "";
    return H1_ANSWER_DONE;
}

/* llhttp would skip empty lines before the status line. */
static bool begins_well(struct h1_answer *a)
{
    if (!a->is_fresh)
        return true;
    a->is_fresh = false;
    return *a->at == 'H';
}

/* Goes on until the parser stops for another reason than the end of a head. */
static llhttp_errno_t parse(struct h1_answer *a)
{
    for (;;) {
        llhttp_errno_t e =
            llhttp_execute(&a->parser, a->at, (size_t)(a->end - a->at));
        if (e != HPE_PAUSED || a->is_over)
            return e;
        const char *here = llhttp_get_error_pos(&a->parser);
        if (take_head(a, here) != HPE_OK)
            return HPE_USER;
        a->at = here;
        if (a->status == 101) {
            a->is_over = true;
            a->keeps_alive = false;
            return HPE_PAUSED;
        }
        llhttp_resume(&a->parser);
    }
}

static bool is_final(const struct h1_answer *a)
{
    return a->status / 100 != 1 || a->status == 101;
}

enum h1_answer_state h1_answer_feed(struct h1_answer *a, const char *bytes,
                                    size_t size, size_t *used)
{
    a->at = bytes;
    a->end = bytes + size;
    while (a->at < a->end) {
        if (!begins_well(a))
            return broken(a);
        llhttp_errno_t e = parse(a);
        if (e == HPE_OK)
            return keep(a);
        if (!a->is_over)
            return broken(a);
        a->at = llhttp_get_error_pos(&a->parser);
        if (is_final(a)) {
            *used = (size_t)(a->at - bytes);
            return finish(a);
        }
        a->interim++;
        begin_message(a);
    }
    return H1_ANSWER_MORE;
}

enum h1_answer_state h1_answer_end(struct h1_answer *a)
{
    if (!a->is_in_head && !a->is_fresh) {
        llhttp_finish(&a->parser);
        if (a->is_over)
            return finish(a);
    }
    a->problem = a->is_fresh && !a->interim
                     ? "the server closed the connection without an answer"
                     : "the server closed the connection amid its answer";
    return H1_ANSWER_CUT_SHORT;
}

void h1_answer_release(struct h1_answer *a)
{
    buffer_trim(&a->head_store, HEAD_KEEP_BYTES);
    buffer_trim(&a->body_store, BODY_KEEP_BYTES);
}

void h1_answer_fini(struct h1_answer *a)
{
    buffer_fini(&a->head_store);
    buffer_fini(&a->body_store);
}
