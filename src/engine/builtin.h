/* builtin — the metrics every run has; custom ones are numbered after them. */
#pragma once

#include "stats/metric.h"

enum builtin_metric {
    BUILTIN_HTTP_REQS,
    BUILTIN_HTTP_REQ_FAILED,
    BUILTIN_HTTP_REQ_DURATION,
    BUILTIN_HTTP_REQ_FAILED_DURATION,
    BUILTIN_HTTP_REQ_BLOCKED, /* the phases in the order of enum http_phase */
    BUILTIN_HTTP_REQ_LOOKING_UP,
    BUILTIN_HTTP_REQ_CONNECTING,
    BUILTIN_HTTP_REQ_TLS_HANDSHAKING,
    BUILTIN_HTTP_REQ_SENDING,
    BUILTIN_HTTP_REQ_WAITING,
    BUILTIN_HTTP_REQ_RECEIVING,
    BUILTIN_DATA_SENT,
    BUILTIN_DATA_RECEIVED,
    BUILTIN_ITERATIONS,
    BUILTIN_ITERATION_DURATION,
    BUILTIN_ITERATION_LAG,
    BUILTIN_ITERATION_RESPONSE_TIME,
    BUILTIN_ITERATIONS_FAILED,
    BUILTIN_ITERATION_ERRORS,
    BUILTIN_DROPPED_ITERATIONS,
    BUILTIN_CHECKS,
    BUILTIN_GROUP_DURATION,
    BUILTIN_HTTP_STREAM_FIRST_EVENT,
    BUILTIN_HTTP_STREAM_EVENTS,
    BUILTIN_VUS,
    BUILTIN_VUS_MAX,
    BUILTIN_METRICS
};

struct builtin {
    const char *name;
    enum metric_kind kind;
};

extern const struct builtin builtin_metrics[BUILTIN_METRICS];

/* Tag keys that every request or iteration carries. */
enum builtin_tag {
    TAG_NAME,
    TAG_METHOD,
    TAG_STATUS,
    TAG_STAGE,
    TAG_STEP,
    TAG_JOURNEY,
    TAG_GROUP,
    TAG_CHECK,
    TAG_PROTO,
    TAG_BUILTINS
};

extern const char *const builtin_tags[TAG_BUILTINS];
