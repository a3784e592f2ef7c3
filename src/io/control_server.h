/* control_server — requests over HTTP, handed to the control thread.
 *
 * libmicrohttpd runs in a thread of its own, which reads requests, turns away
 * what `control_guard` and the limits below forbid, and hands the others over
 * one at a time: it writes to an eventfd and waits up to 3 s for the answer,
 * then says 503 itself. What paths mean, and what is in an answer, is the
 * caller's to know. All functions are for the control thread; none of them
 * waits for a client, but `control_server_close` up to 250 ms for answers that
 * are on their way. Takes at most 8 connections, 12 descriptors in all. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "io/control_desk.h"

struct error;
struct control_server;

enum {
    CONTROL_CONNECTIONS_MAX = 8,
    CONTROL_BODY_MAX_BYTES = 64 * 1024,
    CONTROL_IDLE_S = 5 /* until a client that is silent is hung up on */
};

/* What answers with status 200 are made of; all others are JSON. */
enum control_content {
    CONTROL_JSON,
    CONTROL_METRICS /* Prometheus' text format, 0.0.4 */
};

/* Listens on a numeric address, "127.0.0.1" or "::1"; port 0 is any free one.
 * Requests are refused until there is someone to notify. NULL with an error
 * that names the address and the cause. */
struct control_server *control_server_open(const char *address, uint16_t port,
                                           enum control_content content,
                                           struct error *err) ATTR_NODISCARD;
/* Stops the thread; clients that still wait get 503. A request that is not
 * answered yet is gone. NULL is nothing to do. */
void control_server_close(struct control_server *s);
/* The port it got. */
uint16_t control_server_port(const struct control_server *s);

/* Writes 1 to this eventfd (borrowed) for each request from now on. -1: there
 * is nobody who could answer, and requests get 503 at once; when this returns,
 * the descriptor before is not written to any more. */
void control_server_notify(struct control_server *s, int notify_fd);
/* The next request, NULL if there is none. It lives until its answer, which is
 * due before the next call. */
const struct control_request *control_server_next(struct control_server *s);
/* Answers the request that `control_server_next` gave; copies `text`. Without
 * effect if its client was told 503 in the meantime. */
void control_server_answer(struct control_server *s, unsigned status,
                           const char *text, size_t length);
