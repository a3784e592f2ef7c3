--- Workflow commands for GitHub Actions: an annotation for what failed, at its file and line.

local exit_codes = require "lload.exit_codes"
local judged = require "lload.judged"
local text = require "lload.text"
local units = require "lload.units"
local verdict = require "lload.verdict"

local M = {}

-- GitHub shows ten annotations of a kind for a step and drops the rest without a word.
local MOST = 10
local LONGEST = 2000 -- bytes of a message

local DATA = { ["%"] = "%25", ["\r"] = "%0D", ["\n"] = "%0A" }
local PROPERTY = { [":"] = "%3A", [","] = "%2C" }

local function data(s)
  return (text.prefix(text.lines(s), LONGEST):gsub("[%%\r\n]", DATA))
end

local function property(s)
  return (data(text.one_line(s)):gsub("[:,]", PROPERTY))
end

local function command(note)
  local properties = {}
  for _, key in ipairs { "file", "line", "title" } do
    if note[key] then properties[#properties + 1] = key .. "=" .. property(note[key]) end
  end
  return ("::%s %s::%s\n"):format(note.level, table.concat(properties, ","), data(note.message))
end

-- "lib/shop.lua:12: what" names a place, as does "shop.lua: what"; a name that Lua cut short
-- ("...op.lua:12: what") does not.
local function place_of(message, run)
  local file, rest = message:match "^%s*([^%s:][^\n:]*%.lua):(.*)"
  if not file or file:sub(1, 3) == "..." then return run.scenario.file, nil end
  return file, rest:match "^(%d+):"
end

-- The files of a refused invocation all carry the same problems.
local function add(notes, run, note)
  if notes[note.message] then return end
  note.level = note.level or "error"
  note.file, note.line = place_of(note.message, run)
  notes[#notes + 1], notes[note.message] = note, true
end

-- A refused run has a problem a line, each with its own place.
local function add_outcome(notes, run)
  if run.stop and run.stop.reason == "invalid_input" and run.stop.detail then
    for line in run.stop.detail:gmatch "[^\r\n]+" do
      add(notes, run, { title = "lload: invalid scenario or configuration", message = line })
    end
  elseif run.exit_code ~= exit_codes.PASSED then
    add(notes, run, { title = "lload: " .. run.scenario.name, message = verdict.line(run) })
  end
end

local function add_validity(notes, run)
  if run.validity.verdict == "ok" then return end
  for _, reason in ipairs(run.validity.reasons) do
    add(notes, run, {
      level = run.validity.verdict == "suspect" and "warning" or "error",
      title = "lload: measurement " .. run.validity.verdict,
      message = ("%s: %s"):format(reason.code, reason.hint or "see the report"),
    })
  end
end

local function add_script_errors(notes, run)
  for _, item in ipairs(run.script_errors) do
    local times = item.count > 1 and (" (%s times)"):format(units.count(item.count)) or ""
    add(notes, run, { title = "lload: script error", message = item.message .. times })
  end
end

local function add_thresholds(notes, run)
  for _, t in ipairs(run.thresholds) do
    if not t.ok then
      add(notes, run, { title = "lload: threshold failed", message = judged.sentence(t) })
    end
  end
end

-- What matters most comes first, over all runs.
local function notes_of(model)
  local notes = {}
  for _, part in ipairs { add_outcome, add_validity, add_script_errors, add_thresholds } do
    for _, run in ipairs(model.runs or { model }) do part(notes, run) end
  end
  return notes
end

-- The first notes of a level; the last place says how many more there are.
local function chosen(notes, level)
  local list, count = {}, 0
  for _, note in ipairs(notes) do
    if note.level == level then
      count = count + 1
      if count <= MOST then list[count] = note end
    end
  end
  if count > MOST then
    list[MOST] = {
      level = level, title = "lload",
      message = ("%s more; the step summary has them"):format(units.count(count - MOST + 1)),
    }
  end
  return list
end

--- The annotations of one run or of several, a line each; "" when there is nothing to say.
---@param model table
---@param path_of? fun(file: string): string a file's path from the top of the repository
---@return string
function M.render(model, path_of)
  local notes, lines = notes_of(model), {}
  for _, level in ipairs { "error", "warning" } do
    for _, note in ipairs(chosen(notes, level)) do
      if note.file and path_of then note.file = path_of(note.file) end
      lines[#lines + 1] = command(note)
    end
  end
  return table.concat(lines)
end

return M
