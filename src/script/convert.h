/* convert — Lua values to the engine's numbers. Seconds here, nanoseconds
 * there.
 *
 * The functions raise at the caller's line when a value makes no sense. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <lua.h>

struct expectation;

/* A number of seconds, or text like "500ms", "1h30m". `what` names it. */
int64_t convert_duration(lua_State *L, int index, const char *what);
int64_t convert_seconds(double seconds);
/* A number of bytes, or text like "64MB" (1000s) or "1MiB" (1024s). */
size_t convert_size(lua_State *L, int index, const char *what);
/* 200, "2xx", "200-204" or a list of them. */
void convert_expectation(lua_State *L, int index, struct expectation *e);
/* How it was written, for messages; lives as long as the stack slot made. */
const char *convert_expectation_name(lua_State *L, int index);
