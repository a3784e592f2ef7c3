#include "io/scrape.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/thread.h"
#include "io/transfer.h"

static const long TIMEOUT_MS = 2000;
static const long REDIRECTS_MAX = 3;

struct scrape {
    char *url;           /* owned */
    const char *allowed; /* static: the protocols of redirects */
    int64_t interval_ns;
    bool insecure;
    CURLM *multi; /* owned */
    pthread_t thread;
    bool has_thread;
    atomic_bool is_closing;
    pthread_mutex_t lock; /* for what follows */
    struct scrape_sample kept[SCRAPE_KEPT_MAX];
    unsigned first, count;
};

/* One GET. On the thread, as all that follows up to the owner's side. */
struct visit {
    struct transfer transfer;
    struct buffer body;
    bool is_too_large;
};

static bool is_closing(struct scrape *s)
{
    return atomic_load(&s->is_closing);
}

/* ---------------------------------------------------------------- one visit */

static size_t on_body(char *bytes, size_t one, size_t length, void *arg)
{
    (void)one;
    struct visit *v = arg;
    if (v->body.size + length > SCRAPE_BODY_MAX_BYTES) {
        v->is_too_large = true;
        return 0;
    }
    buffer_add(&v->body, bytes, length);
    return length;
}

static void visit_open(struct visit *v, const struct scrape *s)
{
    *v = (struct visit){0};
    transfer_open(&v->transfer, s->url, TIMEOUT_MS);
    CURL *easy = v->transfer.easy;
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, s->allowed);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, v);
    if (s->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
}

static void visit_close(struct visit *v)
{
    transfer_close(&v->transfer);
    buffer_fini(&v->body);
}

static const char *words_for(const struct visit *v)
{
    if (v->is_too_large)
        return "the answer is larger than 1 MB";
    if (v->transfer.code == CURLE_OPERATION_TIMEDOUT)
        return "no complete answer within 2 s";
    return transfer_words(&v->transfer);
}

static void fill_sample(struct scrape_sample *sample, struct visit *v)
{
    long status = 0;
    if (v->transfer.code != CURLE_OK) {
        sample->error = xstrdup(words_for(v));
        return;
    }
    curl_easy_getinfo(v->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    sample->status = (int)status;
    sample->body_bytes = v->body.size;
    sample->body = xmemdup(buffer_text(&v->body), v->body.size);
}

/* -------------------------------------------------------------------- queue */

static struct scrape_sample take_oldest(struct scrape *s)
{
    struct scrape_sample oldest = s->kept[s->first];
    s->first = (s->first + 1) % SCRAPE_KEPT_MAX;
    s->count--;
    return oldest;
}

static void keep(struct scrape *s, struct scrape_sample sample)
{
    pthread_mutex_lock(&s->lock);
    if (s->count == SCRAPE_KEPT_MAX) {
        struct scrape_sample oldest = take_oldest(s);
        s->kept[s->first].lost += oldest.lost + 1;
        scrape_sample_fini(&oldest);
    }
    s->kept[(s->first + s->count++) % SCRAPE_KEPT_MAX] = sample;
    pthread_mutex_unlock(&s->lock);
}

bool scrape_take(struct scrape *s, struct scrape_sample *out)
{
    pthread_mutex_lock(&s->lock);
    bool has_one = s->count > 0;
    if (has_one)
        *out = take_oldest(s);
    pthread_mutex_unlock(&s->lock);
    return has_one;
}

void scrape_sample_fini(struct scrape_sample *sample)
{
    free(sample->body);
    free(sample->error);
    *sample = (struct scrape_sample){0};
}

/* --------------------------------------------------------------- the thread */

static void visit_once(struct scrape *s, int64_t now_ns)
{
    struct scrape_sample sample = {.t_ns = now_ns};
    struct visit v;
    visit_open(&v, s);
    if (transfer_perform(&v.transfer, s->multi, &s->is_closing)) {
        fill_sample(&sample, &v);
        keep(s, sample);
    }
    visit_close(&v);
}

/* The next beat after `now_ns`; beats that a slow answer took up are skipped.
 */
static int64_t next_beat(int64_t beat_ns, int64_t interval_ns, int64_t now_ns)
{
    int64_t skipped = (now_ns - beat_ns) / interval_ns;
    return beat_ns + (skipped + 1) * interval_ns;
}

static void wait_until(struct scrape *s, int64_t due_ns)
{
    int64_t left_ns = due_ns - clock_now_ns();
    while (left_ns > 0 && !is_closing(s)) {
        int64_t ms = (left_ns + NS_PER_MS - 1) / NS_PER_MS;
        int timeout_ms = ms < 60000 ? (int)ms : 60000;
        curl_multi_poll(s->multi, NULL, 0, timeout_ms, NULL);
        left_ns = due_ns - clock_now_ns();
    }
}

static void *run_thread(void *arg)
{
    struct scrape *s = arg;
    int64_t beat_ns = clock_now_ns();
    while (!is_closing(s)) {
        visit_once(s, clock_now_ns());
        beat_ns = next_beat(beat_ns, s->interval_ns, clock_now_ns());
        wait_until(s, beat_ns);
    }
    return NULL;
}

/* ---------------------------------------------------------- opening, closing
 */

static bool start_thread(struct scrape *s, struct error *err)
{
    int status = thread_start(&s->thread, run_thread, s);
    s->has_thread = status == 0;
    return s->has_thread ||
           error_set(err, "cannot start a thread: %s", strerror(status));
}

/* What redirects of this URL may lead to; NULL if it is no URL of the web. */
static const char *redirects_allowed(const char *url, struct error *err)
{
    const char *scheme = transfer_scheme(url, "http://host:port/metrics", err);
    if (!scheme)
        return NULL;
    return strcmp(scheme, "https") == 0 ? "https" : "http,https";
}

static bool start(struct scrape *s, struct error *err)
{
    s->allowed = redirects_allowed(s->url, err);
    if (!s->allowed)
        return false;
    s->multi = curl_multi_init();
    if (!s->multi)
        return error_set(err, "libcurl cannot start a multi handle");
    return start_thread(s, err);
}

struct scrape *scrape_open(const char *url, int64_t interval_ns, bool insecure,
                           struct error *err)
{
    assert(interval_ns > 0);
    struct scrape *s = xcalloc(1, sizeof *s);
    s->url = xstrdup(url);
    s->interval_ns = interval_ns;
    s->insecure = insecure;
    pthread_mutex_init(&s->lock, NULL);
    if (start(s, err))
        return s;
    scrape_close(s);
    return NULL;
}

void scrape_close(struct scrape *s)
{
    struct scrape_sample left;
    if (!s)
        return;
    if (s->has_thread) {
        atomic_store(&s->is_closing, true);
        curl_multi_wakeup(s->multi);
        pthread_join(s->thread, NULL);
    }
    if (s->multi)
        curl_multi_cleanup(s->multi);
    while (scrape_take(s, &left))
        scrape_sample_fini(&left);
    pthread_mutex_destroy(&s->lock);
    free(s->url);
    free(s);
}
