--- What an expression may refer to, and under which names: the file's own locals, and a journey's.
--
-- LuaJIT allows a function 60 outer locals and 200 of its own. Where an input has many of a kind,
-- they become the fields of one table.

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
local function refer(scope, list, holder)
  local refs, is_many = {}, #list > MANY
  for _, thing in ipairs(list) do
    local name = quote.name(thing.name, holder)
    local field = M.unique(is_many and refs or scope.taken, name)
    refs[field] = true
    thing.ref = is_many and holder .. "." .. field or field
  end
  return is_many and holder or nil
end

-- Settings that steps ask for in place are hoisted to the top as well.
local function each_expression(value, visit, depth)
  if type(value) ~= "table" or depth > 200 then return end
  if value.kind == "env" then visit(value) end
  for _, inner in pairs(value) do each_expression(inner, visit, depth + 1) end
end

local function settings_of(model)
  local settings, by_env = {}, {}
  local function add(name, env, default)
    if by_env[env] then return end
    local setting = { name = name, env = env, default = default }
    settings[#settings + 1], by_env[env] = setting, setting
  end
  for _, variable in ipairs(model.variables or {}) do
    add(variable.name, variable.env, variable.default)
  end
  local hoisted = {}
  local is_expression = require("lload.import.model").is_expression
  each_expression({ model.journeys, model.on_start }, function(e)
    if is_expression(e) then hoisted[e.name] = e.default or hoisted[e.name] or false end
  end, 0)
  local names = {}
  for name in pairs(hoisted) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do add(name, name, hoisted[name] or nil) end
  return settings, by_env
end

--- The scope of a whole file.
---@param model lload.import.Model
---@return lload.import.Scope
function M.new(model)
  local scope = setmetatable({ taken = {}, needs = {}, helpers = {} }, Scope)
  for _, name in ipairs(RESERVED) do scope.taken[name] = true end
  for _, name in ipairs(require("lload.import.writer.helpers").order) do scope.taken[name] = true end
  scope.settings, scope.by_env = settings_of(model)
  scope.settings_table = refer(scope, scope.settings, "settings")
  scope.data = {}
  local rows, files = {}, {}
  for _, set in ipairs(model.data or {}) do
    local entry = { name = set.name, set = set }
    scope.data[set.name] = entry
    table.insert(set.kind == "file" and files or rows, entry)
  end
  scope.rows, scope.files = rows, files
  scope.rows_table, scope.files_table = refer(scope, rows, "data"), refer(scope, files, "files")
  scope.by_name = {}
  for _, variable in ipairs(model.variables or {}) do
    scope.by_name[variable.name] = scope.by_env[variable.env].ref
  end
  scope.of_user = {}
  for _, step in ipairs(model.on_start or {}) do
    for _, extract in ipairs(step.extract or {}) do
      scope.of_user[extract.variable] = true
    end
  end
  return scope
end

--- Notes that something of lload's is used.
function Scope:need(name) self.needs[name] = true end

--- Notes that a helper is used, and what it uses.
function Scope:need_helper(name)
  if self.helpers[name] then return end
  self.helpers[name] = true
  local helper = require("lload.import.writer.helpers").table[name]
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
local function used_sets(self, steps)
  local used, list = {}, {}
  each_expression(steps, function() end, 0)
  local function look(value, depth)
    if type(value) ~= "table" or depth > 200 then return end
    if value.kind == "row" and value.data then used[value.data] = true end
    for _, inner in pairs(value) do look(inner, depth + 1) end
  end
  look(steps, 0)
  for _, entry in ipairs(self.rows) do
    if used[entry.name] then list[#list + 1] = entry end
  end
  return list
end

--- The scope of one function: the same file, locals of its own.
---@param steps lload.import.Step[] all of the function's
---@param keeps_in_user? boolean what is extracted is kept in `vu`
---@return lload.import.Scope
function Scope:inner(steps, keeps_in_user)
  local inner = setmetatable({ locals = {}, drawn = {}, draws = {} }, {
    __index = function(_, key)
      local value = self[key]
      return value
    end,
  })
  local taken = setmetatable({}, { __index = self.taken })
  for _, entry in ipairs(used_sets(self, steps)) do
    local row = M.unique(taken, quote.name(entry.name, "data") .. "_row")
    inner.drawn[entry] = row
    inner.draws[#inner.draws + 1] = { row = row, entry = entry }
  end
  if keeps_in_user then return inner end
  local names, known = {}, {}
  for _, step in ipairs(steps) do
    for _, extract in ipairs(step.extract or {}) do
      if not known[extract.variable] then
        known[extract.variable] = true
        names[#names + 1] = extract.variable
      end
    end
  end
  inner.variables = names
  inner.seen = #names > MANY
  local fields = {}
  for _, name in ipairs(names) do
    local wanted = quote.name(name, "value")
    inner.locals[name] = inner.seen and "seen." .. M.unique(fields, wanted)
      or M.unique(taken, wanted)
  end
  return inner
end

--- What an extractor assigns to.
function Scope:target(name)
  return self.locals[name] or user_field(name)
end

return M
