#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"

#define POOL_MAX 1000000
#define SLOW_SHARE_MAX 100 /* ten thousand per cent */
#define DURATION_HINT "a duration such as 500us, 50ms, 2s or 1m"

struct option {
    const char *name;
    const char *operand;
    bool (*set)(struct options *o, const char *text);
    const char *expected;
    const char *help;
};

static bool read_whole(const char *text, uint64_t max, uint64_t *out)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || text[digits] != '\0')
        return false;
    errno = 0;
    *out = strtoull(text, NULL, 10);
    return errno == 0 && *out <= max;
}

/* 0..1, or with `percent` 0..100 followed by "%". */
static bool read_share(const char *text, bool percent, double *out)
{
    char *end = NULL;
    double scale = percent ? 100 : 1;
    size_t digits = strspn(text, "0123456789.");
    if (digits == 0)
        return false;
    double value = strtod(text, &end) / scale;
    if (end != text + digits || strcmp(end, percent ? "%" : "") != 0)
        return false;
    *out = value;
    return value <= 1;
}

static bool set_listen(struct options *o, const char *text)
{
    unsigned char address[sizeof(struct in6_addr)];
    o->listen = text;
    return inet_pton(AF_INET, text, address) == 1 ||
           inet_pton(AF_INET6, text, address) == 1;
}

static bool set_port(struct options *o, const char *text)
{
    uint64_t port = 0;
    bool ok = read_whole(text, UINT16_MAX, &port);
    o->port = (uint16_t)port;
    return ok;
}

static bool set_pool(struct options *o, const char *text)
{
    uint64_t pool = 0;
    bool ok = read_whole(text, POOL_MAX, &pool);
    o->pool = (size_t)pool;
    return ok && pool > 0;
}

static bool set_service_time(struct options *o, const char *text)
{
    return duration_parse(text, &o->service.time_ns);
}

static bool set_queue_timeout(struct options *o, const char *text)
{
    return duration_parse(text, &o->queue_timeout_ns);
}

static bool set_jitter(struct options *o, const char *text)
{
    o->jitter_share = -1;
    return duration_parse(text, &o->service.jitter_ns) ||
           read_share(text, true, &o->jitter_share);
}

static bool set_error_rate(struct options *o, const char *text)
{
    return read_share(text, false, &o->service.error_rate);
}

static bool set_leak(struct options *o, const char *text)
{
    return duration_parse(text, &o->service.leak_ns);
}

static bool set_stall(struct options *o, const char *text)
{
    char at[32];
    size_t bytes = strcspn(text, ":");
    if (text[bytes] != ':' || bytes >= sizeof at)
        return false;
    memcpy(at, text, bytes);
    at[bytes] = '\0';
    return duration_parse(at, &o->service.stall_from_ns) &&
           duration_parse(text + bytes + 1, &o->service.stall_for_ns);
}

/* A percentage may exceed 100 here: an endpoint can be three times as slow. */
static bool read_growth(const char *text, double *share)
{
    char *end = NULL;
    size_t digits = strspn(text, "0123456789.");
    if (digits == 0)
        return false;
    *share = strtod(text, &end) / 100;
    return end == text + digits && strcmp(end, "%") == 0 &&
           *share <= SLOW_SHARE_MAX;
}

static bool set_slow(struct options *o, const char *text)
{
    enum route_id route = ROUTE_NONE;
    const char *growth = strstr(text, "=+");
    if (!growth || !route_parse(text, (size_t)(growth - text), &route))
        return false;
    o->slow_share[route] = 0;
    o->slow_ns[route] = 0;
    return duration_parse(growth + 2, &o->slow_ns[route]) ||
           read_growth(growth + 2, &o->slow_share[route]);
}

static bool set_seed(struct options *o, const char *text)
{
    return read_whole(text, UINT64_MAX, &o->service.seed);
}

static bool set_token_ttl(struct options *o, const char *text)
{
    return duration_parse(text, &o->token_ttl_ns);
}

static const struct option OPTIONS[] = {
    {"--listen", "ADDR", set_listen, "a numeric IPv4 or IPv6 address",
     "address to listen on (127.0.0.1)"},
    {"--port", "N", set_port, "a whole number from 0 to 65535",
     "port to listen on, 0 for any free one (8080)"},
    {"--pool", "N", set_pool, "a whole number from 1 to 1000000",
     "requests served at once at most (100)"},
    {"--service-time", "D", set_service_time, DURATION_HINT,
     "what one request takes, 0 for no time at all (5ms)"},
    {"--queue-timeout", "D", set_queue_timeout, DURATION_HINT,
     "longest wait for the pool before a 503 (2s)"},
    {"--jitter", "D|P%", set_jitter,
     "a duration such as 5ms, or 0% to 100% of the service time",
     "spread: uniform within +-D of the service time (0)"},
    {"--error-rate", "R", set_error_rate, "a number from 0 to 1",
     "share of /api requests answered 500 (0)"},
    {"--leak", "D", set_leak, DURATION_HINT,
     "service time grows by D with each request served (0)"},
    {"--stall", "AT:FOR", set_stall, "two durations such as 5s:2s",
     "AT after the start serve nothing for FOR (never)"},
    {"--slow", "E=+D|P%", set_slow,
     "an endpoint and what it takes more, such as 'GET /api/v1/products=+50%'",
     "a request to this endpoint takes more; may be repeated (none)"},
    {"--seed", "N", set_seed, "a whole number",
     "chooses jitter and errors; same seed, same choices (1)"},
    {"--token-ttl", "D", set_token_ttl, DURATION_HINT,
     "how long a token is valid, in whole seconds (24h)"},
};

#define OPTION_COUNT (sizeof OPTIONS / sizeof OPTIONS[0])

void options_print_help(FILE *f)
{
    fputs("Usage: lload-shop [options]\n"
          "A demo shop that breaks at pool / service-time requests a second."
          "\n\nOptions (defaults in parentheses):\n",
          f);
    for (size_t i = 0; i < OPTION_COUNT; i++)
        fprintf(f, "  %-15s %-7s %s\n", OPTIONS[i].name, OPTIONS[i].operand,
                OPTIONS[i].help);
    fputs("  --help                  print this and exit\n"
          "\nDurations: 500us, 50ms, 2s, 1m, 1h.\n",
          f);
}

/* The option that `argument` names, with or without "=VALUE". */
static const struct option *find(const char *argument, const char **value)
{
    size_t bytes = strcspn(argument, "=");
    *value = argument[bytes] == '=' ? argument + bytes + 1 : NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *name = OPTIONS[i].name;
        if (strlen(name) == bytes && strncmp(name, argument, bytes) == 0)
            return &OPTIONS[i];
    }
    return NULL;
}

/* Consumes an option and its value at *at; false with the error written. */
static bool parse_one(int argc, char **argv, int *at, struct options *o,
                      char *error)
{
    const char *value = NULL;
    const char *argument = argv[(*at)++];
    const struct option *option = find(argument, &value);
    if (!option) {
        snprintf(error, OPTIONS_ERROR_BYTES,
                 "unknown option '%.60s' (see --help)", argument);
        return false;
    }
    if (!value && *at < argc)
        value = argv[(*at)++];
    if (value && option->set(o, value))
        return true;
    snprintf(error, OPTIONS_ERROR_BYTES, "%s needs %s%s%.60s%s", option->name,
             option->expected, value ? ", not '" : "", value ? value : "",
             value ? "'" : "");
    return false;
}

static bool settle_jitter(struct options *o, char *error)
{
    struct service *s = &o->service;
    if (o->jitter_share >= 0)
        s->jitter_ns = (int64_t)(o->jitter_share * (double)s->time_ns);
    if (s->jitter_ns <= s->time_ns)
        return true;
    snprintf(error, OPTIONS_ERROR_BYTES,
             "--jitter must not exceed --service-time");
    return false;
}

static void settle_slowness(struct options *o)
{
    for (int i = 0; i < ROUTE_COUNT; i++)
        o->slow_ns[i] +=
            (int64_t)(o->slow_share[i] * (double)o->service.time_ns);
}

bool options_parse(int argc, char **argv, struct options *o,
                   char error[OPTIONS_ERROR_BYTES])
{
    *o = (struct options){
        .listen = "127.0.0.1",
        .port = 8080,
        .pool = 100,
        .queue_timeout_ns = INT64_C(2000000000),
        .token_ttl_ns = DURATION_MAX_NS,
        .jitter_share = -1,
        .service = {.time_ns = 5000000, .seed = 1},
    };
    for (int at = 1; at < argc;) {
        if (strcmp(argv[at], "--help") == 0) {
            o->wants_help = true;
            return true;
        }
        if (!parse_one(argc, argv, &at, o, error))
            return false;
    }
    settle_slowness(o);
    return settle_jitter(o, error);
}
