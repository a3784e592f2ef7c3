#include "io/sender.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/thread.h"
#include "io/sender_transport.h"

struct batch {
    struct list link;
    size_t size;
    char bytes[];
};

struct sender {
    struct sender_transport *transport; /* owned */
    pthread_t thread;
    bool has_thread;
    atomic_bool is_closing;
    pthread_mutex_t lock; /* for what follows */
    pthread_cond_t changed;
    struct list queue;
    size_t queued, queued_bytes;
    bool is_sending;
    struct sender_report report;
};

/* -------------------------------------------------------------------- queue */

static struct batch *take_oldest(struct sender *s)
{
    struct batch *b = list_entry(list_take(&s->queue), struct batch, link);
    s->queued--;
    s->queued_bytes -= b->size;
    return b;
}

static void drop_all(struct sender *s)
{
    while (s->queued) {
        free(take_oldest(s));
        s->report.dropped++;
    }
}

static bool has_room(const struct sender *s, size_t size)
{
    return s->queued < SENDER_QUEUE_MAX &&
           s->queued_bytes + size <= SENDER_QUEUE_MAX_BYTES;
}

void sender_push(struct sender *s, const char *bytes, size_t size)
{
    struct batch *b = xmalloc(sizeof *b + size);
    list_init(&b->link);
    b->size = size;
    memcpy(b->bytes, bytes, size);
    pthread_mutex_lock(&s->lock);
    while (s->queued && !has_room(s, size)) {
        free(take_oldest(s));
        s->report.dropped++;
    }
    list_append(&s->queue, &b->link);
    s->queued++;
    s->queued_bytes += size;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

/* --------------------------------------------------------------- the thread */

/* NULL at the end. */
static struct batch *next_batch(struct sender *s)
{
    struct batch *next = NULL;
    pthread_mutex_lock(&s->lock);
    while (!s->queued && !atomic_load(&s->is_closing))
        pthread_cond_wait(&s->changed, &s->lock);
    if (!atomic_load(&s->is_closing)) {
        next = take_oldest(s);
        s->is_sending = true;
    }
    pthread_mutex_unlock(&s->lock);
    return next;
}

/* What the end broke off was neither taken nor refused. */
static void note_outcome(struct sender *s, bool was_sent,
                         const struct error *cause)
{
    pthread_mutex_lock(&s->lock);
    if (was_sent)
        s->report.sent++;
    else if (atomic_load(&s->is_closing))
        s->report.dropped++;
    else
        s->report.failed++;
    if (!was_sent)
        s->report.cause = *cause;
    s->is_sending = false;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void *run_thread(void *arg)
{
    struct sender *s = arg;
    struct batch *b;
    while ((b = next_batch(s))) {
        struct error cause = {0};
        bool was_sent = s->transport->send(s->transport, b->bytes, b->size,
                                           &s->is_closing, &cause);
        note_outcome(s, was_sent, &cause);
        free(b);
    }
    return NULL;
}

/* ---------------------------------------------------------- opening, closing
 */

static bool start_thread(struct sender *s, struct error *err)
{
    int status = thread_start(&s->thread, run_thread, s);
    s->has_thread = status == 0;
    return s->has_thread ||
           error_set(err, "cannot start a thread: %s", strerror(status));
}

/* Takes the transport, NULL being one that could not be made. */
static struct sender *open_sender(struct sender_transport *transport,
                                  struct error *err)
{
    if (!transport)
        return NULL;
    struct sender *s = xcalloc(1, sizeof *s);
    pthread_condattr_t attr;
    s->transport = transport;
    list_init(&s->queue);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* that of clock.h */
    pthread_cond_init(&s->changed, &attr);
    pthread_condattr_destroy(&attr);
    if (start_thread(s, err))
        return s;
    sender_close(s);
    return NULL;
}

struct sender *sender_open_http(const char *url, const char *const *headers,
                                struct error *err)
{
    return open_sender(sender_http_new(url, headers, err), err);
}

struct sender *sender_open_udp(const char *host, uint16_t port,
                               struct error *err)
{
    return open_sender(sender_udp_new(host, port), err);
}

static void stop_thread(struct sender *s)
{
    if (!s->has_thread)
        return;
    pthread_mutex_lock(&s->lock);
    atomic_store(&s->is_closing, true);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    s->transport->wake(s->transport);
    pthread_join(s->thread, NULL);
    s->has_thread = false;
}

void sender_drain(struct sender *s, int64_t wait_ns)
{
    int64_t due_ns = clock_now_ns() + wait_ns;
    struct timespec due = {.tv_sec = due_ns / NS_PER_S,
                           .tv_nsec = due_ns % NS_PER_S};
    pthread_mutex_lock(&s->lock);
    while ((s->queued || s->is_sending) &&
           pthread_cond_timedwait(&s->changed, &s->lock, &due) == 0)
        ;
    bool is_late = s->queued || s->is_sending;
    pthread_mutex_unlock(&s->lock);
    if (!is_late)
        return;
    stop_thread(s);
    drop_all(s);
}

struct sender_report sender_report(struct sender *s)
{
    pthread_mutex_lock(&s->lock);
    struct sender_report r = s->report;
    pthread_mutex_unlock(&s->lock);
    return r;
}

void sender_close(struct sender *s)
{
    if (!s)
        return;
    stop_thread(s);
    drop_all(s);
    s->transport->free(s->transport);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
