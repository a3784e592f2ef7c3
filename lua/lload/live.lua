--- Live control: what a request to a running run means, and how it is answered.
--
-- Pure: what a run is and does is behind `lload.LiveRun`, and HTTP is over before this begins.

local json = require "lload.report.json"
local limits = require "lload.limits"
local reader = require "lload.reader"
local suggest = require "lload.suggest"
local text = require "lload.text"
local units = require "lload.units"

local M = {}

---@class lload.LiveRequest
---@field method string
---@field path string without the query, nothing decoded
---@field body? string

---@class lload.LiveProfile
---@field index integer
---@field executor string
---@field kind "vus"|"arrivals"|"shared"|"per_vu"
---@field vus number
---@field rate? number a second
---@field max_vus? integer
---@field step? integer

---@class lload.LiveStatus
---@field scenario string
---@field stage string
---@field phase "setup"|"warm-up"|"run"|"teardown"|"paused"
---@field elapsed_s number
---@field total_s number
---@field paused boolean
---@field profiles lload.LiveProfile[]

--- A run under way. What cannot be done now is nil and a message for people.
---@class lload.LiveRun
---@field status fun(self): lload.LiveStatus
---@field metrics fun(self): table<string, table> as in result.json
---@field pause fun(self): boolean|nil, string|nil
---@field resume fun(self): boolean|nil, string|nil
---@field stop fun(self): boolean|nil, string|nil
---@field set_load fun(self, index: integer, load: table): boolean|nil, string|nil

local OK, BAD, MISSING, NOT_ALLOWED, CONFLICT, BROKEN = 200, 400, 404, 405, 409, 500

local EXAMPLE = '{"vus": 50} or {"rate": "100/s"}'
local LONGEST_SHOWN = 80

-- What a profile's load is counted in, by its kind; the others do a fixed number of iterations.
local UNIT_OF_KIND = { vus = "vus", arrivals = "rate" }

local function refuse(status, message, ...)
  return status, { error = message:format(...) }
end

-- What came from outside, as it is shown again.
local function shown(value)
  return text.cut(text.one_line(text.utf8(value)), LONGEST_SHOWN)
end

local function decode(body)
  if not body or not body:find "%S" then return nil, "the body is empty; send " .. EXAMPLE end
  local cjson = require "cjson"
  local ok, value = pcall(cjson.decode, body)
  if not ok then
    return nil, ("the body is not JSON (%s); send %s"):format(shown(tostring(value)), EXAMPLE)
  elseif type(value) ~= "table" or #value > 0 then
    return nil, "the body is not an object; send " .. EXAMPLE
  end
  return value
end

local function read_vus(value)
  local vus, message = units.whole(value, 0, limits.MAX_VUS)
  return vus and { vus = vus }, message
end

local function read_rate(value)
  local rate, message = units.rate(value)
  if not rate then return nil, message end
  if rate > limits.MAX_RATE then
    return nil, ("is more than %s/s"):format(units.count(limits.MAX_RATE))
  end
  return { rate = rate }
end

local READERS = { vus = read_vus, rate = read_rate }
local FIELDS = reader.sorted_keys(READERS)

-- The one load of a body: { vus = 50 } or { rate = 100 }.
local function read_load(body)
  local value, message = decode(body)
  if not value then return nil, message end
  local field, count = nil, 0
  for _, key in ipairs(reader.sorted_keys(value)) do
    if not READERS[key] then
      return nil, ('unknown key "%s"%s; send %s'):format(
        shown(key), suggest.hint(key, FIELDS), EXAMPLE)
    end
    field, count = key, count + 1
  end
  if count ~= 1 then return nil, "the body needs vus or rate, and not both; send " .. EXAMPLE end
  local load
  load, message = READERS[field](value[field])
  if not load then return nil, ("%s: %s"):format(field, message) end
  return load
end

local function find_profile(status, index)
  for _, profile in ipairs(status.profiles or {}) do
    if profile.index == index then return profile end
  end
  return nil
end

-- Why this load does not fit the profile; nil when it does.
local function unit_problem(profile, load)
  local unit = UNIT_OF_KIND[profile.kind]
  if not unit then
    return ("profile %d (%s) does a fixed number of iterations; its load cannot be set")
      :format(profile.index, profile.executor)
  elseif load[unit] == nil then
    return ('profile %d (%s) is set by %s; send {"%s": …}')
      :format(profile.index, profile.executor, unit, unit)
  end
  return nil
end

-- The status after an action, or why it was not done.
local function conclude(run, done, message)
  if not done and message then return refuse(CONFLICT, "%s", message) end
  return OK, run:status()
end

local function set_profile(run, request, number)
  local status = run:status()
  local profile = find_profile(status, tonumber(number))
  if not profile then
    return refuse(MISSING, "there is no profile %s; this stage has %d, see GET /v1/status",
      shown(number), #(status.profiles or {}))
  end
  local load, message = read_load(request.body)
  message = message or unit_problem(profile, load)
  if message then return refuse(BAD, "%s", message) end
  return conclude(run, run:set_load(profile.index, load))
end

local ROUTES -- below: GET / lists them

local function list_routes()
  local routes = {}
  for index, route in ipairs(ROUTES) do
    routes[index] = { method = route.method, path = route.path, does = route.does }
  end
  return OK, { routes = routes }
end

local SET_LOAD = "sets the load of profile N: " .. EXAMPLE

ROUTES = {
  { method = "GET", path = "/", does = "lists what can be asked", run = list_routes },
  {
    method = "GET", path = "/v1/status", does = "where the run is, and its load",
    run = function(run) return OK, run:status() end,
  },
  {
    method = "GET", path = "/v1/metrics", does = "what was measured so far, as in result.json",
    run = function(run) return OK, { metrics = run:metrics() } end,
  },
  {
    method = "POST", path = "/v1/pause", does = "starts no more iterations",
    run = function(run) return conclude(run, run:pause()) end,
  },
  {
    method = "POST", path = "/v1/resume", does = "goes on after a pause",
    run = function(run) return conclude(run, run:resume()) end,
  },
  {
    method = "POST", path = "/v1/stop", does = "ends the run; reports are written",
    run = function(run) return conclude(run, run:stop()) end,
  },
  { method = "PATCH", path = "/v1/profiles/N", does = SET_LOAD, run = set_profile },
  { method = "POST", path = "/v1/profiles/N", does = SET_LOAD, run = set_profile },
}

-- An N in a route stands for digits, which become an argument.
for _, route in ipairs(ROUTES) do
  route.pattern = "^" .. route.path:gsub("%f[%w]N$", "(%%d+)") .. "$"
end

-- The route, or those that have the path but another method.
local function find_route(request)
  local others = {}
  for _, route in ipairs(ROUTES) do
    local found = request.path:match(route.pattern)
    if found and route.method == request.method then return route, found end
    if found then others[#others + 1] = route.method end
  end
  return nil, others
end

--- Does what a request asks of a run.
---@param request lload.LiveRequest
---@param run lload.LiveRun
---@return integer status of HTTP
---@return table answer
function M.handle(request, run)
  local route, found = find_route(request)
  if route then return route.run(run, request, found) end
  if #found > 0 then
    return refuse(NOT_ALLOWED, "%s does not take %s; use %s",
      shown(request.path), shown(request.method), table.concat(found, " or "))
  end
  return refuse(MISSING, "there is no %s; GET / lists what there is", shown(request.path))
end

--- The same as text; an error in the run is an answer too, and does not end the run.
---@param request lload.LiveRequest
---@param run lload.LiveRun
---@return integer status
---@return string json
function M.respond(request, run)
  local ok, status, answer = pcall(M.handle, request, run)
  if not ok then
    status, answer = refuse(BROKEN, "internal error of lload, please report it: %s",
      tostring(status))
  end
  return status, json.encode(answer)
end

return M
