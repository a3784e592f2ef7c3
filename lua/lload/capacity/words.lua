--- How the capacity of a system is told, the same in every report.

local judged = require "lload.judged"
local units = require "lload.units"

local M = {}

--- A load with its unit: "320 VUs", "180/s".
---@param of "vus"|"rate"
---@param load number
---@return string
function M.load(of, load)
  if of == "rate" then return units.format_number(load) .. "/s" end
  return ("%s VUs"):format(units.count(math.floor(load + 0.5)))
end

-- A share that people chose, without places that mean nothing.
local function percent(share) return ("%.4g%%"):format(share * 100) end

local function value_text(limit)
  if judged.is_time(limit) and limit.limit > 0 then
    return units.format_duration(limit.limit / 1000)
  end
  return judged.actual { metric = limit.metric, expression = limit.expression,
    actual = limit.limit }
end

-- What is crossed, as the subject of a sentence: "p95 crosses 800ms".
local SUBJECT = {
  threshold = function(limit)
    local aggregation = judged.aggregation(limit):gsub("^p%((.-)%)$", "p%1")
    local name = limit.label == "http_req_duration" and aggregation
      or ("%s %s"):format(limit.label, aggregation)
    if not limit.limit then return ("%s %s"):format(limit.label, limit.expression) end
    return ("%s crosses %s"):format(name, value_text(limit))
  end,
  errors = function(limit) return "errors cross " .. percent(limit.limit) end,
  achieved = function(limit)
    return ("throughput falls below %s of what is offered"):format(percent(limit.limit))
  end,
  search = function() return "the search's thresholds fail" end,
  knee = function() return "throughput has its knee" end,
}

local function bracket(of, limit)
  if not limit.good or not limit.bad then return "" end
  return (" (between %s and %s)"):format(units.format_number(limit.good),
    M.load(of, limit.bad):gsub(" VUs$", ""))
end

local function doubt(limit)
  if not limit.disagree then return "" end
  return ("; %d of %d levels disagree"):format(limit.disagree, limit.judged)
end

local function uncrossed(limit)
  if limit.judged == 0 then
    return ("%s: cannot be told of single levels by what is stored"):format(
      SUBJECT[limit.kind](limit):gsub(" crosses .*$", ""))
  elseif limit.kind == "knee" then
    return "throughput has no knee within the tested range"
  end
  return ("%s nowhere in the tested range"):format(SUBJECT[limit.kind](limit))
end

--- One sentence about a limit: `p95 crosses 800ms at ~320 VUs (between 300 and 350)`.
---@param of "vus"|"rate"
---@param limit lload.CapacityLimit
---@return string
function M.limit(of, limit)
  if limit.kind == "knee" then
    if not limit.load then return uncrossed(limit) end
    return ("throughput has its knee at %s: %s req/s"):format(M.load(of, limit.load),
      units.format_number(limit.rps))
  elseif not limit.bad then
    return uncrossed(limit)
  elseif not limit.good then
    return ("%s at the lowest level already, %s"):format(SUBJECT[limit.kind](limit),
      M.load(of, limit.bad)) .. doubt(limit)
  end
  return ("%s at ~%s%s, at %s req/s"):format(SUBJECT[limit.kind](limit), M.load(of, limit.load),
    bracket(of, limit), units.format_number(limit.rps)) .. doubt(limit)
end

--- Where it breaks, in one sentence.
---@param model table
---@return string
function M.breaking_point(model)
  local point = model.breaking_point
  if not point then
    return ("no limit is crossed within the tested range: %s bore %s req/s"):format(
      M.load(model.of, model.tested.load), units.format_number(model.capacity.rps))
  elseif not point.load then
    return ("breaks at the lowest level already, %s: %s"):format(M.load(model.of, point.bad),
      SUBJECT[point.kind](point))
  end
  return ("breaks at ~%s, %s req/s: %s%s"):format(M.load(model.of, point.load),
    units.format_number(point.rps), SUBJECT[point.kind](point), bracket(model.of, point))
end

--- The recommended ceiling; nil when there is none.
---@param model table
---@return string|nil
function M.ceiling(model)
  local ceiling = model.ceiling
  if not ceiling then return nil end
  return ("recommended ceiling: %s, %s req/s (%s headroom%s)"):format(
    M.load(model.of, ceiling.load), units.format_number(ceiling.rps),
    percent(ceiling.headroom), ceiling.at_least and "; perhaps more: no limit is known"
      or "")
end

--- What the scalability law says, in one sentence.
---@param model table
---@return string
function M.law(model)
  local fit = model.fit
  if not fit then return "no scalability law: " .. model.no_fit end
  local head = ("scalability law: λ %s req/s, contention σ %.3g, coherency κ %.3g, R² %.3f")
    :format(units.format_number(fit.lambda), fit.sigma, fit.kappa, fit.r_squared)
  if not fit.peak_n then
    return ("%s; no peak within the tested range (%s requests in flight)"):format(head,
      units.format_number(fit.tested_n))
  end
  return ("%s; peak of %s req/s at %s requests in flight"):format(head,
    units.format_number(fit.peak_x), units.format_number(fit.peak_n))
end

--- What is said of single levels: excluded ones, and ones that are not stationary.
---@param model table
---@return string[]
function M.doubts(model)
  local lines = {}
  for _, level in ipairs(model.levels) do
    if level.excluded then
      lines[#lines + 1] = ("%s left out: %s"):format(M.load(model.of, level.load), level.excluded)
    elseif level.stationary == false then
      lines[#lines + 1] = ("%s not stationary: %s requests in flight were counted, Little's law "
        .. "says %s; left out of the fit"):format(M.load(model.of, level.load),
        units.format_number(level.in_flight), units.format_number(level.little))
    end
  end
  return lines
end

--- The word in the last column of the levels.
---@param level lload.CapacityLevel
---@return string
function M.state(level)
  if level.excluded then return "left out" end
  if level.stationary == false then return "not stationary" end
  return level.settled and "" or "unsettled"
end

-- ------------------------------------------------------------------- plan

local function plain(value) return units.format_number(value) end

--- The rows of a plan: what, and how its values are written.
M.ROWS = {
  { key = "pods", title = "Pods", format = plain },
  { key = "connections", title = "Connections", format = plain },
  { key = "cost_month", title = "Cost a month", format = plain, is_money = true },
  { key = "cost_change", title = "Change a month", is_money = true, format = function(value)
    return (value >= 0 and "+" or "") .. plain(value)
  end },
  { key = "cost_per_1000_rps", title = "Cost per 1,000 RPS", format = plain, is_money = true },
}

local function cell(plan, row, column)
  local number = column and column[row.key]
  if not number then return "" end
  local text = row.format(number.value)
  if row.is_money and plan.currency then text = ("%s %s"):format(text, plan.currency) end
  return ("%s (%s)"):format(text, number.tag)
end

--- The table of a plan: title, now, linear, pessimistic.
---@param plan lload.CapacityPlan
---@return string[][]
function M.plan_rows(plan)
  local rows = { {
    "Load", ("%s req/s (%s)"):format(plain(plan.load_now.value), plan.load_now.tag),
    ("%s req/s (%s)"):format(plain(plan.target.value), plan.target.tag),
    plan.pessimistic and ("%s req/s (%s)"):format(plain(plan.target.value), plan.target.tag) or "",
  } }
  for _, row in ipairs(M.ROWS) do
    local cells = { row.title, cell(plan, row, plan.now), cell(plan, row, plan.linear),
      cell(plan, row, plan.pessimistic) }
    if cells[2] ~= "" or cells[3] ~= "" then rows[#rows + 1] = cells end
  end
  return rows
end

-- Whether the connections of a column are too many.
local function connections_line(plan, column, name)
  if not column or not column.connections or not plan.max_connections then return nil end
  local needed, limit = column.connections.value, plan.max_connections.value
  if needed <= limit then
    return ("connections, %s: %s of %s"):format(name, plain(needed), plain(limit))
  end
  return ("connections, %s: %s EXCEED the limit of %s: only %s pods can connect; use smaller "
    .. "pools, a pooler, or raise the limit"):format(name, plain(needed), plain(limit),
    plain(plan.most_pods))
end

--- The sentences below a plan.
---@param plan lload.CapacityPlan
---@return string[]
function M.plan_lines(plan)
  local lines = {
    ("a pod bears %s req/s (%s), of which %s are kept free (%s)"):format(
      plain(plan.per_pod.value), plan.per_pod.tag, percent(plan.headroom.value),
      plan.headroom.tag),
    "linear: every pod bears as much as those measured, however many there are (assumed)",
    plan.pessimism,
  }
  lines[#lines + 1] = connections_line(plan, plan.linear, "linear")
  lines[#lines + 1] = connections_line(plan, plan.pessimistic, "pessimistic")
  if not plan.now.cost_month then
    lines[#lines + 1] = "no costs: the plan names no price (price_per_pod_month or _hour)"
  elseif plan.hours then
    lines[#lines + 1] = ("a month is paid for %s hours (%s)"):format(plain(plan.hours.value),
      plan.hours.tag)
  end
  if plan.target.tag == "assumed" then
    lines[#lines + 1] = "growth is counted from the recommended ceiling, as load_now is not given"
      .. " (assumed)"
  end
  return lines
end

return M
