/* run_workers — what a run does with its workers: opens and joins them, sends
 * them commands, waits for their news, merges what they measured. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct error;
struct run;

bool workers_open(struct run *r, struct error *err) ATTR_NODISCARD;
void workers_join(struct run *r);

/* Of enum worker_command. */
void workers_send(struct run *r, unsigned commands);
/* Whether all have nothing to do. */
bool workers_are_ready(struct run *r);
/* Until one of them has news, or a signal came, or then. */
void workers_wait(const struct run *r, int64_t until_ns);

/* Adds what was measured since the last time to the totals. A worker that is
 * stuck in a script is left out; its shard comes later. */
void workers_merge(struct run *r);
/* After workers_join: what was measured since then. */
void workers_merge_rest(struct run *r);

/* Requests without an answer yet. */
uint32_t workers_in_flight(const struct run *r);
/* The most users at once since the last call. */
uint32_t workers_take_peak_users(struct run *r);
