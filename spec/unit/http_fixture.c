#include "http_fixture.h"

#include "base/clock.h"
#include "base/error.h"
#include "unit.h"

static void on_wake(void *arg)
{
    (void)arg;
}

static void on_pause_over(struct loop_timer *t)
{
    struct http_fixture *f = list_entry(t, struct http_fixture, pause);
    loop_stop(&f->loop);
}

void http_fixture_open(struct http_fixture *f,
                       const struct http_options *options)
{
    struct error err;
    struct http_options usual = {.transport = HTTP_TRANSPORT_H1};
    memset(f, 0, sizeof *f);
    assert_true(http_global_init(&err));
    assert_true(loop_open(&f->loop, on_wake, f));
    f->client = http_client_open(&f->loop, options ? options : &usual, &err);
    assert_non_null(f->client);
    f->user = http_user_open(f->client, 0);
    loop_timer_init(&f->pause, on_pause_over);
}

void http_fixture_close(struct http_fixture *f)
{
    loop_timer_stop(&f->pause);
    free(f->outcome.body);
    if (f->user)
        http_user_close(f->user);
    http_client_close(f->client);
    loop_close(&f->loop);
    http_global_fini();
}

static void assert_phases_add_up(const struct http_timings *t)
{
    int64_t sum_ns = 0;
    for (int i = 0; i < HTTP_PHASES; i++) {
        assert_true(t->phase_ns[i] >= 0);
        sum_ns += t->phase_ns[i];
    }
    assert_int_equal(t->ended_ns - t->started_ns, sum_ns);
}

static void keep(char *into, size_t size, const char *text, size_t length)
{
    if (length >= size)
        length = size - 1;
    if (length)
        memcpy(into, text, length);
    into[length] = '\0';
}

void http_fixture_done(void *fixture, const struct http_result *r)
{
    struct http_fixture *f = fixture;
    struct outcome *o = &f->outcome;
    assert_phases_add_up(&r->timings);
    assert_int_equal(r->failure != HTTP_OK, r->detail != NULL);
    o->calls++;
    o->failure = r->failure;
    o->status = r->status;
    o->connections = r->connections;
    o->sent_bytes = r->sent_bytes;
    o->received_bytes = r->received_bytes;
    o->timings = r->timings;
    o->body_bytes = r->body_bytes;
    o->body = exact_copy(r->body, r->body_bytes);
    keep(o->headers, sizeof o->headers, r->headers, r->header_bytes);
    if (r->detail)
        keep(o->detail, sizeof o->detail, r->detail, strlen(r->detail));
    loop_stop(&f->loop);
}

struct http_request http_fixture_request(const char *method, const char *url)
{
    return (struct http_request){.method = method,
                                 .url = url,
                                 .headers = "A: b\r\n",
                                 .timeout_ns = 5 * NS_PER_S,
                                 .max_body_bytes = 10 * 1024 * 1024};
}

const struct outcome *http_fixture_exchange(struct http_fixture *f,
                                            const struct http_request *request)
{
    free(f->outcome.body);
    f->outcome = (struct outcome){0};
    http_start(f->user, request, http_fixture_done, f);
    assert_int_equal(0, f->outcome.calls); /* never from inside */
    loop_run(&f->loop);
    assert_int_equal(1, f->outcome.calls);
    return &f->outcome;
}

const struct outcome *http_fixture_get(struct http_fixture *f, const char *url)
{
    struct http_request request = http_fixture_request("GET", url);
    return http_fixture_exchange(f, &request);
}

void http_fixture_run(struct http_fixture *f, int64_t for_ns)
{
    loop_timer_start(&f->loop, &f->pause, clock_now_ns() + for_ns);
    loop_run(&f->loop);
    loop_timer_stop(&f->pause);
}
