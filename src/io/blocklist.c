#include "io/blocklist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/url.h"
#include "io/loop.h"
#include "io/transport.h"

struct blocklist {
    struct loop *loop; /* borrowed */
    char **patterns;   /* owned, NULL-terminated */
    struct list due;   /* exchanges whose `done` is due */
    struct loop_task deliver;
};

struct blocked {
    struct http_exchange head;
    struct list link;
    http_done *done;
    void *arg;
    int64_t started_ns;
    char detail[256];
};

/* ------------------------------------------------------------------ matching
 */

struct host {
    const char *at;
    size_t length;
};

/* Without user, port, brackets and the dot of a full name. */
static struct host host_of(const char *url)
{
    const char *end = url_path(url), *at = strstr(url, "://");
    at = at && at < end ? at + 3 : url;
    for (const char *c = at; c < end; c++)
        if (*c == '@')
            at = c + 1;
    const char *stop = at;
    if (*at == '[') {
        stop = memchr(at, ']', (size_t)(end - at));
        at++;
    } else {
        while (stop < end && *stop != ':')
            stop++;
    }
    struct host h = {at, stop > at ? (size_t)(stop - at) : 0};
    h.length -= h.length && h.at[h.length - 1] == '.';
    return h;
}

static bool fits(const char *pattern, struct host h)
{
    size_t length = strlen(pattern);
    if (pattern[0] != '*')
        return length == h.length && strncasecmp(pattern, h.at, length) == 0;
    pattern++; /* at its dot: the domain itself does not fit */
    length--;
    return h.length > length &&
           strncasecmp(pattern, h.at + h.length - length, length) == 0;
}

static const char *find(const struct blocklist *b, const char *url)
{
    struct host h = host_of(url);
    for (char **p = b->patterns; *p; p++)
        if (fits(*p, h))
            return *p;
    return NULL;
}

/* ----------------------------------------------------------------- exchanges
 */

static void end(struct blocked *x, enum http_failure failure,
                const char *detail)
{
    int64_t now_ns = clock_now_ns();
    struct http_result r = {
        .failure = failure,
        .detail = detail,
        .timings = {.started_ns = x->started_ns, .ended_ns = now_ns}};
    r.timings.phase_ns[HTTP_BLOCKED] = now_ns - x->started_ns;
    list_remove(&x->link);
    x->done(x->arg, &r);
    free(x);
}

static void on_deliver(struct loop_task *t)
{
    struct blocklist *b = list_entry(t, struct blocklist, deliver);
    struct list due;
    list_move_all(&b->due, &due);
    while (!list_is_empty(&due)) {
        struct blocked *x = list_entry(due.next, struct blocked, link);
        end(x, HTTP_UNREACHABLE, x->detail);
    }
}

static void cancel(struct http_exchange *x)
{
    end((struct blocked *)x, HTTP_CUT_OFF, "cut off by the end of the run");
}

static const struct transport transport_blocked = {.cancel = cancel};

struct http_exchange *blocklist_start(struct blocklist *b,
                                      const struct http_request *request,
                                      http_done *done, void *arg)
{
    const char *pattern = find(b, request->url);
    if (!pattern)
        return NULL;
    struct blocked *x = xcalloc(1, sizeof *x);
    x->head.transport = &transport_blocked;
    x->done = done;
    x->arg = arg;
    x->started_ns = clock_now_ns();
    snprintf(x->detail, sizeof x->detail,
             "http.block_hosts has %s: nothing was sent", pattern);
    list_init(&x->link);
    list_append(&b->due, &x->link);
    loop_defer(b->loop, &b->deliver);
    return &x->head;
}

/* --------------------------------------------------------------------- life */

struct blocklist *blocklist_open(struct loop *loop, const char *const *patterns)
{
    struct blocklist *b = xcalloc(1, sizeof *b);
    size_t count = 0;
    while (patterns[count])
        count++;
    b->loop = loop;
    b->patterns = xcalloc(count + 1, sizeof *b->patterns);
    for (size_t i = 0; i < count; i++)
        b->patterns[i] = xstrdup(patterns[i]);
    list_init(&b->due);
    loop_task_init(&b->deliver, on_deliver);
    return b;
}

void blocklist_close(struct blocklist *b)
{
    loop_task_cancel(&b->deliver);
    for (char **p = b->patterns; *p; p++)
        free(*p);
    free(b->patterns);
    free(b);
}
