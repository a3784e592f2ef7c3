--- How a history is told, the same in every report.

local text = require "lload.text"
local units = require "lload.units"

local M = {}

--- The short name of a run: its commit, else day and time, as others are often of one day.
---@param run table
---@return string
function M.run(run)
  local sha = run.commit and run.commit.sha
  if sha then return text.one_line(sha):sub(1, 7) end
  local day, time = (run.started or ""):match "^%d+%-(%d+%-%d+)T(%d+:%d+)"
  return day and day .. " " .. time or "?"
end

local function percent(change) return ("%+.1f%%"):format(change * 100) end

--- A change of level, with the first commit that has the new one.
---@param change table
---@return string
function M.change(change)
  return ("%s since %s (%s): %s -> %s"):format(percent(change.change), M.run(change),
    (change.started or "?"):sub(1, 10), units.format_ms(change.before),
    units.format_ms(change.after))
end

local function when(creep, limit)
  if not creep.meets then return "" end
  return ("; meets its threshold of %s around %s (%s to %s)"):format(units.format_ms(limit),
    creep.meets, creep.earliest, creep.latest or "never")
end

--- A creep, and when it meets the limit; nil when there is none.
---@param endpoint table
---@return string|nil
function M.creep(endpoint)
  local creep = endpoint.creep
  if not creep or not creep.significant then return nil end
  return ("creeps up by %s a day (%s to %s)%s"):format(units.format_ms(creep.per_day),
    units.format_ms(creep.low), units.format_ms(creep.high), when(creep, endpoint.threshold))
end

--- All sentences about an endpoint; empty when nothing happened.
---@param endpoint table
---@return string[]
function M.lines(endpoint)
  local lines = {}
  for _, change in ipairs(endpoint.changes) do lines[#lines + 1] = M.change(change) end
  lines[#lines + 1] = M.creep(endpoint)
  return lines
end

return M
