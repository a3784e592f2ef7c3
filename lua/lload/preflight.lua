--- What the machine must have before the run begins: descriptors, ports, memory, source addresses.

local units = require "lload.units"

local M = {}

-- Beside the users' connections: loops, wake-ups, standard streams, reports, the resolver.
local OWN_DESCRIPTORS, PER_THREAD, PER_SERVER = 32, 8, 12

-- How much of the load is this machine's.
local function own_share(segment)
  if not segment then return 1 end
  local sum = 0
  for _, share in ipairs(segment.shares) do sum = sum + share end
  return segment.shares[segment.own] / sum
end

local function most_users(spec)
  local users = 0
  for _, profile in ipairs(spec.profiles) do users = users + profile.vus end
  return math.ceil(users * own_share(spec.segment))
end

-- A user keeps a connection open, unless it is closed after each request: then how many there are
-- at once is up to the server, and nobody can say before.
local function descriptor_problem(spec, limit, servers)
  if spec.http.reuse == "none" or not limit then return nil end
  local users = most_users(spec)
  local needed = users + OWN_DESCRIPTORS + PER_THREAD * spec.threads
    + PER_SERVER * (servers or 0)
  if needed <= limit then return nil end
  return ("%s: %d users need %d file descriptors, the hard limit is %d; raise it (ulimit -Hn, "
    .. "LimitNOFILE= of systemd), use fewer users, or set http.reuse = \"none\""):format(
      spec.file, users, needed, limit)
end

-- A connection of each user to the same address, from the same address.
local function port_problem(spec, ports)
  if spec.http.reuse == "none" or spec.http.source_ip or not ports then return nil end
  local users = most_users(spec)
  if users <= ports then return nil end
  return ("%s: %d users need as many local ports, one address has %d; use --source-ip with a "
    .. "range, or widen net.ipv4.ip_local_port_range"):format(spec.file, users, ports)
end

-- What a user costs with its connection, rounded up (docs/benchmarks.md).
local USER_BYTES = 5000

local function memory_problem(spec, available)
  local needed = most_users(spec) * USER_BYTES
  if not available or needed <= available then return nil end
  return ("%s: %d users need about %s of memory, %s are available; use fewer users, or --segment "
    .. "and several machines"):format(
      spec.file, most_users(spec), units.format_bytes(needed), units.format_bytes(available))
end

local function source_problem(spec, engine)
  local problem = spec.http.source_ip and engine.source_problem(spec.http.source_ip)
  return problem and "--source-ip: " .. problem
end

--- Why the files of `http.tls` cannot be used, or nil when they can.
---@param test table the normalised scenario
---@param engine table lload.engine
---@return string|nil problem
function M.tls_problem(test, engine)
  local problem = test.http.tls and engine.tls_problem(test.http.tls)
  return problem and ("%s: http.tls.%s"):format(test.file, problem)
end

--- Why a run could not be carried out here.
---@param spec table the run spec
---@param engine table lload.engine
---@param servers? integer that listen: of live control, of metrics
---@return string[] problems
function M.problems(spec, engine, servers)
  local problems = {}
  problems[#problems + 1] = descriptor_problem(spec, engine.descriptors(), servers)
  problems[#problems + 1] = port_problem(spec, engine.local_ports())
  problems[#problems + 1] = memory_problem(spec, engine.memory_available())
  problems[#problems + 1] = source_problem(spec, engine)
  return problems
end

return M
