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

static char **copy_entries(const char *const *entries)
{
    size_t count = 0;
    while (entries && entries[count])
        count++;
    char **copy = xcalloc(count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = xstrdup(entries[i]);
    return copy;
}

static void free_entries(char **entries)
{
    for (size_t i = 0; entries[i]; i++)
        free(entries[i]);
    free(entries);
}

static int family_of(const struct http_options *options)
{
    static const int families[] = {[HTTP_FAMILY_ANY] = AF_UNSPEC,
                                   [HTTP_FAMILY_IPV4] = AF_INET,
                                   [HTTP_FAMILY_IPV6] = AF_INET6};
    return families[options->family];
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
    c->resolve = copy_entries(options->resolve);
    c->connect_to = copy_entries(options->connect_to);
    c->family = family_of(options);
    h1_origins_init(&c->origins, (const char *const *)c->resolve,
                    (const char *const *)c->connect_to);
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
    free_entries(c->resolve);
    free_entries(c->connect_to);
    free(c->in);
    free(c);
}

const struct transport transport_h1 = {.client_open = client_open,
                                       .client_close = client_close,
                                       .user_open = user_open,
                                       .user_close = user_close,
                                       .user_disconnect = user_disconnect,
                                       .start = h1_start,
                                       .cancel = h1_cancel,
                                       .hold = h1_hold};
