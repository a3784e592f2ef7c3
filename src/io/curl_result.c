#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "io/curl.h"

/* ------------------------------------------------------------------ failures
 */

static enum http_failure failure_from_code(CURLcode code)
{
    static const struct {
        CURLcode code;
        enum http_failure failure;
    } table[] = {
        {CURLE_OK, HTTP_OK},
        {CURLE_OPERATION_TIMEDOUT, HTTP_TIMEOUT},
        {CURLE_COULDNT_RESOLVE_HOST, HTTP_DNS},
        {CURLE_COULDNT_RESOLVE_PROXY, HTTP_DNS},
        {CURLE_PROXY, HTTP_UNREACHABLE}, /* it does not let us through */
        {CURLE_GOT_NOTHING, HTTP_CLOSED},
        {CURLE_PARTIAL_FILE, HTTP_CLOSED},
        {CURLE_ABORTED_BY_CALLBACK, HTTP_CLOSED}, /* see on_send */
        {CURLE_SSL_CONNECT_ERROR, HTTP_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, HTTP_TLS},
        {CURLE_SSL_CERTPROBLEM, HTTP_TLS},
        {CURLE_SSL_CIPHER, HTTP_TLS},
        {CURLE_SSL_CACERT_BADFILE, HTTP_TLS},
        {CURLE_SSL_ISSUER_ERROR, HTTP_TLS},
        {CURLE_WEIRD_SERVER_REPLY, HTTP_PROTOCOL},
        {CURLE_UNSUPPORTED_PROTOCOL, HTTP_PROTOCOL},
        {CURLE_BAD_CONTENT_ENCODING, HTTP_PROTOCOL},
        {CURLE_HTTP2, HTTP_PROTOCOL},
        {CURLE_HTTP2_STREAM, HTTP_RESET}, /* the server reset the stream */
        {CURLE_FILESIZE_EXCEEDED, HTTP_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].code == code)
            return table[i].failure;
    return HTTP_OTHER;
}

/* A broken chunk is CURLE_RECV_ERROR without an errno; so is a close in the
 * middle of one. */
static enum http_failure receive_failure(const struct curl_exchange *x,
                                         long error)
{
    if (error == ECONNRESET || error == EPIPE)
        return HTTP_RESET;
    if (strstr(x->message, "tunnel")) /* the proxy refused to make one */
        return HTTP_UNREACHABLE;
    if (strstr(x->message, "chunk") || strstr(x->message, "header"))
        return HTTP_PROTOCOL;
    if (strstr(x->message, "SSL"))
        return HTTP_TLS;
    return HTTP_CLOSED;
}

/* libcurl's codes for what may befall a stream of HTTP/2 alone: a request that
 * the server refused may be sent again, which on_send does not let it; and
 * "nothing" comes of frames that are none. */
static enum http_failure stream_failure(CURLcode code)
{
    switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
        return HTTP_RESET;
    case CURLE_GOT_NOTHING:
        return HTTP_PROTOCOL;
    default:
        return failure_from_code(code);
    }
}

static enum http_failure classify(const struct curl_exchange *x)
{
    long error = 0;
    if (x->too_large)
        return HTTP_TOO_LARGE;
    curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &error);
    switch (x->code) {
    case CURLE_COULDNT_CONNECT:
        return http_failure_from_errno((int)error, x->client->counts);
    case CURLE_SEND_ERROR:
        return HTTP_RESET;
    case CURLE_RECV_ERROR:
        return receive_failure(x, error);
    default:
        return x->speaks_http2 ? stream_failure(x->code)
                               : failure_from_code(x->code);
    }
}

/* ------------------------------------------------------------------- timings
 */

static int64_t info_ns(CURL *easy, CURLINFO info)
{
    curl_off_t us = 0;
    curl_easy_getinfo(easy, info, &us);
    return us * NS_PER_US;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Marks of libcurl count from when it had the exchange. */
static int64_t since_begun(const struct curl_exchange *x, int64_t at_ns)
{
    return at_ns - x->begun_ns;
}

/* Without a first byte, all that is left belongs to what was going on. */
static enum http_phase unfinished_phase(const struct curl_exchange *x)
{
    if (info_ns(x->easy, CURLINFO_PRETRANSFER_TIME_T))
        return HTTP_WAITING;
    if (x->handshake_ns)
        return HTTP_TLS_HANDSHAKING;
    if (!info_ns(x->easy, CURLINFO_NAMELOOKUP_TIME_T))
        return HTTP_LOOKING_UP;
    if (!info_ns(x->easy, CURLINFO_CONNECT_TIME_T))
        return HTTP_CONNECTING;
    return HTTP_SENDING;
}

static int64_t connected_ns(const struct curl_exchange *x)
{
    int64_t mark = info_ns(x->easy, CURLINFO_CONNECT_TIME_T);
    return mark || !x->handshake_ns ? mark : since_begun(x, x->handshake_ns);
}

/* libcurl's marks count from the start of its own work and are 0 where a phase
 * did not happen; each phase ends no earlier than the one before. */
static void fill_phases(const struct curl_exchange *x, struct http_timings *t)
{
    int64_t whole_ns = since_begun(x, x->ended_ns);
    int64_t looked_up = info_ns(x->easy, CURLINFO_NAMELOOKUP_TIME_T);
    int64_t connected = later(looked_up, connected_ns(x));
    int64_t secured =
        later(connected, info_ns(x->easy, CURLINFO_APPCONNECT_TIME_T));
    int64_t ready =
        later(secured, info_ns(x->easy, CURLINFO_PRETRANSFER_TIME_T));
    int64_t mark = info_ns(x->easy, CURLINFO_STARTTRANSFER_TIME_T);
    int64_t first = later(ready, mark);
    int64_t total = later(first, info_ns(x->easy, CURLINFO_TOTAL_TIME_T));
    long opened = 0;
    curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &opened);
    t->phase_ns[HTTP_BLOCKED] = x->begun_ns - x->started_ns; /* gated */
    /* On a connection at hand libcurl looks nothing up. */
    t->phase_ns[opened ? HTTP_LOOKING_UP : HTTP_BLOCKED] += looked_up;
    t->phase_ns[HTTP_CONNECTING] = connected - looked_up;
    t->phase_ns[HTTP_TLS_HANDSHAKING] = secured - connected;
    t->phase_ns[HTTP_SENDING] = ready - secured;
    t->phase_ns[HTTP_WAITING] = first - ready;
    if (mark && x->is_cancelled) {
        t->phase_ns[HTTP_RECEIVING] = later(0, whole_ns - first);
    } else if (mark) {
        t->phase_ns[HTTP_RECEIVING] = total - first;
        t->phase_ns[HTTP_BLOCKED] += later(0, whole_ns - total);
    } else {
        t->phase_ns[unfinished_phase(x)] += later(0, whole_ns - first);
    }
}

static void fill_timings(const struct curl_exchange *x, struct http_timings *t)
{
    t->started_ns = x->started_ns;
    t->ended_ns = x->ended_ns;
    if (x->begun_ns)
        fill_phases(x, t);
    else
        t->phase_ns[HTTP_BLOCKED] = x->ended_ns - x->started_ns;
}

/* -------------------------------------------------------------------- answer
 */

static void fill_bytes(const struct curl_exchange *x, struct http_result *r)
{
    long request = 0, header = 0, connections = 0;
    curl_off_t up = 0, down = 0;
    curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &request);
    curl_easy_getinfo(x->easy, CURLINFO_HEADER_SIZE, &header);
    curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &up);
    curl_easy_getinfo(x->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
    curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &connections);
    r->sent_bytes = (uint64_t)request + (uint64_t)up;
    r->received_bytes = (uint64_t)header + (uint64_t)down;
    r->connections = (uint32_t)connections;
    x->client->counts->reused += connections == 0 && header > 0;
}

static void fill_answer(struct curl_exchange *x, struct http_result *r)
{
    long status = 0;
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    r->status = (int)status;
    r->headers = buffer_text(&x->headers);
    r->header_bytes = x->headers.size;
    r->body = buffer_text(&x->body);
    r->body_bytes = x->body.size;
    r->cache = http_cache_verdict(r->status, r->headers, r->header_bytes);
}

enum http_proto curl_result_proto(const struct curl_exchange *x)
{
    long version = 0;
    curl_easy_getinfo(x->easy, CURLINFO_HTTP_VERSION, &version);
    switch (version) {
    case CURL_HTTP_VERSION_1_0:
        return HTTP_PROTO_1_0;
    case CURL_HTTP_VERSION_1_1:
        return HTTP_PROTO_1_1;
    case CURL_HTTP_VERSION_2:
        return HTTP_PROTO_2;
    default:
        return HTTP_PROTO_NONE;
    }
}

static const char *detail_of(const struct curl_exchange *x)
{
    if (x->code == CURLE_ABORTED_BY_CALLBACK && x->speaks_http2)
        return "the server refused the stream, or closed the connection";
    if (x->code == CURLE_ABORTED_BY_CALLBACK)
        return "the server closed the kept connection";
    if (x->code == CURLE_GOT_NOTHING && x->speaks_http2)
        return "what the server sent is no HTTP/2";
    if (x->too_large)
        return "the answer is larger than allowed";
    return *x->message ? x->message : curl_easy_strerror(x->code);
}

void curl_result_fill(struct curl_exchange *x, struct http_result *r)
{
    fill_timings(x, &r->timings);
    fill_bytes(x, r);
    r->proto = curl_result_proto(x);
    if (x->is_cancelled) {
        r->failure = HTTP_CUT_OFF;
        r->detail = "cut off by the end of the run";
        return;
    }
    r->failure = classify(x);
    if (r->failure == HTTP_OK)
        fill_answer(x, r);
    else
        r->detail = detail_of(x);
}
