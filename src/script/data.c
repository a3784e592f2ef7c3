#include "script/data.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "engine/worker.h"
#include "script/core.h"
#include "script/dataset.h"
#include "script/json_decode.h"
#include "script/shared.h"
#include "script/state.h"
#include "script/vm.h"

static const char TYPE[] = "lload.data";

/* --------------------------------------------------------------------- rows */

static struct dataset *check(lua_State *L)
{
    return *(struct dataset **)luaL_checkudata(L, 1, TYPE);
}

/* By the names of the columns, or by their numbers. */
static void push_csv_row(lua_State *L, const struct csv *t, size_t row)
{
    const char *name = t->names, *cell = csv_row(t, row);
    lua_createtable(L, name ? 0 : (int)t->columns, name ? (int)t->columns : 0);
    for (size_t i = 0; i < t->columns; i++) {
        size_t length = strlen(cell);
        if (name)
            lua_pushstring(L, name);
        lua_pushlstring(L, cell, length);
        if (name)
            lua_rawset(L, -3);
        else
            lua_rawseti(L, -2, (int)i + 1);
        name = name ? name + strlen(name) + 1 : NULL;
        cell += length + 1;
    }
}

/* Rows count from 1. */
static void push_row(lua_State *L, const struct dataset *d, size_t row)
{
    if (d->kind == DATASET_CSV)
        push_csv_row(L, &d->csv, row - 1);
    else if (!json_decode_push(L, json_rows_at(&d->json, row - 1)))
        lua_error(L); /* it was found valid when the file was read */
}

static int data_random(lua_State *L)
{
    const struct dataset *d = check(L);
    push_row(L, d, (size_t)random_int(vm_random(L), 1, (int64_t)d->row_count));
    return 1;
}

/* data:weighted(column) -> row */
static int data_weighted(lua_State *L)
{
    struct dataset *d = check(L);
    const char *column = luaL_checkstring(L, 2);
    struct error err;
    const struct alias *weights =
        shared_weights(state_vm(L)->shared, d, column, &err);
    if (!weights)
        return luaL_error(L, "data:weighted: %s", err.text);
    push_row(L, d, (size_t)alias_draw(weights, vm_random(L)) + 1);
    return 1;
}

/* data:zipf(s) -> row */
static int data_zipf(lua_State *L)
{
    static const double most = 100;
    const struct dataset *d = check(L);
    double s = luaL_checknumber(L, 2);
    if (!(s > 0) || s > most)
        return luaL_error(L,
                          "data:zipf: the exponent is above 0 and at most %d; "
                          "1 is common, for all alike take data:random()",
                          (int)most);
    push_row(L, d, (size_t)random_zipf(vm_random(L), (double)d->row_count, s));
    return 1;
}

/* ------------------------------------------------- rows for one user of many
 */

enum on_end { ON_END_STOP, ON_END_WRAP, ON_END_ERROR };

/* The value on top of the stack. */
static enum on_end read_on_end(lua_State *L, const char *what)
{
    static const char *const words[] = {"stop", "wrap", "error"};
    const char *word =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    for (int i = 0; i < 3; i++)
        if (strcmp(word, words[i]) == 0)
            return (enum on_end)i;
    return (enum on_end)luaL_error(
        L, "%s: on_end is \"stop\", \"wrap\" or \"error\"", what);
}

/* The table at 2: { on_end = … } */
static enum on_end read_options(lua_State *L, const char *what,
                                enum on_end usual)
{
    enum on_end on_end = usual;
    if (lua_isnoneornil(L, 2))
        return usual;
    if (!lua_istable(L, 2))
        luaL_error(L, "%s takes a table: { on_end = … }", what);
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING ||
            strcmp(lua_tostring(L, -2), "on_end") != 0)
            luaL_error(L, "%s: unknown option; it takes on_end", what);
        on_end = read_on_end(L, what);
    }
    return on_end;
}

static struct lua_user *check_user(lua_State *L, const char *what)
{
    struct lua_user *user = vm_current(L);
    if (!user)
        state_misuse(L,
                     "%s cannot be used while the file loads; call it in a "
                     "journey, setup or on_start",
                     what);
    if (user->is_ending)
        vm_end_part(L, user->ending);
    return user;
}

/* Never returns. Whoever runs setup cannot just leave. */
static int run_out(lua_State *L, struct lua_user *user, const char *what,
                   uint64_t own, enum on_end on_end)
{
    const struct dataset *d = check(L);
    if (on_end == ON_END_STOP && user->vu->pool)
        return vm_end_part(L, OUTCOME_RETIRED);
    const char *reason = lua_pushfstring(
        L, "%s: all %d rows%s are used up (%s)", d->path, (int)own,
        own < d->row_count ? " of this machine" : "", what);
    return vm_fail_part(L, user, reason, strlen(reason));
}

/* Pushes the row at a place of this machine's part, which may lie behind it. */
static int push_place(lua_State *L, struct lua_user *user, const char *what,
                      uint64_t place, enum on_end on_end)
{
    const struct dataset *d = check(L);
    const struct run_plan *plan = worker_plan(user->vm->worker);
    uint64_t own = dataset_own_rows(d, plan);
    if (!own)
        return luaL_error(L,
                          "%s: %s has %d rows, and none for this machine; with "
                          "--segment it needs one for each at least",
                          what, d->path, (int)d->row_count);
    if (place >= own && on_end != ON_END_WRAP)
        return run_out(L, user, what, own, on_end);
    push_row(L, d, (size_t)dataset_own_row(plan, place % own) + 1);
    return 1;
}

/* data:next([{ on_end }]) -> row; one cursor for all users of the run */
static int data_next(lua_State *L)
{
    static const char what[] = "data:next";
    struct dataset *d = check(L);
    enum on_end on_end = read_options(L, what, ON_END_WRAP);
    struct lua_user *user = check_user(L, what);
    uint64_t place =
        atomic_fetch_add_explicit(&d->cursor, 1, memory_order_relaxed);
    return push_place(L, user, what, place, on_end);
}

/* data:unique([{ on_end }]) -> row; the same for a user at each call */
static int data_unique(lua_State *L)
{
    static const char what[] = "data:unique";
    struct dataset *d = check(L);
    enum on_end on_end = read_options(L, what, ON_END_ERROR);
    struct lua_user *user = check_user(L, what);
    if (!user->vu->pool)
        return luaL_error(L, "data:unique is for users; setup and teardown "
                             "have none");
    uint64_t place =
        dataset_claim(d, worker_plan(user->vm->worker), user->vu->id);
    return push_place(L, user, what, place, on_end);
}

/* ----------------------------------------------------------------- the rest */

/* The iterator of data:rows(): (data, i) -> i + 1, row */
static int next_row(lua_State *L)
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
    lua_pushcfunction(L, next_row);
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
    static const luaL_Reg methods[] = {{"random", data_random},
                                       {"weighted", data_weighted},
                                       {"zipf", data_zipf},
                                       {"next", data_next},
                                       {"unique", data_unique},
                                       {"rows", data_rows},
                                       {NULL, NULL}};
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

/* ------------------------------------------------------------------ opening */

static int unknown_option(lua_State *L, const char *name)
{
    return luaL_error(
        L, "csv: unknown option '%s'; it takes delimiter, header and comment",
        name);
}

/* The value on top of the stack: one byte that means nothing else. */
static char read_character(lua_State *L, const char *option)
{
    size_t length = 0;
    const char *text =
        lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
    if (!text || length != 1 || strchr("\"\r\n", *text))
        state_misuse(L,
                     "csv: %s is one character, and neither a quote nor a line "
                     "end",
                     option);
    return *text;
}

static void check_name(lua_State *L, int names, int i)
{
    size_t length = 0;
    const char *name =
        lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
    if (!name || strlen(name) != length)
        luaL_error(L, "csv: header is a list of texts, or a boolean");
    for (int k = 1; k < i; k++) {
        lua_rawgeti(L, names, k);
        if (lua_rawequal(L, -1, -2))
            luaL_error(L, "csv: header names two columns '%s'", name);
        lua_pop(L, 1);
    }
}

/* The list on top of the stack, which is replaced by a text that the names are
 * in, each with a NUL behind it. */
static void read_names(lua_State *L, struct csv_options *o)
{
    int names = lua_gettop(L), count = (int)lua_objlen(L, names);
    if (!count)
        luaL_error(L, "csv: header is a list of texts, or a boolean");
    lua_pushliteral(L, "");
    for (int i = 1; i <= count; i++) { // names, text so far
        lua_rawgeti(L, names, i);
        check_name(L, names, i);
        lua_pushlstring(L, "", 1);
        lua_concat(L, 3);
    }
    lua_replace(L, names);
    o->no_header = true;
    o->names = lua_tostring(L, names);
    o->name_count = (size_t)count;
}

static void read_header(lua_State *L, struct csv_options *o)
{
    if (lua_istable(L, -1))
        read_names(L, o);
    else if (lua_isboolean(L, -1))
        o->no_header = !lua_toboolean(L, -1);
    else
        luaL_error(L, "csv: header is a list of texts, or a boolean");
}

static void check_csv_keys(lua_State *L)
{
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
        const char *key =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "(no text)";
        if (strcmp(key, "delimiter") != 0 && strcmp(key, "header") != 0 &&
            strcmp(key, "comment") != 0)
            unknown_option(L, key);
    }
}

/* What the names point into stays on the stack. */
static void read_csv_options(lua_State *L, struct csv_options *o)
{
    if (lua_isnoneornil(L, 2))
        return;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    check_csv_keys(L);
    lua_getfield(L, 2, "delimiter");
    if (!lua_isnil(L, -1))
        o->delimiter = read_character(L, "delimiter");
    lua_getfield(L, 2, "comment");
    if (!lua_isnil(L, -1))
        o->comment = read_character(L, "comment");
    lua_getfield(L, 2, "header");
    if (!lua_isnil(L, -1))
        read_header(L, o);
    if (o->delimiter && o->delimiter == o->comment)
        luaL_error(L, "csv: delimiter and comment are the same character");
}

static int push_data(lua_State *L, const struct dataset_request *request)
{
    struct vm *vm = state_vm(L);
    struct error err;
    struct dataset *d = shared_dataset(vm->shared, request, &err);
    if (!d)
        return luaL_error(L, "%s", err.text);
    if (request->kind == DATASET_TEXT) {
        lua_pushlstring(L, d->text.data, d->text.size);
        return 1;
    }
    if (!d->is_array)
        return json_decode_push(L, d->json.document) ? 1 : lua_error(L);
    if (!d->row_count)
        return luaL_error(L, "%s: there are no rows", request->path);
    struct dataset **handle = lua_newuserdata(L, sizeof *handle);
    *handle = d;
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, -2);
    return 1;
}

/* However large a file is, reading it is no endless loop: see core_guard. */
static int open_data(lua_State *L, enum dataset_kind kind)
{
    struct vm *vm = state_vm(L);
    struct dataset_request request = {.path = luaL_checkstring(L, 1),
                                      .kind = kind};
    if (vm->current)
        return luaL_error(L, "data files are read while the file loads; move "
                             "this to the top of the file");
    if (kind == DATASET_CSV)
        read_csv_options(L, &request.csv);
    else if (!lua_isnoneornil(L, 2))
        return luaL_error(L, "only csv takes options");
    int64_t from_ns = clock_thread_cpu_ns();
    int results = push_data(L, &request);
    if (vm->load_until_ns)
        vm->load_until_ns += clock_thread_cpu_ns() - from_ns;
    return results;
}

/* core.csv(path [, options]) -> data */
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

/* core.jsonl(path) -> data, a row for each line */
static int core_jsonl(lua_State *L)
{
    return open_data(L, DATASET_JSON_LINES);
}

const luaL_Reg core_data_functions[] = {{"csv", core_csv},
                                        {"json", core_json},
                                        {"read_file", core_read_file},
                                        {"jsonl", core_jsonl},
                                        {NULL, NULL}};
