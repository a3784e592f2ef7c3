--- Did-you-mean: the nearest of the known words by edit distance.

local M = {}

-- Optimal string alignment: a swap of neighbours ("spkie") is one edit, as people mistype it.
local function distance(a, b)
  local before, last = {}, {}
  for j = 0, #b do last[j] = j end
  for i = 1, #a do
    local row = { [0] = i }
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      row[j] = math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
    before, last = last, row
  end
  return last[#b]
end

--- The candidate nearest to a word, or nil when none is near enough to be meant.
---@param word string
---@param candidates string[]
---@return string|nil
function M.nearest(word, candidates)
  local limit = math.max(1, math.floor(#word / 3))
  local best, best_distance = nil, limit + 1
  local lower = word:lower():gsub("-", "_")
  for _, candidate in ipairs(candidates) do
    local d = distance(lower, (candidate:lower():gsub("-", "_")))
    if d < best_distance or (d == best_distance and best and candidate < best) then
      best, best_distance = candidate, d
    end
  end
  return best
end

--- The end of a message: `, did you mean "x"?`, or nothing.
---@param word string
---@param candidates string[]
---@return string
function M.hint(word, candidates)
  local near = M.nearest(word, candidates)
  return near and (', did you mean "%s"?'):format(near) or ""
end

return M
