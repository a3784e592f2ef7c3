/* memory — a limit to what one Lua state may take.
 *
 * Sits between a state and its allocator and counts. Only code of the script is
 * refused memory, for it runs protected: what lload itself does around it goes
 * on, and has what it needs to say what happened. Costs an addition and two
 * comparisons an allocation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

struct buffer;
struct vm;

/* Of a state that nobody has set a limit for: whatever loads scenario files. */
enum { MEMORY_DEFAULT_BYTES = 1000000000 };

struct memory {
    lua_Alloc inner; /* LuaJIT's own */
    void *inner_arg;
    size_t used;
    size_t limit;
    bool is_exhausted; /* the script was refused some */
};

/* From now on the memory of `vm->L` is counted in `vm->memory`. */
void memory_attach(struct vm *vm, size_t limit);
/* Before the state is closed: LuaJIT tears down only its own allocator. */
void memory_detach(lua_State *L, struct vm *vm);
/* Appends how much is allowed, as people write it. */
void memory_describe_limit(const struct vm *vm, struct buffer *out);
