/* interrupt — breaking off a script that never yields.
 *
 * The control thread sends a signal to the worker's thread; its handler sets a
 * debug hook, which raises an error at the next instruction, and again until
 * the part is over, so that pcall cannot hide it. LuaJIT looks at hooks only in
 * the interpreter: scenario code therefore runs with the compiler off
 * (docs/decisions/0004). A loop inside a C function cannot be broken off. */
#pragma once

#include <lua.h>

struct worker;

/* Once on each worker thread. */
void interrupt_prepare(void);
/* From the control thread. */
void interrupt_send(struct worker *w);
/* Around each resume, on the worker's thread. */
void interrupt_enter(lua_State *co);
void interrupt_leave(lua_State *co);
