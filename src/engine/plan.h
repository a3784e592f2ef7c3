/* plan — a whole run as data: what runs, how many, what is measured.
 *
 * Built by the control thread from what the Lua side decided; immutable once
 * the workers start, read by all of them. Owns everything it points to, but for
 * `script`, which belongs to whoever implements the journeys. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/arrivals.h"
#include "engine/builtin.h"
#include "engine/schedule.h"
#include "engine/stripe.h"
#include "io/http.h"
#include "stats/shard.h"
#include "stats/sliding_window.h"
#include "stats/tags.h"

struct sample_log;

enum profile_kind {
    PROFILE_VUS,     /* users iterate as long as the schedule wants them */
    PROFILE_SHARED,  /* the users share a number of iterations */
    PROFILE_PER_VU,  /* every user makes a number of iterations */
    PROFILE_ARRIVALS /* iterations start when they arrive: the open model */
};

struct tag_pair {
    char *key;   /* owned */
    char *value; /* owned */
};

struct tag_pairs {
    struct tag_pair *pairs; /* owned */
    size_t count;
};

enum { PLAN_ANY_JOURNEY = -1, EXPECT_RANGES_MAX = 16 };

struct profile {
    enum profile_kind kind;
    struct schedule schedule; /* of arrivals: when its steps are, no users */
    struct arrivals arrivals; /* of PROFILE_ARRIVALS */
    bool is_poisson;
    bool is_queue;     /* an arrival waits when no user is free */
    bool is_manual;    /* the load is set from outside: search */
    double warm_load;  /* users, or arrivals a second, while warming up */
    int64_t pacing_ns; /* iterations of a user start so far apart; 0 = no */
    int64_t minimum_iteration_ns; /* or at least so long after the last start */
    int64_t start_ns;             /* after the start of the stage */
    int64_t grace_ns;             /* for running iterations at the end */
    int64_t ramp_down_grace_ns;   /* and when users are taken away before it */
    uint64_t iterations;
    int32_t journey; /* its number, or PLAN_ANY_JOURNEY: by weight */
    uint32_t max_vus;
    uint32_t first_id;   /* id of its first user, minus 1 */
    uint32_t first_step; /* row of its first step */
    uint32_t step_count;
    struct tag_pairs tags;
    struct tag_pairs env;
};

struct plan_journey {
    char *name; /* owned */
    double weight;
};

struct plan_metric {
    char *name; /* owned */
    enum metric_kind kind;
};

struct status_range {
    uint16_t from;
    uint16_t to;
};

struct expectation {
    struct status_range ranges[EXPECT_RANGES_MAX];
    uint32_t count;
};

bool expectation_meets(const struct expectation *e, int status);

/* Whose exchanges are logged as they happen. */
enum debug_follow {
    DEBUG_FOLLOW_NONE,
    DEBUG_FOLLOW_FIRST, /* user 1 in its first iteration, and setup */
    DEBUG_FOLLOW_ALL    /* user 1 */
};

/* How long a user keeps its cookies. */
enum cookie_life {
    COOKIES_ITERATION, /* then it has again what on_start left */
    COOKIES_KEEP,      /* as long as it lives */
    COOKIES_NONE
};

struct run_plan {
    uint32_t workers;
    struct stripe_cycle machine; /* what part of the plan is this machine's */
    int64_t warmup_ns;
    uint64_t seed;
    char *scenario; /* owned; NULL if nobody asks */
    char *stage;    /* owned */
    struct profile *profiles;
    size_t profile_count;
    struct plan_journey *journeys;
    size_t journey_count;
    double journey_weights;      /* their sum */
    struct plan_metric *metrics; /* built-in ones first */
    size_t metric_count;
    struct tag_pairs tags; /* on every sample */
    struct tag_vocabulary vocabulary;
    int tag_keys[TAG_BUILTINS]; /* number of the key, -1 if nobody asks */
    struct selector *selectors;
    struct window_span *spans; /* of the selectors; NULL: no windows at all */
    size_t selector_count;
    size_t step_rows;
    bool wants_intervals; /* what was measured since somebody last asked */
    enum debug_follow debug_follow;
    uint32_t debug_failures; /* exchanges to keep of each class of failures */
    bool has_setup, has_on_start, has_on_stop, has_teardown;
    int64_t setup_timeout_ns;
    int64_t teardown_timeout_ns;
    int64_t max_busy_ns;
    size_t max_memory_bytes; /* of one Lua state */
    int64_t request_timeout_ns;
    size_t max_body_bytes;
    bool discard_body;
    struct expectation expect;
    uint32_t redirects; /* that a request follows at most */
    enum cookie_life cookies;
    bool insecure;
    enum http_transport transport;
    enum http_reuse reuse;
    bool http2;
    bool no_resumption;
    struct http_tls tls; /* its texts are owned */
    bool has_tls;
    char *source;   /* owned; NULL if any */
    char **resolve; /* owned, NULL-terminated, as the next two */
    char **connect_to;
    char **blocked;
    enum http_family family;
    char *proxy;                /* owned; NULL if none */
    struct sample_log *samples; /* borrowed; NULL: nobody wants them */
    const void *script;         /* borrowed */
};

/* Adds the built-in metrics; everything else is empty. */
void plan_init(struct run_plan *p);
void plan_fini(struct run_plan *p);
void profile_fini(struct profile *f);
void plan_add_metric(struct run_plan *p, const char *name,
                     enum metric_kind kind);
/* The number of a metric, or -1. */
int plan_find_metric(const struct run_plan *p, const char *name);
void plan_add_journey(struct run_plan *p, const char *name, double weight);
int plan_find_journey(const struct run_plan *p, const char *name);
void tag_pairs_fini(struct tag_pairs *t);
void tag_pairs_add(struct tag_pairs *t, const char *key, const char *value);
/* After the last profile and selector: ids, rows, tag keys. */
void plan_seal(struct run_plan *p);

/* Drawn by weight; the same three numbers always give the same journey. */
uint32_t plan_pick_journey(const struct run_plan *p, uint32_t vu_id,
                           uint64_t iteration);
/* The planned end of the last profile, graces not included. */
int64_t plan_duration_ns(const struct run_plan *p);
/* The most users this machine may have at once. */
uint32_t plan_max_vus(const struct run_plan *p);
/* What one worker has of every profile; `p` must outlive it. */
struct stripe plan_stripe(const struct run_plan *p, uint32_t worker);
/* The kinds of metrics and selectors, as a shard wants them; free both. */
struct shard_shape plan_shape(const struct run_plan *p);
