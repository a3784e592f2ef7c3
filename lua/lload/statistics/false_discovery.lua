--- Many tests at once: which of them may be believed.
--
-- Of 50 endpoints that did not change, two or three fall outside their 95 % interval. Y. Benjamini
-- and Y. Hochberg ("Controlling the false discovery rate", Journal of the Royal Statistical
-- Society B 57, 1995, 289-300) bound the share of false ones among those that are believed.

local M = {}

--- Adjusted p values: believing those up to q bounds the share of false ones by q.
---@param ps number[] p values, in any order
---@return number[] adjusted in the same order
function M.adjust(ps)
  local order, adjusted, least = {}, {}, 1
  for i = 1, #ps do order[i] = i end
  table.sort(order, function(a, b)
    if ps[a] ~= ps[b] then return ps[a] < ps[b] end
    return a < b
  end)
  for rank = #order, 1, -1 do
    local index = order[rank]
    least = math.min(least, ps[index] * #ps / rank)
    adjusted[index] = least
  end
  return adjusted
end

return M
