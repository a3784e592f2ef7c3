#include "script/attachment.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "script/core.h"
#include "script/shared.h"
#include "script/state.h"
#include "script/vm.h"

static const char TYPE[] = "lload.file";

struct shared_file {
    struct shared_file *next;
    char *path; /* owned */
    struct buffer bytes;
};

/* -------------------------------------------------------------------- bytes */

static void shared_file_free(struct shared_file *f)
{
    buffer_fini(&f->bytes);
    free(f->path);
    free(f);
}

void attachment_free_all(struct shared_file *files)
{
    while (files) {
        struct shared_file *f = files;
        files = f->next;
        shared_file_free(f);
    }
}

static struct shared_file *load(const char *path, struct error *err)
{
    struct shared_file *f = xcalloc(1, sizeof *f);
    f->path = xstrdup(path);
    if (file_read(path, &f->bytes, err)) {
        buffer_fit(&f->bytes);
        return f;
    }
    shared_file_free(f);
    return NULL;
}

static struct shared_file *find(struct script_shared *s, const char *path)
{
    for (struct shared_file *f = s->files; f; f = f->next)
        if (strcmp(f->path, path) == 0)
            return f;
    return NULL;
}

/* The file, read the first time anybody asks. */
static const struct shared_file *open_file(struct script_shared *s,
                                           const char *path, struct error *err)
{
    struct buffer full = {0};
    shared_resolve_path(s, path, &full);
    pthread_mutex_lock(&s->lock);
    struct shared_file *f = find(s, full.data);
    if (!f && (f = load(full.data, err))) {
        f->next = s->files;
        s->files = f;
    }
    pthread_mutex_unlock(&s->lock);
    buffer_fini(&full);
    return f;
}

/* ------------------------------------------------------------------- handle */

static const struct attachment *check(lua_State *L)
{
    return luaL_checkudata(L, 1, TYPE);
}

const struct attachment *attachment_at(lua_State *L, int index)
{
    const struct attachment *a = lua_touserdata(L, index);
    if (!a || !lua_getmetatable(L, index))
        return NULL;
    luaL_getmetatable(L, TYPE);
    bool is_one = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_one ? a : NULL;
}

static int attachment_text(lua_State *L)
{
    const struct attachment *a = check(L);
    lua_pushlstring(L, a->size ? a->bytes : "", a->size);
    return 1;
}

static int attachment_length(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)check(L)->size);
    return 1;
}

static int attachment_tostring(lua_State *L)
{
    lua_pushfstring(L, "file %s", check(L)->name);
    return 1;
}

/* Upvalue 1: the methods. */
static int attachment_index(lua_State *L)
{
    const struct attachment *a = check(L);
    const char *key = luaL_checkstring(L, 2);
    if (strcmp(key, "name") == 0) {
        lua_pushstring(L, a->name);
    } else if (strcmp(key, "type") == 0) {
        lua_pushstring(L, a->type);
    } else {
        lua_pushvalue(L, 2);
        lua_rawget(L, lua_upvalueindex(1));
    }
    return 1;
}

void attachment_register(lua_State *L)
{
    static const luaL_Reg methods[] = {{"text", attachment_text}, {NULL, NULL}};
    luaL_newmetatable(L, TYPE);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_pushcclosure(L, attachment_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, attachment_length);
    lua_setfield(L, -2, "__len");
    lua_pushcfunction(L, attachment_tostring);
    lua_setfield(L, -2, "__tostring");
    state_hide_metatable(L);
    lua_pop(L, 1);
}

/* ------------------------------------------------------------------ opening */

/* Both go into a header line as they are. */
static const char *check_text(lua_State *L, const char *what)
{
    size_t length = 0;
    const char *text =
        lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
    if (!text || !length || strlen(text) != length || strpbrk(text, "\r\n"))
        luaL_error(L, "file: %s is text without line breaks", what);
    return text;
}

struct file_options {
    const char *name;
    const char *type;
};

/* What they point to stays in the table. */
static struct file_options read_options(lua_State *L, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct file_options o = {.name = slash ? slash + 1 : path};
    if (lua_isnoneornil(L, 2))
        return o;
    luaL_checktype(L, 2, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
        const char *key =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        if (strcmp(key, "name") == 0)
            o.name = check_text(L, "name");
        else if (strcmp(key, "type") == 0)
            o.type = check_text(L, "type");
        else
            luaL_error(L, "file: unknown option '%s'; there are name, type",
                       key);
    }
    return o;
}

static void push_handle(lua_State *L, const struct shared_file *f,
                        const struct file_options *o)
{
    size_t name_bytes = strlen(o->name) + 1;
    size_t type_bytes = o->type ? strlen(o->type) + 1 : 0;
    struct attachment *a =
        lua_newuserdata(L, sizeof *a + name_bytes + type_bytes);
    char *text = (char *)(a + 1);
    *a = (struct attachment){.bytes = f->bytes.data,
                             .size = f->bytes.size,
                             .name = memcpy(text, o->name, name_bytes)};
    if (o->type)
        a->type = memcpy(text + name_bytes, o->type, type_bytes);
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, -2);
}

/* core.file(path [, { name, type }]) -> file */
static int core_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct vm *vm = state_vm(L);
    struct error err;
    if (vm->current)
        return luaL_error(L, "files are read while the scenario loads; move "
                             "this to the top of the file");
    struct file_options o = read_options(L, path);
    int64_t from_ns = clock_thread_cpu_ns();
    const struct shared_file *f = open_file(vm->shared, path, &err);
    if (vm->load_until_ns) /* however large, it is no endless loop */
        vm->load_until_ns += clock_thread_cpu_ns() - from_ns;
    if (!f)
        return luaL_error(L, "%s", err.text);
    push_handle(L, f, &o);
    return 1;
}

const luaL_Reg core_file_functions[] = {{"file", core_file}, {NULL, NULL}};
