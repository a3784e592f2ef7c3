#include "io/control_desk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

static const int64_t ANSWER_WAIT_NS = 3 * NS_PER_S;
static const int64_t SEND_WAIT_NS = 250 * NS_PER_MS;

static const char nobody[] = "{ \"error\": \"no run is under way; ask again "
                             "once one has started\" }\n";
static const char no_answer[] = "{ \"error\": \"lload did not answer within "
                                "3 s; ask again\" }\n";

/* --------------------------------------------------------------- questions */

struct control_question *control_question_new(const char *target)
{
    struct control_question *q = xcalloc(1, sizeof *q);
    q->target = xstrdup(target);
    q->shown.path = q->target;
    char *mark = strchr(q->target, '?');
    if (mark)
        *mark = '\0';
    q->shown.query = mark ? mark + 1 : "";
    return q;
}

static void question_complete(struct control_question *q, const char *method)
{
    q->shown.method = q->method = xstrdup(method);
    q->shown.body_bytes = q->body.size;
    q->shown.body = buffer_text(&q->body);
}

void control_question_free(struct control_question *q)
{
    if (!q)
        return;
    buffer_fini(&q->body);
    free(q->method);
    free(q->target);
    free(q);
}

/* ------------------------------------------------------------------ answers */

static struct control_answer answer_of(unsigned status, const char *text,
                                       size_t length)
{
    return (struct control_answer){
        .status = status, .text = xmemdup(text, length), .length = length};
}

struct control_answer control_answer_text(unsigned status, const char *text)
{
    return answer_of(status, text, strlen(text));
}

/* ----------------------------------------------------------------- the desk */

static struct timespec at(int64_t due_ns)
{
    return (struct timespec){.tv_sec = due_ns / NS_PER_S,
                             .tv_nsec = due_ns % NS_PER_S};
}

void control_desk_init(struct control_desk *d)
{
    *d = (struct control_desk){.notify_fd = -1};
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC); /* that of clock.h */
    pthread_cond_init(&d->changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&d->lock, NULL);
}

static void ring(int notify_fd)
{
    uint64_t one = 1;
    ssize_t written = write(notify_fd, &one, sizeof one);
    (void)written; /* a full counter wakes as well */
}

static bool is_served(const struct control_desk *d)
{
    return d->notify_fd >= 0 && !d->is_closing;
}

/* Takes `q`; the answer, if it has any text, is the caller's. Locked. */
static struct control_answer post_and_wait(struct control_desk *d,
                                           struct control_question *q)
{
    struct timespec due = at(clock_now_ns() + ANSWER_WAIT_NS);
    d->posted = q;
    ring(d->notify_fd);
    while (!d->answer.text && is_served(d) &&
           pthread_cond_timedwait(&d->changed, &d->lock, &due) == 0)
        ;
    control_question_free(d->posted);
    d->posted = NULL;
    d->taken_is_awaited = false;
    struct control_answer answer = d->answer;
    d->answer = (struct control_answer){0};
    return answer;
}

struct control_answer control_desk_ask(struct control_desk *d,
                                       struct control_question *q,
                                       const char *method)
{
    struct control_answer answer = {0};
    question_complete(q, method);
    pthread_mutex_lock(&d->lock);
    if (is_served(d))
        answer = post_and_wait(d, q);
    else
        control_question_free(q);
    const char *excuse = is_served(d) ? no_answer : nobody;
    pthread_mutex_unlock(&d->lock);
    return answer.text ? answer : control_answer_text(503, excuse);
}

void control_desk_notify(struct control_desk *d, int notify_fd)
{
    pthread_mutex_lock(&d->lock);
    d->notify_fd = notify_fd;
    if (d->posted && notify_fd >= 0)
        ring(notify_fd);
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

const struct control_request *control_desk_next(struct control_desk *d)
{
    pthread_mutex_lock(&d->lock);
    assert(!d->taken);
    struct control_question *next = d->posted;
    d->taken = next;
    d->taken_is_awaited = next != NULL;
    d->posted = NULL;
    pthread_mutex_unlock(&d->lock);
    return next ? &next->shown : NULL;
}

void control_desk_answer(struct control_desk *d, unsigned status,
                         const char *text, size_t length)
{
    pthread_mutex_lock(&d->lock);
    assert(d->taken && status >= 200 && status <= 599);
    if (d->taken_is_awaited)
        d->answer = answer_of(status, text, length);
    d->taken_is_awaited = false;
    control_question_free(d->taken);
    d->taken = NULL;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

void control_desk_arrive(struct control_desk *d)
{
    pthread_mutex_lock(&d->lock);
    d->in_flight++;
    pthread_mutex_unlock(&d->lock);
}

void control_desk_leave(struct control_desk *d)
{
    pthread_mutex_lock(&d->lock);
    assert(d->in_flight);
    d->in_flight--;
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

void control_desk_close(struct control_desk *d)
{
    struct timespec due = at(clock_now_ns() + SEND_WAIT_NS);
    pthread_mutex_lock(&d->lock);
    d->is_closing = true;
    pthread_cond_broadcast(&d->changed);
    while (d->in_flight &&
           pthread_cond_timedwait(&d->changed, &d->lock, &due) == 0)
        ;
    pthread_mutex_unlock(&d->lock);
}

void control_desk_fini(struct control_desk *d)
{
    control_question_free(d->posted);
    control_question_free(d->taken);
    free(d->answer.text);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
}
