--- How visits go on, as a chain: from each endpoint, the shares of those that follow. Endpoints
--- that are left out are passed through, so that the others are as frequent as they were.

local states = require "lload.import.log.state"

local M = {}

-- The shares of the visitors at which waiting times are given.
M.SHARES = { 0.1, 0.3, 0.5, 0.7, 0.9 }

---@class lload.import.log.Chain
---@field start table<integer, number> visits by the endpoint that they begin with
---@field next table<integer, number>[] how often one endpoint followed another
---@field leave number[] how often a visit ended there

-- Numbers of endpoints in place of states, whatever was merged meanwhile.
local function numbered(endpoints)
  local chain, number = { start = {}, next = {}, leave = {} }, {}
  for index, endpoint in ipairs(endpoints) do number[endpoint.state] = index end
  for index, endpoint in ipairs(endpoints) do
    local state, followed = endpoint.state, {}
    local left = state.count
    for to, count in pairs(state.next) do
      local target = number[states.resolve(to)]
      if target then
        followed[target] = (followed[target] or 0) + count
        left = left - count
      end
    end
    chain.start[index] = state.starts
    chain.next[index], chain.leave[index] = followed, math.max(0, left)
  end
  return chain
end

-- Who came from where: the chain turned round.
local function sources_of(chain)
  local sources = {}
  for from in ipairs(chain.next) do sources[from] = {} end
  for from, followed in ipairs(chain.next) do
    for to in pairs(followed) do sources[to][from] = true end
  end
  return sources
end

-- Visits that came to `gone` go on at once to what followed it.
local function pass_through(chain, sources, gone)
  local followed, leave = chain.next[gone], chain.leave[gone]
  followed[gone] = nil
  local total = leave
  for _, count in pairs(followed) do total = total + count end
  local function share(count) return total > 0 and count / total or 0 end
  local function hand_over(into, amount)
    for to, count in pairs(followed) do into[to] = (into[to] or 0) + amount * share(count) end
  end
  hand_over(chain.start, chain.start[gone])
  chain.start[gone] = 0
  for from in pairs(sources[gone]) do
    local amount = chain.next[from][gone]
    if from ~= gone and amount then
      chain.next[from][gone] = nil
      hand_over(chain.next[from], amount)
      chain.leave[from] = chain.leave[from] + amount * (total > 0 and share(leave) or 1)
      for to in pairs(followed) do sources[to][from] = true end
    end
  end
  chain.next[gone], chain.leave[gone] = {}, 0
end

--- The chain of the endpoints that stay.
---@param endpoints table[] of Paths:endpoints
---@param stays boolean[] for each
---@return lload.import.log.Chain
function M.of(endpoints, stays)
  local chain = numbered(endpoints)
  local sources = sources_of(chain)
  for index in ipairs(endpoints) do
    if not stays[index] then pass_through(chain, sources, index) end
  end
  return chain
end

return M
