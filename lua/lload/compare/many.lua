--- Comparisons of several scenarios: each with its own kind, one verdict over all.

local comparison = require "lload.compare.comparison"
local exit_codes = require "lload.exit_codes"
local reader = require "lload.reader"

local M = {}

local function by_scenario(runs)
  local groups = {}
  for _, run in ipairs(runs) do
    local name = run.result.scenario.name
    groups[name] = groups[name] or {}
    table.insert(groups[name], run)
  end
  return groups
end

local function names_of(...)
  local names = {}
  for _, groups in ipairs { ... } do
    for name in pairs(groups) do names[name] = true end
  end
  return reader.sorted_keys(names)
end

--- Compares the scenarios of some runs. One scenario a side is one comparison, whatever its name:
--- a renamed one is told as not comparable.
---@param base lload.Run[]
---@param new lload.Run[]
---@param limits lload.CompareLimits
---@return table model of one comparison, or `lload/comparisons/1`
function M.compare(base, new, limits)
  local before, after = by_scenario(base), by_scenario(new)
  if #names_of(before) <= 1 and #names_of(after) <= 1 then
    return comparison.compare(base, new, limits)
  end
  local list, codes = {}, {}
  for _, name in ipairs(names_of(before, after)) do
    local one = comparison.compare(before[name] or {}, after[name] or {}, limits)
    one.scenario = name
    list[#list + 1], codes[#codes + 1] = one, one.exit_code
  end
  local code = exit_codes.first(codes)
  return {
    schema = "lload/comparisons/1", exit_code = code, comparisons = list,
    verdict = exit_codes.verdict(code),
  }
end

return M
