/* options — the command line, as numbers.
 *
 * One table drives parsing and --help. Reads argv only; texts are borrowed
 * from it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "routes.h"
#include "service.h"

#define OPTIONS_ERROR_BYTES 256

struct options {
    const char *listen; /* numeric address */
    uint16_t port;      /* 0: any free one */
    size_t pool;
    int64_t queue_timeout_ns;
    int64_t token_ttl_ns;
    double jitter_share;            /* of the service time; < 0: not given so */
    double slow_share[ROUTE_COUNT]; /* of the service time, or else slow_ns */
    int64_t slow_ns[ROUTE_COUNT];   /* what a request there takes more */
    struct service service;         /* stall_from_ns counts from the start */
    bool wants_help;
};

/* False, with one line in `error`, if the command line is not valid. */
bool options_parse(int argc, char **argv, struct options *o,
                   char error[OPTIONS_ERROR_BYTES]);
void options_print_help(FILE *f);
