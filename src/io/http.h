/* http — the one seam for HTTP: exactly one exchange for one user.
 *
 * Request in, result out. Redirects, cookies, credentials and decoding are
 * decided above it, once, for every transport behind it. A user has connections
 * of its own, kept alive between its exchanges, like a real client.
 *
 * A client belongs to one loop and is called from its thread only. `done` runs
 * from the loop, never from inside `http_start`, and exactly once for each
 * exchange; what the result points to is gone when it returns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "io/http_cache.h"

struct error;
struct loop;
struct tunnel;

/* Why there is no complete answer. Names: http_failure_name(). */
enum http_failure {
    HTTP_OK,
    HTTP_TIMEOUT,
    HTTP_REFUSED,
    HTTP_UNREACHABLE,
    HTTP_RESET,
    HTTP_CLOSED,
    HTTP_DNS,
    HTTP_TLS,
    HTTP_PROTOCOL,
    HTTP_DECODING, /* decided above the seam */
    HTTP_TOO_LARGE,
    HTTP_TOO_MANY_REDIRECTS, /* decided above the seam */
    HTTP_CUT_OFF,            /* cancelled before its end */
    HTTP_OTHER,
    HTTP_FAILURES
};

const char *http_failure_name(enum http_failure failure);

enum http_phase {
    HTTP_BLOCKED,
    HTTP_LOOKING_UP,
    HTTP_CONNECTING,
    HTTP_TLS_HANDSHAKING,
    HTTP_SENDING,
    HTTP_WAITING,
    HTTP_RECEIVING,
    HTTP_PHASES
};

/* Phases of one exchange; they add up to the whole. */
struct http_timings {
    int64_t started_ns; /* monotonic */
    int64_t ended_ns;
    int64_t phase_ns[HTTP_PHASES];
};

/* What an answer came with. Names: http_proto_name(). */
enum http_proto {
    HTTP_PROTO_NONE,
    HTTP_PROTO_1_0,
    HTTP_PROTO_1_1,
    HTTP_PROTO_2,
    HTTP_PROTOS
};

/* "HTTP/1.1", "h2"; "" for none. */
const char *http_proto_name(enum http_proto proto);

struct http_head {
    int status;
    enum http_proto proto;
    const char *headers; /* "Name: value\r\n" lines, without a NUL */
    size_t header_bytes;
};

/* Takes the body of an answer in pieces, as they come. It is called from the
 * loop, perhaps from inside libcurl, with the `arg` of `done`: it may hold the
 * exchange, but neither start nor cancel one. */
struct http_sink {
    /* The head of the final answer. Whether its body is for the sink: then
     * timeout and limits of size are over; else it is kept for the result. */
    bool (*on_head)(void *arg, const struct http_head *head);
    void (*on_body)(void *arg, const char *bytes, size_t size);
};

struct http_request {
    const char *method;
    const char *url;     /* absolute, http:// or https:// */
    const char *headers; /* "Name: value\r\n" lines, or NULL */
    const char *body;
    size_t body_bytes;
    bool has_body; /* an empty body is still a body */
    int64_t timeout_ns;
    size_t max_body_bytes;
    bool discards_body; /* received and counted, not kept: no limit */
    bool switches; /* asks for another protocol: status 101 is its answer */
    const struct http_sink *sink; /* borrowed; NULL: there is none */
};

struct http_result {
    enum http_failure failure;
    const char *detail; /* words for people; NULL on success */
    int status;         /* 0 without a complete answer */
    enum http_proto proto;
    enum http_cache cache;
    const char *headers; /* "Name: value\r\n" lines of the final answer */
    size_t header_bytes; /* neither headers nor body end with a NUL */
    const char *body;    /* as sent: still encoded */
    size_t body_bytes;
    uint64_t sent_bytes;
    uint64_t received_bytes;
    uint32_t connections; /* opened for it */
    /* After status 101: the connection, for whoever takes it while `done` runs;
     * else it is closed. NULL otherwise. */
    struct tunnel *tunnel;
    struct http_timings timings;
};

/* sending + waiting + receiving, the time k6 calls http_req_duration. */
int64_t http_timings_duration_ns(const struct http_timings *t);

/* Which transport performs the exchanges. */
enum http_transport {
    HTTP_TRANSPORT_AUTO, /* h1, and curl for what h1 declines */
    HTTP_TRANSPORT_CURL,
    HTTP_TRANSPORT_H1
};

/* How long a user keeps its connections. */
enum http_reuse {
    HTTP_REUSE_USER,      /* as long as it lives */
    HTTP_REUSE_ITERATION, /* until http_user_disconnect */
    HTTP_REUSE_NONE       /* for one exchange */
};

enum http_tls_version { HTTP_TLS_ANY, HTTP_TLS_1_2, HTTP_TLS_1_3 };

/* Files in PEM form; NULL where nothing is said. */
struct http_tls {
    char *ca;   /* whom to trust, instead of the system's store */
    char *cert; /* of our own, with what leads to its authority */
    char *key;  /* of `cert`; NULL: in the same file */
    char *key_password;
    char *ciphers; /* names as in openssl-ciphers(1), of both versions */
    enum http_tls_version min_version;
    enum http_tls_version max_version;
};

/* Which addresses of a name are used. */
enum http_family { HTTP_FAMILY_ANY, HTTP_FAMILY_IPV4, HTTP_FAMILY_IPV6 };

struct http_options {
    bool insecure;
    bool no_resumption; /* each TLS handshake is a full one */
    bool http2;         /* offered over TLS; then curl performs all exchanges */
    enum http_reuse reuse;
    const char *source; /* "A" or "A-B": local addresses; NULL for any */
    const char *const *resolve; /* "host:port:addr", NULL-terminated */
    /* "host:port:to-host:to-port", NULL-terminated: where requests for host
     * and port are connected to; no port is any, or the same. `resolve` goes
     * before. */
    const char *const *connect_to;
    enum http_family family;
    const char *proxy; /* its address; then curl performs all exchanges */
    const char *const *blocked; /* "host", "*.domain"; NULL-terminated */
    enum http_transport transport;
    const struct http_tls *tls; /* NULL: nothing is said */
};

/* What a client has seen so far that belongs to no one exchange. */
struct http_counts {
    uint64_t reused;            /* exchanges that began on an open connection */
    uint64_t reuse_races;       /* repeated: the server had closed it */
    uint64_t unsolicited_bytes; /* behind the end of an answer */
    uint64_t exhausted; /* connections for which no port, descriptor or memory
                           was left on this machine */
};

/* Whether this machine has the addresses of `http_options.source`. */
bool http_source_check(const char *source, struct error *err) ATTR_NODISCARD;

/* Frees its texts, of whoever owns them. */
void http_tls_fini(struct http_tls *tls);
/* Whether its files can be used, and what they hold fits together. */
bool http_tls_check(const struct http_tls *tls,
                    struct error *err) ATTR_NODISCARD;

struct http_client;
struct http_user;
struct http_exchange;
typedef void http_done(void *arg, const struct http_result *result);

/* Once per process, before any client. */
bool http_global_init(struct error *err) ATTR_NODISCARD;
void http_global_fini(void);

/* Copies `options`. */
struct http_client *http_client_open(struct loop *loop,
                                     const struct http_options *options,
                                     struct error *err) ATTR_NODISCARD;
/* All its users must be closed before. */
void http_client_close(struct http_client *c);
/* What happened since the last call. */
struct http_counts http_client_take_counts(struct http_client *c);

/* The connections of user `number` leave from the number-th source address. */
struct http_user *http_user_open(struct http_client *c, uint32_t number);
/* Closes its kept connections; none of its exchanges may be under way. */
void http_user_disconnect(struct http_user *u);
/* Closes its connections; none of its exchanges may be under way, but for the
 * one whose `done` is running. */
void http_user_close(struct http_user *u);

/* `request` and what it points to must live until `done`. */
struct http_exchange *http_start(struct http_user *u,
                                 const struct http_request *request,
                                 http_done *done, void *arg);
/* Ends it now: `done` runs from inside with HTTP_CUT_OFF and its age. */
void http_cancel(struct http_exchange *x);
/* No more of the answer is read while it is held. What had been read before may
 * come to the sink from inside, when it is let go. */
void http_hold(struct http_exchange *x, bool is_held);
/* Whether exchanges with the origin of that address share a connection, as far
 * as this client knows: HTTP/2 was spoken there. */
bool http_multiplexes(const struct http_user *u, const char *url);
