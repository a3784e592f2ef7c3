--- The one writer of imported scenarios: a model as a file that runs, is laid out like one written
--- by hand, and is the same for the same input.

local chain = require "lload.import.writer.chain"
local helpers = require "lload.import.writer.helpers"
local layout = require "lload.import.layout"
local quote = require "lload.import.quote"
local scopes = require "lload.import.writer.scope"
local steps = require "lload.import.writer.steps"
local values = require "lload.import.writer.values"

local M = {}

local MANY_JOURNEYS = 60
local LISTED = 20 -- of what was left out, and of what is to do
local DEFAULT_URL = "http://127.0.0.1:8080"
local SMOKE = "smoke"

local function comment(lines, text) layout.add_comment(lines, quote.comment(text), "") end

local function listed(lines, head, entries)
  if #entries == 0 then return end
  lines[#lines + 1] = "--"
  comment(lines, head)
  for index = 1, math.min(#entries, LISTED) do comment(lines, "* " .. entries[index]) end
  if #entries > LISTED then comment(lines, ("* and %d more"):format(#entries - LISTED)) end
end

local function left_out(model)
  local entries = {}
  for index, entry in ipairs(model.dropped or {}) do
    local count = entry.count > 1 and (" (%d times)"):format(entry.count) or ""
    entries[index] = ("%s%s: %s"):format(entry.what, count, entry.why)
  end
  return entries
end

local function add_header(lines, model)
  local source = model.source
  comment(lines, ("%s: imported by lload from %s."):format(model.title, source.kind))
  comment(lines, ("Source: %s, SHA-256 %s"):format(source.name, source.sha256))
  comment(lines, "Meant to be edited. Importing again writes the same file from the same source.")
  for _, note in ipairs(model.notes or {}) do comment(lines, note) end
  listed(lines, "Left out:", left_out(model))
  listed(lines, "TODO:", model.todos or {})
  lines[#lines + 1] = ""
end

-- What steps use, and what helpers do: each on a line of its own.
local OF_LLOAD = { { "http", "check", "group" }, { "think", "random" } }

local function add_requires(lines, scope)
  lines[#lines + 1] = 'local lload = require "lload"'
  for _, row in ipairs(OF_LLOAD) do
    local names, fields = {}, {}
    for _, name in ipairs(row) do
      if scope.needs[name] then
        names[#names + 1], fields[#fields + 1] = name, "lload." .. name
      end
    end
    if #names > 0 then
      lines[#lines + 1] = ("local %s = %s"):format(table.concat(names, ", "),
        table.concat(fields, ", "))
    end
  end
end

-- Locals, or the fields of one table.
local function add_definitions(lines, entries, holder, remark, node_of)
  if #entries == 0 then return end
  lines[#lines + 1] = ""
  comment(lines, remark)
  if not holder then
    for _, entry in ipairs(entries) do
      layout.add(lines, node_of(entry), "", "local " .. entry.ref .. " = ", "")
    end
    return
  end
  local items = {}
  for index, entry in ipairs(entries) do
    items[index] = { entry.ref:sub(#holder + 2) .. " = ", node_of(entry) }
  end
  layout.add(lines, layout.group("{", items, "}"), "", "local " .. holder .. " = ", "")
end

local function setting_node(setting)
  return layout.group("lload.env(", {
    { "", quote.string(setting.env) }, { "", values.text(setting.default or "") },
  }, ")")
end

local function file_node(entry)
  local items = { { "", quote.string(entry.set.file) } }
  if entry.set.type then items[2] = { "", "{ type = " .. quote.string(entry.set.type) .. " }" } end
  return layout.group("lload.file(", items, ")")
end

local function add_helpers(lines, scope)
  for _, name in ipairs(helpers.order) do
    if scope.helpers[name] then
      lines[#lines + 1] = ""
      for line in helpers.table[name].code:gmatch "[^\n]+" do lines[#lines + 1] = line end
    end
  end
end

local function all_steps(journey)
  local list = {}
  for _, group in ipairs(journey.groups) do
    for _, step in ipairs(group.steps) do list[#list + 1] = step end
  end
  return list
end

local function has_named_group(journey)
  for _, group in ipairs(journey.groups) do
    if group.name and group.name ~= "" then return true end
  end
  return false
end

-- `local a, b, c` over as many lines as it takes.
local function add_declarations(lines, names)
  local line = "  local"
  for index, name in ipairs(names) do
    local piece = " " .. name .. (index < #names and "," or "")
    if #line + #piece > layout.WIDTH then
      lines[#lines + 1] = line
      line = "   "
    end
    line = line .. piece
  end
  lines[#lines + 1] = line
end

local function add_locals(lines, inner)
  for _, draw in ipairs(inner.draws) do
    local set = draw.entry.set
    local how = set.weight and "weighted(" .. quote.string(set.weight) .. ")" or "random()"
    lines[#lines + 1] = ("  local %s = %s:%s"):format(draw.row, draw.entry.ref, how)
  end
  if inner.seen then
    lines[#lines + 1] = "  local seen = {}"
  elseif inner.declared_above and #inner.variables > 0 then
    local names = {}
    for index, variable in ipairs(inner.variables) do names[index] = inner.locals[variable] end
    add_declarations(lines, names)
  end
end

local function add_group(lines, group, inner, state)
  if not group.name or group.name == "" then
    steps.add(lines, group.steps, "  ", inner, state)
    return
  end
  inner:need "group"
  lines[#lines + 1] = ("  group(%s, function()"):format(layout.flat(values.text(group.name)))
  steps.add(lines, group.steps, "    ", inner, {})
  lines[#lines + 1] = "  end)"
end

-- Whether a function's own parameter is used in it.
local function mentions_user(lines, from)
  for index = from, #lines do
    if lines[index]:find "%f[%w_]vu[%.%[]" then return true end
  end
  return false
end

local function add_function(lines, head, groups, inner)
  local first = #lines + 1
  lines[first] = ""
  add_locals(lines, inner)
  local state = {}
  for index, group in ipairs(groups) do
    if index > 1 then lines[#lines + 1] = "" end
    add_group(lines, group, inner, state)
  end
  lines[first] = head .. (mentions_user(lines, first + 1) and "(vu)" or "()")
  lines[#lines + 1] = "end"
end

-- Functions of journeys: locals, or the fields of one table when they are many.
local function name_journeys(model, scope)
  local is_many, refs, fields = #model.journeys > MANY_JOURNEYS, {}, {}
  for index, journey in ipairs(model.journeys) do
    local wanted = quote.name(journey.name, "journey")
    refs[index] = is_many and "journeys." .. scopes.unique(fields, wanted)
      or scopes.unique(scope.taken, wanted)
  end
  return refs, is_many
end

local function add_journeys(lines, model, scope)
  local refs, is_many = name_journeys(model, scope)
  if model.on_start and #model.on_start > 0 then
    lines[#lines + 1] = ""
    lines[#lines + 1] = "-- Once for each user, before its first journey."
    add_function(lines, "local function log_in", { { steps = model.on_start } },
      scope:inner(model.on_start, true))
  end
  if is_many then
    lines[#lines + 1] = ""
    lines[#lines + 1] = "local journeys = {}"
  end
  for index, journey in ipairs(model.journeys) do
    lines[#lines + 1] = ""
    if journey.comment then comment(lines, journey.comment) end
    local head = is_many and "function " .. refs[index] or "local function " .. refs[index]
    if journey.chain then
      chain.add(lines, journey, head, scope, add_function)
    else
      local inner = scope:inner(all_steps(journey), false, has_named_group(journey))
      add_function(lines, head, journey.groups, inner)
    end
  end
  return refs
end

-- Names in the order of the model; two journeys of one name are told apart.
local function journey_names(model)
  local taken, names = {}, {}
  for index, journey in ipairs(model.journeys) do
    names[index] = scopes.unique(taken, journey.name)
  end
  return names
end

-- One user once through each journey: what --smoke runs.
local function smoke_node(names, scope)
  local function profile(name)
    local items = {
      { "executor = ", '"per-vu-iterations"' }, { "vus = ", "1" }, { "iterations = ", "1" },
    }
    if name then items[#items + 1] = { "journey = ", quote.string(name) } end
    if scope.helpers.pause then items[#items + 1] = { "env = ", '{ THINK = "0" }' } end
    return layout.group("{", items, "}")
  end
  if #names == 1 then return profile() end
  local items = {}
  for index, name in ipairs(names) do items[index] = { "", profile(name) } end
  return layout.group("{", items, "}")
end

local FIRST_FIELDS = { "executor", "vus", "start_vus", "rate", "start_rate", "time_unit" }

local function stage_node(stage, scope)
  local items, done = {}, { name = true }
  for _, key in ipairs(FIRST_FIELDS) do
    local value = stage[key]
    if value ~= nil then items[#items + 1] = { key .. " = ", values.value(value, scope) } end
    done[key] = true
  end
  local rest = {}
  for key, value in pairs(stage) do
    if not done[key] then rest[key] = value end
  end
  for _, item in ipairs(values.fields(rest, scope)) do items[#items + 1] = item end
  return layout.group("{", items, "}")
end

local function stages_node(model, names, scope)
  local items = { { SMOKE .. " = ", smoke_node(names, scope) } }
  for _, stage in ipairs(model.stages or {}) do
    items[#items + 1] = { quote.field(stage.name), stage_node(stage, scope) }
  end
  return layout.group("{", items, "}")
end

local function journeys_node(model, names, refs)
  local items = {}
  for index, journey in ipairs(model.journeys) do
    items[index] = { quote.field(names[index]), layout.group("{", {
      { "weight = ", quote.number(journey.weight or 1) }, { "run = ", refs[index] },
    }, "}") }
  end
  return layout.group("{", items, "}")
end

local function add_field(lines, label, node) layout.add(lines, node, "  ", label, ",") end

local function add_result(lines, model, scope, refs)
  local names = journey_names(model)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "return {"
  add_field(lines, "name = ", values.text(model.title))
  add_field(lines, "base_url = ", setting_node {
    env = "BASE_URL", default = model.base_url or DEFAULT_URL,
  })
  if model.http then add_field(lines, "http = ", values.value(model.http, scope)) end
  add_field(lines, "stages = ", stages_node(model, names, scope))
  add_field(lines, "default_stage = ", quote.string(SMOKE))
  lines[#lines + 1] = "  -- How fast is fast enough? These are to be edited."
  add_field(lines, "thresholds = ", values.value(model.thresholds or {}, scope))
  if model.on_start and #model.on_start > 0 then add_field(lines, "on_start = ", "log_in") end
  if #names == 1 then
    add_field(lines, "journey = ", refs[1])
  else
    add_field(lines, "journeys = ", journeys_node(model, names, refs))
  end
  lines[#lines + 1] = "}"
end

local function append(lines, more)
  for _, line in ipairs(more) do lines[#lines + 1] = line end
end

--- The scenario of a model.
---@param model lload.import.Model with a journey at least
---@return string text
function M.write(model)
  local scope = scopes.new(model)
  local body, lines = {}, {}
  local refs = add_journeys(body, model, scope)
  add_result(body, model, scope, refs)
  add_header(lines, model)
  add_requires(lines, scope)
  add_definitions(lines, scope.settings, scope.settings_table,
    "From outside: -e NAME=VALUE, or the environment.", setting_node)
  add_definitions(lines, scope.rows, scope.rows_table, "Data, one copy for all users.",
    function(entry) return "lload.csv " .. quote.string(entry.set.file) end)
  add_definitions(lines, scope.files, scope.files_table, "Files that are sent.", file_node)
  add_helpers(lines, scope)
  append(lines, body)
  return table.concat(lines, "\n") .. "\n"
end

return M
