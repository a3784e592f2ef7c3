/* h1 — what the files of the h1 transport share: its client, users,
 * connections and exchanges.
 *
 *   LOOKING_UP -> CONNECTING -> SHAKING_HANDS -> SENDING -> WAITING ->
 *   RECEIVING -> over
 *
 * The state of an exchange is the phase that is being measured; one on a kept
 * connection begins with SENDING. A connection belongs to its user, and to an
 * exchange while one is under way; in between it is idle, holds no memory but
 * its struct, and is watched for the server's closing it.
 *
 * An exchange that ends well ends inside the read that completed it; `done` may
 * begin the next one, which then sends at once. Failures are handed over by a
 * task of the loop, so nothing that http_start calls ever runs `done`. */
#pragma once

#include "base/buffer.h"
#include "base/list.h"
#include "io/h1_answer.h"
#include "io/h1_memo.h"
#include "io/h1_origin.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/source.h"
#include "io/transport.h"
#include "io/wire.h"

enum { H1_IN_BYTES = 64 * 1024 };

struct h1_client {
    struct loop *loop;          /* borrowed */
    struct http_counts *counts; /* borrowed */
    struct h1_origins origins;
    char **resolve;                /* owned, NULL-terminated */
    char **connect_to;             /* owned, NULL-terminated */
    int family;                    /* of addresses */
    struct resolver *resolver;     /* owned; NULL until a name is looked up */
    struct tls *tls;               /* owned; NULL until first needed */
    struct tls_settings *settings; /* owned; NULL if nothing is said */
    bool insecure;
    bool keeps;   /* connections, from one exchange to the next */
    bool resumes; /* TLS sessions */
    struct source source;
    bool takes_all; /* fails what it should decline */
    char *in;       /* owned: what was read last; H1_IN_BYTES */
    struct h1_memo memo;
    struct list idle;   /* exchanges without a request */
    struct list closed; /* connections without a socket */
    struct list failed; /* exchanges whose `done` is due */
    struct loop_task deliver;
};

struct h1_user {
    struct h1_client *client; /* borrowed */
    uint32_t number;          /* chooses the source address */
    struct list idle;         /* connections, least recently used first */
    unsigned idle_count;
    struct list tickets;
};

/* Resumes the TLS sessions of a user with one origin. */
struct h1_ticket {
    struct list link;
    struct h1_origin *origin;  /* ref */
    struct tls_ticket *ticket; /* owned; NULL until the server sent one */
};

struct h1_conn {
    struct wire wire;
    struct list link;         /* idle, closed, or in neither */
    struct h1_client *client; /* borrowed */
    struct h1_user *user;     /* borrowed */
    struct h1_origin *origin; /* ref */
    struct h1_exchange *x;    /* whose it is; NULL while idle */
    int64_t idle_since_ns;
    bool is_reused;
};

struct h1_exchange {
    struct http_exchange head;
    struct list link;         /* idle, failed, waiting for addresses, or none */
    struct h1_client *client; /* borrowed */
    struct h1_user *user;     /* borrowed */
    struct h1_conn *conn;     /* NULL while there is none */
    struct h1_origin *origin; /* ref */
    struct addresses *addresses; /* ref while connecting */
    size_t next_address;
    const struct http_request *request; /* borrowed */
    http_done *done;
    void *arg;
    struct loop_timer timeout; /* stays armed from one request to the next */
    int64_t deadline_ns;
    struct buffer out;    /* head of the request, and its body if small */
    size_t body_left_out; /* bytes of the body that are not in `out` */
    size_t sent;
    struct h1_answer answer;
    unsigned interim_seen;
    struct http_timings timings;
    enum http_phase phase;
    int64_t phase_since_ns;
    enum http_failure failure;
    uint64_t received;
    uint32_t connections;
    bool is_busy;     /* between start and the end of `done` */
    bool is_over;     /* ended; `done` is due */
    bool wants_close; /* the request says Connection: close */
    bool cannot_send; /* the server takes no more; it may have answered */
    bool is_retried;
    bool is_held; /* nothing is read */
    char detail[256];
};

/* ------------------------------------------------------------ h1_request.c */

/* Writes the request into `out`. */
void h1_request_write(struct h1_exchange *x);
/* Sends what the connection takes of it. */
void h1_send(struct h1_exchange *x);
bool h1_is_sent(const struct h1_exchange *x);
/* Watches the connection for what the exchange waits for. */
void h1_watch(struct h1_exchange *x);

/* ------------------------------------------------------------ h1_connect.c */

/* To its origin, whose name is looked up if need be; then it sends. */
void h1_connect(struct h1_exchange *x);

/* ------------------------------------------------------------ h1_receive.c */

void h1_receive_begin(struct h1_exchange *x);
/* Reads what there is; may complete the exchange. */
void h1_receive(struct h1_exchange *x);
void h1_hold(struct http_exchange *exchange, bool is_held);

/* --------------------------------------------------------------- h1_conn.c */

/* A kept connection to where the request goes, or NULL. */
struct h1_conn *h1_conn_reuse(struct h1_user *u, const char *url,
                              int64_t now_ns);
/* Begins to connect; NULL: errno says why not. `*at_once` if it has. */
struct h1_conn *h1_conn_open(struct h1_exchange *x, const union address *to,
                             wire_event *on_event, bool *at_once);
/* Begins TLS on it. */
bool h1_conn_secure(struct h1_conn *c, struct error *err) ATTR_NODISCARD;
void h1_conn_keep(struct h1_conn *c, int64_t now_ns);
void h1_conn_close(struct h1_conn *c);
/* Readable while idle: it was closed, or there are bytes nobody asked for. */
void h1_conn_inspect(struct h1_conn *c);
void h1_user_drop_tickets(struct h1_user *u);

/* ----------------------------------------------------------- h1_exchange.c */

struct http_exchange *h1_start(void *user, const struct http_request *request,
                               http_done *done, void *arg);
void h1_cancel(struct http_exchange *exchange);
void h1_deliver(struct loop_task *t);
void h1_exchange_free(struct h1_exchange *x);

/* What was going on until now ends, `next` begins. */
void h1_enter(struct h1_exchange *x, enum http_phase next, int64_t now_ns);
/* All that was measured from one phase on turns out to belong to `phase`. */
void h1_move_phases(struct h1_exchange *x, enum http_phase from,
                    enum http_phase phase);
void h1_end_phases(struct h1_exchange *x, int64_t now_ns);
/* It has failed; `done` will hear of it from the loop. */
void h1_fail(struct h1_exchange *x, enum http_failure failure,
             const char *format, ...) ATTR_PRINTF(3, 4);
void h1_fail_by_errno(struct h1_exchange *x, const char *what, int error);
/* Closes the connection, if there is one. */
void h1_drop_connection(struct h1_exchange *x);
/* Runs `done`, which may close the user and start others; the client stays. */
void h1_hand_over(struct h1_exchange *x, struct http_result *r);
/* Nothing of an answer came on a kept connection: most likely the server had
 * closed it before it saw the request. `is_safe`: it certainly had. True if the
 * exchange begins anew, on another one. */
bool h1_retry(struct h1_exchange *x, bool is_safe);
