#include "script/collect.h"

#include "base/clock.h"
#include "script/vm.h"

/* LuaJIT starts a cycle when memory has doubled; so do we, but not for less. */
enum { GROWTH = 2, SMALLEST_CYCLE_KB = 1024, STEP_KB = 32 };

static const int64_t BUDGET_NS = 300 * NS_PER_US;

static size_t memory_kb(const struct vm *vm)
{
    return (size_t)lua_gc(vm->L, LUA_GCCOUNT, 0);
}

static void plan_next_cycle(struct vm *vm)
{
    size_t next_kb = memory_kb(vm) * GROWTH;
    size_t latest_kb = vm->memory.limit / 4 * 3 / 1024;
    if (next_kb > latest_kb) /* garbage must not look like a full state */
        next_kb = latest_kb;
    vm->is_collecting = false;
    vm->next_cycle_kb =
        next_kb > SMALLEST_CYCLE_KB ? next_kb : SMALLEST_CYCLE_KB;
}

static bool is_due(struct vm *vm)
{
    if (!vm->next_cycle_kb)
        plan_next_cycle(vm);
    if (!vm->is_collecting)
        vm->is_collecting = memory_kb(vm) >= vm->next_cycle_kb;
    return vm->is_collecting;
}

int64_t collect_some(struct vm *vm)
{
    if (!is_due(vm))
        return 0;
    int64_t began_ns = clock_now_ns(), from_ns = began_ns, longest_ns = 0;
    bool is_done = false;
    while (!is_done && from_ns - began_ns < BUDGET_NS) {
        is_done = lua_gc(vm->L, LUA_GCSTEP, STEP_KB);
        int64_t to_ns = clock_now_ns();
        if (to_ns - from_ns > longest_ns)
            longest_ns = to_ns - from_ns;
        from_ns = to_ns;
    }
    if (is_done)
        plan_next_cycle(vm);
    return longest_ns;
}
