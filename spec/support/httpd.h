/* httpd — the fixture server of the end-to-end specs.
 *
 * Answers the way real servers do and the way broken ones do. One thread, one
 * epoll loop, raw sockets and no HTTP library, so that every awkward byte can
 * be sent. httpd.c owns the loop, the timers and the counts; httpd_conn.c
 * reads requests and writes answers; httpd_answer.c says what to answer.
 *
 *   IDLE --request is whole--> ANSWERING --all bytes sent--> IDLE, or closed
 *                               |     ^
 *                               +-----+  timer: a pause is over
 *
 * A connection has at most one timer, and input is read in both states, so a
 * client that hangs up is noticed at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "httpd_bytes.h"
#include "httpd_counts.h"

#define NO_TIMER SIZE_MAX
#define NEVER INT64_MAX

struct slice {
    const char *at; /* borrowed from conn->in */
    size_t len;
};

struct request {
    struct slice method;
    struct slice target; /* path and query as sent */
    struct slice path;
    struct slice query;  /* empty if there is none */
    struct slice fields; /* the header lines, each with its CRLF */
    struct slice body;
    bool chunked;
    bool close;           /* the client will not reuse the connection */
    bool expect_continue; /* it waits for 100 before it sends the body */
    size_t head_bytes;
    size_t body_bytes;
    uint64_t number; /* the N of a path such as /bytes/N, otherwise 0 */
    uint64_t times;  /* how often this path was asked for, this time included */
};

enum answer_end { END_KEEP, END_CLOSE, END_RESET };

/* What is still to be sent after conn->out, made in pieces as the socket takes
 * them: the pattern, then the tail; and how the answer ends. */
struct answer {
    int64_t pause_before_ns; /* before the first byte; NEVER hangs */
    int64_t pause_after_ns;  /* after the last byte, before END_CLOSE/RESET */
    int64_t drip_ns; /* pause before each byte, or event, of the pattern */
    uint64_t pattern_next;
    uint64_t pattern_end;
    size_t chunk_bytes; /* size of each chunk, 0 = not chunked */
    bool events;        /* the pattern is of events, each in a chunk */
    bool one_line;      /* they are parts of a line that does not end */
    const char *tail;   /* borrowed; NULL = none */
    enum answer_end end;
    size_t head_bytes; /* where HEAD stops; 0 = the answer has no such place */
};

struct conn {
    struct server *server; /* owner */
    struct conn *next;     /* in server->conns */
    struct conn **link;    /* what points at this one */
    int fd;
    uint32_t events; /* what epoll watches */
    struct bytes in;
    struct bytes out;
    size_t out_sent;
    struct answer answer;
    bool busy;      /* ANSWERING */
    bool counted;   /* it is in server->connections */
    bool continued; /* 100 was sent for the request that is coming in */
    int64_t due_ns;
    size_t timer; /* index in server->timers, or NO_TIMER */
};

struct server {
    int epoll_fd;
    int listen_fd;
    int signal_fd;
    struct conn *conns;
    struct conn **timers; /* owned: binary heap, earliest due_ns first */
    size_t timer_count;
    size_t timer_capacity;
    struct counts paths;
    struct counts methods;
    uint64_t total;
    uint64_t connections; /* that sent a request other than /counts */
};

/* httpd.c: one timer per connection, O(log n). */
void timer_set(struct conn *c, int64_t due_ns);
void timer_cancel(struct conn *c);
int64_t now_ns(void);

/* httpd_conn.c: takes ownership of fd. */
void conn_open(struct server *s, int fd);
void conn_close(struct conn *c);

/* Either may close the connection; c is dead for the caller afterwards. */
void conn_on_events(struct conn *c, uint32_t events);
void conn_on_timer(struct conn *c);

/* httpd_answer.c: counts the request and fills c->out and c->answer. */
void answer_request(struct conn *c, struct request *r);
void answer_bad_request(struct conn *c, int status);

bool slice_is(struct slice s, const char *text);
