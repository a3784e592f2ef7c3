--- Percentiles of a trend as cells of a table. One with fewer than 10 samples beyond it says
--- nothing: a blank.

local units = require "lload.units"

local M = {}

local SHARES = { { "med", 0.5 }, { "p(95)", 0.95 }, { "p(99)", 0.99 } }
local FEWEST = 10 - 1e-9

local function says_something(trend, share)
  return trend.count * (1 - share) >= FEWEST
end

local function cell(trend, name, share)
  if not trend or not trend[name] or not says_something(trend, share) then return "" end
  return units.format_ms(trend[name])
end

--- The cells of p50, p95 and p99.
---@param trend table|nil
---@return string p50
---@return string p95
---@return string p99
function M.of(trend)
  return cell(trend, unpack(SHARES[1])), cell(trend, unpack(SHARES[2])),
    cell(trend, unpack(SHARES[3]))
end

--- Is any of them blank though there are samples?
---@param trend table|nil
---@return boolean
function M.has_blank(trend)
  return trend ~= nil and not says_something(trend, 0.99)
end

return M
