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
/* The aggregation of a threshold's selector (from 0); false without data. */
bool result_value(const struct run *r, size_t selector,
                  enum metric_aggregation how, double percentile,
                  double *value);
