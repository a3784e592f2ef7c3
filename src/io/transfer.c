#include "io/transfer.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { POLL_MS = 2000 };

/* A lookup that hangs is left behind rather than waited for, see
 * CURLOPT_QUICK_EXIT. */
void transfer_open(struct transfer *t, const char *url, long timeout_ms)
{
    *t = (struct transfer){.easy = curl_easy_init()};
    CURL *easy = t->easy;
    if (!easy)
        abort();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "lload");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* not from the environment */
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->message);
}

void transfer_close(struct transfer *t)
{
    curl_easy_cleanup(t->easy);
}

bool transfer_perform(struct transfer *t, CURLM *multi,
                      const atomic_bool *is_closing)
{
    int running = 1, left;
    curl_multi_add_handle(multi, t->easy);
    while (!atomic_load(is_closing) &&
           curl_multi_perform(multi, &running) == CURLM_OK && running)
        curl_multi_poll(multi, NULL, 0, POLL_MS, NULL);
    CURLMsg *m = running ? NULL : curl_multi_info_read(multi, &left);
    if (m)
        t->code = m->data.result;
    curl_multi_remove_handle(multi, t->easy);
    return m != NULL;
}

const char *transfer_words(const struct transfer *t)
{
    return *t->message ? t->message : curl_easy_strerror(t->code);
}

const char *transfer_scheme(const char *url, const char *example,
                            struct error *err)
{
    CURLU *parts = curl_url();
    char *scheme = NULL;
    const char *known = NULL;
    CURLUcode code =
        curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_OK)
        code = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
    if (code != CURLUE_OK)
        error_set(err, "not a URL (%s); write it like %s",
                  curl_url_strerror(code), example);
    else if (strcmp(scheme, "https") == 0)
        known = "https";
    else if (strcmp(scheme, "http") == 0)
        known = "http";
    else
        error_set(err, "the URL must begin with http:// or https://");
    curl_free(scheme);
    curl_url_cleanup(parts);
    return known;
}
