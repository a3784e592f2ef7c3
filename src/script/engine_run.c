#include "script/engine_run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <lauxlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/interval_log.h"
#include "engine/plan.h"
#include "engine/run.h"
#include "engine/signals.h"
#include "engine/timetable.h"
#include "io/control_server.h"
#include "script/control.h"
#include "script/embedded.h"
#include "script/fields.h"
#include "script/lines.h"
#include "script/live.h"
#include "script/lua_journey.h"
#include "script/machine.h"
#include "script/plan_read.h"
#include "script/result_push.h"
#include "script/run_access.h"
#include "script/shared.h"
#include "script/sink.h"
#include "script/state.h"
#include "script/vm.h"
#include "script/windows.h"
#include "script/yaml_read.h"

static const char TYPE[] = "lload.run";

/* Stack indices while a run is under way. */
enum { SPEC = 1, ON_TICK = 2, ON_CONTROL = 3, OWNER = 4 };

/* Who asks a run under way; fields of the spec. */
enum { SERVER_CONTROL, SERVER_PROMETHEUS, SERVERS };
static const char *const server_names[SERVERS] = {"control", "prometheus"};

/* A run under way or over; lives as long as a script can ask for its values. */
struct engine_run {
    struct run_plan plan;
    struct run run;
    bool has_run;
    int64_t started_ms; /* since 1970 */
    struct interval_log log;
    bool has_log; /* it is open */
    struct error log_problem;
    lua_State *L;                            /* while it runs */
    struct control_server *servers[SERVERS]; /* borrowed; NULL: not wanted */
    struct error tick_error;
};

/* `path` may be NULL: no log. One that cannot be written does not stop the run.
 */
static void open_log(struct engine_run *e, const char *path)
{
    e->has_log = path && interval_log_open(&e->log, &e->plan, path,
                                           e->started_ms, &e->log_problem);
}

static void close_log(struct engine_run *e)
{
    if (e->has_log)
        interval_log_close(&e->log, &e->log_problem);
    e->has_log = false;
}

static int engine_run_gc(lua_State *L)
{
    struct engine_run *e = luaL_checkudata(L, 1, TYPE);
    close_log(e);
    if (e->has_run)
        run_fini(&e->run);
    if (!e->has_run || !e->run.workers_lost)
        plan_fini(&e->plan);
    e->has_run = false;
    return 0;
}

/* What a callback returned, at `index`: text says what it wants. */
static enum run_wish wish_of(lua_State *L, int index)
{
    static const struct {
        const char *word;
        enum run_wish wish;
    } wishes[] = {{"threshold", RUN_WANTS_FAILURE},
                  {"finished", RUN_WANTS_END},
                  {"interrupted", RUN_WANTS_INTERRUPTION}};
    const char *word = lua_tostring(L, index);
    for (size_t i = 0; word && i < sizeof wishes / sizeof *wishes; i++)
        if (strcmp(word, wishes[i].word) == 0)
            return wishes[i].wish;
    return RUN_GO_ON;
}

static enum run_wish give_up(struct run *r)
{
    r->stop = RUN_INTERNAL;
    return RUN_WANTS_FAILURE;
}

static void push_snapshot(lua_State *L, struct run *r)
{
    snapshot_push(L, r);
    run_access_add(L, r, OWNER, true);
}

static enum run_wish on_tick(void *arg, struct run *r)
{
    struct engine_run *e = arg;
    lua_State *L = e->L;
    lua_pushvalue(L, ON_TICK);
    push_snapshot(L, r);
    if (!state_call(L, 1, 1, &e->tick_error))
        return give_up(r);
    enum run_wish wish = wish_of(L, -1);
    lua_pop(L, 1);
    return wish;
}

/* on_control(request, snapshot) -> status, text, wish */
static enum run_wish answer(struct engine_run *e, struct run *r, int server,
                            const struct control_request *request)
{
    lua_State *L = e->L;
    size_t length = 0;
    lua_pushvalue(L, ON_CONTROL);
    live_push_request(L, request);
    set_text(L, "server", server_names[server]);
    push_snapshot(L, r);
    if (!state_call(L, 2, 3, &e->tick_error))
        return give_up(r);
    enum run_wish wish = wish_of(L, -1);
    const char *text = lua_tolstring(L, -2, &length);
    control_server_answer(e->servers[server], (unsigned)lua_tointeger(L, -3),
                          text, length);
    lua_pop(L, 3);
    return wish;
}

static enum run_wish look_at(struct engine_run *e, struct run *r, int server)
{
    struct control_server *s = e->servers[server];
    const struct control_request *request;
    enum run_wish wish = RUN_GO_ON;
    control_server_notify(s, r->notify_fd);
    while (wish == RUN_GO_ON && (request = control_server_next(s)))
        wish = answer(e, r, server, request);
    return wish;
}

static enum run_wish on_look(void *arg, struct run *r)
{
    struct engine_run *e = arg;
    enum run_wish wish = RUN_GO_ON;
    for (int i = 0; i < SERVERS && wish == RUN_GO_ON; i++)
        if (e->servers[i])
            wish = look_at(e, r, i);
    return wish;
}

static rlim_t raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

/* Each user may hold a connection, and a worker a handful more. While there are
 * threads, Linux waits for an RCU grace period (some 10 ms) whenever it
 * enlarges the table of descriptors, so that is done before there are any. */
static void make_room_for_descriptors(const struct run_plan *plan)
{
    enum { OWN = 32, PER_WORKER = 8 };
    rlim_t limit = raise_descriptor_limit();
    rlim_t last = plan_max_vus(plan) + OWN + PER_WORKER * plan->workers;
    if (last >= limit)
        last = limit - 1;
    int fd = eventfd(0, EFD_CLOEXEC);
    int far = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, (int)last);
    if (far >= 0)
        close(far);
    if (fd >= 0)
        close(fd);
}

static void set_internal_error(lua_State *L, const struct engine_run *e,
                               const struct error *err)
{
    const char *text = *e->tick_error.text ? e->tick_error.text : err->text;
    if (!*text)
        return;
    lua_pushstring(L, text);
    lua_setfield(L, -2, "stop_detail");
}

static void find_servers(lua_State *L, struct engine_run *e)
{
    for (int i = 0; i < SERVERS; i++) {
        lua_getfield(L, SPEC, server_names[i]);
        e->servers[i] = live_server(L, -1);
        lua_pop(L, 1);
    }
}

static void dismiss_servers(struct engine_run *e)
{
    for (int i = 0; i < SERVERS; i++)
        if (e->servers[i])
            control_server_notify(e->servers[i], -1);
}

/* The userdata at OWNER. */
static struct engine_run *make_owner(lua_State *L)
{
    struct engine_run *e = lua_newuserdata(L, sizeof *e);
    *e = (struct engine_run){.L = L};
    plan_init(&e->plan);
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, OWNER);
    return e;
}

static void read_plan(lua_State *L, struct engine_run *e)
{
    lua_getfield(L, SPEC, "file");
    struct script_shared *shared =
        control_scenario(state_vm(L), luaL_checkstring(L, -1));
    lua_pop(L, 1);
    shared_forget_run(shared);
    plan_read(L, SPEC, &e->plan, shared);
}

static void execute(lua_State *L, struct engine_run *e, struct error *err)
{
    e->started_ms = clock_wall_ms();
    lua_getfield(L, SPEC, "hlog");
    open_log(e, lua_tostring(L, -1));
    lua_pop(L, 1);
    e->has_run = true;
    find_servers(L, e);
    struct run_caller caller = {.tick = on_tick,
                                .look = on_look,
                                .arg = e,
                                .log = e->has_log ? &e->log : NULL};
    run_execute(&e->run, &e->plan, &lua_journey, &caller, err);
    close_log(e);
    dismiss_servers(e);
    if (e->run.workers_lost)
        control_lost_a_worker(state_vm(L));
}

static void push_final(lua_State *L, struct engine_run *e,
                       const struct error *err)
{
    result_push(L, &e->run);
    lua_pushnumber(L, (double)e->started_ms);
    lua_setfield(L, -2, "started_ms");
    if (*e->log_problem.text) {
        lua_pushstring(L, e->log_problem.text);
        lua_setfield(L, -2, "hlog_problem");
    }
    run_access_add(L, &e->run, OWNER, false);
    if (e->run.stop == RUN_INTERNAL)
        set_internal_error(L, e, err);
}

/* engine.run(spec, on_tick [, on_control]) -> final */
static int engine_run(lua_State *L)
{
    struct error err = {0};
    luaL_checktype(L, SPEC, LUA_TTABLE);
    luaL_checktype(L, ON_TICK, LUA_TFUNCTION);
    lua_settop(L, ON_CONTROL);
    struct engine_run *e = make_owner(L);
    read_plan(L, e);
    make_room_for_descriptors(&e->plan);
    signals_catch();
    execute(L, e, &err);
    push_final(L, e, &err);
    return 1;
}

static double number_of(lua_State *L, int index, const char *field)
{
    lua_getfield(L, index, field);
    double value = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return value;
}

/* engine.vus_steps(profile) -> { {ms, n}, … } */
static int engine_vus_steps(lua_State *L)
{
    struct profile f;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    plan_read_profile(L, 1, NULL, &f);
    int64_t at_ns = 0;
    int count = 0;
    uint32_t before = UINT32_MAX;
    lua_newtable(L);
    while (at_ns != SCHEDULE_NEVER && at_ns <= schedule_end_ns(&f.schedule)) {
        uint32_t target = schedule_target(&f.schedule, at_ns);
        if (target != before) {
            lua_createtable(L, 2, 0);
            lua_pushnumber(L, (double)(f.start_ns + at_ns) / NS_PER_MS);
            lua_rawseti(L, -2, 1);
            lua_pushnumber(L, target);
            lua_rawseti(L, -2, 2);
            lua_rawseti(L, -2, ++count);
        }
        before = target;
        at_ns = schedule_next_change(&f.schedule, at_ns);
    }
    profile_fini(&f);
    return 1;
}

/* engine.arrivals(profile, limit, seed) -> { ms, … }, the first ones; count */
static int engine_arrivals(lua_State *L)
{
    struct profile f;
    luaL_checktype(L, 1, LUA_TTABLE);
    double limit = luaL_checknumber(L, 2);
    uint64_t seed = (uint64_t)luaL_optnumber(L, 3, 0);
    lua_settop(L, 1);
    plan_read_profile(L, 1, NULL, &f);
    struct arrival_cursor c;
    uint32_t index = (uint32_t)number_of(L, 1, "index");
    arrival_cursor_init(&c, &f.arrivals, f.is_poisson,
                        timetable_seed(seed, index ? index - 1 : 0, 0));
    lua_newtable(L);
    for (int i = 1; i <= limit; i++) {
        int64_t at_ns = arrival_cursor_seek(&c, (uint64_t)i);
        if (at_ns == ARRIVAL_NEVER)
            break;
        lua_pushnumber(L, (double)(f.start_ns + at_ns) / NS_PER_MS);
        lua_rawseti(L, -2, i);
    }
    lua_pushnumber(
        L, arrivals_expected(&f.arrivals, arrivals_end_ns(&f.arrivals)));
    profile_fini(&f);
    return 2;
}

int engine_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"run", engine_run},           {"vus_steps", engine_vus_steps},
        {"arrivals", engine_arrivals}, {"embedded", engine_embedded},
        {"yaml", engine_yaml},         {NULL, NULL}};
    luaL_newmetatable(L, TYPE);
    lua_pushcfunction(L, engine_run_gc);
    lua_setfield(L, -2, "__gc");
    lua_newtable(L);
    luaL_register(L, NULL, functions);
    luaL_register(L, NULL, machine_functions);
    luaL_register(L, NULL, live_functions);
    luaL_register(L, NULL, windows_functions);
    live_open(L);
    luaL_register(L, NULL, sink_functions);
    sink_open(L);
    windows_open(L);
    luaL_register(L, NULL, lines_functions);
    lines_open(L);
    yaml_read_open(L);
    lua_pushliteral(L, LLOAD_VERSION);
    lua_setfield(L, -2, "version");
    return 1;
}
