#include "io/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ev.h>

#include "base/alloc.h"
#include "base/list.h"
#include "base/thread.h"
#include "io/loop.h"

/* -------------------------------------------------------------- addresses */

struct addresses *addresses_ref(struct addresses *a)
{
    a->refs++;
    return a;
}

void addresses_unref(struct addresses *a)
{
    if (a && !--a->refs)
        free(a);
}

static struct addresses *addresses_new(size_t count)
{
    struct addresses *a = xcalloc(1, sizeof *a + count * sizeof(union address));
    a->refs = 1;
    return a;
}

static bool parse_one(const char *text, size_t length, uint16_t port,
                      union address *out)
{
    char copy[INET6_ADDRSTRLEN];
    if (length > 1 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET, copy, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, copy, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return true;
    }
    return false;
}

struct addresses *addresses_parse(const char *text, uint16_t port)
{
    size_t most = 1;
    for (const char *at = text; *at; at++)
        most += *at == ',';
    struct addresses *a = addresses_new(most);
    for (;;) {
        size_t length = strcspn(text, ",");
        if (!parse_one(text, length, port, &a->list[a->count])) {
            addresses_unref(a);
            return NULL;
        }
        a->count++;
        if (!text[length])
            return a;
        text += length + 1;
    }
}

socklen_t address_bytes(const union address *a)
{
    return a->any.sa_family == AF_INET ? sizeof a->v4 : sizeof a->v6;
}

const char *address_text(const union address *a, char text[ADDRESS_TEXT_BYTES])
{
    char host[INET6_ADDRSTRLEN] = "";
    bool is_v4 = a->any.sa_family == AF_INET;
    inet_ntop(a->any.sa_family,
              is_v4 ? (const void *)&a->v4.sin_addr : &a->v6.sin6_addr, host,
              sizeof host);
    unsigned port = ntohs(is_v4 ? a->v4.sin_port : a->v6.sin6_port);
    snprintf(text, ADDRESS_TEXT_BYTES, is_v4 ? "%s:%u" : "[%s]:%u", host, port);
    return text;
}

/* --------------------------------------------------------------- the thread */

struct question {
    struct list link;
    char *host; /* owned */
    uint16_t port;
    resolver_done *done; /* used on the loop's thread only, as `arg` */
    void *arg;
    struct addresses *found; /* owned; NULL if there is none */
    const char *problem;     /* static; NULL if there are addresses */
};

/* Whoever of the loop and the thread goes last frees it. */
struct resolver {
    pthread_mutex_t lock;
    pthread_cond_t asked_one;
    struct list asked;
    struct list answered;
    int family; /* of the addresses that are wanted */
    bool has_thread;
    bool is_closed;
    struct loop *loop; /* borrowed, until closed */
    ev_async answer;
};

static void question_free(struct question *q)
{
    addresses_unref(q->found);
    free(q->host);
    free(q);
}

static void drop_all(struct list *questions)
{
    struct list *l;
    while ((l = list_take(questions)))
        question_free(list_entry(l, struct question, link));
}

static void resolver_free(struct resolver *r)
{
    drop_all(&r->asked);
    drop_all(&r->answered);
    pthread_cond_destroy(&r->asked_one);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static struct addresses *copy_addresses(const struct addrinfo *from)
{
    size_t most = 0;
    for (const struct addrinfo *i = from; i; i = i->ai_next)
        most++;
    struct addresses *a = addresses_new(most);
    for (const struct addrinfo *i = from; i; i = i->ai_next)
        if (i->ai_addrlen <= sizeof *a->list)
            memcpy(&a->list[a->count++], i->ai_addr, i->ai_addrlen);
    return a;
}

static void look_up(struct question *q, int family)
{
    struct addrinfo hints = {.ai_family = family,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    if (family == AF_UNSPEC)
        hints.ai_flags |= AI_ADDRCONFIG;
    struct addrinfo *found = NULL;
    char port[8];
    snprintf(port, sizeof port, "%u", q->port);
    int status = getaddrinfo(q->host, port, &hints, &found);
    if (status == 0) {
        q->found = copy_addresses(found);
        freeaddrinfo(found);
    } else {
        q->problem = gai_strerror(status);
    }
}

static void *run_thread(void *arg)
{
    struct resolver *r = arg;
    pthread_mutex_lock(&r->lock);
    while (!r->is_closed) {
        struct list *l = list_take(&r->asked);
        if (!l) {
            pthread_cond_wait(&r->asked_one, &r->lock);
            continue;
        }
        struct question *q = list_entry(l, struct question, link);
        pthread_mutex_unlock(&r->lock);
        look_up(q, r->family);
        pthread_mutex_lock(&r->lock);
        list_append(&r->answered, &q->link);
        if (!r->is_closed)
            ev_async_send(r->loop->ev, &r->answer);
    }
    pthread_mutex_unlock(&r->lock);
    resolver_free(r);
    return NULL;
}

static bool start_thread(struct resolver *r)
{
    pthread_t thread;
    bool started = thread_start(&thread, run_thread, r) == 0;
    if (started)
        pthread_detach(thread);
    return started;
}

/* ---------------------------------------------------------- the loop's side */

static void on_answer(struct ev_loop *ev, ev_async *w, int events)
{
    (void)ev, (void)events;
    struct resolver *r = w->data;
    struct list due, *l;
    pthread_mutex_lock(&r->lock);
    list_move_all(&r->answered, &due);
    pthread_mutex_unlock(&r->lock);
    while ((l = list_take(&due))) {
        struct question *q = list_entry(l, struct question, link);
        q->done(q->arg, q->found, q->problem);
        question_free(q);
    }
}

struct resolver *resolver_open(struct loop *loop, int family)
{
    struct resolver *r = xcalloc(1, sizeof *r);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->asked_one, NULL);
    list_init(&r->asked);
    list_init(&r->answered);
    r->loop = loop;
    r->family = family;
    ev_async_init(&r->answer, on_answer);
    r->answer.data = r;
    ev_async_start(loop->ev, &r->answer);
    return r;
}

void resolver_close(struct resolver *r)
{
    ev_async_stop(r->loop->ev, &r->answer);
    pthread_mutex_lock(&r->lock);
    bool has_thread = r->has_thread;
    r->is_closed = true;
    pthread_cond_signal(&r->asked_one);
    pthread_mutex_unlock(&r->lock);
    if (!has_thread)
        resolver_free(r);
}

void resolver_ask(struct resolver *r, const char *host, uint16_t port,
                  resolver_done *done, void *arg)
{
    struct question *q = xcalloc(1, sizeof *q);
    q->host = xstrdup(host);
    q->port = port;
    q->done = done;
    q->arg = arg;
    if (!r->has_thread)
        r->has_thread = start_thread(r);
    pthread_mutex_lock(&r->lock);
    if (r->has_thread) {
        list_append(&r->asked, &q->link);
        pthread_cond_signal(&r->asked_one);
    } else {
        q->problem = "no thread could be started for the lookup";
        list_append(&r->answered, &q->link);
        ev_async_send(r->loop->ev, &r->answer);
    }
    pthread_mutex_unlock(&r->lock);
}
