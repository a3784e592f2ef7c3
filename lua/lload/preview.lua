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
---@field profiles table[] { executor, journey, vus = {{ms, n}, …} }

--- The exact plan of a stage.
---@param stage table
---@param engine table
---@return lload.Preview
function M.build(stage, engine)
  local schedules, ends, profiles = {}, {}, {}
  for index, p in ipairs(plan.profiles(stage)) do
    schedules[index] = engine.vus_steps(p)
    ends[index] = profile.duration(p) * 1000
    profiles[index] = { executor = p.executor, journey = p.journey, vus = schedules[index] }
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

local function samples(preview, stage)
  local points = {}
  for column = 1, PLOT_WIDTH do
    local ms = (column - 0.5) / PLOT_WIDTH * preview.duration_s * 1000
    local total = 0
    for index, p in ipairs(preview.profiles) do
      total = total + users_at(p.vus, ms, profile.duration(stage.profiles[index]) * 1000)
    end
    points[column] = total
  end
  return points
end

local function plot(preview, stage)
  local points, lines = samples(preview, stage), {}
  local label_width = #units.count(preview.max_vus)
  for row = PLOT_HEIGHT, 1, -1 do
    local cells = {}
    for column, users in ipairs(points) do
      local level = users / math.max(1, preview.max_vus) * PLOT_HEIGHT
      cells[column] = level >= row - 0.5 and "#" or (level > row - 1 and "." or " ")
    end
    local label = row == PLOT_HEIGHT and units.count(preview.max_vus) or ""
    lines[#lines + 1] = ("%s |%s"):format(
      (" "):rep(label_width - #label) .. label, (table.concat(cells):gsub("%s+$", "")))
  end
  local last = units.format_duration(preview.duration_s)
  lines[#lines + 1] = (" "):rep(label_width - 1) .. "0 +" .. ("-"):rep(PLOT_WIDTH)
  lines[#lines + 1] = (" "):rep(label_width + 2) .. "0s"
    .. (" "):rep(PLOT_WIDTH - 2 - #last) .. last
  return lines
end

local STEP_COLUMNS = {
  { title = "Step", align = "left" },
  { title = "From", align = "right" },
  { title = "Lasts", align = "right" },
  { title = "VUs", align = "left" },
}

local function step_rows(p)
  local rows, at = {}, p.start_s
  for index, segment in ipairs(p.segments) do
    local users = units.count(segment.from)
    if segment.to ~= segment.from then users = users .. " -> " .. units.count(segment.to) end
    rows[index] = {
      segment.label and ("%d %s"):format(segment.step, segment.label) or tostring(segment.step),
      units.format_duration(at), units.format_duration(segment.duration_s), users,
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

local function profile_lines(index, p)
  local head = ("profile %d: %s"):format(index, p.executor)
  if p.journey then head = head .. ", journey " .. p.journey end
  if p.kind ~= "vus" then
    return { ("%s, %s VUs, %s"):format(head, units.count(p.vus), describe_iterations(p)) }
  end
  local lines = { head }
  for _, line in ipairs(columns.render(STEP_COLUMNS, step_rows(p), 200)) do
    lines[#lines + 1] = "  " .. line
  end
  return lines
end

local function runs_for_a_time(stage)
  for _, p in ipairs(stage.profiles) do
    if p.kind ~= "vus" then return false end
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
    for _, line in ipairs(profile_lines(index, p)) do lines[#lines + 1] = "  " .. line end
  end
  if timed and preview.max_vus > 0 then
    lines[#lines + 1] = ""
    for _, line in ipairs(plot(preview, stage)) do lines[#lines + 1] = "  " .. line end
  end
  return lines
end

return M
