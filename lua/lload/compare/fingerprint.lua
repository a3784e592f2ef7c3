--- Can two results be compared? Only when the same question was asked of the same kind of target
--- from the same kind of machine.

local M = {}

---@class lload.Facet
---@field name string as people read it
---@field develops? boolean may differ between the runs of a history
---@field of fun(run: table): string|nil

local function machine_class(run)
  local machine = run.machine or {}
  if not machine.cpu and not machine.cpus then return nil end
  return ("%s x %s"):format(machine.cpus or "?", machine.cpu or "unknown CPU")
end

-- A label says which environment it was; without one, the address does.
local function target(run)
  local settings = run.settings or {}
  return settings.target or settings.base_url
end

---@type lload.Facet[]
local FACETS = {
  { name = "scenario", of = function(run) return run.scenario.name end },
  { name = "scenario source", develops = true, of = function(run) return run.scenario.source end },
  { name = "stage", of = function(run) return run.scenario.stage end },
  { name = "target", of = target },
  { name = "lload version", develops = true, of = function(run) return run.lload end },
  { name = "machine class", of = machine_class },
}

--- The fingerprint of a result: what must be the same.
---@param run table a result
---@return table<string, string> facets by name; what is not known is absent
function M.of(run)
  local print = {}
  for _, facet in ipairs(FACETS) do print[facet.name] = facet.of(run) end
  return print
end

local function shown(value)
  if value == nil then return "unknown" end
  return #value > 60 and value:sub(1, 12) .. "…" or value
end

--- In what two results differ, as sentences; empty when they can be compared. What one of them
--- does not know cannot be the same.
---@param base table a result
---@param new table a result
---@return string[] differences
function M.differences(base, new)
  local differences, one, other = {}, M.of(base), M.of(new)
  for _, facet in ipairs(FACETS) do
    local before, after = one[facet.name], other[facet.name]
    if before ~= after then
      differences[#differences + 1] = ("%s: %s, now %s"):format(facet.name, shown(before),
        shown(after))
    end
  end
  return differences
end

--- Do two results belong to one history? A scenario and lload itself may develop, the rest not.
---@param one table a result
---@param other table a result
---@return boolean
function M.same_history(one, other)
  for _, facet in ipairs(FACETS) do
    if not facet.develops and facet.of(one) ~= facet.of(other) then return false end
  end
  return true
end

--- Are two results of the same run? A folder may hold the very run that is compared with it.
---@param one table a result
---@param other table a result
---@return boolean
function M.same_run(one, other)
  return one.started ~= nil and one.started == other.started
    and one.duration_s ~= nil and one.duration_s == other.duration_s
    and one.scenario.name == other.scenario.name
    and one.scenario.stage == other.scenario.stage
end

-- A run that was judged by its own thresholds only, or would have been but for its baseline.
local function came_to_its_end(run)
  if run.verdict == "passed" or run.verdict == "failed" then return true end
  local judged = run.comparison
  return judged ~= nil and judged.exit_code == run.exit_code
end

--- Why a result cannot stand for how fast something is; nil when it can.
---@param run table a result
---@return string|nil
function M.unusable(run)
  if run.validity.verdict == "invalid" then return "its measurement is invalid" end
  if not came_to_its_end(run) then
    return ("its run ended with %s"):format(run.verdict)
  end
  if not run.metrics.http_reqs or run.metrics.http_reqs.count == 0 then
    return "it has no requests"
  end
  return nil
end

return M
