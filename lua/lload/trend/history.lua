--- The history of a scenario: p95 of each endpoint over its runs, where its level changed and since
--- which commit, and whether it creeps towards its limit.

local allowed = require "lload.compare.allowed"
local calendar = require "lload.trend.calendar"
local change_points = require "lload.statistics.change_points"
local creep = require "lload.trend.creep"
local fingerprint = require "lload.compare.fingerprint"
local reader = require "lload.reader"
local sample = require "lload.statistics.sample"
local side = require "lload.compare.side"

local M = {}

--- Most runs that are looked at for changes; a chart shows the last ten.
M.MOST_RUNS = 50
-- Smaller changes of a level are not worth a name.
local SMALLEST_CHANGE = 0.05

local function p95_of(run, name)
  return side.figures(side.rows({ run }, name), "p(95)")[1]
end

-- The runs that have the endpoint, as three lists that belong together.
local function points_of(runs, name)
  local points = {}
  for index, run in ipairs(runs) do
    local p95 = p95_of(run, name)
    if p95 then points[#points + 1] = { run = index, p95 = p95 } end
  end
  return points
end

local function described(run, index)
  return {
    index = index, file = run.file, started = run.result.started, commit = run.result.commit,
    source = run.result.scenario.source, lload = run.result.lload,
  }
end

-- How far values lie from a line through them, as a sum of squares.
local function squares_from_line(values)
  local n, mean_x = #values, (#values + 1) / 2
  local mean, xx, xy = sample.mean(values), 0, 0
  for x, y in ipairs(values) do
    xx, xy = xx + (x - mean_x) ^ 2, xy + (x - mean_x) * (y - mean)
  end
  local slope, squares = n > 1 and xy / xx or 0, 0
  for x, y in ipairs(values) do squares = squares + (y - mean - slope * (x - mean_x)) ^ 2 end
  return squares
end

local function squares_from_levels(values, changes)
  local squares, first = 0, 1
  for i = 1, #changes + 1 do
    local last = changes[i] and changes[i].index - 1 or #values
    local level = {}
    for j = first, last do level[#level + 1] = values[j] end
    squares = squares + (sample.variance(level) or 0) * (#level - 1)
    first = last + 1
  end
  return squares
end

-- A slow rise looks like a stair to whoever looks for levels. Which of the two tells the series
-- better with fewer words, an information criterion says: a line has two parameters; k changes
-- count for 3k + 1, as their places were sought out (N. R. Zhang, D. O. Siegmund, "A modified
-- Bayes information criterion", Biometrics 63, 2007, 22-32).
local function is_rather_a_line(values, changes)
  local n = #values
  local function criterion(squares, parameters)
    return n * math.log(math.max(squares, 1e-12) / n) + parameters * math.log(n)
  end
  return criterion(squares_from_line(values), 2)
    < criterion(squares_from_levels(values, changes), 3 * #changes + 1)
end

-- Levels are compared as factors, so the series is that of logarithms.
local function changes_of(points, runs)
  local logs, changes = {}, {}
  for i, point in ipairs(points) do logs[i] = math.log(point.p95) end
  local found_points = change_points.find(logs)
  if #found_points > 0 and is_rather_a_line(logs, found_points) then return {} end
  for _, found in ipairs(found_points) do
    local before, after = math.exp(found.before), math.exp(found.after)
    if math.abs(after / before - 1) >= SMALLEST_CHANGE then
      local run = points[found.index].run
      changes[#changes + 1] = {
        run = run, point = found.index, before = before, after = after,
        change = after / before - 1, p_value = found.p_value,
        commit = runs[run].commit, started = runs[run].started,
      }
    end
  end
  return changes
end

-- A creep is looked for on the present level only: a step is none.
local function creep_of(points, changes, runs, limit)
  local days, values = {}, {}
  local first = changes[#changes] and changes[#changes].point or 1
  for i = first, #points do
    local day = calendar.days(runs[points[i].run].started or "")
    if day then days[#days + 1], values[#values + 1] = day, points[i].p95 end
  end
  return creep.of(days, values, limit)
end

local function endpoint_of(name, kept, runs)
  local points = points_of(kept, name)
  local changes = changes_of(points, runs)
  local limit = allowed.p95(kept[#kept].result, name)
  local found = creep_of(points, changes, runs, limit)
  if found then
    for _, moment in ipairs { "meets", "earliest", "latest" } do
      local day = found[moment .. "_day"]
      found[moment] = day and calendar.date(day)
    end
  end
  return { name = name, points = points, changes = changes, creep = found, threshold = limit }
end

-- Those that can be compared with the newest, oldest first.
local function kept_runs(runs, most, notes)
  local kept, left_out = {}, 0
  for _, run in ipairs(runs) do
    local is_alike = not fingerprint.unusable(run.result)
      and (#kept == 0 or fingerprint.same_history(run.result, kept[#kept].result))
    if is_alike and #kept < most then
      table.insert(kept, 1, run)
    elseif not is_alike then
      left_out = left_out + 1
    end
  end
  if left_out > 0 then
    notes[#notes + 1] = ("%d result%s left out: invalid, or of another target or machine")
      :format(left_out, left_out == 1 and " is" or "s are")
  end
  return kept
end

--- The history of one scenario and stage.
---@param runs lload.Run[] newest first, all of them of this scenario and stage
---@param most? integer runs
---@return table|nil model `lload/trend/1`; nil when no run can be used
function M.of(runs, most)
  local notes, list, endpoints = {}, {}, {}
  local kept = kept_runs(runs, most or M.MOST_RUNS, notes)
  if #kept == 0 then return nil end
  for index, run in ipairs(kept) do list[index] = described(run, index) end
  for _, name in ipairs(reader.sorted_keys(side.names(kept))) do
    endpoints[#endpoints + 1] = endpoint_of(name, kept, list)
  end
  local scenario = kept[#kept].result.scenario
  return {
    schema = "lload/trend/1", scenario = scenario.name, stage = scenario.stage, runs = list,
    endpoints = endpoints, notes = notes,
  }
end

--- The histories of all scenarios and stages among some runs, by name.
---@param runs lload.Run[] newest first
---@param most? integer runs of each
---@return table[] models
function M.all(runs, most)
  local groups, models = {}, {}
  for _, run in ipairs(runs) do
    local scenario = run.result.scenario
    local key = scenario.name .. "\0" .. (scenario.stage or "")
    groups[key] = groups[key] or {}
    table.insert(groups[key], run)
  end
  for _, key in ipairs(reader.sorted_keys(groups)) do
    models[#models + 1] = M.of(groups[key], most)
  end
  return models
end

return M
