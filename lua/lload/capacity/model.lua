--- What a stored result says about the capacity of a system: `lload/capacity/1`.

local fit = require "lload.capacity.fit"
local levels_of = require "lload.capacity.levels"
local limits = require "lload.capacity.limits"
local plan = require "lload.capacity.plan"
local rows = require "lload.report.rows"
local trust = require "lload.capacity.trust"

local M = {}

local MOST_ENDPOINTS = 10

local function endpoints_of(model)
  local total, list = 0, {}
  for _, request in ipairs(model.requests) do total = total + (request.total_ms or 0) end
  for index, request in ipairs(rows.by_total_time(model.requests)) do
    if index > MOST_ENDPOINTS or total == 0 then break end
    list[index] = {
      name = request.name, share = (request.total_ms or 0) / total, count = request.count,
      p95 = request.duration and request.duration["p(95)"], total_ms = request.total_ms,
    }
  end
  return list
end

local function most_of(levels)
  local most = levels[1]
  for _, level in ipairs(levels) do
    if level.rps > most.rps then most = level end
  end
  return most
end

-- Where nothing else breaks, throughput that rises no more is the end.
local function breaking_point(list)
  local first = limits.first(list)
  if first then return first end
  for _, limit in ipairs(list) do
    if limit.kind == "knee" and limit.load then return limit end
  end
  return nil
end

-- What the system bears: at the breaking point, or else what was borne at most.
local function capacity_of(point, most)
  if point and not point.load then return nil end
  if not point then
    return { load = most.load, rps = most.rps, tag = "measured", at_least = true }
  end
  local tag = point.kind == "knee" and "measured" or "interpolated"
  return { load = point.load, rps = point.rps, tag = tag }
end

-- The load at which a throughput is reached first, on straight lines between the levels. Users
-- above that wait for each other: they are no headroom.
local function load_for(rps, levels)
  local load, below = 0, 0
  for _, level in ipairs(levels) do
    if level.rps >= rps then
      return load + (level.load - load) * (rps - below) / (level.rps - below)
    end
    load, below = level.load, level.rps
  end
  return load
end

local function ceiling_of(capacity, headroom, levels)
  if not capacity then return nil end
  local rps = capacity.rps * (1 - headroom)
  return {
    load = math.min(load_for(rps, levels), capacity.load), rps = rps, headroom = headroom,
    at_least = capacity.at_least,
  }
end

--- The model of one run.
---@param run lload.Run
---@param headroom? number 0.2 when absent
---@return table|nil model
---@return string|nil message
function M.of(run, headroom)
  local set, message = levels_of.of(run)
  if not set then return nil, message end
  local result = run.result
  trust.judge(set, result)
  local usable = trust.usable(set)
  if #usable == 0 then return nil, "lload itself was the limit at all of its levels" end
  local list = limits.all(usable, set, result)
  local point, most = breaking_point(list), most_of(usable)
  local capacity = capacity_of(point, most)
  local law, no_fit = fit.of(usable)
  return {
    schema = "lload/capacity/1", scenario = result.scenario.name, stage = result.scenario.stage,
    started = result.started, commit = result.commit, of = set.of, source = set.source,
    levels = set.list, limits = list, breaking_point = point,
    most = { load = most.load, rps = most.rps },
    tested = { load = usable[#usable].load, rps = usable[#usable].rps },
    capacity = capacity, ceiling = ceiling_of(capacity, headroom or plan.HEADROOM, usable),
    fit = law, no_fit = no_fit, endpoints = endpoints_of(result), notes = set.notes,
  }
end

return M
