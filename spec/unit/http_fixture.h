/* http_fixture — a loop, a client and a user, and exchanges made one by one. */
#pragma once

#include "io/http.h"
#include "io/loop.h"

struct outcome {
    unsigned calls; /* of `done` */
    enum http_failure failure;
    int status;
    char headers[512];
    char *body; /* owned by the fixture until the next exchange */
    size_t body_bytes;
    char detail[256];
    uint32_t connections;
    uint64_t sent_bytes;
    uint64_t received_bytes;
    struct http_timings timings;
};

struct http_fixture {
    struct loop loop;
    struct http_client *client;
    struct http_user *user;
    struct outcome outcome;
    struct loop_timer pause;
};

void http_fixture_open(struct http_fixture *f,
                       const struct http_options *options);
void http_fixture_close(struct http_fixture *f);
/* GET for 5 s at most. */
const struct outcome *http_fixture_get(struct http_fixture *f, const char *url);
const struct outcome *http_fixture_exchange(struct http_fixture *f,
                                            const struct http_request *request);
/* Lets the loop run for a while. */
void http_fixture_run(struct http_fixture *f, int64_t for_ns);
/* The default request. */
struct http_request http_fixture_request(const char *method, const char *url);
/* A `done` that keeps the outcome in its fixture and stops the loop. */
void http_fixture_done(void *fixture, const struct http_result *r);
