--- ramping-vus: the number of users follows straight lines from target to target.

local limits = require "lload.limits"
local reader = require "lload.reader"

local M = { name = "ramping-vus", kind = "vus" }

local function read_step(r, index, raw)
  local path = reader.join(reader.join(r.path, "steps"), index)
  if type(raw) ~= "table" then
    r.problems:add(path, ("must be a table like { duration = \"30s\", target = 50 }, not a %s")
      :format(type(raw)))
    return nil
  end
  local step = reader.new(raw, path, r.problems)
  local read = {
    duration = step:duration("duration", { required = true }),
    target = step:whole("target", { required = true, min = 0, max = limits.MAX_VUS }),
  }
  step:done()
  return read
end

local function read_steps(r)
  local raw = r:typed("steps", "table", { required = true })
  if not raw then return nil end
  if #raw == 0 then
    r:problem("steps", "is empty; list steps like { duration = \"30s\", target = 50 }")
  end
  local steps, total = {}, 0
  for _, key in ipairs(reader.sorted_keys(raw)) do
    if type(key) ~= "number" then
      r:problem("steps", ('must be a list; unexpected key "%s"'):format(tostring(key)))
    else
      steps[#steps + 1] = read_step(r, key, raw[key])
      total = total + (steps[#steps] and steps[#steps].duration or 0)
    end
  end
  return steps, total
end

---@param r lload.Reader
---@return table fields
function M.read(r)
  local start = r:whole("start_vus", { default = 1, min = 0, max = limits.MAX_VUS })
  local ramp_down = r:duration("graceful_ramp_down", { default = 30 })
  local before = #r.problems.lines
  local steps, total = read_steps(r)
  if steps and #steps > 0 and total == 0 and #r.problems.lines == before then
    r:problem("steps", "last 0s in all; at least one step needs a duration")
  end
  return { start_vus = start, ramp_down = ramp_down, steps = steps }
end

---@param f table fields
---@return table[] segments
function M.segments(f)
  local segments, from = {}, f.start_vus
  for index, step in ipairs(f.steps) do
    segments[index] = { from = from, to = step.target, duration_s = step.duration, step = index }
    from = step.target
  end
  return segments
end

return M
