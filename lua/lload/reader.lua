--- Reads a table field by field, collecting every problem; a field never asked for is misspelt.

local suggest = require "lload.suggest"
local units = require "lload.units"

local M = {}

---@class lload.Problems
---@field file string
---@field lines string[]
local Problems = {}
Problems.__index = Problems

--- A collector of problems in one file, each one line `file: where: message`.
---@param file string
---@return lload.Problems
function M.problems(file)
  return setmetatable({ file = file, lines = {} }, Problems)
end

---@param where string the path of the value, "" for the file as a whole
---@param message string
function Problems:add(where, message)
  local prefix = where == "" and "" or where .. ": "
  self.lines[#self.lines + 1] = ("%s: %s%s"):format(self.file, prefix, message)
end

---@class lload.Reader
---@field raw table
---@field path string
---@field problems lload.Problems
---@field known table<any, boolean> the fields asked for
---@field names any[] the same, in order
local Reader = {}
Reader.__index = Reader

--- A reader of one table of the scenario; `path` is how the table is called in messages.
---@param raw table
---@param path string
---@param problems lload.Problems
---@return lload.Reader
function M.new(raw, path, problems)
  return setmetatable(
    { raw = raw, path = path, problems = problems, known = {}, names = {} }, Reader)
end

--- The path of a key below another path, as a person would write it.
---@param path string
---@param key any
---@return string
function M.join(path, key)
  if type(key) == "number" then return ("%s[%s]"):format(path, tostring(key)) end
  key = tostring(key)
  if not key:match("^[%a_][%w_]*$") then return ('%s["%s"]'):format(path, key) end
  return path == "" and key or path .. "." .. key
end

--- The keys of a table in a stable order: numbers first, then by name.
---@param t table
---@return any[]
function M.sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    local numbers = (type(a) == "number" and 1 or 0) - (type(b) == "number" and 1 or 0)
    if numbers ~= 0 then return numbers > 0 end
    if type(a) == "number" then return a < b end
    return tostring(a) < tostring(b)
  end)
  return keys
end

---@param key any nil for the table itself
---@param message string
function Reader:problem(key, message)
  self.problems:add(key == nil and self.path or M.join(self.path, key), message)
end

--- The raw value of a field, which is known from now on.
---@param key any
---@return any
function Reader:take(key)
  if not self.known[key] then
    self.known[key] = true
    self.names[#self.names + 1] = key
  end
  return self.raw[key]
end

--- The key that was meant to be this missing one, by the look of it; `done` reports it.
---@param key string
---@return string|nil
function Reader:misspelt(key)
  for _, other in ipairs(M.sorted_keys(self.raw)) do
    if type(other) == "string" and other ~= key and suggest.nearest(other, { key }) then
      return other
    end
  end
  return nil
end

-- Takes a field and hands it to `parse`; absent is the default, or a problem when required.
function Reader:parsed(key, options, parse)
  local raw = self:take(key)
  if raw == nil then
    if options.required and not self:misspelt(key) then
      self:problem(nil, ("%s is missing%s"):format(key, options.remedy or ""))
    end
    return options.default
  end
  local value, message = parse(raw)
  if value == nil then self:problem(key, message) end
  return value
end

--- A duration in seconds. Options: default, required, positive.
---@param key string
---@param options table
---@return number|nil
function Reader:duration(key, options)
  return self:parsed(key, options, function(raw)
    local seconds, message = units.duration(raw)
    if seconds == 0 and options.positive then
      return nil, "must be longer than 0"
    end
    return seconds, message
  end)
end

--- A whole number. Options: default, required, min, max.
---@param key string
---@param options table
---@return integer|nil
function Reader:whole(key, options)
  return self:parsed(key, options, function(raw)
    return units.whole(raw, options.min, options.max)
  end)
end

--- A value of one Lua type.
---@param key string
---@param kind string
---@param options? table
---@return any
function Reader:typed(key, kind, options)
  return self:parsed(key, options or {}, function(raw)
    if type(raw) == kind then return raw end
    return nil, ("must be a %s, not a %s"):format(kind, type(raw))
  end)
end

--- One of a few words; the first of them is the default.
---@param key string
---@param words string[]
---@return string
function Reader:one_of(key, words)
  return self:parsed(key, { default = words[1] }, function(raw)
    for _, word in ipairs(words) do
      if tostring(raw) == word then return word end
    end
    return nil, ('%s is none of "%s"%s'):format(
      tostring(raw), table.concat(words, '", "'), suggest.hint(tostring(raw), words))
  end)
end

--- A map of names to plain values, each made a string: tags and env.
---@param key string
---@return table<string, string>
function Reader:strings(key)
  local map = {}
  local raw = self:typed(key, "table", { default = {} }) or {}
  for _, name in ipairs(M.sorted_keys(raw)) do
    local value, message = units.plain(raw[name])
    local where = M.join(M.join(self.path, key), name)
    if type(name) ~= "string" or not name:match("^[%a_][%w_.-]*$") then
      self.problems:add(where, "the name must start with a letter and hold letters, digits and _")
    elseif value then
      map[name] = value
    else
      self.problems:add(where, message)
    end
  end
  return map
end

--- Reports every field nobody asked for. `explain(key)` may know more about a misplaced one.
---@param explain? fun(key: string): string|nil
function Reader:done(explain)
  for _, key in ipairs(M.sorted_keys(self.raw)) do
    if not self.known[key] then
      if type(key) ~= "string" then
        self:problem(nil, ("unexpected list item [%s]; fields need a name"):format(tostring(key)))
      else
        local hint = suggest.hint(key, self.names)
        if hint == "" then hint = explain and explain(key) or "" end
        self:problem(nil, ('unknown key "%s"%s'):format(key, hint))
      end
    end
  end
end

return M
