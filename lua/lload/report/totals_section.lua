--- The totals in the summary: iterations, data, connections, and what repeats the run.

local bottleneck = require "lload.analysis.bottleneck"
local paragraph = require "lload.report.paragraph"
local units = require "lload.units"

-- Counters that are worth a word only when something was counted.
local UNUSUAL = {
  { "iterations_failed", "ended early" }, { "iteration_errors", "with script errors" },
  { "dropped_iterations", "dropped" },
}

local function iterations_line(m)
  if not m.iterations then return nil end
  local parts = { ("%s iterations"):format(units.count(m.iterations.count)) }
  if m.iterations.rate then
    parts[1] = ("%s (%s/s)"):format(parts[1], units.format_number(m.iterations.rate))
  end
  for _, item in ipairs(UNUSUAL) do
    local metric = m[item[1]]
    if metric and metric.count > 0 then
      parts[#parts + 1] = ("%s %s"):format(units.count(metric.count), item[2])
    end
  end
  return table.concat(parts, ", ")
end

local function data_line(m, connections)
  if not m.data_sent or not m.data_received then return nil end
  local line = ("%s sent, %s received"):format(
    units.format_bytes(m.data_sent.count), units.format_bytes(m.data_received.count))
  local opened = connections and connections.opened
  if not opened then return line end
  return ("%s, %s connections opened"):format(line, units.count(opened))
end

-- "12 WebSocket sessions, 2 failed, 340 messages sent, 338 received"
local function websocket_line(m)
  local failed = m.ws_session_failed
  if not failed and not m.ws_sessions then return nil end
  local function count(name) return units.count(m[name] and m[name].count or 0) end
  local line = ("%s WebSocket sessions"):format(count "ws_sessions")
  if failed and failed.passes > 0 then
    line = ("%s, %s failed"):format(line, units.count(failed.passes))
  end
  return ("%s, %s messages sent, %s received"):format(
    line, count "ws_msgs_sent", count "ws_msgs_received")
end

--- Draws the section when anything was counted.
---@param page lload.Page
---@param model table
return function(page, model)
  local lines = { iterations_line(model.metrics) }
  lines[#lines + 1] = data_line(model.metrics, model.connections)
  lines[#lines + 1] = websocket_line(model.metrics)
  if #lines == 0 then return end
  page:heading("Totals")
  for _, line in ipairs(lines) do page:line(page.INDENT .. line) end
  local time = bottleneck.line(model)
  if time then paragraph.add(page, time) end
  if model.settings and model.settings.seed then
    page:line(("%sseed %.0f, %d threads"):format(
      page.INDENT, model.settings.seed, model.settings.threads or 1))
  end
end
