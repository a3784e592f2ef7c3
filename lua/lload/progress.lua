--- Progress for people on standard error: a live block on a terminal, else a line every 10 s.

local judged = require "lload.judged"
local profiles = require "lload.profile"
local sparkline = require "lload.sparkline"
local text = require "lload.text"
local units = require "lload.units"

local M = {}

local LINE_EVERY_S = 10
local NARROWEST_BAR, WIDEST_BAR = 10, 30
local HISTORY_S = 60
local NARROWEST_HISTORY = 10

---@class lload.Screen
---@field stream table
---@field live boolean repaint a block, or write plain lines
---@field unicode boolean
---@field color boolean
---@field quiet boolean
---@field columns fun(): integer|nil how wide it is right now

---@class lload.Progress
---@field painted integer[] how wide each line of the block is
---@field history { rps: (number|false)[], p95: (number|false)[] } of the last minute, a second each
---@field last { snapshot: table, lines: string[] }|nil the last block of the stage
local Progress = {}
Progress.__index = Progress

--- Progress of one run.
---@param plan lload.Plan
---@param judge lload.Judge
---@param screen lload.Screen
---@param control lload.Control
---@return lload.Progress
function M.new(plan, judge, screen, control)
  return setmetatable({
    plan = plan, judge = judge, screen = screen, control = control, driver = control.driver,
    painted = {}, history = { rps = {}, p95 = {} }, lines_printed = 0, stopping = nil,
  }, Progress)
end

local function whole_seconds(s)
  return units.format_duration(math.floor(s + 0.5))
end

-- Iterations to do in all; nil when any profile runs for a time.
local function planned_iterations(plan)
  local total = 0
  for _, profile in ipairs(plan.stage.profiles) do
    if profiles.runs_for_a_time(profile) then return nil end
    total = total + profile.iterations * (profile.kind == "per_vu" and profile.vus or 1)
  end
  return total
end

local function share_done(self, snapshot)
  local iterations = planned_iterations(self.plan)
  local done
  if iterations then
    done = (snapshot.iterations or 0) / iterations
  else
    done = snapshot.total_s > 0 and snapshot.elapsed_s / snapshot.total_s or 1
  end
  return math.max(0, math.min(1, done))
end

local function place(self, snapshot)
  if self.driver then return whole_seconds(snapshot.elapsed_s) end
  local iterations = planned_iterations(self.plan)
  if iterations then
    return ("%s/%s iterations %s"):format(
      units.count(snapshot.iterations or 0), units.count(iterations),
      whole_seconds(snapshot.elapsed_s))
  end
  return ("%s/%s"):format(whole_seconds(math.min(snapshot.elapsed_s, snapshot.total_s)),
    whole_seconds(snapshot.total_s))
end

local function step_names(self, snapshot)
  local names = {}
  for index, profile in ipairs(self.plan.stage.profiles) do
    local current = snapshot.steps and snapshot.steps[index]
    local segment = current and profile.segments[current]
    if segment and #profile.segments > 1 then
      local name = ("%d/%d"):format(current, #profile.segments)
      names[#names + 1] = segment.label and name .. " " .. segment.label or name
    end
  end
  return #names > 0 and "step " .. table.concat(names, ", ") or nil
end

local function search_word(self)
  local word = self.driver and self.driver:progress() or ""
  return word ~= "" and word or nil
end

local function stopping_word(snapshot)
  if snapshot.stopping == "interrupted" then return "stopping (Ctrl-C again cuts off)" end
  return snapshot.stopping and ("stopping (%s)"):format(snapshot.stopping) or nil
end

-- Arrivals a second that there should be at this moment; nil without any, while all stands still,
-- and beside users, whose iterations nobody tells from them. A search says what its level is.
local function offered_rate(self, snapshot)
  if self.driver or snapshot.is_paused then return nil end
  local rate
  for index, profile in ipairs(self.plan.stage.profiles) do
    if profile.kind ~= "arrivals" then return nil end
    if profiles.planned_load(profile, snapshot.elapsed_s) then
      rate = (rate or 0) + self.control:rate(index, snapshot.elapsed_s)
    end
  end
  return rate
end

-- Iterations a second since the last look.
local function achieved_rate(self, snapshot)
  local before = self.seen
  self.seen = { iterations = snapshot.iterations or 0, at_s = snapshot.elapsed_s }
  local span_s = before and snapshot.elapsed_s - before.at_s or 0
  if span_s <= 0 then return nil end
  return ((snapshot.iterations or 0) - before.iterations) / span_s
end

local function rates(self, snapshot)
  local offered, achieved = offered_rate(self, snapshot), achieved_rate(self, snapshot)
  local words = {}
  if offered and achieved then
    words[1] = ("%s of %s iterations"):format(
      units.format_number(achieved), units.format_rate(offered))
  end
  if (snapshot.dropped or 0) > 0 then
    words[#words + 1] = units.count(snapshot.dropped) .. " dropped"
  end
  return words[1] and table.concat(words, ", ")
end

-- The numbers of the moment, the most important first; a narrow terminal cuts from the end.
local function numbers(self, snapshot)
  local parts = { ("%s VUs"):format(units.count(snapshot.vus or 0)) }
  parts[#parts + 1] = rates(self, snapshot)
  if snapshot.rps then parts[#parts + 1] = units.format_number(snapshot.rps) .. " req/s" end
  if snapshot.p95_ms then parts[#parts + 1] = "p95 " .. units.format_ms(snapshot.p95_ms) end
  if snapshot.error_rate then
    parts[#parts + 1] = "errors " .. units.format_share(snapshot.error_rate)
  end
  return table.concat(parts, "  ")
end

local function is_running(snapshot)
  return snapshot.phase == "run"
end

-- Where the run is: its phase, or how far it has come and in which step.
local function whereabouts(self, snapshot)
  if snapshot.phase == "warm-up" then
    return ("warm-up, %s left%s"):format(whole_seconds(snapshot.warmup_left_s or 0),
      snapshot.is_paused and ", paused" or "")
  elseif not is_running(snapshot) then
    local word = stopping_word(snapshot)
    return word and snapshot.phase .. "  " .. word or snapshot.phase
  end
  local now = place(self, snapshot)
  local more = stopping_word(snapshot) or search_word(self) or (snapshot.is_paused and "paused")
    or step_names(self, snapshot)
  return more and now .. "  " .. more or now
end

local function worst_line(self, snapshot)
  local worst = is_running(snapshot) and not self.driver and self.judge:worst()
  if not worst then return nil end
  local t = worst.threshold
  local margin = judged.margin(worst)
  local actual = judged.actual_when {
    metric = t.metric, expression = t.expression, actual = worst.actual, at_s = worst.at_s,
  }
  return ("%s  %s %s  %s %s%s"):format(worst.ok and "ok  " or "FAIL",
    judged.label(t.metric, t.tags), t.expression, worst.at_s and "was" or "now", actual,
    margin == "" and "" or ("  margin %s"):format(margin))
end

-- Nobody knows how long a search takes.
local function bar(self, snapshot, columns)
  if self.driver then return "" end
  local width = math.max(NARROWEST_BAR, math.min(WIDEST_BAR, math.floor(columns / 5)))
  local full = math.floor(share_done(self, snapshot) * width + 0.5)
  return ("[%s%s]  "):format(("="):rep(full), (" "):rep(width - full))
end

local function remember(list, value)
  list[#list + 1] = value or false
  if #list > HISTORY_S then table.remove(list, 1) end
end

-- `p95    ▁▁▂▅█▃▁  at most 87.1ms`; nil when nothing happened or there is no room.
local function history_line(self, name, values, format, columns)
  local room = columns - #"req/s    at most 12,345ms"
  if room < NARROWEST_HISTORY then return nil end
  local bars, most = sparkline.of(values, math.min(room, HISTORY_S), self.screen.unicode)
  if most <= 0 then return nil end
  return ("%s  %s  at most %s"):format(text.left(name, #"req/s"), bars, format(most))
end

local function headline(self, snapshot, columns)
  return ("%s %s  %s%s"):format(self.plan.test.name, self.plan.stage.name,
    is_running(snapshot) and bar(self, snapshot, columns) or "", whereabouts(self, snapshot))
end

local function live_lines(self, snapshot, columns)
  local lines = { headline(self, snapshot, columns) }
  if is_running(snapshot) then
    lines[2] = numbers(self, snapshot)
    lines[#lines + 1] = history_line(self, "req/s", self.history.rps, units.format_number, columns)
    lines[#lines + 1] = history_line(self, "p95", self.history.p95, units.format_ms, columns)
    lines[#lines + 1] = worst_line(self, snapshot)
    self.last = { snapshot = snapshot, lines = lines }
  end
  return lines
end

local function paint(self, line)
  if not self.screen.color then return line end
  return (line:gsub("^FAIL", "\27[31mFAIL\27[0m"):gsub("^ok", "\27[32mok\27[0m"))
end

local CLEAR_LINE, CLEAR_BELOW = "\27[K", "\27[J" -- from the cursor on

-- Back to the first row of the block. After a resize the old lines take more rows than they did
-- when they were painted.
local function rewind(self, columns)
  local rows = 0
  for _, width in ipairs(self.painted) do rows = rows + math.max(1, math.ceil(width / columns)) end
  self.painted = {}
  if rows == 0 then return "" end
  return (rows > 1 and ("\27[%dA"):format(rows - 1) or "") .. "\r"
end

local function columns_of(self)
  return math.max(20, self.screen.columns() or 80)
end

-- Paints the block over the one before, line by line, so that nothing flickers.
local function repaint(self, lines, columns, ending)
  local out = { rewind(self, columns) }
  for index, line in ipairs(lines) do
    line = text.cut(text.one_line(line), columns - 1)
    self.painted[index] = text.width(line)
    out[#out + 1] = paint(self, line) .. (lines[index + 1] and CLEAR_LINE .. "\n" or CLEAR_BELOW)
  end
  self.screen.stream:write(table.concat(out), ending or "")
  self.screen.stream:flush()
end

local function show_live(self, snapshot)
  local columns = columns_of(self)
  if is_running(snapshot) then
    remember(self.history.rps, snapshot.rps)
    remember(self.history.p95, snapshot.p95_ms)
  end
  repaint(self, live_lines(self, snapshot, columns), columns)
end

local function show_plain(self, snapshot)
  local due = is_running(snapshot) and math.floor(snapshot.elapsed_s / LINE_EVERY_S) or 0
  local stop_is_news = snapshot.stopping and snapshot.stopping ~= self.stopping
  self.stopping = snapshot.stopping
  if due <= self.lines_printed and not stop_is_news then return end
  self.lines_printed = math.max(due, self.lines_printed)
  local line = whereabouts(self, snapshot)
  if is_running(snapshot) then line = line .. "  " .. numbers(self, snapshot) end
  self.screen.stream:write(text.one_line(line) .. "\n")
  self.screen.stream:flush()
end

--- Says what is about to run; the first line of a plain log.
function Progress:start()
  if self.screen.quiet or self.screen.live then return end
  local plan = self.plan
  local vus = 0
  for _, profile in ipairs(plan.stage.profiles) do vus = vus + profile.vus end
  local iterations = planned_iterations(plan)
  local length = iterations and units.count(iterations) .. " iterations"
    or (self.driver and "at most " or "") .. units.format_duration(plan.duration_s)
  self.screen.stream:write(text.one_line(("%s: stage %s, %s, up to %s VUs"):format(
    plan.test.name, plan.stage.name, length, units.count(vus))) .. "\n")
  self.screen.stream:flush()
end

--- Shows one snapshot, about once a second.
---@param snapshot table
function Progress:show(snapshot)
  if self.screen.quiet then return end
  if self.screen.live then show_live(self, snapshot) else show_plain(self, snapshot) end
end

-- The last block of the stage, but at its end.
local function final_lines(self, elapsed_s, columns)
  local last = self.last
  local snapshot = setmetatable({ elapsed_s = elapsed_s or last.snapshot.elapsed_s },
    { __index = last.snapshot })
  last.lines[1] = headline(self, snapshot, columns)
  return last.lines
end

--- Ends the live block: the stage's final state stays, and what follows starts on a clean line.
---@param elapsed_s? number what the stage took
function Progress:finish(elapsed_s)
  local columns = columns_of(self)
  if self.last then
    repaint(self, final_lines(self, elapsed_s, columns), columns, "\n\n")
  elseif #self.painted > 0 then
    self.screen.stream:write(rewind(self, columns), CLEAR_BELOW)
    self.screen.stream:flush()
  end
end

return M
