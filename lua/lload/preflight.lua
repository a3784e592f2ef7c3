--- What the machine must have before the run begins: descriptors, source addresses.

local M = {}

-- Beside the users' connections: loops, wake-ups, standard streams, reports, the resolver.
local OWN_DESCRIPTORS, PER_THREAD, CONTROL = 32, 8, 12

local function most_users(spec)
  local users = 0
  for _, profile in ipairs(spec.profiles) do users = users + profile.vus end
  return users
end

-- A user keeps a connection open, unless it is closed after each request: then how many there are
-- at once is up to the server, and nobody can say before.
local function descriptor_problem(spec, limit, with_control)
  if spec.http.reuse == "none" or not limit then return nil end
  local users = most_users(spec)
  local needed = users + OWN_DESCRIPTORS + PER_THREAD * spec.threads
    + (with_control and CONTROL or 0)
  if needed <= limit then return nil end
  return ("%s: %d users need %d file descriptors, the hard limit is %d; raise it (ulimit -Hn, "
    .. "LimitNOFILE= of systemd), use fewer users, or set http.reuse = \"none\""):format(
      spec.file, users, needed, limit)
end

local function source_problem(spec, engine)
  local problem = spec.http.source_ip and engine.source_problem(spec.http.source_ip)
  return problem and "--source-ip: " .. problem
end

--- Why a run could not be carried out here.
---@param spec table the run spec
---@param engine table lload.engine
---@param with_control? boolean live control listens, too
---@return string[] problems
function M.problems(spec, engine, with_control)
  local problems = {}
  problems[#problems + 1] = descriptor_problem(spec, engine.descriptors(), with_control)
  problems[#problems + 1] = source_problem(spec, engine)
  return problems
end

return M
