/* sender_http — batches as bodies of POSTs. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "io/sender.h"
#include "io/sender_transport.h"
#include "io/transfer.h"

enum { ANSWER_SHOWN_BYTES = 200 };

struct http_sender {
    struct sender_transport base;
    char *url;                  /* owned */
    struct curl_slist *headers; /* owned */
    CURLM *multi;               /* owned */
};

/* Keeps the beginning: what is wrong is said there. */
static size_t on_answer(char *bytes, size_t one, size_t length, void *arg)
{
    (void)one;
    struct buffer *answer = arg;
    size_t room = ANSWER_SHOWN_BYTES - answer->size;
    buffer_add(answer, bytes, length < room ? length : room);
    return length;
}

static bool judge(const struct transfer *t, struct buffer *answer,
                  struct error *err)
{
    long status = 0;
    if (t->code == CURLE_OPERATION_TIMEDOUT)
        return error_set(err, "no answer within %d s",
                         SENDER_TIMEOUT_MS / 1000);
    if (t->code != CURLE_OK)
        return error_set(err, "%s", transfer_words(t));
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status <= 299)
        return true;
    return error_set(err, "status %ld%s%s", status, answer->size ? ": " : "",
                     buffer_text(answer));
}

static bool http_send(struct sender_transport *t, const char *bytes,
                      size_t size, const atomic_bool *is_closing,
                      struct error *err)
{
    struct http_sender *h = (struct http_sender *)t;
    struct transfer transfer;
    struct buffer answer = {0};
    transfer_open(&transfer, h->url, SENDER_TIMEOUT_MS);
    CURL *easy = transfer.easy;
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, bytes);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, h->headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_answer);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    bool done = transfer_perform(&transfer, h->multi, is_closing)
                    ? judge(&transfer, &answer, err)
                    : error_set(err, "no answer before the end");
    transfer_close(&transfer);
    buffer_fini(&answer);
    return done;
}

static void http_wake(struct sender_transport *t)
{
    curl_multi_wakeup(((struct http_sender *)t)->multi);
}

static void http_free(struct sender_transport *t)
{
    struct http_sender *h = (struct http_sender *)t;
    if (h->multi)
        curl_multi_cleanup(h->multi);
    curl_slist_free_all(h->headers);
    free(h->url);
    free(h);
}

/* libcurl's own "Expect: 100-continue" would cost servers that ignore it a
 * second. */
static void add_headers(struct http_sender *h, const char *const *headers)
{
    h->headers = curl_slist_append(NULL, "Expect:");
    for (; *headers; headers++)
        h->headers = curl_slist_append(h->headers, *headers);
}

struct sender_transport *
sender_http_new(const char *url, const char *const *headers, struct error *err)
{
    if (!transfer_scheme(url, "http://host:port/path", err))
        return NULL;
    struct http_sender *h = xcalloc(1, sizeof *h);
    h->base = (struct sender_transport){http_send, http_wake, http_free};
    h->url = xstrdup(url);
    add_headers(h, headers);
    h->multi = curl_multi_init();
    if (h->multi)
        return &h->base;
    error_set(err, "libcurl cannot start a multi handle");
    http_free(&h->base);
    return NULL;
}
