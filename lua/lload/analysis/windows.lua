--- Cuts a stretch of a run into windows of equal width.

local M = {}

---@alias lload.Range fun(from_s: number, to_s: number): table|nil

---@class lload.Window
---@field from_s number what it covers: no less than a window of the engine
---@field to_s number
---@field sums table|nil what the engine knows about it; nil when nothing happened

--- The windows of a stretch, whole ones only. What the engine kept of a long run may be wider than
--- what is asked for; nothing is taken twice then.
---@param range lload.Range
---@param from_s number
---@param to_s number
---@param width_s number
---@return lload.Window[]
function M.cut(range, from_s, to_s, width_s)
  local list, taken_to = {}, -math.huge
  for start = from_s, to_s - width_s, width_s do
    local sums = range(start, start + width_s)
    local w = { from_s = start, to_s = start + width_s, sums = sums or nil }
    if sums then w.from_s, w.to_s = sums.from_s or start, sums.to_s or w.to_s end
    if (w.from_s + w.to_s) / 2 > taken_to then
      list[#list + 1], taken_to = w, w.to_s
    end
  end
  return list
end

--- The 95th percentile of a window; nil when nobody was answered in it.
---@param w lload.Window
---@return number|nil ms
function M.p95(w)
  return w.sums and w.sums.duration and w.sums.duration["p(95)"]
end

return M
