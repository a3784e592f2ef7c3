--- The part of the summary about who was told of the run while it lasted.

local paragraph = require "lload.report.paragraph"
local text = require "lload.text"
local units = require "lload.units"

local function amount(sink)
  local verb = sink.name == "samples" and "%s lines written" or "sent %s times"
  local parts = { verb:format(units.count(sink.sent)) }
  if sink.failed > 0 then parts[#parts + 1] = units.count(sink.failed) .. " failed" end
  if sink.dropped > 0 then parts[#parts + 1] = units.count(sink.dropped) .. " dropped" end
  return table.concat(parts, ", ")
end

--- Draws the section; nothing without sinks.
---@param page lload.Page
---@param model table
return function(page, model)
  if #(model.sinks or {}) == 0 then return end
  page:heading("Streams")
  for _, sink in ipairs(model.sinks) do
    local line = ("%s %s: %s"):format(sink.name, text.one_line(sink.to), amount(sink))
    if sink.problem then line = ("%s (%s)"):format(line, text.one_line(sink.problem)) end
    paragraph.add(page, line, (sink.failed + sink.dropped > 0) and "yellow" or nil)
  end
end
