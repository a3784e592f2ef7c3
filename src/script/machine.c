#include "script/machine.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/procfile.h"
#include "io/http.h"
#include "script/plan_read.h"

/* engine.cpus() -> CPUs this process may use */
static int engine_cpus(lua_State *L)
{
    cpu_set_t set;
    int count =
        sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    lua_pushinteger(L, count);
    return 1;
}

/* engine.wall_ms() -> ms since 1970 */
static int engine_wall_ms(lua_State *L)
{
    lua_pushnumber(L, (double)clock_wall_ms());
    return 1;
}

/* engine.now() -> monotonic seconds */
static int engine_now(lua_State *L)
{
    lua_pushnumber(L, (double)clock_now_ns() / NS_PER_S);
    return 1;
}

/* engine.source_problem("A-B") -> why connections cannot leave from there */
static int engine_source_problem(lua_State *L)
{
    struct error err;
    if (http_source_check(luaL_checkstring(L, 1), &err))
        return 0;
    lua_pushstring(L, err.text);
    return 1;
}

/* engine.tls_problem(tls) -> why it cannot be used, tls as in http = { tls } */
static int engine_tls_problem(lua_State *L)
{
    struct error err;
    struct http_tls tls = {0};
    luaL_checktype(L, 1, LUA_TTABLE);
    plan_read_tls(L, 1, &tls);
    bool is_good = http_tls_check(&tls, &err);
    http_tls_fini(&tls);
    if (is_good)
        return 0;
    lua_pushstring(L, err.text);
    return 1;
}

/* engine.descriptors() -> how many files and connections may be open */
static int engine_descriptors(lua_State *L)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    lua_pushnumber(L, (double)limit.rlim_max);
    return 1;
}

/* engine.local_ports() -> how many ports connections from one address to one
 * address can have; nil if unknown (see ip_local_port_range in ip(7)) */
static int engine_local_ports(lua_State *L)
{
    char line[128], *end;
    const char *range = procfile_line("/proc/sys/net/ipv4/ip_local_port_range",
                                      "", line, sizeof line);
    if (!range)
        return 0;
    long low = strtol(range, &end, 10), high = strtol(end, NULL, 10);
    lua_pushnumber(L, (double)(high - low + 1));
    return 1;
}

/* engine.memory_available() -> bytes; nil if unknown (see proc_meminfo(5)) */
static int engine_memory_available(lua_State *L)
{
    char line[128];
    const char *kb =
        procfile_line("/proc/meminfo", "MemAvailable:", line, sizeof line);
    if (!kb)
        return 0;
    lua_pushnumber(L, strtod(kb, NULL) * 1024);
    return 1;
}

/* engine.isatty(fd) */
static int engine_isatty(lua_State *L)
{
    lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
    return 1;
}

/* engine.columns(fd) -> width of the terminal, or nil */
static int engine_columns(lua_State *L)
{
    struct winsize size;
    if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) != 0 ||
        !size.ws_col)
        return 0;
    lua_pushinteger(L, size.ws_col);
    return 1;
}

static bool make_directories(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
        *at = '/';
        if (!made)
            return false;
    }
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

/* engine.mkdir(path) -> true | nil, message; parents too */
static int engine_mkdir(lua_State *L)
{
    char *path = xstrdup(luaL_checkstring(L, 1));
    struct stat status;
    bool made = make_directories(path) && stat(path, &status) == 0;
    int cause = errno;
    free(path);
    if (made && S_ISDIR(status.st_mode)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, made ? "it is not a directory" : strerror(cause));
    return 2;
}

/* engine.replace(from, to) -> true | nil, message; on the disk, atomically */
static int engine_replace(lua_State *L)
{
    const char *from = luaL_checkstring(L, 1), *to = luaL_checkstring(L, 2);
    struct error err = {0};
    if (file_replace(from, to, &err)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, err.text);
    return 2;
}

static void folder_close(DIR **folder)
{
    if (*folder)
        closedir(*folder);
    *folder = NULL;
}

static int folder_gc(lua_State *L)
{
    folder_close(lua_touserdata(L, 1));
    return 0;
}

/* An open folder that is closed even when Lua throws. */
static DIR *push_folder(lua_State *L, const char *path)
{
    DIR **folder = lua_newuserdata(L, sizeof(DIR *));
    *folder = NULL;
    lua_newtable(L); // folder, metatable
    lua_pushcfunction(L, folder_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    return *folder = opendir(path);
}

/* Neither a pipe, which would wait for its writer, nor a link to nothing. */
static bool is_listed(int folder, const char *name)
{
    struct stat found;
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           fstatat(folder, name, &found, 0) == 0 &&
           (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode));
}

/* engine.list(path) -> names of the files and folders in a folder, in no order
 * | nil, message, errno */
static int engine_list(lua_State *L)
{
    DIR *folder = push_folder(L, luaL_checkstring(L, 1)); // folder
    if (!folder) {
        lua_pushnil(L);
        int problem = errno;
        lua_pushstring(L, strerror(problem));
        lua_pushinteger(L, problem);
        return 3;
    }
    lua_newtable(L); // folder, names
    int count = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (is_listed(dirfd(folder), entry->d_name)) {
            lua_pushstring(L, entry->d_name);
            lua_rawseti(L, -2, ++count);
        }
    folder_close(lua_touserdata(L, -2)); // thousands would exhaust descriptors
    return 1;
}

static void push_cpu_model(lua_State *L)
{
    char line[256];
    const char *found =
        procfile_line("/proc/cpuinfo", "model name", line, sizeof line);
    const char *colon = found ? strstr(found, ": ") : NULL;
    if (colon)
        line[strcspn(line, "\n")] = '\0';
    lua_pushstring(L, colon ? colon + 2 : "unknown");
}

/* engine.machine() -> { cpu, cpus, memory_mb, os, hostname } */
static int engine_machine(lua_State *L)
{
    struct utsname name;
    struct sysinfo info;
    lua_newtable(L);
    push_cpu_model(L);
    lua_setfield(L, -2, "cpu");
    lua_pushinteger(L, sysconf(_SC_NPROCESSORS_ONLN));
    lua_setfield(L, -2, "cpus");
    if (sysinfo(&info) == 0) {
        lua_pushnumber(L, (double)info.totalram * info.mem_unit /
                              (1024.0 * 1024.0));
        lua_setfield(L, -2, "memory_mb");
    }
    if (uname(&name) == 0) {
        lua_pushfstring(L, "%s %s", name.sysname, name.release);
        lua_setfield(L, -2, "os");
        lua_pushstring(L, name.nodename);
        lua_setfield(L, -2, "hostname");
    }
    return 1;
}

/* engine.random_seed() -> whole number below 2^31 */
static int engine_random_seed(lua_State *L)
{
    unsigned seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (unsigned)clock_now_ns();
    lua_pushinteger(L, (lua_Integer)(seed & 0x7fffffff));
    return 1;
}

/* engine.log_level(level): error, warn, info or debug lines and up */
static int engine_log_level(lua_State *L)
{
    static const char *const levels[] = {"error", "warn", "info", "debug",
                                         NULL};
    log_set_level((enum log_level)luaL_checkoption(L, 1, "info", levels));
    return 0;
}

const luaL_Reg machine_functions[] = {
    {"cpus", engine_cpus},
    {"wall_ms", engine_wall_ms},
    {"now", engine_now},
    {"isatty", engine_isatty},
    {"columns", engine_columns},
    {"source_problem", engine_source_problem},
    {"tls_problem", engine_tls_problem},
    {"descriptors", engine_descriptors},
    {"local_ports", engine_local_ports},
    {"memory_available", engine_memory_available},
    {"mkdir", engine_mkdir},
    {"replace", engine_replace},
    {"list", engine_list},
    {"machine", engine_machine},
    {"random_seed", engine_random_seed},
    {"log_level", engine_log_level},
    {NULL, NULL}};
