--- The top of a page: the verdict, why, how far the numbers can be trusted, and the first of them.

local data_table = require "lload.report.html.data_table"
local markup = require "lload.report.html.markup"
local text = require "lload.text"
local units = require "lload.units"
local verdict = require "lload.verdict"

local M = {}

-- Of results that were not judged: nobody knows whether the target is good.
local UNDECIDED = { invalid = true, interrupted = true }

--- The colour of a verdict.
---@param model table a run, or several
---@return "pass"|"fail"|"warn"
function M.kind(model)
  if model.exit_code == 0 then return "pass" end
  return UNDECIDED[model.verdict] and "warn" or "fail"
end

local function subtitle(model)
  local parts = { model.scenario.stage and "stage " .. model.scenario.stage }
  parts[#parts + 1] = model.settings and model.settings.base_url
  parts[#parts + 1] = units.format_duration(model.duration_s)
  local started = model.started and model.started:gsub("T", " "):gsub("%.%d+Z$", " UTC")
  parts[#parts + 1] = started
  return text.one_line(table.concat(parts, " · "))
end

local REASON_COLUMNS = {
  { title = "Finding" }, { title = "Value", number = true }, { title = "Limit", number = true },
  { title = "What it means", prose = true },
}

local function plain(value)
  return type(value) == "number" and units.format_number(value) or tostring(value or "")
end

local function validity(model)
  local found = model.validity
  if #found.reasons == 0 and found.verdict == "ok" then return nil end
  local rows = {}
  for index, reason in ipairs(found.reasons) do
    rows[index] = { reason.code, plain(reason.value), plain(reason.limit), reason.hint }
  end
  local kind = ({ ok = "note", suspect = "warn", invalid = "fail" })[found.verdict] or "warn"
  return markup.element("div", { class = "notice " .. kind }, {
    markup.element("p", nil, { markup.element("strong", nil, "Measurement " .. found.verdict),
      found.verdict == "ok" and ", with remarks" or "" }),
    data_table.render { caption = "How far the measurement can be trusted",
      columns = REASON_COLUMNS, rows = rows },
  })
end

local function outage(model)
  if not verdict.nothing_succeeded(model) then return nil end
  return markup.element("p", { class = "notice fail" },
    "No request succeeded; the numbers below describe an outage.")
end

local function figure(title, value, detail)
  if not value then return nil end
  return markup.element("div", { class = "figure" }, {
    markup.element("dt", nil, title), markup.element("dd", nil, value),
    detail and markup.element("dd", { class = "detail" }, detail) or "",
  })
end

local function trend_figure(metrics, title, key)
  local trend = metrics.http_req_duration
  return figure(title, trend and trend[key] and units.format_ms(trend[key]))
end

-- The numbers that people look for first.
local function figures(model)
  local m, parts = model.metrics, {}
  local requests, failed, vus = m.http_reqs, m.http_req_failed, m.vus
  local function add(item) parts[#parts + 1] = item end
  add(figure("Requests", requests and units.count(requests.count)))
  add(figure("Requests/s", requests and requests.rate
    and units.format_number(requests.rate)))
  add(figure("Failed", failed and failed.rate and units.format_share(failed.rate),
    failed and failed.passes and units.count(failed.passes) .. " requests"))
  add(trend_figure(m, "p50", "med"))
  add(trend_figure(m, "p95", "p(95)"))
  add(trend_figure(m, "p99", "p(99)"))
  add(figure("Most users", vus and vus.max and units.count(vus.max)))
  if #parts == 0 then return nil end
  return markup.element("dl", { class = "figures" }, parts)
end

--- The head of one run.
---@param model table
---@param id string
---@param level "h1"|"h2"
---@return lload.Markup
function M.render(model, id, level)
  local headline = verdict.headline(model.exit_code)
  return markup.element("header", { class = "verdict " .. M.kind(model), id = id .. "-verdict" }, {
    markup.element(level, nil, text.one_line(model.scenario.name)),
    markup.element("p", { class = "subtitle" }, subtitle(model)),
    markup.element("p", { class = "outcome" }, {
      markup.element("strong", nil, headline), " ", text.one_line(verdict.reason(model)),
    }),
    validity(model), outage(model), figures(model),
  })
end

return M
