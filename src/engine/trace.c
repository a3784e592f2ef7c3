#include "engine/trace.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/url.h"
#include "engine/fetch.h"
#include "engine/vu.h"
#include "engine/worker.h"

void trace_samples_fini(struct trace_samples *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->items[i].class);
        free(s->items[i].text);
    }
    free(s->items);
    *s = (struct trace_samples){0};
}

/* --------------------------------------------------------------------- text */

/* Header names whose values are credentials. */
static bool is_secret(const char *line, size_t length)
{
    static const char *const names[] = {
        "authorization", "proxy-authorization", "cookie",      "set-cookie",
        "x-api-key",     "x-auth-token",        "x-csrf-token"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        if (length > n && line[n] == ':' && strncasecmp(line, names[i], n) == 0)
            return true;
    }
    return false;
}

/* Bytes that a terminal could take for commands become dots. */
static void add_printable(struct buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool is_plain = (c >= 0x20 && c != 0x7f) || c == '\t';
        buffer_add_char(out, is_plain ? (char)c : '.');
    }
}

static void add_line(struct buffer *out, char mark, const char *line,
                     size_t length)
{
    buffer_add_char(out, mark);
    buffer_add_char(out, ' ');
    if (is_secret(line, length)) {
        size_t name = (size_t)((const char *)memchr(line, ':', length) - line);
        add_printable(out, line, name);
        buffer_add_text(out, ": ***");
    } else {
        add_printable(out, line, length);
    }
    buffer_add_char(out, '\n');
}

/* Each line with its mark; a last line may lack its end. */
static void add_lines(struct buffer *out, char mark, const char *text,
                      size_t length)
{
    const char *end = text + length;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        size_t size = (size_t)(stop - text);
        if (size && text[size - 1] == '\r')
            size--;
        add_line(out, mark, text, size);
        text = stop + 1;
    }
}

static void add_body(struct buffer *out, char mark, const char *body,
                     size_t length)
{
    size_t shown =
        length < TRACE_BODY_MAX_BYTES ? length : TRACE_BODY_MAX_BYTES;
    buffer_printf(out, "%c\n", mark);
    add_lines(out, mark, body, shown);
    if (shown < length)
        buffer_printf(out, "%c … %zu bytes more\n", mark, length - shown);
}

/* "user:password@" before the host stays unsaid. */
static void add_authority(struct buffer *out, const char *url)
{
    const char *begin = strstr(url, "://"), *path = url_path(url);
    begin = begin ? begin + 3 : url;
    for (const char *at = begin; at < path; at++)
        if (*at == '@')
            begin = at + 1;
    add_printable(out, begin, (size_t)(path - begin));
}

static void add_request(struct buffer *out, const struct http_request *r)
{
    const char *path = url_path(r->url);
    buffer_printf(out, "> %s ", r->method);
    if (*path != '/')
        buffer_add_char(out, '/');
    add_printable(out, path, strlen(path));
    buffer_add_text(out, "\n> Host: ");
    add_authority(out, r->url);
    buffer_add_char(out, '\n');
    if (r->headers)
        add_lines(out, '>', r->headers, strlen(r->headers));
    if (r->has_body)
        add_body(out, '>', r->body, r->body_bytes);
}

static void add_answer(struct buffer *out, const struct fetch_result *r)
{
    if (r->failure != HTTP_OK) {
        buffer_printf(out, "< no answer: %s", http_failure_name(r->failure));
        if (r->detail)
            buffer_printf(out, ": %s", r->detail);
        buffer_add_char(out, '\n');
        return;
    }
    buffer_printf(out, "< %d\n", r->status);
    add_lines(out, '<', r->headers, r->header_bytes);
    if (r->body_bytes)
        add_body(out, '<', r->body, r->body_bytes);
}

void trace_describe(struct buffer *out, const struct fetch *f,
                    const struct fetch_result *result)
{
    const struct http_timings *t = result->timings;
    buffer_printf(out, "* vu %u iteration %llu: %s in %.2f ms\n", f->vu->id,
                  (unsigned long long)f->vu->iteration,
                  result->is_ok ? "ok" : "failed",
                  (double)(t->ended_ns - t->started_ns) / NS_PER_MS);
    add_request(out, &f->request);
    add_answer(out, result);
}

/* ------------------------------------------------------------------ keeping */

static size_t count_of(const struct trace_samples *s, const char *class)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++)
        count += strcmp(s->items[i].class, class) == 0;
    return count;
}

static void keep(struct worker *w, const struct fetch *f,
                 const struct fetch_result *result)
{
    struct trace_samples *s = &w->traces;
    uint32_t most = worker_plan(w)->debug_failures;
    char class[32];
    struct buffer text = {0};
    if (result->failure != HTTP_OK)
        snprintf(class, sizeof class, "%s", http_failure_name(result->failure));
    else
        snprintf(class, sizeof class, "status_%d", result->status);
    if (s->count >= (size_t)TRACE_CLASSES_MAX * most ||
        count_of(s, class) >= most)
        return;
    trace_describe(&text, f, result);
    array_reserve((void **)&s->items, &s->capacity, s->count + 1,
                  sizeof *s->items);
    s->items[s->count++] = (struct trace_sample){
        .class = xstrdup(class), .text = xstrdup(buffer_text(&text))};
    buffer_fini(&text);
}

static bool is_followed(const struct vu *vu, enum debug_follow follow)
{
    if (follow == DEBUG_FOLLOW_ALL)
        return vu->id <= 1;
    return follow == DEBUG_FOLLOW_FIRST && vu->id <= 1 && vu->iteration <= 1;
}

static void write_down(const struct fetch *f, const struct fetch_result *result)
{
    struct buffer text = {0};
    trace_describe(&text, f, result);
    if (text.size && text.data[text.size - 1] == '\n')
        text.size--;
    log_line(LOG_INFO, "%s", buffer_text(&text));
    buffer_fini(&text);
}

void trace_note(struct fetch *f, const struct fetch_result *result)
{
    struct worker *w = f->vu->worker;
    const struct run_plan *plan = worker_plan(w);
    if (is_followed(f->vu, plan->debug_follow))
        write_down(f, result);
    if (plan->debug_failures && !result->is_ok)
        keep(w, f, result);
}
