/* curl — what the files of the libcurl transport share: its client, users and
 * exchanges.
 *
 * transport_curl.c has their lives, curl_events.c drives libcurl, curl_handle.c
 * tells it what to send and takes what comes, curl_gate.c decides when an
 * exchange may go to it, curl_result.c says what became of one. */
#pragma once

#include <stdint.h>

#include <curl/curl.h>
#include <ev.h>

#include "base/buffer.h"
#include "base/list.h"
#include "io/loop.h"
#include "io/source.h"
#include "io/transport.h"

struct tls_settings;

enum { CURL_ORIGINS_MAX = 64 };

/* What the last connection to an origin speaks. */
struct curl_origin {
    char *text; /* owned: "https://host:port" */
    enum http_proto proto;
};

struct curl_client {
    struct loop *loop;          /* borrowed */
    struct http_counts *counts; /* borrowed */
    CURLM *multi;               /* owned */
    ev_timer timer;             /* libcurl's single timer */
    struct loop_task kick;
    struct loop_task dispatch;
    struct list finished; /* exchanges whose `done` is due */
    struct list idle;     /* pooled exchanges */
    struct list idle_watches;
    struct curl_slist *resolve;    /* owned */
    struct curl_slist *connect_to; /* owned */
    char *proxy;                   /* owned; "" for none */
    long family;                   /* of addresses */
    bool insecure;
    struct tls_settings *settings; /* owned; NULL if nothing is said */
    char *ca;                      /* owned; NULL: the system's store */
    bool resumes;                  /* TLS sessions */
    bool keeps; /* connections, from one exchange to the next */
    bool offers_http2;
    struct curl_origin origins[CURL_ORIGINS_MAX]; /* if HTTP/2 is offered */
    size_t origin_count;
    struct source source;
};

struct curl_user {
    struct curl_client *client; /* borrowed */
    CURLSH *share;              /* owned */
    struct list opening;        /* exchanges that may yet open a connection */
    struct list gated;          /* exchanges that wait for one of those */
    struct loop_task release;
    char interface[SOURCE_TEXT_BYTES + 8]; /* "host!ADDR", or "" */
};

struct curl_exchange {
    struct http_exchange head;
    struct list link;           /* finished, idle, or in neither */
    struct list gate;           /* opening, gated, or in neither */
    struct curl_client *client; /* borrowed */
    struct curl_user *user;     /* borrowed */
    CURL *easy;                 /* owned; NULL while idle */
    const struct http_request *request;
    http_done *done;
    void *arg;
    struct curl_slist *header_lines; /* owned */
    struct buffer headers;
    struct buffer body;
    bool headers_ended;
    bool too_large;
    bool is_gated;
    bool speaks_http2; /* the connection it was sent on */
    bool is_streamed;  /* the body goes to the request's sink */
    bool is_cancelled; /* libcurl's marks are not those of an end */
    bool is_held;
    unsigned sends;
    CURLcode code;
    struct loop_timer timeout; /* while gated */
    int64_t started_ns;
    int64_t begun_ns;     /* when libcurl had it; 0: not yet */
    int64_t handshake_ns; /* when a handshake began; 0: none did */
    int64_t ended_ns;
    char message[CURL_ERROR_SIZE];
};

/* --------------------------------------------------------------- curl_gate.c
 */

/* A user's exchanges with one host share a connection where HTTP/2 is spoken:
 * while one of them may yet open one, the others wait for it.
 *
 * libcurl could do that itself (CURLOPT_PIPEWAIT), but 7.88 keeps one list for
 * all users of a multi handle and lets one of it go at each event, whosever it
 * is: a server that is slow to accept would hold up requests to others. And
 * where a connection is full of streams, each of the rest opens its own. */
void curl_gate_open(struct curl_user *u);
void curl_gate_close(struct curl_user *u);
/* Whether it may go on; else curl_begin() is called when it may. */
bool curl_gate_pass(struct curl_exchange *x);
/* Its connection is ready, or it is over. */
void curl_gate_leave(struct curl_exchange *x);
/* It is about to be sent: what the connection speaks is known. */
void curl_gate_note(struct curl_exchange *x);
/* What it was the last time; HTTP_PROTO_NONE: nothing is known. */
enum http_proto curl_gate_proto(struct curl_client *c, const char *url);
void curl_gate_forget(struct curl_client *c);

/* ------------------------------------------------------------- curl_events.c
 */

void curl_events_init(struct curl_client *c);
/* The client's multi handle tells of its sockets and timer from now on. */
void curl_events_connect(struct curl_client *c);
void curl_events_fini(struct curl_client *c);
/* libcurl looks at once; not from inside one of its callbacks. */
void curl_drive(struct curl_client *c);

/* ------------------------------------------------------------- curl_handle.c
 */

/* A handle with what all requests of a client have in common. */
void curl_handle_open(struct curl_exchange *x);
/* Sets what the exchange's request says. */
void curl_handle_aim(struct curl_exchange *x);
bool curl_offers_http2(const struct curl_exchange *x);

/* ---------------------------------------------------------- transport_curl.c
 */

/* Hands it to libcurl, which looks at it in the next turn of the loop. */
void curl_begin(struct curl_exchange *x);
/* libcurl is done with it; `done` will hear of it from the loop. */
void curl_finish_later(struct curl_exchange *x, CURLcode code);
/* It has failed before libcurl had it; `done` will hear of it from the loop. */
void curl_fail(struct curl_exchange *x, CURLcode code, const char *message);

/* ------------------------------------------------------------- curl_result.c
 */

void curl_result_fill(struct curl_exchange *x, struct http_result *r);
enum http_proto curl_result_proto(const struct curl_exchange *x);
