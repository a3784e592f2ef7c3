/* sender — sends batches of bytes to somebody who may be slow or gone.
 *
 * A thread of its own takes what is pushed out of a bounded queue and sends it,
 * one batch after another, each once: what fails is counted, and so is what had
 * to make room. Nobody who pushes ever waits. Knows nothing of what is in a
 * batch, but that datagrams are cut at its line ends. All functions are for the
 * owner's thread, after `http_global_init`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/error.h"

struct sender;

enum {
    SENDER_QUEUE_MAX = 64, /* batches that wait; the oldest makes room */
    SENDER_QUEUE_MAX_BYTES = 16 * 1024 * 1024,
    /* What one Ethernet frame carries, less some for tunnels. */
    SENDER_DATAGRAM_MAX_BYTES = 1432,
    SENDER_TIMEOUT_MS = 5000 /* of one POST */
};

struct sender_report {
    uint64_t sent;      /* batches that were taken: a status of 2xx */
    uint64_t failed;    /* that were refused, or got no answer */
    uint64_t dropped;   /* that had to make room, or time did not suffice for */
    struct error cause; /* of the last that failed; empty if none has */
};

/* Each batch is the body of a POST. `headers` ("Name: value") ends with NULL
 * and is copied. NULL with the cause, which does not repeat the URL. */
struct sender *sender_open_http(const char *url, const char *const *headers,
                                struct error *err) ATTR_NODISCARD;
/* Each batch is cut into datagrams, at its line ends. The host is looked up
 * later, as often as need be. */
struct sender *sender_open_udp(const char *host, uint16_t port,
                               struct error *err) ATTR_NODISCARD;
/* Copies the bytes. */
void sender_push(struct sender *s, const char *bytes, size_t size);
/* Waits until all is sent, or failed; after `wait_ns` what is left is dropped,
 * the one under way included. */
void sender_drain(struct sender *s, int64_t wait_ns);
/* Since it was opened. */
struct sender_report sender_report(struct sender *s);
/* Breaks off what is under way. NULL is nothing to do. */
void sender_close(struct sender *s);
