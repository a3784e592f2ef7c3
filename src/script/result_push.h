/* result_push — what was measured, as the Lua tables the reports are made of.
 *
 * Times in ms, absent where there is no data. The shapes are those of
 * result.json. */
#pragma once

#include <lua.h>

#include "stats/metric.h"

struct histogram;
struct request_row;
struct run;

/* Pushes the final table, but for `value`. */
void result_push(lua_State *L, struct run *r);
/* Pushes the metrics as they are now. */
void metrics_push(lua_State *L, const struct run *r);
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
/* Pushes what happened between two moments of the stage, out of its windows:
 * { from_s, to_s, requests, failed, rps, error_rate, vus, in_flight, duration
 * }; nil when nothing did. */
void range_push(lua_State *L, const struct run *r, double from_s, double to_s);
/* Pushes what was measured since run_begin_level: { span_s, requests, rps,
 * duration, health }. */
void level_push(lua_State *L, struct run *r);

/* Each sets fields of the table on top: a trend under `name`, unless it is
 * empty; `status` and `errors`, how often which. */
void set_trend(lua_State *L, const char *name, const struct histogram *h);
void set_statuses(lua_State *L, const struct request_row *row);
void set_failures(lua_State *L, const struct request_row *row);
