--- The plan of a stage before it runs: exact schedules, a table, a small plot of the users.

local columns = require "lload.report.columns"
local plan = require "lload.plan"
local profile = require "lload.profile"
local units = require "lload.units"

local M = {}

local PLOT_WIDTH, PLOT_HEIGHT = 60, 6

---@class lload.Preview
---@field duration_s number
---@field max_vus integer
---@field profiles table[] { executor, journey, vus = {{ms, n}, …} }, or in the open model
--- { executor, journey, max_vus, rates = {{ms, per_second}, …}, arrivals_expected, arrivals }

-- The corners of a rate: where each straight line begins and ends.
local function corners(p)
  local points, at_ms = {}, p.start_s * 1000
  for _, segment in ipairs(p.segments) do
    points[#points + 1] = { at_ms, segment.from }
    at_ms = at_ms + segment.duration_s * 1000
    points[#points + 1] = { at_ms, segment.to }
  end
  return points
end

local function preview_arrivals(p, engine, options)
  local arrivals, expected = engine.arrivals(p, options.arrivals or 0, options.seed or 0)
  return {
    executor = p.executor, journey = p.journey, max_vus = p.vus, rates = corners(p),
    arrivals_expected = expected, arrivals = options.arrivals and arrivals or nil,
  }
end

--- The exact plan of a stage.
---@param stage table
---@param engine table
---@param options { arrivals?: integer, seed?: integer } how many arrival times to show
---@return lload.Preview
function M.build(stage, engine, options)
  local schedules, ends, profiles = {}, {}, {}
  for index, p in ipairs(plan.profiles(stage)) do
    ends[index] = profile.duration(p) * 1000
    if p.search then
      schedules[index] = { { p.start_s * 1000, p.vus } }
      profiles[index] = { executor = p.executor, journey = p.journey, max_vus = p.vus }
    elseif p.kind == "arrivals" then
      schedules[index] = { { p.start_s * 1000, p.vus } }
      profiles[index] = preview_arrivals(p, engine, options)
    else
      schedules[index] = engine.vus_steps(p)
      profiles[index] = { executor = p.executor, journey = p.journey, vus = schedules[index] }
    end
  end
  return {
    duration_s = plan.duration(stage), max_vus = plan.max_vus(schedules, ends), profiles = profiles,
  }
end

-- How many users a schedule has at a moment.
local function users_at(schedule, ms, end_ms)
  if ms >= end_ms then return 0 end
  local users = 0
  for _, step in ipairs(schedule) do
    if step[1] > ms then break end
    users = step[2]
  end
  return users
end

-- The rate of arrivals at a moment, between its corners.
local function rate_at(rates, ms)
  for index = 1, #rates - 1, 2 do
    local from, to = rates[index], rates[index + 1]
    if ms >= from[1] and ms < to[1] then
      return from[2] + (to[2] - from[2]) * (ms - from[1]) / (to[1] - from[1])
    end
  end
  return 0
end

local function samples(preview, load_at)
  local points, highest = {}, 0
  for column = 1, PLOT_WIDTH do
    local ms = (column - 0.5) / PLOT_WIDTH * preview.duration_s * 1000
    local total = 0
    for index, p in ipairs(preview.profiles) do total = total + load_at(index, p, ms) end
    points[column] = total
    highest = math.max(highest, total)
  end
  return points, highest
end

local function plot(preview, points, highest, label_of)
  local lines = {}
  local label_width = #label_of(highest)
  for row = PLOT_HEIGHT, 1, -1 do
    local cells = {}
    for column, load in ipairs(points) do
      local level = load / highest * PLOT_HEIGHT
      cells[column] = level >= row - 0.5 and "#" or (level > row - 1 and "." or " ")
    end
    local label = row == PLOT_HEIGHT and label_of(highest) or ""
    lines[#lines + 1] = ("%s |%s"):format(
      (" "):rep(label_width - #label) .. label, (table.concat(cells):gsub("%s+$", "")))
  end
  local last = units.format_duration(preview.duration_s)
  lines[#lines + 1] = (" "):rep(label_width - 1) .. "0 +" .. ("-"):rep(PLOT_WIDTH)
  lines[#lines + 1] = (" "):rep(label_width + 2) .. "0s"
    .. (" "):rep(PLOT_WIDTH - 2 - #last) .. last
  return lines
end

-- A plot of the users and one of the rates, as far as the stage has them.
local function plots(preview, stage)
  local users, most = samples(preview, function(index, p, ms)
    local end_ms = profile.duration(stage.profiles[index]) * 1000
    return p.vus and users_at(p.vus, ms, end_ms) or 0
  end)
  local rates, highest = samples(preview, function(_, p, ms)
    return p.rates and rate_at(p.rates, ms) or 0
  end)
  local lines = {}
  local function add(points, top, label_of)
    if top == 0 then return end
    lines[#lines + 1] = ""
    for _, line in ipairs(plot(preview, points, top, label_of)) do lines[#lines + 1] = line end
  end
  add(users, most, units.count)
  add(rates, highest, units.format_rate)
  return lines
end

local STEP_COLUMNS = {
  { title = "Step", align = "left" },
  { title = "From", align = "right" },
  { title = "Lasts", align = "right" },
  { title = "VUs", align = "left" },
}

local RATE_COLUMNS = {
  STEP_COLUMNS[1], STEP_COLUMNS[2], STEP_COLUMNS[3], { title = "Arrivals", align = "left" },
}

local function step_rows(p, show)
  local rows, at = {}, p.start_s
  for index, segment in ipairs(p.segments) do
    local load = show(segment.from)
    if segment.to ~= segment.from then load = load .. " -> " .. show(segment.to) end
    rows[index] = {
      segment.label and ("%d %s"):format(segment.step, segment.label) or tostring(segment.step),
      units.format_duration(at), units.format_duration(segment.duration_s), load,
    }
    at = at + segment.duration_s
  end
  return rows
end

local function describe_iterations(p)
  return ("%s %s, at most %s"):format(units.count(p.iterations),
    p.kind == "per_vu" and "iterations a user" or "iterations shared by all users",
    units.format_duration(p.segments[1].duration_s))
end

local function describe_arrivals(p, shown)
  local text = ("about %s arrivals"):format(units.count(shown.arrivals_expected))
  if p.arrival == "poisson" then
    text = text .. " at random (poisson)"
  else
    text = ("%s arrivals"):format(units.count(math.floor(shown.arrivals_expected + 1e-9)))
  end
  local when_busy = p.on_saturation == "queue" and "waiting" or "dropped"
  return ("%s, %s when all %s VUs are busy"):format(text, when_busy, units.count(p.vus))
end

local function describe_search(p)
  local f = p.search
  local show = f.of == "rate" and units.format_rate or units.count
  return ("the highest %s from %s to %s, %s a level, at most %s VUs and %s"):format(
    f.of == "rate" and "rate" or "number of VUs", show(f.from), show(f.to),
    units.format_duration(f.settle + f.hold), units.count(p.vus),
    units.format_duration(f.max_duration))
end

local function first_arrivals(shown)
  local times = {}
  for index, ms in ipairs(shown.arrivals or {}) do times[index] = units.format_number(ms) end
  if #times == 0 then return nil end
  return ("arrivals at (ms): %s"):format(table.concat(times, ", "))
end

local function table_lines(lines, titles, p, show)
  for _, line in ipairs(columns.render(titles, step_rows(p, show), 200)) do
    lines[#lines + 1] = "  " .. line
  end
  return lines
end

local function profile_lines(index, p, shown)
  local head = ("profile %d: %s"):format(index, p.executor)
  if p.journey then head = head .. ", journey " .. p.journey end
  if p.search then
    return { head .. ", " .. describe_search(p) }
  elseif p.kind == "arrivals" then
    local lines = table_lines({ ("%s, %s"):format(head, describe_arrivals(p, shown)) },
      RATE_COLUMNS, p, units.format_rate)
    lines[#lines + 1] = first_arrivals(shown)
    return lines
  elseif not profile.runs_for_a_time(p) then
    return { ("%s, %s VUs, %s"):format(head, units.count(p.vus), describe_iterations(p)) }
  end
  return table_lines({ head }, STEP_COLUMNS, p, units.count)
end

local function runs_for_a_time(stage)
  for _, p in ipairs(stage.profiles) do
    if p.search or not profile.runs_for_a_time(p) then return false end
  end
  return true
end

--- The plan of a stage for people.
---@param stage table
---@param preview lload.Preview
---@param is_default boolean
---@return string[] lines
function M.describe(stage, preview, is_default)
  local timed = runs_for_a_time(stage)
  local lines = { ("stage %s%s: %s%s, up to %s VUs"):format(
    stage.name, is_default and " (default)" or "", timed and "" or "at most ",
    units.format_duration(preview.duration_s), units.count(preview.max_vus)) }
  for index, p in ipairs(stage.profiles) do
    for _, line in ipairs(profile_lines(index, p, preview.profiles[index])) do
      lines[#lines + 1] = "  " .. line
    end
  end
  if timed then
    for _, line in ipairs(plots(preview, stage)) do
      lines[#lines + 1] = line == "" and "" or "  " .. line
    end
  end
  return lines
end

return M
