#include "engine/run_workers.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "engine/plan.h"
#include "engine/run.h"

static const int64_t OPENING_LOOK_NS = NS_PER_S;
static const int64_t FLIP_WAIT_NS = 500 * NS_PER_MS;

/* ----------------------------------------------------------------- commands */

void workers_send(struct run *r, unsigned commands)
{
    for (uint32_t i = 0; i < r->worker_count; i++)
        worker_send(&r->workers[i], commands);
}

bool workers_are_ready(struct run *r)
{
    for (uint32_t i = 0; i < r->worker_count; i++)
        if (worker_state(&r->workers[i]) != WORKER_READY)
            return false;
    return true;
}

void workers_wait(const struct run *r, int64_t until_ns)
{
    struct pollfd p = {.fd = r->notify_fd, .events = POLLIN};
    int64_t left_ns = until_ns - clock_now_ns();
    struct timespec t = {0};
    if (left_ns > 0) {
        t.tv_sec = left_ns / NS_PER_S;
        t.tv_nsec = left_ns % NS_PER_S;
    }
    if (ppoll(&p, 1, &t, NULL) == 1) {
        uint64_t count;
        ssize_t got = read(r->notify_fd, &count, sizeof count);
        (void)got;
    }
}

/* -------------------------------------------------------------- start, end */

static bool wait_until_open(struct run *r, struct error *err)
{
    for (uint32_t i = 0; i < r->worker_count;) {
        enum worker_state state = worker_state(&r->workers[i]);
        if (state == WORKER_FAILED) {
            *err = r->workers[i].mailbox.error;
            return false;
        }
        if (state == WORKER_OPENING)
            workers_wait(r, clock_now_ns() + OPENING_LOOK_NS);
        else
            i++;
    }
    return true;
}

bool workers_open(struct run *r, struct error *err)
{
    r->workers = xcalloc(r->plan->workers, sizeof *r->workers);
    while (r->worker_count < r->plan->workers) {
        if (!worker_open(&r->workers[r->worker_count], r->plan, r->journey,
                         r->workers, r->worker_count, r->notify_fd, err))
            return false;
        r->worker_count++;
    }
    return wait_until_open(r, err);
}

void workers_join(struct run *r)
{
    for (uint32_t i = 0; i < r->worker_count; i++) {
        while (worker_state(&r->workers[i]) == WORKER_OPENING)
            workers_wait(r, clock_now_ns() + OPENING_LOOK_NS);
        worker_send(&r->workers[i], WORKER_QUIT);
        worker_join(&r->workers[i]);
    }
}

/* ----------------------------------------------------------------- the sums */

static void merge_worker(struct run *r, uint32_t i, struct shard *full)
{
    totals_merge(&r->totals, i, &r->workers[i].registry, full);
    shard_reset(full);
}

static bool take_flipped(struct run *r, uint32_t i)
{
    struct shard *full = worker_flipped(&r->workers[i]);
    if (!full)
        return false;
    merge_worker(r, i, full);
    worker_give_back(&r->workers[i]);
    return true;
}

/* A worker that is stuck in a script is left out; its shard comes later. */
void workers_merge(struct run *r)
{
    int64_t until_ns = clock_now_ns() + FLIP_WAIT_NS;
    bool *merged = xcalloc(r->worker_count, sizeof *merged);
    uint32_t missing = r->worker_count;
    for (uint32_t i = 0; i < r->worker_count; i++)
        worker_send(&r->workers[i], WORKER_FLIP);
    while (missing && clock_now_ns() < until_ns) {
        for (uint32_t i = 0; i < r->worker_count; i++)
            if (!merged[i] && take_flipped(r, i)) {
                merged[i] = true;
                missing--;
            }
        if (missing)
            workers_wait(r, until_ns);
    }
    free(merged);
}

/* What was measured since the last tick; nobody else touches it any more. */
void workers_merge_rest(struct run *r)
{
    for (uint32_t i = 0; i < r->worker_count; i++)
        for (int k = 0; k < 2; k++)
            merge_worker(r, i, &r->workers[i].shards[k]);
}

/* Requests without an answer yet. */
uint32_t workers_in_flight(const struct run *r)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->worker_count; i++)
        count += atomic_load_explicit(&r->workers[i].in_flight,
                                      memory_order_relaxed);
    return count;
}

/* The most users at once since the last call. */
uint32_t workers_take_peak_users(struct run *r)
{
    uint32_t peak = 0;
    for (uint32_t i = 0; i < r->worker_count; i++) {
        struct worker *w = &r->workers[i];
        peak += atomic_exchange(&w->peak_users, atomic_load(&w->users));
    }
    return peak;
}
