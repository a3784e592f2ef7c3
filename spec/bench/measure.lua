--- What the benchmarks have in common: pinned processes, an nginx, medians.

local process = require "spec.support.process"
local tmp = require "spec.support.tmp"

local M = {}

M.SERVER_CPU, M.GENERATOR_CPU = "0", "1"
M.TICKS = 100 -- of /proc, a second
M.DISTURBED = 0.08 -- a core's share that other programs may take
M.PATIENCE_S, M.TRIES = 60, 10
M.LLOAD = os.getenv "LLOAD" or "build/release/src/lload"
M.SHOP = os.getenv "LLOAD_SHOP" or "build/release/examples/shop/lload-shop"

--- The middle value of a list; the mean of the two middle ones if its length is even.
function M.median(values)
  local sorted = { unpack(values) }
  table.sort(sorted)
  local middle = #sorted / 2
  if #sorted % 2 == 1 then return sorted[math.ceil(middle)] end
  return (sorted[middle] + sorted[middle + 1]) / 2
end

local function pinned(cpu, argv)
  return { "taskset", "-c", cpu, unpack(argv) }
end

--- Runs a program on the generator's CPU to its end: { stdout, cpu, elapsed, maxrss_kb }.
function M.generate(argv, timeout)
  local dir = tmp.dir()
  local child = process.spawn(pinned(M.GENERATOR_CPU, argv),
    { stdout = dir .. "/out", stderr = dir .. "/err" })
  if not child:wait(timeout or 60) then
    child:kill()
    error(table.concat(argv, " ") .. ": took too long")
  end
  return {
    stdout = tmp.read(dir .. "/out") or "", stderr = tmp.read(dir .. "/err") or "",
    code = child.code, cpu = child.cpu, elapsed = child.elapsed, maxrss_kb = child.maxrss_kb,
  }
end

--- Starts a server on its CPU; `ready` is called until it returns something true.
function M.serve(argv, ready)
  local dir = tmp.dir()
  local child = process.spawn(pinned(M.SERVER_CPU, argv), { stdout = dir .. "/out" })
  child.out = dir .. "/out"
  assert(process.wait_until(function() return ready(child) end, 10), argv[1] .. " is not ready")
  return child
end

local function read_line(path)
  local file = assert(io.open(path))
  local line = file:read "*l"
  file:close()
  return line
end

-- Seconds for which the CPUs were not idle, all of them together, since some time in the past.
local function busy_seconds()
  local idle, waiting = read_line "/proc/stat":match "^cpu +%d+ %d+ %d+ (%d+) (%d+)"
  return process.now() * M.cpus() - (idle + waiting) / M.TICKS
end

local function cpu_seconds(child)
  local user, system = read_line(("/proc/%d/stat"):format(child.pid))
    :match "%) %S %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+) (%d+)"
  return (user + system) / M.TICKS
end

local function wait_until_idle()
  process.wait_until(function()
    local before, began = busy_seconds(), process.now()
    process.sleep(0.5)
    return (busy_seconds() - before) / (process.now() - began) < M.DISTURBED
  end, M.PATIENCE_S)
end

--- Measures until other programs have left the CPUs alone meanwhile, at most `M.TRIES` times.
---@param server table a server whose work belongs to the measurement
---@param run fun(): table, any a child that has ended, and what was measured
---@return any measured of the last try
function M.undisturbed(server, run)
  local child, measured
  for try = 1, M.TRIES do
    wait_until_idle()
    local own, busy, began = cpu_seconds(server), busy_seconds(), process.now()
    child, measured = run()
    own = cpu_seconds(server) - own + child.cpu
    local others = (busy_seconds() - busy - own) / (process.now() - began)
    if others < M.DISTURBED then break end
    io.stderr:write(("  others took %.0f %% of a core%s\n"):format(others * 100,
      try < M.TRIES and "; again" or ""))
  end
  return measured
end

--- Ends a server.
function M.stop(child)
  child:send_signal "TERM"
  if not child:wait(10) then child:kill() end
end

local NGINX = [[
daemon off; master_process off; worker_processes 1; worker_rlimit_nofile @FILES@;
pid @DIR@/pid; error_log @DIR@/error.log;
events { worker_connections @CONNECTIONS@; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path @DIR@/b; proxy_temp_path @DIR@/p; fastcgi_temp_path @DIR@/f;
  uwsgi_temp_path @DIR@/u; scgi_temp_path @DIR@/s;
  server {
    listen 127.0.0.1:@PORT@ backlog=8192;
    listen 127.0.0.1:@TLS_PORT@ ssl backlog=8192;
    ssl_certificate @DIR@/cert.pem; ssl_certificate_key @DIR@/key.pem;
    location / { return 200 "hello\n"; }
    location /cookie {
      add_header Set-Cookie "session=0123456789abcdef; Path=/"; return 200 "hello\n";
    }
    location /json { default_type application/json; return 200 '@JSON@'; }
  }
}
]]

local PRODUCT = '{"id":%d,"name":"a product","price":%d.99,"tags":["new","red"],"stock":true}'

-- Somewhat less than 1 kB.
local function products()
  local list = {}
  for id = 1, 10 do list[id] = PRODUCT:format(id, id * 10) end
  return '{"page":1,"products":[' .. table.concat(list, ",") .. "]}"
end

local PORT = 18480
local MAX_FILES = 20000 -- of a process on the machines this was written on

local function make_certificate(dir)
  local made = os.execute(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
    .. "-nodes -days 2 -subj /CN=localhost -keyout %s/key.pem -out %s/cert.pem 2>/dev/null")
    :format(dir, dir))
  assert(made == 0, "openssl cannot make a certificate")
end

--- An nginx that answers every request with six bytes, /cookie also with a cookie, and /json with
--- JSON; stop it with `stop`.
---@param connections? integer how many it must hold; 2000 if absent
function M.nginx(connections)
  connections = connections or 2000
  local dir = tmp.dir()
  PORT = PORT + 2
  make_certificate(dir)
  local conf = tmp.write(dir, "nginx.conf",
    (NGINX:gsub("@([%u_]+)@", {
      DIR = dir, PORT = PORT, TLS_PORT = PORT + 1, JSON = products(),
      CONNECTIONS = math.min(connections, MAX_FILES - 100), FILES = MAX_FILES,
    })))
  local url = ("http://127.0.0.1:%d"):format(PORT)
  local child = M.serve({ "nginx", "-c", conf }, function()
    return os.execute(("curl -s -o /dev/null %s/"):format(url)) == 0
  end)
  child.url = url
  child.tls_url = ("https://127.0.0.1:%d"):format(PORT + 1)
  return child
end

--- Runs lload on a scenario text; returns the run and its decoded result.json.
function M.lload(text, args, timeout)
  local dir = tmp.dir()
  local file = tmp.write(dir, "scenario.lua", text)
  local argv = { M.LLOAD, "run", file, "--threads", "1", "-q", "--json", dir .. "/result.json" }
  for _, word in ipairs(args) do argv[#argv + 1] = word end
  local run = M.generate(argv, timeout)
  local is_over = run.code == 0 or run.code == 98 or run.code == 99
  assert(is_over, "lload ended with " .. tostring(run.code))
  return run, require "cjson".decode(tmp.read(dir .. "/result.json"))
end

local function first_line(command)
  local pipe = io.popen(command)
  local line = pipe:read "*l"
  pipe:close()
  return line or "unknown"
end

local cpus

function M.cpus()
  cpus = cpus or tonumber(first_line "nproc --all")
  return cpus
end

--- Compiles a C program of spec/bench; returns the path of the executable.
---@param name string without ".c"
---@param libraries string
function M.compile(name, libraries)
  local program = tmp.dir() .. "/" .. name
  assert(os.execute(("cc -O2 -o %s spec/bench/%s.c %s"):format(program, name, libraries)) == 0)
  return program
end

--- What the figures were measured on.
function M.machine()
  return {
    cpu = first_line "sed -n 's/^model name.*: //p' /proc/cpuinfo",
    cpus = first_line "nproc",
    kernel = first_line "uname -sr",
    date = os.date "!%Y-%m-%d",
    curl = first_line "curl --version | cut -d' ' -f2",
    wrk = first_line "dpkg-query -W -f='${Version}' wrk",
    nginx = first_line "dpkg-query -W -f='${Version}' nginx-light",
  }
end

return M
