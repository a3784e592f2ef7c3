--- What visitors did at one endpoint (a method and a template): how often, with which answers,
--- where they went next and after how long, and which addresses were the popular ones.
--
-- Memory is bounded: of very many addresses only those that come again are kept.

local M = {}

local MOST_ADDRESSES = 2000 -- of one endpoint
local PER_OCTAVE = 8 -- classes of waiting times
local SHORTEST = 0.001

---@class lload.import.log.State
---@field method string
---@field count integer
---@field statuses table<integer, integer>
---@field next table<lload.import.log.State, integer>
---@field starts integer visits that began here
---@field waits table<integer, integer>
---@field addresses table<string, integer> targets as they were asked for
---@field alias? lload.import.log.State what it became part of

---@param method string
---@return lload.import.log.State
function M.new(method)
  return {
    method = method, count = 0, statuses = {}, next = {}, starts = 0, waits = {}, addresses = {},
    kept = 0, lost = 0,
  }
end

--- The state that this one has become.
---@param state lload.import.log.State
---@return lload.import.log.State
function M.resolve(state)
  while state.alias do state = state.alias end
  return state
end

-- Forgets the rarest addresses until half are left.
local function prune(state)
  local least = 1
  while state.kept > MOST_ADDRESSES / 2 do
    for address, count in pairs(state.addresses) do
      if count <= least and state.kept > MOST_ADDRESSES / 2 then
        state.addresses[address] = nil
        state.kept = state.kept - 1
        state.lost = state.lost + count
      end
    end
    least = least * 2
  end
end

local function add_address(state, target, count)
  local known = state.addresses[target]
  state.addresses[target] = (known or 0) + count
  if known then return end
  state.kept = state.kept + 1
  if state.kept > MOST_ADDRESSES then prune(state) end
end

--- Counts a request.
function M.add(state, target, status)
  state.count = state.count + 1
  state.statuses[status] = (state.statuses[status] or 0) + 1
  add_address(state, target, 1)
end

--- Counts that a visitor went on from one to another, so many seconds after the answer.
function M.follow(from, to, seconds)
  from.next[to] = (from.next[to] or 0) + 1
  local class = math.floor(math.log(math.max(seconds, SHORTEST) / SHORTEST) / math.log(2)
    * PER_OCTAVE)
  from.waits[class] = (from.waits[class] or 0) + 1
end

local function add_all(into, from)
  for key, count in pairs(from) do into[key] = (into[key] or 0) + count end
end

--- Makes one state of two.
function M.absorb(state, other)
  state.count = state.count + other.count
  state.starts = state.starts + other.starts
  state.lost = state.lost + other.lost
  add_all(state.statuses, other.statuses)
  add_all(state.next, other.next)
  add_all(state.waits, other.waits)
  for address, count in pairs(other.addresses) do add_address(state, address, count) end
  other.alias, other.addresses, other.next, other.waits = state, nil, nil, nil
end

local function middle_of(class) return SHORTEST * 2 ^ ((class + 0.5) / PER_OCTAVE) end

--- Waiting times at some shares of the visitors, in seconds; nil if nobody went on.
---@param waits table<integer, integer>
---@param shares number[]
---@return number[]|nil
function M.quantiles(waits, shares)
  local classes, total = {}, 0
  for class, count in pairs(waits) do
    classes[#classes + 1] = class
    total = total + count
  end
  if total == 0 then return nil end
  table.sort(classes)
  local found, below, at = {}, 0, 0
  for _, share in ipairs(shares) do
    while below < share * total or at == 0 do
      at = at + 1
      below = below + waits[classes[at]]
    end
    found[#found + 1] = classes[at] == 0 and 0 or middle_of(classes[at])
  end
  return found
end

return M
