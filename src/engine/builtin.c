#include "engine/builtin.h"

const struct builtin builtin_metrics[BUILTIN_METRICS] = {
    [BUILTIN_HTTP_REQS] = {"http_reqs", METRIC_COUNTER},
    [BUILTIN_HTTP_REQ_FAILED] = {"http_req_failed", METRIC_RATE},
    [BUILTIN_HTTP_REQ_DURATION] = {"http_req_duration", METRIC_TREND},
    [BUILTIN_HTTP_REQ_FAILED_DURATION] = {"http_req_failed_duration",
                                          METRIC_TREND},
    [BUILTIN_HTTP_REQ_BLOCKED] = {"http_req_blocked", METRIC_TREND},
    [BUILTIN_HTTP_REQ_LOOKING_UP] = {"http_req_looking_up", METRIC_TREND},
    [BUILTIN_HTTP_REQ_CONNECTING] = {"http_req_connecting", METRIC_TREND},
    [BUILTIN_HTTP_REQ_TLS_HANDSHAKING] = {"http_req_tls_handshaking",
                                          METRIC_TREND},
    [BUILTIN_HTTP_REQ_SENDING] = {"http_req_sending", METRIC_TREND},
    [BUILTIN_HTTP_REQ_WAITING] = {"http_req_waiting", METRIC_TREND},
    [BUILTIN_HTTP_REQ_RECEIVING] = {"http_req_receiving", METRIC_TREND},
    [BUILTIN_DATA_SENT] = {"data_sent", METRIC_COUNTER},
    [BUILTIN_DATA_RECEIVED] = {"data_received", METRIC_COUNTER},
    [BUILTIN_ITERATIONS] = {"iterations", METRIC_COUNTER},
    [BUILTIN_ITERATION_DURATION] = {"iteration_duration", METRIC_TREND},
    [BUILTIN_ITERATION_LAG] = {"iteration_lag", METRIC_TREND},
    [BUILTIN_ITERATION_RESPONSE_TIME] = {"iteration_response_time",
                                         METRIC_TREND},
    [BUILTIN_ITERATIONS_FAILED] = {"iterations_failed", METRIC_COUNTER},
    [BUILTIN_ITERATION_ERRORS] = {"iteration_errors", METRIC_COUNTER},
    [BUILTIN_DROPPED_ITERATIONS] = {"dropped_iterations", METRIC_COUNTER},
    [BUILTIN_CHECKS] = {"checks", METRIC_RATE},
    [BUILTIN_GROUP_DURATION] = {"group_duration", METRIC_TREND},
    [BUILTIN_VUS] = {"vus", METRIC_GAUGE},
    [BUILTIN_VUS_MAX] = {"vus_max", METRIC_GAUGE},
};

const char *const builtin_tags[TAG_BUILTINS] = {
    [TAG_NAME] = "name",   [TAG_METHOD] = "method",   [TAG_STATUS] = "status",
    [TAG_STAGE] = "stage", [TAG_STEP] = "step",       [TAG_GROUP] = "group",
    [TAG_CHECK] = "check", [TAG_JOURNEY] = "journey",
};
