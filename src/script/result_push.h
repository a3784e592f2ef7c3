/* result_push — what was measured, as the Lua tables the reports are made of.
 *
 * Times in ms, absent where there is no data. The shapes are those of
 * result.json. */
#pragma once

#include <lua.h>

#include "stats/metric.h"

struct run;

/* Pushes the final table, but for `value`. */
void result_push(lua_State *L, struct run *r);
/* Pushes the snapshot of a tick, but for `value`. */
void snapshot_push(lua_State *L, struct run *r);
enum result_of {
    RESULT_RUN,
    RESULT_LEVEL, /* since run_begin_level */
    RESULT_WINDOW /* the selector's sliding window as it is now */
};

/* The aggregation of a threshold's selector (from 0); false without data. */
bool result_value(const struct run *r, enum result_of of, size_t selector,
                  enum metric_aggregation how, double percentile,
                  double *value);
/* Pushes what was measured since run_begin_level: { span_s, requests, rps,
 * duration, health }. */
void level_push(lua_State *L, struct run *r);
