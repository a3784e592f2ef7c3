#include "script/data.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "script/core.h"
#include "script/json_decode.h"
#include "script/shared.h"
#include "script/state.h"
#include "script/vm.h"

static const char TYPE[] = "lload.data";

static const struct dataset *check(lua_State *L)
{
    return *(const struct dataset **)luaL_checkudata(L, 1, TYPE);
}

static void push_csv_row(lua_State *L, const struct csv *t, size_t row)
{
    lua_createtable(L, 0, (int)t->columns);
    for (size_t i = 0; i < t->columns; i++) {
        size_t name_length, length;
        const char *name = csv_cell(t, 0, i, &name_length);
        const char *cell = csv_cell(t, row, i, &length);
        lua_pushlstring(L, name, name_length);
        lua_pushlstring(L, cell, length);
        lua_rawset(L, -3);
    }
}

/* Rows count from 1. */
static void push_row(lua_State *L, const struct dataset *d, size_t row)
{
    if (d->kind == DATASET_CSV)
        push_csv_row(L, &d->csv, row);
    else if (!json_decode_push(L, d->rows[row - 1]))
        lua_error(L); /* it was found valid when the file was read */
}

static int data_random(lua_State *L)
{
    const struct dataset *d = check(L);
    push_row(L, d, (size_t)random_int(vm_random(L), 1, (int64_t)d->row_count));
    return 1;
}

/* The iterator of data:rows(): (data, i) -> i + 1, row */
static int data_next_row(lua_State *L)
{
    const struct dataset *d = check(L);
    size_t row = (size_t)luaL_checkinteger(L, 2) + 1;
    if (row > d->row_count)
        return 0;
    lua_pushinteger(L, (lua_Integer)row);
    push_row(L, d, row);
    return 2;
}

static int data_rows(lua_State *L)
{
    check(L);
    lua_pushcfunction(L, data_next_row);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

static int data_length(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)check(L)->row_count);
    return 1;
}

/* Upvalue 1: the methods. */
static int data_index(lua_State *L)
{
    const struct dataset *d = check(L);
    if (lua_type(L, 2) == LUA_TNUMBER) {
        lua_Number row = lua_tonumber(L, 2);
        if (row < 1 || row > (double)d->row_count || row != (double)(size_t)row)
            return 0;
        push_row(L, d, (size_t)row);
        return 1;
    }
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
}

void data_register(lua_State *L)
{
    static const luaL_Reg methods[] = {
        {"random", data_random}, {"rows", data_rows}, {NULL, NULL}};
    luaL_newmetatable(L, TYPE);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_pushcclosure(L, data_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, data_length);
    lua_setfield(L, -2, "__len");
    state_hide_metatable(L);
    lua_pop(L, 1);
}

static int push_data(lua_State *L, enum dataset_kind kind)
{
    const char *path = luaL_checkstring(L, 1);
    struct vm *vm = state_vm(L);
    struct error err;
    if (vm->current)
        return luaL_error(L, "data files are read while the file loads; move "
                             "this to the top of the file");
    const struct dataset *d = shared_dataset(vm->shared, path, kind, &err);
    if (!d)
        return luaL_error(L, "%s", err.text);
    if (kind == DATASET_TEXT) {
        lua_pushlstring(L, d->document.at, d->document.length);
        return 1;
    }
    if (!d->is_array)
        return json_decode_push(L, d->document) ? 1 : lua_error(L);
    if (!d->row_count)
        return luaL_error(L, "%s: there are no rows", path);
    const struct dataset **handle = lua_newuserdata(L, sizeof *handle);
    *handle = d;
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, -2);
    return 1;
}

/* However large a file is, reading it is no endless loop: see core_guard. */
static int open_data(lua_State *L, enum dataset_kind kind)
{
    struct vm *vm = state_vm(L);
    int64_t from_ns = clock_thread_cpu_ns();
    int results = push_data(L, kind);
    if (vm->load_until_ns)
        vm->load_until_ns += clock_thread_cpu_ns() - from_ns;
    return results;
}

/* core.csv(path) -> data */
static int core_csv(lua_State *L)
{
    return open_data(L, DATASET_CSV);
}

/* core.json(path) -> data for an array, else the value itself */
static int core_json(lua_State *L)
{
    return open_data(L, DATASET_JSON);
}

/* core.read_file(path) -> text */
static int core_read_file(lua_State *L)
{
    return open_data(L, DATASET_TEXT);
}

const luaL_Reg core_data_functions[] = {{"csv", core_csv},
                                        {"json", core_json},
                                        {"read_file", core_read_file},
                                        {NULL, NULL}};
