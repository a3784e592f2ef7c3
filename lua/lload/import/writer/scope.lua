--- What an expression may refer to, and under which names: the file's own locals, and a journey's.
--
-- LuaJIT allows a function 60 outer locals and 200 of its own. Where an input has many of a kind,
-- they become the fields of one table.

local helpers = require "lload.import.writer.helpers"
local model = require "lload.import.model"
local quote = require "lload.import.quote"

local M = {}

local MANY = 30

-- What the file itself calls things.
local RESERVED = {
  "lload", "http", "check", "think", "group", "random", "vu", "response", "settings", "seen",
  "files", "data", "journeys", "log_in",
  -- Lua's own, which would be hidden.
  "assert", "error", "ipairs", "math", "next", "os", "pairs", "select", "string", "table",
  "tonumber", "tostring", "type",
}

--- A name like `wanted` that is not in `taken`, which then has it.
---@param taken table<string, boolean>
---@param wanted string
---@return string
function M.unique(taken, wanted)
  local name, number = wanted, 1
  while taken[name] do
    number = number + 1
    name = wanted .. "_" .. number
  end
  taken[name] = true
  return name
end

---@class lload.import.Scope
---@field taken table<string, boolean>
---@field needs table<string, boolean> names of lload's
---@field helpers table<string, boolean>
---@field settings { name: string, env: string, default?: string, ref: string }[]
local Scope = {}
Scope.__index = Scope

-- Adds a list of things as locals, or as fields of one table when they are many.
local function refer(scope, list, holder, name_of)
  local refs, is_many = {}, #list > MANY
  for _, thing in ipairs(list) do
    local name = name_of and name_of(thing) or quote.name(thing.name, holder)
    local field = M.unique(is_many and refs or scope.taken, name)
    refs[field] = true
    thing.ref = is_many and holder .. "." .. field or field
  end
  return is_many and holder or nil
end

-- Settings are constants, and called as they are outside.
local function constant_of(setting)
  if quote.is_identifier(setting.env) then return setting.env end
  return quote.name(setting.env, "setting"):upper()
end

-- Calls visit(e) for each expression in a value.
local function each_expression(value, visit)
  if type(value) ~= "table" then return end
  if model.is_expression(value) then visit(value) end
  for _, inner in pairs(value) do each_expression(inner, visit) end
end

-- Settings that steps ask for in place, by name, with the first of their defaults.
local function settings_in_place(found)
  local defaults, names = {}, {}
  each_expression({ found.journeys, found.on_start or {} }, function(e)
    if e.kind ~= "env" then return end
    local default = e.default or ""
    if not defaults[e.name] then names[#names + 1] = e.name end
    local known = defaults[e.name] or ""
    defaults[e.name] = (known == "" or default ~= "" and default < known) and default or known
  end)
  table.sort(names)
  return names, defaults
end

local function settings_of(found)
  local settings, by_env = {}, {}
  local function add(name, env, default)
    if by_env[env] then return end
    local setting = { name = name, env = env, default = default }
    settings[#settings + 1], by_env[env] = setting, setting
  end
  for _, variable in ipairs(found.variables or {}) do
    add(variable.name, variable.env, variable.default)
  end
  local names, defaults = settings_in_place(found)
  for _, name in ipairs(names) do add(name, name, defaults[name]) end
  return settings, by_env
end

local function user_variables(found)
  local names = {}
  for _, step in ipairs(found.on_start or {}) do
    for _, extract in ipairs(step.extract or {}) do names[extract.variable] = true end
  end
  return names
end

-- Data sets: those that rows are drawn of, and files that are sent.
local function add_data(scope, found)
  scope.data, scope.rows, scope.files = {}, {}, {}
  for _, set in ipairs(found.data or {}) do
    local entry = { name = set.name, set = set }
    scope.data[set.name] = entry
    table.insert(set.kind == "file" and scope.files or scope.rows, entry)
  end
  scope.rows_table = refer(scope, scope.rows, "data")
  scope.files_table = refer(scope, scope.files, "files")
end

--- The scope of a whole file.
---@param found lload.import.Model
---@return lload.import.Scope
function M.new(found)
  local scope = setmetatable({ taken = {}, needs = {}, helpers = {} }, Scope)
  for _, name in ipairs(RESERVED) do scope.taken[name] = true end
  for _, name in ipairs(helpers.order) do scope.taken[name] = true end
  scope.settings, scope.by_env = settings_of(found)
  scope.settings_table = refer(scope, scope.settings, "settings", constant_of)
  add_data(scope, found)
  scope.by_name = {}
  for _, variable in ipairs(found.variables or {}) do
    scope.by_name[variable.name] = scope.by_env[variable.env].ref
  end
  scope.of_user = user_variables(found)
  return scope
end

--- Notes that something of lload's is used.
function Scope:need(name) self.needs[name] = true end

--- Notes that a helper is used, and what it uses.
function Scope:need_helper(name)
  if self.helpers[name] then return end
  self.helpers[name] = true
  local helper = helpers.table[name]
  for _, need in ipairs(helper.needs or {}) do self:need(need) end
  for _, other in ipairs(helper.helpers or {}) do self:need_helper(other) end
end

local function user_field(name)
  return quote.is_identifier(name) and "vu." .. name or "vu[" .. quote.string(name) .. "]"
end

--- The name of a variable: the journey's, the user's, or a setting.
function Scope:variable(name)
  local own = self.locals and self.locals[name]
  if own then return own end
  if self.of_user[name] then return user_field(name) end
  return self.by_name[name] or error("nothing sets the variable " .. name, 0)
end

--- The name of a setting.
function Scope:setting(env)
  self:need "lload"
  return self.by_env[env].ref
end

--- The row of a data set that was drawn for this iteration.
function Scope:row(name)
  local entry = self.data[name] or error("there is no data set " .. name, 0)
  return self.drawn[entry] or error("no row was drawn of " .. name, 0)
end

--- The name of a file to send.
function Scope:file(name)
  return (self.data[name] or error("there is no file " .. name, 0)).ref
end

-- The data sets that steps refer to, in the order of the model.
local function used_sets(scope, steps)
  local used, list = {}, {}
  each_expression(steps, function(e)
    if e.kind == "row" then used[e.data] = true end
  end)
  for _, entry in ipairs(scope.rows) do
    if used[entry.name] then list[#list + 1] = entry end
  end
  return list
end

-- What steps extract, in order.
local function extracted(steps)
  local names, known = {}, {}
  for _, step in ipairs(steps) do
    for _, extract in ipairs(step.extract or {}) do
      if not known[extract.variable] then names[#names + 1] = extract.variable end
      known[extract.variable] = true
    end
  end
  return names
end

--- The scope of one function: the same file, locals of its own.
---@param steps lload.import.Step[] all of the function's
---@param keeps_in_user? boolean what is extracted is kept in `vu`
---@param has_functions? boolean groups within share what is extracted
---@return lload.import.Scope
function Scope:inner(steps, keeps_in_user, has_functions)
  local inner = setmetatable({ locals = {}, declared = {}, drawn = {}, draws = {} }, {
    __index = self,
  })
  local taken = setmetatable({}, { __index = self.taken })
  for _, entry in ipairs(used_sets(self, steps)) do
    local row = M.unique(taken, quote.name(entry.name, "data") .. "_row")
    inner.drawn[entry] = row
    inner.draws[#inner.draws + 1] = { row = row, entry = entry }
  end
  inner.variables = keeps_in_user and {} or extracted(steps)
  inner.seen = #inner.variables > MANY
  inner.declared_above = inner.seen or has_functions
  local fields = {}
  for _, name in ipairs(inner.variables) do
    local wanted = quote.name(name, "value")
    inner.locals[name] = inner.seen and "seen." .. M.unique(fields, wanted)
      or M.unique(taken, wanted)
  end
  return inner
end

--- What an extractor assigns to, with the declaration where that is the first time.
function Scope:target(name)
  local own = self.locals[name]
  if not own then return user_field(name) end
  if self.declared_above or self.declared[name] then return own end
  self.declared[name] = true
  return "local " .. own
end

return M
