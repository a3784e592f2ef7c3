--- The summary as Markdown: for a pull-request comment, a step summary, a chat.

local bottleneck = require "lload.analysis.bottleneck"
local comment_of = require "lload.report.comment"
local exit_codes = require "lload.exit_codes"
local judged = require "lload.judged"
local reader = require "lload.reader"
local report_rows = require "lload.report.rows"
local text = require "lload.text"
local units = require "lload.units"
local verdict = require "lload.verdict"
local words = require "lload.search.words"

local M = {}

-- GitHub takes 65,536 characters in a comment; bytes are never fewer than characters.
local ROOM = 65000
local FOOTER_ROOM = 1500 -- for the environment and for what was left out
local MOST_LINES = 20

local code, prose = comment_of.code, comment_of.prose
local optional = report_rows.optional

local function left(title) return { title = title, align = "left" } end
local function right(title) return { title = title, align = "right" } end

local function figure(value)
  return type(value) == "number" and units.format_number(value) or code(tostring(value))
end

local function validity(comment, model)
  if model.validity.verdict == "ok" then return end
  local lines = { model.validity.verdict == "invalid"
    and "> **The measurement is invalid.** Its numbers say nothing about the target."
    or "> **The measurement is suspect.** Read its numbers with care." }
  for _, reason in ipairs(model.validity.reasons) do
    local line = "> - " .. code(reason.code)
    if reason.value ~= nil then line = line .. " " .. figure(reason.value) end
    if reason.limit ~= nil then line = ("%s (limit %s)"):format(line, figure(reason.limit)) end
    if reason.hint then line = line .. ": " .. prose(reason.hint) end
    lines[#lines + 1] = line
  end
  comment:paragraph(table.concat(lines, "\n"), "reasons")
end

local function title(comment, model)
  local scenario, settings = model.scenario, model.settings or {}
  local parts = { code(scenario.name) }
  if scenario.stage then parts[#parts + 1] = "stage " .. code(scenario.stage) end
  parts[#parts + 1] = units.format_duration(model.duration_s)
  if settings.base_url then parts[#parts + 1] = code(settings.base_url) end
  comment:paragraph(table.concat(parts, " · "))
  comment:paragraph(prose(verdict.reason(model)))
  if verdict.nothing_succeeded(model) then
    comment:paragraph "**No request succeeded; the numbers below describe an outage.**"
  end
end

-- The sentence of the verdict has the first line of what is known; here are the others.
local function stopped(comment, model)
  local more = model.stop and model.stop.detail and model.stop.detail:match "[\r\n]+(.+)"
  if not more then return end
  local count, shown = 0, {}
  for line in text.lines(more):gmatch "[^\n]+" do
    count = count + 1
    if count <= MOST_LINES then shown[count] = "- " .. code(line) end
  end
  comment:paragraph(table.concat(shown, "\n"), "problems")
  comment:leave_out("problems", math.max(0, count - MOST_LINES))
end

local VERDICT = { [true] = "PASS", [false] = "**FAIL**" }

local THRESHOLDS = { left "", left "Threshold", left "Limit", right "Actual", right "Margin" }

local function thresholds(model)
  local rows = {}
  for index, t in ipairs(report_rows.failed_thresholds_first(model.thresholds)) do
    rows[index] = {
      VERDICT[t.ok], code(judged.label(t.metric, t.tags)), code(t.expression),
      judged.actual_when(t), judged.margin(t),
    }
  end
  return { heading = "Thresholds", columns = THRESHOLDS, rows = rows, what = "thresholds",
    shown = 20 }
end

local LEVELS = { left "", right "Load", left "Why" }

local function levels(model)
  local rows = {}
  for index, level in ipairs(model.search and model.search.levels or {}) do
    rows[index] = {
      words.verdict(level), words.load(model.search.of, level.load), prose(words.why(level)),
    }
  end
  return { heading = "Search", columns = LEVELS, rows = rows, what = "levels", shown = 20 }
end

local function findings(comment, model)
  for _, finding in ipairs { { "Spike", model.spike }, { "Soak", model.soak } } do
    local detail = finding[2] and finding[2].detail
    if detail then comment:paragraph(("**%s**: %s"):format(finding[1], prose(detail))) end
  end
end

local ENDPOINTS = {
  left "Endpoint", right "Count", right "Req/s", right "p50", right "p95", right "p99",
  right "Max", right "Failed", left "",
}

local function endpoints(model)
  local rows, verdicts = {}, report_rows.verdicts_of_endpoints(model.thresholds)
  for index, request in ipairs(report_rows.by_total_time(model.requests)) do
    local p50, p95, p99 = report_rows.percentiles(request.duration)
    rows[index] = {
      code(request.name), units.count(request.count),
      optional(request.rate, units.format_number), p50, p95, p99,
      optional(request.duration and request.duration.max, units.format_ms),
      units.count(request.failed or 0), VERDICT[verdicts[request.name]] or "",
    }
  end
  return { heading = "Endpoints", columns = ENDPOINTS, rows = rows, what = "endpoints", shown = 10 }
end

local TIME = {
  left "Endpoint", right "Share", right "Sent", right "Received", right "Cache hits", left "Phases",
}

local MOST_OF_TIME = 5 -- endpoints: where the time goes says little of the others

local function time_spent(model)
  local list, rows = bottleneck.endpoints(model), {}
  for index = 1, math.min(#list, MOST_OF_TIME) do
    rows[index] = bottleneck.cells(list[index])
    rows[index][1] = code(list[index].name)
  end
  return { heading = "Where the time goes", columns = TIME, rows = rows, what = "endpoints",
    shown = MOST_OF_TIME }
end

local STEPS = {
  left "Step", right "VUs", right "RPS", right "p50", right "p95", right "p99", right "Errors",
}

local function steps(model)
  local rows, name_of = {}, report_rows.step_namer(model.steps)
  for index, step in ipairs(model.steps) do
    local name, arrow = code(name_of(step)), report_rows.arrow(step)
    local p50, p95, p99 = report_rows.percentiles(step.duration)
    rows[index] = {
      arrow == "" and name or name .. " " .. arrow, optional(step.vus, units.format_number),
      optional(step.rps, units.format_number), p50, p95, p99,
      optional(step.error_rate, units.format_share),
    }
  end
  return { heading = "Steps", columns = STEPS, rows = rows, what = "steps", shown = 20 }
end

local ERRORS = { left "Error", right "Count", left "First example" }

local function errors(model)
  local rows = {}
  for index, item in ipairs(model.errors) do
    rows[index] = { code(item.class), units.count(item.count), optional(item.sample, code) }
  end
  return { heading = "Errors", columns = ERRORS, rows = rows, what = "errors", shown = 10 }
end

local CHECKS = { left "Failed check", right "Failed", right "Of" }

local function checks(model)
  local rows = {}
  for _, check in ipairs(report_rows.failed_first(model.checks)) do
    if check.fails > 0 then
      rows[#rows + 1] = {
        code(check.name), units.count(check.fails), units.count(check.passes + check.fails),
      }
    end
  end
  return { heading = "Checks", columns = CHECKS, rows = rows, what = "failed checks", shown = 10 }
end

local REASONS = { right "Count", left "Reason" }

local function ended_early(model)
  local rows = {}
  for index, item in ipairs(model.iteration_failures or {}) do
    rows[index] = { units.count(item.count), code(item.reason) }
  end
  return { heading = "Iterations ended early", columns = REASONS, rows = rows, what = "reasons",
    shown = 10 }
end

local function script_errors(model)
  local rows = {}
  for index, item in ipairs(model.script_errors) do
    rows[index] = { units.count(item.count), code(item.message) }
  end
  return { heading = "Script errors", columns = REASONS, rows = rows, what = "script errors",
    shown = 10 }
end

-- What failed comes before what was measured.
local TABLES = {
  script_errors, thresholds, levels, endpoints, steps, errors, checks, ended_early, time_spent,
}

local function link(url)
  local is_plain = url and url:match "^https?://[%w.:/_%%?=&-]+$"
  return is_plain and ("[CI run](%s)"):format(url) or nil
end

local function commit_words(commit)
  if not commit.sha then return nil end
  local parts = { "commit " .. code(commit.sha:sub(1, 12)) }
  if commit.branch then parts[#parts + 1] = "on " .. code(commit.branch) end
  if commit.dirty then parts[#parts + 1] = "with uncommitted changes" end
  return table.concat(parts, " ")
end

local function machine_words(machine)
  local parts = {}
  if machine.hostname then parts[1] = code(machine.hostname) end
  if machine.cpus then parts[#parts + 1] = ("%d CPUs"):format(machine.cpus) end
  if machine.memory_mb then
    parts[#parts + 1] = units.format_bytes(machine.memory_mb * 1e6)
  end
  return #parts > 0 and table.concat(parts, ", ") or nil
end

local function environment(model)
  local commit, settings = model.commit or {}, model.settings or {}
  local parts = {}
  local function add(part) parts[#parts + 1] = part end
  add("lload " .. prose(model.lload or "of unknown version"))
  add(commit_words(commit))
  add(settings.seed and ("seed %.0f"):format(settings.seed))
  add(settings.threads and ("%d threads"):format(settings.threads))
  add(machine_words(model.machine or {}))
  add(model.started and prose("started " .. model.started))
  add(link(commit.run_url or (model.ci or {}).run_url))
  return table.concat(parts, " · ")
end

local function run_sections(comment, model, level)
  validity(comment, model)
  title(comment, model)
  stopped(comment, model)
  findings(comment, model)
  local tables = {}
  for index, make in ipairs(TABLES) do
    tables[index] = make(model)
    tables[index].heading = ("#"):rep(level) .. " " .. tables[index].heading
  end
  comment:tables(tables)
end

local function left_out(comment)
  local parts = {}
  for _, what in ipairs(reader.sorted_keys(comment.left_out)) do
    parts[#parts + 1] = ("%s %s"):format(units.count(comment.left_out[what]), what)
  end
  if #parts == 0 then return "" end
  return ("Left out, as a comment has room for %s characters: %s. `result.json` has them all.\n\n")
    :format(units.count(ROOM), table.concat(parts, ", "))
end

local RUNS = { left "Scenario", left "Verdict", right "Requests", right "p95", right "Failed" }

local function overview(model)
  local rows = {}
  for index, run in ipairs(model.runs) do
    local m = run.metrics
    rows[index] = {
      code(run.scenario.name), verdict.headline(run.exit_code),
      optional(m.http_reqs and m.http_reqs.count, units.count),
      (select(2, report_rows.percentiles(m.http_req_duration))),
      optional(m.http_req_failed and m.http_req_failed.rate, units.format_share),
    }
  end
  return { heading = "### Scenarios", columns = RUNS, rows = rows, what = "scenarios", shown = 20 }
end

-- Each run has an equal part of the room that is left.
local function several(comment, model)
  comment:tables { overview(model) }
  for index, run in ipairs(model.runs) do
    comment:within(math.floor(comment.room / (#model.runs - index + 1)), function()
      comment:paragraph(("### %s: %s"):format(
        code(run.scenario.name), verdict.headline(run.exit_code)), "scenarios")
      run_sections(comment, run, 4)
    end)
  end
end

--- Renders one run, or several.
---@param model table
---@return string
function M.render(model)
  local comment = comment_of.new(ROOM - FOOTER_ROOM)
  comment:paragraph("## lload: " .. verdict.headline(model.exit_code or exit_codes.INTERNAL))
  if model.runs then several(comment, model) else run_sections(comment, model, 3) end
  local first = model.runs and model.runs[1] or model
  comment.room = comment.room + FOOTER_ROOM
  comment:add(left_out(comment))
  comment:add("<sub>" .. environment(first) .. "</sub>\n")
  return comment:text()
end

return M
