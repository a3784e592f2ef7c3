--- A suite: scenarios that are run one after another, and thresholds of endpoints in a file of
--- their own. A threshold holds for whichever scenario requests its endpoint; one that nobody
--- requests fails with the last, for a misspelt endpoint must not look green.

local judged = require "lload.judged"
local reader = require "lload.reader"
local threshold = require "lload.threshold"

local M = {}

-- What may stand for an aggregation of an endpoint besides those of its durations.
local FIGURES = {
  errors = { metric = "http_req_failed", agg = "rate" },
  rps = { metric = "http_reqs", agg = "rate" },
}

---@class lload.Suite
---@field file string
---@field entries { key: string, expression: any }[] as thresholds of a scenario
local Suite = {}
Suite.__index = Suite

-- `{ ["p(95)"] = "<300", errors = "<1%" }` of an endpoint as entries of metrics.
local function add_figures(entries, endpoint, figures)
  for _, figure in ipairs(reader.sorted_keys(figures)) do
    local known = FIGURES[figure]
    local metric = known and known.metric or "http_req_duration"
    entries[#entries + 1] = {
      key = ("%s{name:%s}"):format(metric, endpoint),
      expression = ("%s%s"):format(known and known.agg or figure, tostring(figures[figure])),
    }
  end
end

local function add(entries, key, value)
  local metric = threshold.parse_key(key)
  if metric and (not key:find "[%s/]" or key:find "{") then
    entries[#entries + 1] = { key = key, expression = value }
  elseif type(value) == "table" and #value == 0 then
    add_figures(entries, key, value)
  else
    entries[#entries + 1] = {
      key = ("http_req_duration{name:%s}"):format(key), expression = value,
    }
  end
end

local function decode(file, text, loader)
  if not file:match "%.json$" then return loader.load(file, text, {}) end
  local ok, value = pcall(require("cjson").decode, text)
  if ok then return value end
  return nil, ("%s: is not JSON: %s"):format(file, tostring(value))
end

--- Reads a file of thresholds: JSON, or Lua that returns a table. Keys are endpoints, whose values
--- are expressions about `http_req_duration`, or tables of figures with what each must be,
--- `{ ["p(95)"] = "<300", errors = "<1%", rps = ">5" }`; or they are metrics, as in a scenario.
---@param file string
---@param loader table runs Lua
---@return lload.Suite|nil
---@return string|nil message
function M.read(file, loader)
  local handle, message = io.open(file, "rb")
  local text = handle and handle:read "*a"
  if handle then handle:close() end
  if not text then return nil, "--thresholds: cannot read " .. (message or file) end
  local value
  value, message = decode(file, text, loader)
  if value == nil then return nil, "--thresholds: " .. tostring(message) end
  if type(value) ~= "table" or next(value) == nil then
    return nil, ('--thresholds: %s: has no thresholds; write { "GET /": { "p(95)": "<300" } }')
      :format(file)
  end
  local entries = {}
  for _, key in ipairs(reader.sorted_keys(value)) do add(entries, tostring(key), value[key]) end
  return setmetatable({ file = file, entries = entries, seen = {} }, Suite)
end

--- Adds the thresholds of the file to those of a scenario; they are marked as the suite's.
---@param list table[]
---@param kinds table<string, string>
---@param problems lload.Problems
function Suite:add_to(list, kinds, problems)
  local before = #list
  for _, entry in ipairs(self.entries) do
    local path = ('%s: "%s"'):format(self.file, entry.key)
    threshold.read(list, entry.key, entry.expression, path, kinds, problems)
  end
  for index = before + 1, #list do list[index].of_suite = true end
end

local function identity(verdict)
  return judged.label(verdict.metric, verdict.tags) .. " " .. verdict.expression
end

--- The verdicts that concern a run: those of the suite only when the run has data for them. With
--- the last run come those that none had data for.
---@param verdicts table[] as the judge gives them
---@param thresholds table[] in the same order
---@param is_last boolean
---@return table[]
function Suite:concerning(verdicts, thresholds, is_last)
  local kept = {}
  for index, one in ipairs(verdicts) do
    local is_of_suite, id = thresholds[index].of_suite, identity(one)
    if one.data then self.seen[id] = true end
    if not is_of_suite or one.data or is_last and not self.seen[id] then
      kept[#kept + 1] = one
    end
  end
  return kept
end

return M
