#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/url.h"
#include "io/curl.h"

static size_t origin_length(const char *url)
{
    return (size_t)(url_path(url) - url);
}

static bool has_origin(const char *url, const char *origin, size_t length)
{
    return origin_length(url) == length && strncmp(url, origin, length) == 0;
}

static const char *url_of(const struct curl_exchange *x)
{
    return x->request->url;
}

static bool is_opening(const struct curl_user *u, const char *url)
{
    size_t length = origin_length(url);
    for (const struct list *l = u->opening.next; l != &u->opening; l = l->next)
        if (has_origin(url_of(list_entry(l, struct curl_exchange, gate)), url,
                       length))
            return true;
    return false;
}

/* One after the other: the first that finds no connection, or finds it full of
 * streams, opens one, and the rest line up behind it. */
static void on_release(struct loop_task *t)
{
    struct curl_user *u = list_entry(t, struct curl_user, release);
    struct list due, *l;
    list_move_all(&u->gated, &due);
    while ((l = list_take(&due))) {
        struct curl_exchange *x = list_entry(l, struct curl_exchange, gate);
        if (!curl_gate_pass(x))
            continue;
        loop_timer_stop(&x->timeout);
        curl_begin(x);
        curl_drive(x->client);
    }
}

static void on_timeout(struct loop_timer *t)
{
    struct curl_exchange *x = list_entry(t, struct curl_exchange, timeout);
    char message[64];
    snprintf(message, sizeof message, "there was no connection within %.3f s",
             (double)x->request->timeout_ns / NS_PER_S);
    list_remove(&x->gate);
    curl_fail(x, CURLE_OPERATION_TIMEDOUT, message);
}

static void wait_behind(struct curl_exchange *x)
{
    int64_t timeout_ns = x->request->timeout_ns;
    bool never = timeout_ns > INT64_MAX - x->started_ns;
    list_append(&x->user->gated, &x->gate);
    if (x->is_gated)
        return;
    x->is_gated = true;
    x->timeout.fire = on_timeout;
    if (!never)
        loop_timer_start(x->client->loop, &x->timeout,
                         x->started_ns + timeout_ns);
}

bool curl_gate_pass(struct curl_exchange *x)
{
    if (curl_gate_proto(x->client, url_of(x)) == HTTP_PROTO_1_1)
        return true;
    if (is_opening(x->user, url_of(x))) {
        wait_behind(x);
        return false;
    }
    list_append(&x->user->opening, &x->gate);
    return true;
}

void curl_gate_leave(struct curl_exchange *x)
{
    if (list_is_empty(&x->gate))
        return;
    list_remove(&x->gate);
    loop_timer_stop(&x->timeout);
    if (!list_is_empty(&x->user->gated))
        loop_defer(x->client->loop, &x->user->release);
}

void curl_gate_open(struct curl_user *u)
{
    list_init(&u->opening);
    list_init(&u->gated);
    loop_task_init(&u->release, on_release);
}

void curl_gate_close(struct curl_user *u)
{
    loop_task_cancel(&u->release);
}

/* ------------------------------------------------------------------- origins
 */

static struct curl_origin *find_origin(struct curl_client *c, const char *url)
{
    size_t length = origin_length(url);
    for (size_t i = 0; i < c->origin_count; i++)
        if (strlen(c->origins[i].text) == length &&
            strncmp(url, c->origins[i].text, length) == 0)
            return &c->origins[i];
    return NULL;
}

enum http_proto curl_gate_proto(struct curl_client *c, const char *url)
{
    const struct curl_origin *o = find_origin(c, url);
    return o ? o->proto : HTTP_PROTO_NONE;
}

static struct curl_origin *add_origin(struct curl_client *c, const char *url)
{
    size_t length = origin_length(url);
    if (c->origin_count == CURL_ORIGINS_MAX)
        return NULL;
    struct curl_origin *o = &c->origins[c->origin_count++];
    o->text = xmalloc(length + 1);
    memcpy(o->text, url, length);
    o->text[length] = '\0';
    return o;
}

static bool chose_http2(CURL *easy)
{
    const struct curl_tlssessioninfo *info = NULL;
    const unsigned char *chosen = NULL;
    unsigned length = 0;
    curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info);
    if (info && info->internals)
        SSL_get0_alpn_selected(info->internals, &chosen, &length);
    return length == 2 && memcmp(chosen, "h2", 2) == 0;
}

void curl_gate_note(struct curl_exchange *x)
{
    struct curl_client *c = x->client;
    x->speaks_http2 = chose_http2(x->easy);
    struct curl_origin *o = find_origin(c, url_of(x));
    if (!o)
        o = add_origin(c, url_of(x));
    if (o)
        o->proto = x->speaks_http2 ? HTTP_PROTO_2 : HTTP_PROTO_1_1;
}

void curl_gate_forget(struct curl_client *c)
{
    for (size_t i = 0; i < c->origin_count; i++)
        free(c->origins[i].text);
    c->origin_count = 0;
}
