--- Steps of a ramp: a list of { duration, target }, straight lines from target to target.

local reader = require "lload.reader"

local M = {}

local function read_step(r, index, raw, read_target)
  local path = reader.join(reader.join(r.path, "steps"), index)
  if type(raw) ~= "table" then
    r.problems:add(path, ("must be a table like { duration = \"30s\", target = 50 }, not a %s")
      :format(type(raw)))
    return nil
  end
  local step = reader.new(raw, path, r.problems)
  local read = {
    duration = step:duration("duration", { required = true }),
    target = read_target(step),
  }
  step:done()
  return read
end

local function read_items(r, raw, read_target)
  local steps, total = {}, 0
  for _, key in ipairs(reader.sorted_keys(raw)) do
    if type(key) ~= "number" then
      r:problem("steps", ('must be a list; unexpected key "%s"'):format(tostring(key)))
    else
      steps[#steps + 1] = read_step(r, key, raw[key], read_target)
      total = total + (steps[#steps] and steps[#steps].duration or 0)
    end
  end
  return steps, total
end

--- Reads the field `steps`; a step of no time is a jump, but not all may be.
---@param r lload.Reader
---@param read_target fun(step: lload.Reader): number|nil
---@return table[]|nil steps
function M.read(r, read_target)
  local raw = r:typed("steps", "table", { required = true })
  if not raw then return nil end
  if #raw == 0 then
    r:problem("steps", "is empty; list steps like { duration = \"30s\", target = 50 }")
  end
  local before = #r.problems.lines
  local steps, total = read_items(r, raw, read_target)
  if #steps > 0 and total == 0 and #r.problems.lines == before then
    r:problem("steps", "last 0s in all; at least one step needs a duration")
  end
  return steps
end

--- The segments of a ramp.
---@param from number where it starts
---@param steps table[]
---@return table[] segments
function M.segments(from, steps)
  local segments = {}
  for index, step in ipairs(steps) do
    segments[index] = { from = from, to = step.target, duration_s = step.duration, step = index }
    from = step.target
  end
  return segments
end

return M
