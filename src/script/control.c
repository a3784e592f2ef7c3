#include "script/control.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/list.h"
#include "base/log.h"
#include "base/random.h"
#include "io/http.h"
#include "script/shared.h"
#include "script/state.h"
#include "script/vm.h"

enum { EXIT_CODE_INTERNAL = 70 };

struct scenario_file {
    struct list link;
    struct script_shared *shared; /* owned */
};

struct control {
    struct vm vm;
    struct list files;
    bool lost_a_worker;
};

struct script_shared *control_scenario(struct vm *vm, const char *file)
{
    struct control *c = list_entry(vm, struct control, vm);
    for (struct list *l = c->files.next; l != &c->files; l = l->next) {
        struct scenario_file *known = list_entry(l, struct scenario_file, link);
        if (strcmp(known->shared->file, file) == 0)
            return vm->shared = known->shared;
    }
    struct scenario_file *added = xcalloc(1, sizeof *added);
    added->shared = shared_new();
    added->shared->file = xstrdup(file);
    list_init(&added->link);
    list_append(&c->files, &added->link);
    return vm->shared = added->shared;
}

void control_lost_a_worker(struct vm *vm)
{
    list_entry(vm, struct control, vm)->lost_a_worker = true;
}

static void control_init(struct control *c)
{
    *c = (struct control){0};
    list_init(&c->files);
    list_init(&c->vm.idle_requests);
    list_init(&c->vm.idle_batches);
    random_init(&c->vm.random, 0, UINT64_MAX);
    c->vm.L = state_new(&c->vm);
    if (c->vm.L)
        memory_attach(&c->vm, MEMORY_DEFAULT_BYTES);
    control_scenario(&c->vm, "");
}

static void control_fini(struct control *c)
{
    struct list *l;
    if (c->vm.L)
        state_close(c->vm.L);
    while ((l = list_take(&c->files))) {
        struct scenario_file *f = list_entry(l, struct scenario_file, link);
        shared_free(f->shared);
        free(f);
    }
}

static int call_main(lua_State *L, int argc, char **argv, struct error *err)
{
    if (!state_require(L, "lload.main", err))
        return EXIT_CODE_INTERNAL;
    lua_getfield(L, -1, "main");
    lua_createtable(L, argc, 0);
    for (int i = 1; i < argc; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    if (!state_call(L, 1, 1, err))
        return EXIT_CODE_INTERNAL;
    return (int)lua_tointeger(L, -1);
}

/* Where a standard stream was closed, its number must not go to a socket that
 * messages would then be written into; writing to it still fails. */
static void occupy_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
            abort();
}

int control_main(int argc, char **argv)
{
    struct error err = {0};
    struct control c;
    int code = EXIT_CODE_INTERNAL;
    occupy_standard_streams();
    control_init(&c);
    if (!c.vm.L)
        error_set(&err, "cannot make a Lua state");
    else if (http_global_init(&err))
        code = call_main(c.vm.L, argc, argv, &err);
    if (*err.text)
        log_line(LOG_ERROR, "%s", err.text);
    fflush(stdout);
    if (c.lost_a_worker)
        _Exit(code);
    control_fini(&c);
    http_global_fini();
    return code;
}
