--- One load profile of a stage: from what a person wrote to what the engine runs.

local reader = require "lload.reader"
local suggest = require "lload.suggest"

local M = {}

local EXECUTORS = {}
for _, module in ipairs {
  "constant_vus", "ramping_vus", "shared_iterations", "per_vu_iterations",
  "constant_arrival_rate", "ramping_arrival_rate", "spike", "soak", "search",
} do
  local executor = require("lload.executor." .. module)
  EXECUTORS[executor.name] = executor
end
local NAMES = reader.sorted_keys(EXECUTORS)

local GRACEFUL_S = 30

local function contains(list, value)
  for _, item in ipairs(list) do
    if item == value then return true end
  end
  return false
end

-- The executor a profile names, or nil after saying what is wrong with the name.
local function choose_executor(r)
  local name = r:take("executor")
  local known = table.concat(NAMES, ", ")
  local misspelt = name == nil and r:misspelt("executor")
  if misspelt then
    r:problem(nil, ('unknown key "%s", did you mean "executor"?'):format(misspelt))
  elseif name == nil then
    r:problem(nil, "executor is missing; name one of " .. known)
  elseif type(name) ~= "string" then
    r:problem("executor", ("must be the name of one of %s"):format(known))
  elseif not EXECUTORS[name] then
    local hint = suggest.hint(name, NAMES)
    if hint == "" then hint = "; name one of " .. known end
    r:problem("executor", ('unknown executor "%s"%s'):format(name, hint))
  end
  return EXECUTORS[name]
end

local function read_journey(r, journeys)
  local name = r:typed("journey", "string")
  if name == nil or #journeys == 0 then return name end
  local names = {}
  for _, journey in ipairs(journeys) do names[#names + 1] = journey.name end
  if contains(names, name) then return name end
  local hint = suggest.hint(name, names)
  if hint == "" then hint = "; the file has " .. table.concat(names, ", ") end
  r:problem("journey", ('unknown journey "%s"%s'):format(name, hint))
  return nil
end

-- Which executors know a field that this one does not: the likely cause of a misplaced key.
local function explain_field(key)
  local owners = {}
  for _, name in ipairs(NAMES) do
    local probe = reader.new({}, "", reader.problems(""))
    EXECUTORS[name].read(probe)
    if probe.known[key] then owners[#owners + 1] = name end
  end
  return #owners > 0 and (" (a field of %s)"):format(table.concat(owners, ", ")) or nil
end

local function highest(segments)
  local load = 0
  for _, segment in ipairs(segments) do load = math.max(load, segment.from, segment.to) end
  return load
end

local function most_users(executor, fields, segments)
  if fields.max_vus then return fields.max_vus end
  return executor.name == "search" and fields.to or highest(segments)
end

-- "vus", "shared", "per_vu" or "arrivals"; of some executors it depends on their fields.
local function kind_of(executor, fields)
  if type(executor.kind) == "function" then return executor.kind(fields) end
  return executor.kind
end

-- A warm-up runs at the load with which the profile starts; of one that starts from nothing, at
-- one user or one arrival a second.
local function starting_load(segments)
  local load = segments[1].from
  return load > 0 and load or 1
end

--- Builds the profile of an executor's fields.
---@param executor table
---@param fields table
---@param common table start_s, grace_s, journey, env, tags
---@return table profile
local function build(executor, fields, common)
  local segments = executor.segments(fields)
  return {
    executor = executor.name,
    kind = kind_of(executor, fields),
    journey = common.journey,
    start_s = common.start_s or 0,
    grace_s = common.grace_s or GRACEFUL_S,
    ramp_down_grace_s = fields.ramp_down or common.grace_s or GRACEFUL_S,
    warmup_s = common.warmup_s or 0,
    pacing_s = common.pacing_s, minimum_iteration_s = common.minimum_iteration_s,
    segments = segments, warm_load = starting_load(segments),
    vus = most_users(executor, fields, segments),
    max_vus = most_users(executor, fields, segments),
    arrival = fields.arrival, on_saturation = fields.on_saturation,
    search = executor.name == "search" and fields or nil,
    is_manual = executor.name == "search",
    scrape = fields.scrape, on_drift = fields.on_drift,
    iterations = fields.iterations,
    env = common.env or {},
    tags = common.tags or {},
  }
end

-- Between the starts of a user's iterations. In the open model, arrivals decide when they start.
local function read_pacing(r, common, kind)
  common.pacing_s = r:duration("pacing", { positive = true })
  common.minimum_iteration_s = r:duration("minimum_iteration", { positive = true })
  local both = common.pacing_s and common.minimum_iteration_s
  if both then
    r:problem("minimum_iteration", "and pacing both say when the next iteration starts; keep one")
  end
  local key = common.pacing_s and "pacing" or "minimum_iteration"
  if kind == "arrivals" and common[key .. "_s"] and not both then
    r:problem(key, "has no effect on arrivals, which start by their rate; leave it out")
  end
end

--- Reads one profile; problems are collected, and a profile with problems is nil.
---@param raw any
---@param path string
---@param problems lload.Problems
---@param journeys table[] the journeys of the file
---@return table|nil profile
function M.read(raw, path, problems, journeys)
  if type(raw) ~= "table" then
    problems:add(path, ("must be a table with an executor, not a %s"):format(type(raw)))
    return nil
  end
  local before = #problems.lines
  local r = reader.new(raw, path, problems)
  local executor = choose_executor(r)
  if not executor then return nil end
  local common = {
    journey = read_journey(r, journeys),
    start_s = r:duration("start_time", { default = 0 }),
    grace_s = r:duration("graceful_stop", { default = GRACEFUL_S }),
    warmup_s = r:duration("warmup", { default = 0 }),
    tags = r:strings("tags"),
    env = r:strings("env"),
  }
  local fields = executor.read(r)
  read_pacing(r, common, kind_of(executor, fields))
  r:done(explain_field)
  if #problems.lines > before then return nil end
  return build(executor, fields, common)
end

--- A profile made of plain fields, as the command line shapes it.
---@param name string the executor
---@param fields table
---@return table profile
function M.make(name, fields)
  return build(EXECUTORS[name], fields, {})
end

--- Does it end by its clock, not when iterations are made?
---@param profile table
---@return boolean
function M.runs_for_a_time(profile)
  return profile.kind == "vus" or profile.kind == "arrivals"
end

--- How long a profile is planned to last, its start included, graceful stop not.
---@param profile table
---@return number seconds
function M.duration(profile)
  local total = profile.start_s
  for _, segment in ipairs(profile.segments) do total = total + segment.duration_s end
  return total
end

--- What a profile's segments plan for a moment: users, or arrivals a second; nil before it begins
--- and once it is over.
---@param profile table
---@param elapsed_s number of the stage
---@return number|nil
function M.planned_load(profile, elapsed_s)
  local at_s = elapsed_s - profile.start_s
  if at_s < 0 then return nil end
  for _, segment in ipairs(profile.segments) do
    if at_s < segment.duration_s then
      return segment.from + (segment.to - segment.from) * at_s / segment.duration_s
    end
    at_s = at_s - segment.duration_s
  end
  return nil
end

return M
