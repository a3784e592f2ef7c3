/* tls — OpenSSL on a non-blocking socket, for one client.
 *
 * Verifies by the system's store unless told otherwise, asks for the host by
 * name, speaks HTTP/1.1 only. An idle session holds no buffers. Sockets are
 * read and written without signals; they belong to the caller. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct error;
struct tls; /* what the connections of a client have in common */
struct tls_settings;
struct tls_session; /* one connection */
struct tls_ticket;  /* what resumes an earlier session */

/* How an attempt to read or write ended. */
enum wire_status {
    WIRE_OK,
    WIRE_WANT_READ,
    WIRE_WANT_WRITE,
    WIRE_END,   /* the peer has closed */
    WIRE_FAILED /* errno says why; 0: TLS, see tls_problem() */
};

/* `settings` may be NULL; not needed afterwards. */
struct tls *tls_open(bool insecure, const struct tls_settings *settings,
                     struct error *err) ATTR_NODISCARD;
void tls_close(struct tls *t);

/* Tickets are handed to `*ticket` as they come, replacing what is there; it
 * must outlive the session. What it holds when the session begins is used.
 * NULL: nothing is resumed, nothing kept. */
struct tls_session *tls_session_open(struct tls *t, int fd, const char *host,
                                     bool host_is_address,
                                     struct tls_ticket **ticket);
void tls_session_close(struct tls_session *s);
enum wire_status tls_shake_hands(struct tls_session *s);
enum wire_status tls_send(struct tls_session *s, const void *bytes, size_t size,
                          size_t *sent);
enum wire_status tls_receive(struct tls_session *s, void *into, size_t size,
                             size_t *received);
/* Bytes wait inside, which no event will tell. */
bool tls_has_pending(const struct tls_session *s);
/* After WIRE_END: the peer said goodbye, so nothing can be missing. */
bool tls_ended_well(const struct tls_session *s);
/* After WIRE_FAILED with errno 0. */
const char *tls_problem(const struct tls_session *s);
void tls_ticket_free(struct tls_ticket *t); /* NULL is nothing to do */
