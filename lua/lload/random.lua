--- lload.random: choices that a seed repeats, each user with a stream of its own.

local core = require "lload.core"

local M = {}

local LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"

--- A whole number, both ends included.
---@param low integer
---@param high integer
---@return integer
function M.int(low, high) return core.random_int(low, high) end

--- A number in [low, high); without arguments in [0, 1).
---@param low? number
---@param high? number
---@return number
function M.float(low, high)
  low, high = low or 0, high or 1
  return low + (high - low) * core.random()
end

--- One element of a list.
---@generic T
---@param list T[]
---@return T
function M.pick(list)
  if type(list) ~= "table" or #list == 0 then
    error("random.pick: a list with at least one element is wanted", 2)
  end
  return list[core.random_int(1, #list)]
end

local function sorted_keys(weights)
  local keys = {}
  for key in pairs(weights) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

--- A key of the table, in proportion to its weight: `weighted { browse = 7, buy = 3 }`.
---@generic K
---@param weights table<K, number>
---@return K
function M.weighted(weights)
  local total = 0
  for key, weight in pairs(weights) do
    if type(weight) ~= "number" or weight < 0 then
      error(("random.weighted: the weight of '%s' is no number >= 0"):format(tostring(key)), 2)
    end
    total = total + weight
  end
  if total <= 0 then error("random.weighted: all weights are 0", 2) end
  local at, last = core.random() * total, nil
  for _, key in ipairs(sorted_keys(weights)) do
    last = weights[key] > 0 and key or last
    at = at - weights[key]
    if at < 0 and weights[key] > 0 then return key end
  end
  return last
end

--- Text of random characters.
---@param length integer
---@param alphabet? string the characters to choose from; lower-case letters and digits if absent
---@return string
function M.string(length, alphabet)
  alphabet = alphabet or LETTERS
  if type(length) ~= "number" or length < 0 or length % 1 ~= 0 then
    error("random.string: a whole number of characters is wanted", 2)
  elseif type(alphabet) ~= "string" or alphabet == "" then
    error("random.string: the alphabet is empty or no text", 2)
  end
  local characters = {}
  for i = 1, length do
    local at = core.random_int(1, #alphabet)
    characters[i] = alphabet:sub(at, at)
  end
  return table.concat(characters)
end

--- A number around a mean.
---@param mean? number 0 if absent
---@param deviation? number 1 if absent
---@return number
function M.normal(mean, deviation) return core.random_normal(mean, deviation) end

--- A rank of 1..n, rank k in proportion to k^-s.
---@param n integer
---@param s? number 1 if absent
---@return integer
function M.zipf(n, s) return core.random_zipf(n, s) end

--- What math.random is in a scenario: same arguments, but the user's own seeded stream.
---@param low? integer
---@param high? integer
---@return number
function M.like_math(low, high)
  if not low then return core.random() end
  if not high then return core.random_int(1, low) end
  return core.random_int(low, high)
end

return M
