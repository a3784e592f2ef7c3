/* transfer — one HTTP exchange of libcurl at a time, on a thread of its own.
 *
 * What lload reads or sends beside the load: a page of metrics, a batch for a
 * database. libcurl's multi interface is used for a single transfer because it
 * can be woken: whoever closes ends any wait at once. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include <curl/curl.h>

struct error;

struct transfer {
    CURL *easy; /* owned */
    CURLcode code;
    char message[CURL_ERROR_SIZE];
};

/* A handle for one exchange only, see `open_handle` in transport_curl.c; the
 * connection is kept all the same, by the multi handle. */
void transfer_open(struct transfer *t, const char *url, long timeout_ms);
void transfer_close(struct transfer *t);
/* False if it was broken off, by `is_closing` and curl_multi_wakeup. */
bool transfer_perform(struct transfer *t, CURLM *multi,
                      const atomic_bool *is_closing);
/* What went wrong, in words. */
const char *transfer_words(const struct transfer *t);
/* "http" or "https"; NULL with the cause, which does not repeat the URL: it may
 * hold a password. */
const char *transfer_scheme(const char *url, const char *example,
                            struct error *err);
