/* state — a Lua state with everything a scenario may use in it.
 *
 * The only maker of Lua states. Modules come from the binary, then from beside
 * the scenario file. */
#pragma once

#include <stdbool.h>

#include <lua.h>

#include "base/attr.h"

struct error;
struct vm;

/* `vm` may be read by every primitive through state_vm(). */
lua_State *state_new(struct vm *vm);
void state_close(lua_State *L);
struct vm *state_vm(lua_State *L);
/* Calls the function below `args` arguments; on failure the error is described
 * with a traceback in `err` and nothing is left on the stack. */
bool state_call(lua_State *L, int args, int results,
                struct error *err) ATTR_NODISCARD;
/* Pushes "file:line: " of the innermost function that is the script's own. */
void state_push_position(lua_State *L);
/* Raises an error at that place, whatever of lload lies between; never returns.
 */
ATTR_NORETURN int state_misuse(lua_State *L, const char *format, ...);
/* Scripts may not change the metatable on top: a finaliser of theirs would run,
 * and raise, where nothing can catch it. */
void state_hide_metatable(lua_State *L);
/* Pushes require(name). */
bool state_require(lua_State *L, const char *name,
                   struct error *err) ATTR_NODISCARD;
