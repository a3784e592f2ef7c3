--- The target of a budget: a threshold, which values meet it, and how far one is away.

local judge = require "lload.judge"
local judged = require "lload.judged"
local threshold = require "lload.threshold"

local M = {}

---@class lload.Target
---@field key string "http_req_duration{name:GET /}"
---@field expression string "p(95)<200"
---@field agg string
---@field x number|nil
---@field operator string
---@field label string both as one text

--- Reads `METRIC EXPRESSION`, as `--until` has it; a colon between them is fine as well.
---@param text string
---@return lload.Target|nil
---@return string|nil message
function M.parse(text)
  local key, expression = text:match "^%s*([%w_.]+%b{})%s*:?%s*(.+)$"
  if not key then key, expression = text:match "^%s*([%w_.]+)%s*:?%s+(.+)$" end
  if not key then key, expression = text:match "^%s*([%w_.]+)%s*:%s*(.+)$" end
  if not key then
    return nil, ("%q is no target; write 'http_req_duration p(95)<200'"):format(text)
  end
  local parsed, message = threshold.parse(expression)
  if not parsed then return nil, message end
  if not parsed.operator:find "[<>]" then
    return nil, ('"%s": a budget needs < <= > or >='):format(expression)
  end
  return {
    key = key, expression = parsed.text, agg = parsed.agg, x = parsed.x,
    operator = parsed.operator, label = key .. " " .. parsed.text,
  }
end

--- The verdict on this target among those of a result; it was added last.
---@param target lload.Target
---@param result table
---@return table|nil
function M.verdict(target, result)
  for index = #result.thresholds, 1, -1 do
    local t = result.thresholds[index]
    if t.expression == target.expression and judged.label(t.metric, t.tags) == target.key then
      return t
    end
  end
  return nil
end

--- The thresholds of a result that fail on other metrics than the target's: a shop that answers
--- quickly because it fails is no success. Those on the same metric may be goals for later.
---@param target lload.Target
---@param result table
---@return string[]
function M.broken(target, result)
  local found, own = {}, target.key:match "^[%w_.]+"
  for _, t in ipairs(result.thresholds) do
    if not t.ok and t.metric ~= own then
      found[#found + 1] = judged.label(t.metric, t.tags) .. " " .. t.expression
    end
  end
  return found
end

--- Is the worse end of an interval still on the right side of a limit?
---@param target lload.Target
---@param low number
---@param high number
---@param limit number
---@return boolean
function M.met(target, low, high, limit)
  local worse = target.operator:find "<" and high or low
  return (judge.holds({ operator = target.operator, limit = limit }, worse))
end

return M
