--- Child processes of the specs: started without a shell, ended for certain.
--
-- Every child dies with the runner (PR_SET_PDEATHSIG by way of setpriv), so not even a killed
-- busted leaves a server behind.
local ffi = require "ffi"

-- busted loads modules anew for each file, but declarations stay.
local DECLARATIONS = [[
  typedef struct { char opaque[512]; } spec_spawn_room;
  struct spec_rusage { long user[2], system[2], maxrss, rest[32]; };
  struct spec_time { long s, ns; };
  int posix_spawnp(int *pid, const char *file, const void *actions, const void *attr,
                   const char *const *argv, const char *const *envp);
  int posix_spawn_file_actions_init(void *actions);
  int posix_spawn_file_actions_destroy(void *actions);
  int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags,
                                       unsigned mode);
  int posix_spawn_file_actions_addchdir_np(void *actions, const char *path);
  int posix_spawnattr_init(void *attr);
  int posix_spawnattr_destroy(void *attr);
  int posix_spawnattr_setflags(void *attr, short flags);
  int posix_spawnattr_setsigdefault(void *attr, const void *set);
  int posix_spawnattr_setpgroup(void *attr, int group);
  int sigfillset(void *set);
  int wait4(int pid, int *status, int options, struct spec_rusage *usage);
  int kill(int pid, int signal);
  int poll(void *fds, unsigned long n, int timeout_ms);
  int clock_gettime(int clock, struct spec_time *now);
  char *strerror(int code);
  extern char **environ;
]]
if not pcall(ffi.typeof, "spec_spawn_room") then
  ffi.cdef(DECLARATIONS)
end

local C = ffi.C
local O_RDONLY, O_RDWR, O_WRITE = 0, 2, 577 -- O_WRONLY | O_CREAT | O_TRUNC
local SETPGROUP, SETSIGDEF = 2, 4
local WNOHANG = 1
local POLL_MS = 5

local SIGNALS = { HUP = 1, INT = 2, QUIT = 3, KILL = 9, USR1 = 10, TERM = 15, CONT = 18, STOP = 19 }
local SIGNAL_NAMES = {
  [4] = "ILL", [6] = "ABRT", [7] = "BUS", [8] = "FPE", [11] = "SEGV", [13] = "PIPE",
}
for name, number in pairs(SIGNALS) do
  SIGNAL_NAMES[number] = name
end

local M = {}

--- Seconds on the monotonic clock.
function M.now()
  local t = ffi.new "struct spec_time"
  C.clock_gettime(1, t)
  return tonumber(t.s) + tonumber(t.ns) / 1e9
end

function M.sleep(seconds)
  C.poll(nil, 0, math.floor(seconds * 1000 + 0.5))
end

--- Calls `ready` until it returns something true, which is returned, or `timeout` has passed.
function M.wait_until(ready, timeout)
  local give_up = M.now() + timeout
  repeat
    local answer = ready()
    if answer then
      return answer
    end
    M.sleep(0.02)
  until M.now() > give_up
  return nil
end

-- What steers lload or a client library must not leak in from the caller's environment; a CI
-- service that runs the specs is not to be told of their runs.
local function is_inherited(name)
  local lower = name:lower()
  return not (name:find "^LLOAD" or name:find "^GITHUB_" or lower:find "_proxy$"
    or name == "NO_COLOR" or name == "CLICOLOR" or name == "CLICOLOR_FORCE"
    or name == "FORCE_COLOR")
end

local function environment(changes)
  local merged, list = {}, {}
  local i = 0
  while C.environ[i] ~= nil do
    local name, value = ffi.string(C.environ[i]):match "^([^=]+)=(.*)$"
    if name and is_inherited(name) then
      merged[name] = value
    end
    i = i + 1
  end
  for name, value in pairs(changes or {}) do
    merged[name] = value or nil
  end
  for name, value in pairs(merged) do
    list[#list + 1] = name .. "=" .. value
  end
  return list
end

local function c_strings(list)
  local array = ffi.new("const char *[?]", #list + 1)
  for i, text in ipairs(list) do
    array[i - 1] = text
  end
  array[#list] = nil
  return array
end

local Process = {}
Process.__index = Process

--- Starts argv[1] with these files as its standard streams.
-- opts: stdin, stdout, stderr (paths), pipes (descriptor -> path, for both directions),
-- env (name -> text, or false to unset), cwd,
-- dies_with (the signal it gets when the runner ends, default KILL)
function M.spawn(argv, opts)
  local guarded = { "setpriv", "--pdeathsig", opts.dies_with or "KILL", "--" }
  for _, word in ipairs(argv) do
    guarded[#guarded + 1] = tostring(word)
  end
  local env = environment(opts.env)
  local actions, attr = ffi.new "spec_spawn_room", ffi.new "spec_spawn_room"
  local all_signals = ffi.new "char[128]"
  local pid = ffi.new "int[1]"

  C.posix_spawn_file_actions_init(actions)
  C.posix_spawnattr_init(attr)
  if opts.cwd then
    C.posix_spawn_file_actions_addchdir_np(actions, opts.cwd)
  end
  C.posix_spawn_file_actions_addopen(actions, 0, opts.stdin or "/dev/null", O_RDONLY, 0)
  C.posix_spawn_file_actions_addopen(actions, 1, opts.stdout or "/dev/null", O_WRITE, 0x1a4)
  C.posix_spawn_file_actions_addopen(actions, 2, opts.stderr or "/dev/null", O_WRITE, 0x1a4)
  for descriptor, path in pairs(opts.pipes or {}) do
    C.posix_spawn_file_actions_addopen(actions, descriptor, path, O_RDWR, 0)
  end
  C.sigfillset(all_signals)
  C.posix_spawnattr_setsigdefault(attr, all_signals)
  C.posix_spawnattr_setpgroup(attr, 0)
  C.posix_spawnattr_setflags(attr, SETPGROUP + SETSIGDEF)
  local failed = C.posix_spawnp(pid, guarded[1], actions, attr, c_strings(guarded), c_strings(env))
  C.posix_spawnattr_destroy(attr)
  C.posix_spawn_file_actions_destroy(actions)
  if failed ~= 0 then
    error(guarded[1] .. ": " .. ffi.string(C.strerror(failed)), 2)
  end
  return setmetatable({ pid = pid[0], started = M.now() }, Process)
end

local function seconds(timeval)
  return tonumber(timeval[0]) + tonumber(timeval[1]) / 1e6
end

--- True once it has ended; then `code` or `signal` is set, `elapsed` and `cpu` (user and system
--- time) in seconds, and `maxrss_kb`.
function Process:has_ended()
  if self.ended then
    return true
  end
  local status, usage = ffi.new "int[1]", ffi.new "struct spec_rusage"
  if C.wait4(self.pid, status, WNOHANG, usage) ~= self.pid then
    return false
  end
  local signal = status[0] % 128
  self.ended = true
  self.elapsed = M.now() - self.started
  self.maxrss_kb = tonumber(usage.maxrss)
  self.cpu = seconds(usage.user) + seconds(usage.system)
  if signal == 0 then
    self.code = math.floor(status[0] / 256) % 256
  else
    self.signal = SIGNAL_NAMES[signal] or signal
  end
  return true
end

--- Waits until it has ended; false if `timeout` seconds were not enough.
function Process:wait(timeout)
  local give_up = M.now() + timeout
  while not self:has_ended() do
    if M.now() > give_up then
      return false
    end
    C.poll(nil, 0, POLL_MS)
  end
  return true
end

--- `name` as in "INT", "TERM"; nothing happens when it has ended.
function Process:send_signal(name)
  if not self:has_ended() then
    C.kill(self.pid, (assert(SIGNALS[name], name)))
  end
end

--- Ends it and everything it started.
function Process:kill()
  if not self:has_ended() then
    C.kill(-self.pid, SIGNALS.KILL)
    self:wait(10)
  end
end

return M
