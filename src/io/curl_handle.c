#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "io/curl.h"
#include "io/tls_settings.h"

enum { HEADERS_MAX_BYTES = 256 * 1024 };

/* ------------------------------------------------------------- handshakes */

/* Called when a handshake begins, to set up its context. libcurl 7.88 says when
 * a connection was made only after the handshake on it. */
static CURLcode on_handshake(CURL *easy, void *context, void *arg)
{
    (void)easy;
    struct curl_exchange *x = arg;
    const struct tls_settings *settings = x->client->settings;
    x->handshake_ns = clock_now_ns();
    return !settings || tls_settings_apply(settings, context, true)
               ? CURLE_OK
               : CURLE_SSL_CERTPROBLEM;
}

/* ----------------------------------------------------------- repeated sends */

/* Called before each time the request is sent, on a connection that is ready.
 * libcurl repeats it by itself
 * when a kept connection turns out to be dead; we allow that once, and never
 * where the server may have acted on it twice. */
static int on_send(void *arg, char *to, char *from, int to_port, int from_port)
{
    (void)to, (void)from, (void)to_port, (void)from_port;
    struct curl_exchange *x = arg;
    if (curl_offers_http2(x))
        curl_gate_note(x);
    curl_gate_leave(x);
    if (x->sends++ == 0)
        return CURL_PREREQFUNC_OK;
    if (x->sends > 2 || !http_request_is_idempotent(x->request))
        return CURL_PREREQFUNC_ABORT;
    x->client->counts->reuse_races++;
    return CURL_PREREQFUNC_OK;
}

/* --------------------------------------------------------- bytes that come */

/* The head of the final answer is there. */
static void take_head(struct curl_exchange *x)
{
    const struct http_sink *sink = x->request->sink;
    long status = 0;
    enum http_proto proto = curl_result_proto(x);
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 1)
        return;
    if (!sink)
        return;
    struct http_head head = {.status = (int)status,
                             .proto = proto,
                             .headers = buffer_text(&x->headers),
                             .header_bytes = x->headers.size};
    x->is_streamed = sink->on_head(x->arg, &head);
    if (x->is_streamed)
        curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, 0L);
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
    struct curl_exchange *x = arg;
    size_t length = size * count;
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        buffer_clear(&x->headers); /* what came before was a 1xx answer */
        x->headers_ended = false;
        return length;
    }
    if (x->headers_ended)
        return length; /* what follows the body are trailers */
    if (length <= 2) {
        x->headers_ended = true;
        take_head(x);
        return length;
    }
    if (x->headers.size + length > HEADERS_MAX_BYTES) {
        x->too_large = true;
        return 0;
    }
    buffer_add(&x->headers, bytes, length);
    return length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct curl_exchange *x = arg;
    size_t length = size * count;
    if (x->is_streamed && !x->is_cancelled)
        x->request->sink->on_body(x->arg, bytes, length);
    if (x->is_streamed || x->request->discards_body)
        return length;
    if (x->body.size + length > x->request->max_body_bytes) {
        x->too_large = true;
        return 0;
    }
    buffer_add(&x->body, bytes, length);
    return length;
}

/* --------------------------------------------------------- of all requests */

/* A handle for one exchange only: reused, libcurl 7.88 remembers the last
 * header of the answer before, which is freed, and writes to it when the next
 * answer begins with a folded line. */
void curl_handle_open(struct curl_exchange *x)
{
    const struct curl_client *c = x->client;
    CURL *easy = x->easy = curl_easy_init();
    if (!easy)
        abort();
    curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->message);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_send);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, x);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_handshake);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, x);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, c->proxy); /* not from the */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");     /* environment */
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, c->connect_to);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, c->keeps ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, c->keeps ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, c->resumes ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_RESOLVE, c->resolve);
    if (c->ca) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, c->ca);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    if (c->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

/* ---------------------------------------------------------- of one request */

bool curl_offers_http2(const struct curl_exchange *x)
{
    return x->client->offers_http2 &&
           strncasecmp(x->request->url, "https:", 6) == 0;
}

static void append_header(struct curl_exchange *x, const char *line)
{
    struct curl_slist *longer = curl_slist_append(x->header_lines, line);
    if (!longer)
        abort();
    x->header_lines = longer;
}

static bool has_header(const char *line, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(line, name, length) == 0 && line[length] == ':';
}

/* libcurl writes an empty value only for "Name;". */
static void append_line(struct curl_exchange *x, struct buffer *line)
{
    const char *text = buffer_text(line);
    char *colon = strchr(text, ':');
    if (colon && colon[1 + strspn(colon + 1, " ")] == '\0') {
        line->size = (size_t)(colon - text);
        buffer_add_char(line, ';');
    }
    append_header(x, buffer_text(line));
}

/* Our lines, and nothing that libcurl would add by itself. */
static void set_headers(struct curl_exchange *x, const char *lines)
{
    bool has_accept = false, has_type = false;
    struct buffer line = {0};
    for (const char *at = lines; at && *at;) {
        const char *end = strstr(at, "\r\n");
        has_accept |= has_header(at, "Accept");
        has_type |= has_header(at, "Content-Type");
        buffer_clear(&line);
        buffer_add(&line, at, (size_t)(end - at));
        append_line(x, &line);
        at = end + 2;
    }
    buffer_fini(&line);
    append_header(x, "Expect:");
    if (!has_accept)
        append_header(x, "Accept:");
    if (!has_type)
        append_header(x, "Content-Type:");
    curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->header_lines);
}

static void set_method(CURL *easy, const struct http_request *r)
{
    bool head = strcmp(r->method, "HEAD") == 0;
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (r->has_body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->body ? r->body : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)r->body_bytes);
    }
    if (head)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, head ? NULL : r->method);
}

/* libcurl wants an address that is written in the URL to be of the family,
 * too; for us that is a matter of names. */
static void set_family(CURL *easy, const struct curl_client *c, const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    size_t digits = strspn(host, "0123456789.");
    bool is_address = *host == '[' || (digits && strchr(":/?#", host[digits]));
    curl_easy_setopt(easy, CURLOPT_IPRESOLVE,
                     is_address ? CURL_IPRESOLVE_WHATEVER : c->family);
}

void curl_handle_aim(struct curl_exchange *x)
{
    const struct http_request *r = x->request;
    curl_easy_setopt(x->easy, CURLOPT_SHARE, x->user->share);
    curl_easy_setopt(x->easy, CURLOPT_INTERFACE,
                     *x->user->interface ? x->user->interface : NULL);
    curl_easy_setopt(x->easy, CURLOPT_URL, r->url);
    curl_easy_setopt(x->easy, CURLOPT_HTTP_VERSION,
                     curl_offers_http2(x) ? CURL_HTTP_VERSION_2TLS
                                          : CURL_HTTP_VERSION_1_1);
    if (x->client->family != CURL_IPRESOLVE_WHATEVER)
        set_family(x->easy, x->client, r->url);
    set_method(x->easy, r);
    set_headers(x, r->headers);
}
