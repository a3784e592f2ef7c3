#include "io/transport_h1.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "io/h1.h"
#include "io/tls_settings.h"

static void *user_open(void *client, uint32_t number)
{
    struct h1_user *u = xcalloc(1, sizeof *u);
    u->client = client;
    u->number = number;
    list_init(&u->idle);
    list_init(&u->tickets);
    return u;
}

static void user_disconnect(void *user)
{
    struct h1_user *u = user;
    while (!list_is_empty(&u->idle))
        h1_conn_close(list_entry(u->idle.next, struct h1_conn, link));
    u->idle_count = 0;
}

static void user_close(void *user)
{
    struct h1_user *u = user;
    user_disconnect(u);
    h1_user_drop_tickets(u);
    free(u);
}

static void copy_resolve(struct h1_client *c, const char *const *entries)
{
    size_t count = 0;
    while (entries && entries[count])
        count++;
    c->resolve = xcalloc(count + 1, sizeof *c->resolve);
    for (size_t i = 0; i < count; i++)
        c->resolve[i] = xstrdup(entries[i]);
}

static void *client_open(struct loop *loop, const struct http_options *options,
                         struct http_counts *counts, struct error *err)
{
    struct source source;
    if (!source_parse(&source, options->source, err))
        return NULL;
    struct tls_settings *settings = NULL;
    if (options->tls && !(settings = tls_settings_open(options->tls, err)))
        return NULL;
    struct h1_client *c = xcalloc(1, sizeof *c);
    c->settings = settings;
    c->source = source;
    c->keeps = options->reuse != HTTP_REUSE_NONE;
    c->resumes = !options->no_resumption;
    c->loop = loop;
    c->counts = counts;
    c->insecure = options->insecure;
    c->takes_all = options->transport == HTTP_TRANSPORT_H1;
    c->in = xmalloc(H1_IN_BYTES);
    copy_resolve(c, options->resolve);
    h1_origins_init(&c->origins, (const char *const *)c->resolve);
    list_init(&c->idle);
    list_init(&c->closed);
    list_init(&c->failed);
    loop_task_init(&c->deliver, h1_deliver);
    return c;
}

static void client_close(void *client)
{
    struct h1_client *c = client;
    struct list *l;
    while ((l = list_take(&c->idle)))
        h1_exchange_free(list_entry(l, struct h1_exchange, link));
    while ((l = list_take(&c->closed)))
        free(list_entry(l, struct h1_conn, link));
    loop_task_cancel(&c->deliver);
    if (c->resolver)
        resolver_close(c->resolver);
    if (c->tls)
        tls_close(c->tls);
    tls_settings_close(c->settings);
    h1_origins_fini(&c->origins);
    for (size_t i = 0; c->resolve[i]; i++)
        free(c->resolve[i]);
    free(c->resolve);
    free(c->in);
    free(c);
}

const struct transport transport_h1 = {.client_open = client_open,
                                       .client_close = client_close,
                                       .user_open = user_open,
                                       .user_close = user_close,
                                       .user_disconnect = user_disconnect,
                                       .start = h1_start,
                                       .cancel = h1_cancel};
