--- The verdict of a run: every exit code that applies, the first by precedence, and why.

local exit_codes = require "lload.exit_codes"
local search = require "lload.search"
local soak = require "lload.analysis.soak"
local units = require "lload.units"

local M = {}

local STOP_CODE = {
  internal = exit_codes.INTERNAL,
  invalid_input = exit_codes.INVALID_INPUT,
  setup_timeout = exit_codes.SETUP_TIMEOUT,
  teardown_timeout = exit_codes.TEARDOWN_TIMEOUT,
  aborted = exit_codes.ABORTED,
  interrupted = exit_codes.INTERRUPTED,
  setup_failed = exit_codes.SCRIPT_ERROR,
  teardown_failed = exit_codes.SCRIPT_ERROR,
  hung = exit_codes.SCRIPT_ERROR,
  out_of_memory = exit_codes.SCRIPT_ERROR,
  threshold = exit_codes.THRESHOLD,
}

local function failed_thresholds(model)
  local failed = 0
  for _, t in ipairs(model.thresholds) do
    if not t.ok then failed = failed + 1 end
  end
  return failed
end

local function sum(rows, field)
  local total = 0
  for _, row in ipairs(rows) do total = total + (row[field] or 0) end
  return total
end

local function count(model, counter)
  local metric = model.metrics[counter]
  return metric and metric.count or 0
end

--- Did the run send requests of which none succeeded?
---@param model table
---@return boolean
function M.nothing_succeeded(model)
  local total = sum(model.requests, "count")
  return total > 0 and sum(model.requests, "failed") >= total
end

--- Did the run ask for WebSockets of which none was opened and ended well?
---@param model table
---@return boolean
function M.no_session_succeeded(model)
  local failed = model.metrics.ws_session_failed
  return failed ~= nil and failed.rate == 1
end

--- Did users fail before they did anything: no request was sent, or none got through on_start?
---@param model table
---@return boolean
function M.nobody_got_going(model)
  local failed, iterations = count(model, "iterations_failed"), count(model, "iterations")
  if failed == 0 then return false end
  return iterations == 0 or (count(model, "http_reqs") == 0 and failed >= iterations)
end

-- A threshold on all script errors takes over the judgement; one on some of them cannot.
local function script_errors(model)
  for _, t in ipairs(model.thresholds) do
    if t.metric == "iteration_errors" and next(t.tags or {}) == nil then return 0 end
  end
  return count(model, "iteration_errors")
end

--- What a soak found that fails the run: a drift, unless it should only warn, and a target whose
--- metrics vanished.
---@param model table
---@return string[]
function M.soak_failures(model)
  local texts = {}
  for _, failure in ipairs(soak.failures(model)) do
    local only_warns = failure.code == "drift" and model.soak.on_drift == "warn"
    if not only_warns then texts[#texts + 1] = failure.text end
  end
  return texts
end

-- All codes that apply to one run, in no order.
local function codes_of(model)
  local codes = {}
  local function add(code) codes[#codes + 1] = code end
  if model.stop then add(STOP_CODE[model.stop.reason] or exit_codes.INTERNAL) end
  if script_errors(model) > 0 then add(exit_codes.SCRIPT_ERROR) end
  if model.validity.verdict == "invalid" then add(exit_codes.INCONCLUSIVE) end
  if model.search then
    add(search.exit_code(model.search))
    return codes
  end
  if model.comparison then add(model.comparison.exit_code) end
  local idle = M.nothing_succeeded(model) or M.no_session_succeeded(model)
    or M.nobody_got_going(model)
  if failed_thresholds(model) > 0 or idle or #M.soak_failures(model) > 0 then
    add(exit_codes.THRESHOLD)
  end
  return codes
end

--- The exit code of one run's model.
---@param model table
---@return integer
function M.exit_code(model)
  return exit_codes.first(codes_of(model))
end

local function counted(n, noun)
  return ("%s %s%s"):format(units.count(n), noun, n == 1 and "" or "s")
end

local function failure_reason(model)
  if model.search then return model.search.reason end
  local failed, total = failed_thresholds(model), #model.thresholds
  local reasons = {}
  if failed > 0 then
    reasons[1] = ("%d of %s failed"):format(failed, counted(total, "threshold"))
  end
  for _, text in ipairs(M.soak_failures(model)) do reasons[#reasons + 1] = text end
  if M.nothing_succeeded(model) then
    reasons[#reasons + 1] = "no request succeeded"
  elseif M.no_session_succeeded(model) then
    reasons[#reasons + 1] = "no WebSocket session succeeded"
  end
  if M.nobody_got_going(model) then
    local first = model.iteration_failures[1]
    reasons[#reasons + 1] = "no user got anywhere" .. (first and ": " .. first.reason or "")
  end
  return table.concat(reasons, "; ")
end

local function first_line(detail)
  return detail and detail:match("^[^\r\n]+")
end

local function script_error_reason(model)
  local stop = model.stop
  if stop and STOP_CODE[stop.reason] == exit_codes.SCRIPT_ERROR then
    local what = ({
      setup_failed = "setup failed", teardown_failed = "teardown failed",
      hung = "the script did not yield", out_of_memory = "the script takes too much memory",
    })[stop.reason]
    local detail = first_line(stop.detail)
    return detail and ("%s: %s"):format(what, detail) or what
  end
  return ("%s (%d distinct)"):format(
    counted(script_errors(model), "script error"), #model.script_errors)
end

local function comparison_reason(model)
  local found = model.comparison
  if found.verdict == "no_baseline" then return found.lines[1] end
  return ("against the baseline of %d: %s"):format(found.base, found.reason or found.verdict)
end

local function validity_reason(model)
  if model.search then return model.search.reason end
  if model.validity.verdict ~= "invalid" and model.comparison then
    return comparison_reason(model)
  end
  local codes = {}
  for _, reason in ipairs(model.validity.reasons) do codes[#codes + 1] = reason.code end
  return "the measurement is invalid: " .. table.concat(codes, ", ")
end

local function pass_reason(model)
  if model.search then return model.search.reason end
  if #model.thresholds == 0 then return "no thresholds were set" end
  return counted(#model.thresholds, "threshold") .. (#model.thresholds == 1 and " holds" or " hold")
end

-- Without more, it was a signal.
local function interruption_reason(model)
  return model.stop and first_line(model.stop.detail) or exit_codes.meaning(model.exit_code)
end

-- Why a run ended with its code, without the code itself.
local REASON = {
  [exit_codes.PASSED] = pass_reason,
  [exit_codes.THRESHOLD] = failure_reason,
  [exit_codes.SCRIPT_ERROR] = script_error_reason,
  [exit_codes.INCONCLUSIVE] = validity_reason,
  [exit_codes.REGRESSION] = comparison_reason,
  [exit_codes.INTERRUPTED] = interruption_reason,
}

--- One sentence: why the run has its exit code.
---@param model table
---@return string
function M.reason(model)
  local explain = REASON[model.exit_code]
  if explain then return explain(model) end
  local meaning = exit_codes.meaning(model.exit_code)
  local detail = model.stop and first_line(model.stop.detail)
  return detail and ("%s: %s"):format(meaning, detail) or meaning
end

--- The word people look for: PASSED, FAILED (exit 99), …
---@param code integer
---@return string
function M.headline(code)
  local word = exit_codes.verdict(code):upper()
  return code == 0 and word or ("%s (exit %d)"):format(word, code)
end

--- The last line of a summary: `FAILED (exit 99): 2 of 5 thresholds failed`.
---@param model table
---@return string
function M.line(model)
  return ("%s: %s"):format(M.headline(model.exit_code), M.reason(model))
end

return M
