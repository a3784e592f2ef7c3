/* lua_journey — users as coroutines: engine/journey.h on Lua scenarios. */
#pragma once

#include "engine/journey.h"

/* Wants a struct script_shared as run_plan.script. */
extern const struct journey_type lua_journey;
