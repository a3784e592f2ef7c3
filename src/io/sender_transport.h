/* sender_transport — how a sender's thread sends one batch.
 *
 * `send` runs on that thread; false with the cause. It gives up soon after
 * `is_closing` is set and `wake` was called, which any thread may do. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct error;

struct sender_transport {
    bool (*send)(struct sender_transport *t, const char *bytes, size_t size,
                 const atomic_bool *is_closing, struct error *err);
    void (*wake)(struct sender_transport *t);
    void (*free)(struct sender_transport *t);
};

/* NULL with the cause. */
struct sender_transport *sender_http_new(const char *url,
                                         const char *const *headers,
                                         struct error *err) ATTR_NODISCARD;
struct sender_transport *sender_udp_new(const char *host, uint16_t port);
