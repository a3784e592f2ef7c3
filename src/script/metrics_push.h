/* metrics_push — metrics and distributions as the Lua tables of result.json:
 * times in ms, absent where there is no data. */
#pragma once

#include <stdint.h>

#include <lua.h>

struct histogram;
struct run;

/* Pushes the metrics as they are now. */
void metrics_push(lua_State *L, const struct run *r);
/* Pushes a list of { percentile, ms }. Percentiles as HdrHistogram's percentile
 * output has them: so many for each halving of what is left, until less than
 * one sample is, and then the maximum. */
void distribution_push(lua_State *L, const struct histogram *h);

/* Each sets a field of the table on top; a trend not if it is empty. */
void set_trend(lua_State *L, const char *name, const struct histogram *h);
void set_percentile(lua_State *L, const struct histogram *h, const char *name,
                    double percentile);
void set_per_second(lua_State *L, const char *name, uint64_t count,
                    double seconds);
