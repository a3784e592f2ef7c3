--- Where a result comes from: the scenario, the machine, the commit, the settings, and notes.

local markup = require "lload.report.html.markup"
local reader = require "lload.reader"
local text = require "lload.text"
local units = require "lload.units"

-- An address leads somewhere only when it is one of the web.
local function link(url)
  if type(url) ~= "string" then return nil end
  if not url:find "^https?://%S+$" then return text.one_line(url) end
  return markup.element("a", { href = url, rel = "noreferrer" }, text.one_line(url))
end

local function pairs_text(map)
  local parts = {}
  for _, key in ipairs(reader.sorted_keys(map or {})) do
    parts[#parts + 1] = ("%s=%s"):format(key, tostring(map[key]))
  end
  return #parts > 0 and text.one_line(table.concat(parts, ", ")) or nil
end

local function commit_text(commit)
  if not commit or not commit.sha then return nil end
  local parts = { commit.sha }
  if commit.branch then parts[2] = "on " .. commit.branch end
  if commit.dirty then parts[#parts + 1] = "with changes" end
  return text.one_line(table.concat(parts, " "))
end

local function machine_text(machine)
  local parts = { machine.cpu, machine.cpus and ("%d CPUs"):format(machine.cpus) }
  if machine.memory_mb then parts[#parts + 1] = units.format_bytes(machine.memory_mb * 2 ^ 20) end
  parts[#parts + 1] = machine.os
  return #parts > 0 and text.one_line(table.concat(parts, ", ")) or nil
end

local function data_text(model)
  local sent, received = model.metrics.data_sent, model.metrics.data_received
  if not sent or not received then return nil end
  return ("%s sent, %s received"):format(
    units.format_bytes(sent.count), units.format_bytes(received.count))
end

local function notes(model)
  local items = {}
  for index, note in ipairs(model.notes or {}) do
    items[index] = markup.element("li", nil, text.one_line(note))
  end
  return #items > 0 and { markup.element("h3", nil, "Notes"), markup.element("ul", nil, items) }
    or nil
end

---@param model table
---@param id string
---@return lload.Markup|nil
return function(model, id)
  local settings, machine = model.settings or {}, model.machine or {}
  local run = model.ci or {}
  local opened = model.connections and model.connections.opened
  return markup.section(id .. "-environment", "Environment", {
    markup.facts {
      { "Scenario", model.scenario.file and text.one_line(model.scenario.file) },
      { "Stage", model.scenario.stage and text.one_line(model.scenario.stage) },
      { "Address", settings.base_url and text.one_line(settings.base_url) },
      { "Target", settings.target and text.one_line(settings.target) },
      { "Started", model.started }, { "Duration", units.format_duration(model.duration_s) },
      { "Tags", pairs_text(settings.tags) },
      { "Seed", settings.seed and ("%.0f"):format(settings.seed) }, { "Threads", settings.threads },
      { "Machine", machine_text(machine) },
      { "Host", machine.hostname and text.one_line(machine.hostname) },
      { "Commit", commit_text(model.commit) },
      { "CI run", link(run.run_url or model.commit and model.commit.run_url) },
      { "Data", data_text(model) },
      { "Connections opened", opened and units.count(opened) },
      { "lload", model.lload },
    },
    notes(model),
  })
end
