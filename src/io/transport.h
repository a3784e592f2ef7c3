/* transport — what every way to perform an exchange looks like to http.c.
 *
 * A transport has a part of every client and of every user. Its own exchange
 * begins with a struct http_exchange, so that the seam finds it again. */
#pragma once

#include "io/http.h"

struct transport {
    /* `counts` outlives the part. */
    void *(*client_open)(struct loop *loop, const struct http_options *options,
                         struct http_counts *counts, struct error *err);
    void (*client_close)(void *client);
    void *(*user_open)(void *client, uint32_t number);
    void (*user_disconnect)(void *user);
    void (*user_close)(void *user);
    /* As http_start; NULL if the transport declines the request. */
    struct http_exchange *(*start)(void *user,
                                   const struct http_request *request,
                                   http_done *done, void *arg);
    void (*cancel)(struct http_exchange *x);
    /* NULL where no exchange ever has a body. */
    void (*hold)(struct http_exchange *x, bool is_held);
    /* NULL where none ever does. */
    bool (*multiplexes)(void *client, const char *url);
};

struct http_exchange {
    const struct transport *transport;
};

/* Sending it twice is as good as once (RFC 9110 9.2.2). */
bool http_request_is_idempotent(const struct http_request *r);
/* Why a socket failed; counts what is this machine's own fault. */
enum http_failure http_failure_from_errno(int error,
                                          struct http_counts *counts);
