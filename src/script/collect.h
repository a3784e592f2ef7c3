/* collect — the garbage collector's work, done while nobody waits for it.
 *
 * LuaJIT collects in small steps as memory is allocated, in the middle of
 * journeys; one of them, the atomic phase, looks at every coroutine at once.
 * Here a cycle that is due is driven forward before the loop sleeps, so that
 * most steps cost no answer anything, and each is timed. What is not done in
 * time is still done by LuaJIT itself: memory is bounded either way. */
#pragma once

#include <stdint.h>

struct vm;

/* Drives the collector of one state for a moment, if it is due. Returns the ns
 * of its longest step. */
int64_t collect_some(struct vm *vm);
