--- Noise that is the same in every run: uniform, normal, and such that keeps a share of itself.

local M = {}

---@class lload.Noise
local Noise = {}
Noise.__index = Noise

--- A source of noise of its own, the "minimal standard" of Park and Miller.
function M.new(seed)
  local noise = setmetatable({ state = seed * 7919 % 2147483646 + 1 }, Noise)
  for _ = 1, 5 do noise:uniform() end
  return noise
end

function Noise:uniform()
  self.state = self.state * 16807 % 2147483647
  return self.state / 2147483647
end

function Noise:normal()
  local radius = math.sqrt(-2 * math.log(1 - self:uniform()))
  return radius * math.cos(2 * math.pi * self:uniform())
end

--- n points of deviation 1, each of which keeps `share` of the one before: AR(1).
function Noise:series(n, share)
  local xs, x = {}, self:normal()
  for i = 1, n do
    xs[i] = x
    x = share * x + math.sqrt(1 - share * share) * self:normal()
  end
  return xs
end

return M
