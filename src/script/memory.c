#include "script/memory.h"

#include "base/buffer.h"
#include "script/vm.h"

static bool is_script_running(const struct vm *vm)
{
    return vm->current || vm->load_until_ns;
}

/* See lua_Alloc. */
static void *allocate(void *arg, void *block, size_t old_size, size_t new_size)
{
    struct vm *vm = arg;
    struct memory *m = &vm->memory;
    size_t used = m->used - old_size + new_size;
    if (new_size > old_size && used > m->limit && is_script_running(vm)) {
        m->is_exhausted = true;
        return NULL;
    }
    void *moved = m->inner(m->inner_arg, block, old_size, new_size);
    if (moved || !new_size)
        m->used = used;
    return moved;
}

void memory_attach(struct vm *vm, size_t limit)
{
    struct memory *m = &vm->memory;
    m->limit = limit;
    m->used = (size_t)lua_gc(vm->L, LUA_GCCOUNT, 0) * 1024 +
              (size_t)lua_gc(vm->L, LUA_GCCOUNTB, 0);
    m->inner = lua_getallocf(vm->L, &m->inner_arg);
    lua_setallocf(vm->L, allocate, vm);
}

void memory_detach(lua_State *L, struct vm *vm)
{
    if (vm->memory.inner)
        lua_setallocf(L, vm->memory.inner, vm->memory.inner_arg);
}

void memory_describe_limit(const struct vm *vm, struct buffer *out)
{
    static const struct {
        size_t bytes;
        const char *name;
    } units[] = {{1000000000, "GB"}, {1 << 30, "GiB"}, {1000000, "MB"},
                 {1 << 20, "MiB"},   {1000, "kB"},     {1, "bytes"}};
    size_t limit = vm->memory.limit;
    size_t i = 0;
    while (limit % units[i].bytes)
        i++;
    buffer_printf(out, "%zu %s", limit / units[i].bytes, units[i].name);
}
