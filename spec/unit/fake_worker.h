/* fake_worker — a worker without a thread: the test turns its loop by hand.
 *
 * Has everything a real one has but an HTTP client. It counts as being in a
 * stage, with no schedule started. */
#pragma once

#include <stdint.h>

struct run_plan;
struct worker;

void fake_worker_init(struct worker *w, const struct run_plan *plan,
                      uint32_t number);
void fake_worker_fini(struct worker *w);
/* Runs what is due, `turns` times, without waiting for anything. */
void fake_worker_turn(struct worker *w, int turns);
