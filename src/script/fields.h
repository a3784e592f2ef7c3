/* fields — what every table that goes to Lua is made of.
 *
 * All act on the table on top of the stack. */
#pragma once

#include <stdint.h>

#include <lua.h>

struct intern_entry;

void set_number(lua_State *L, const char *name, double value);
void set_count(lua_State *L, const char *name, uint64_t value);
void set_text(lua_State *L, const char *name, const char *text);
void set_entry_text(lua_State *L, const char *name,
                    const struct intern_entry *e);
/* Appends the table on top to the list below it. */
void append(lua_State *L);
