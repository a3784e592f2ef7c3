--- `lload import postman`: a collection of format 2.1 as one journey, its folders as groups.

local json = require "lload.import.json"
local model = require "lload.import.model"
local auths = require "lload.import.postman.auth"
local bodies = require "lload.import.postman.body"
local quote = require "lload.import.quote"
local secrets = require "lload.import.secret"
local scripts = require "lload.import.postman.script"
local shapes = require "lload.import.postman.shapes"
local text = require "lload.text"
local url = require "lload.url"
local variables = require "lload.import.postman.variables"

local M = {}

local DEEPEST = 20 -- folders in folders
local SHOWN = 60 -- bytes of a statement that is not translated
local THINK = { 0.5, 1.5 } -- seconds between requests

local is_object, list_of, string_of = shapes.is_object, shapes.list_of, shapes.string_of

local function raw_url(request)
  local address = request.url
  if type(address) == "string" then return address end
  if not is_object(address) then return nil end
  if type(address.raw) == "string" and address.raw ~= "" then return address.raw end
  local function joined(value, separator)
    if type(value) == "string" then return value end
    local words = {}
    for index, word in ipairs(list_of(value)) do
      words[index] = is_object(word) and tostring(word.value) or tostring(word)
    end
    return table.concat(words, separator)
  end
  local host = joined(address.host, ".")
  if host == "" then return nil end
  local scheme = string_of(address.protocol)
  local port = address.port and ":" .. tostring(address.port) or ""
  return (scheme and scheme .. "://" or "") .. host .. port .. "/" .. joined(address.path, "/")
end

-- Origin, path and query; the origin with the values that the files have, nil if they lack one.
local function split_url(reader, raw)
  local base, rest = raw:match "^({{[^{}]*}})(.*)$"
  if base then raw = reader.variables:static(base) .. rest end
  raw = raw:gsub("#.*$", "")
  if raw:find "^{{" then
    model.todo(reader.model, ("say where %s is: BASE_URL, or --base-url"):format(base))
    return nil, raw:gsub("^{{[^{}]*}}", ""):match "^([^?]*)%??(.*)$"
  end
  if not raw:find "^%a[%w+.-]*://" then raw = "http://" .. raw end
  local origin, path, query = raw:match "^(%a[%w+.-]*://[^/?]+)([^?]*)%??(.*)$"
  if not origin then return nil, raw:match "^([^?]*)%??(.*)$" end
  origin = reader.variables:static(origin):gsub("//.*@", "//")
  local is_known = origin:find "^https?://[^{}%s]+$" ~= nil
  if not is_known then
    model.todo(reader.model, ("say where %s is: BASE_URL, or --base-url"):format(origin))
  end
  return is_known and origin or nil, path, query
end

-- Values of `:name` segments.
local function path_values(reader, request)
  local values = {}
  for _, entry in ipairs(list_of(is_object(request.url) and request.url.variable)) do
    local name = is_object(entry) and string_of(entry.key)
    if name then values[name] = reader.variables:text(tostring(entry.value or "")) end
  end
  return values
end

local function add_param(step, wanted, value)
  step.params = step.params or {}
  local name = quote.is_identifier(wanted) and wanted or quote.name(wanted, "value")
  while step.params[name] ~= nil do name = name .. "_" end
  step.params[name] = value
  return ":" .. name
end

-- `/users/:id/{{tab}}` with its params; a template where a variable is part of a segment.
local function set_path(reader, step, path, values)
  if path:sub(1, 1) ~= "/" then path = "/" .. path end
  for segment in path:gmatch "[^/]+" do
    if segment:find "{{" and not segment:find "^{{[^{}]*}}$" then
      step.path = reader.variables:text(path)
      step.name = step.method .. " " .. path
      return
    end
  end
  step.path = path:gsub("[^/]+", function(segment)
    local variable = segment:match "^{{%s*([^{}]-)%s*}}$"
    if variable then
      return add_param(step, variable:gsub("^%$", ""), reader.variables:expression(variable))
    end
    local name = segment:match "^:(.+)$"
    if name and values[name] ~= nil then return add_param(step, name, values[name]) end
    return nil
  end)
end

local function add_query(step, name, value)
  step.query = step.query or {}
  local before = step.query[name]
  if before == nil then
    step.query[name] = value
  elseif model.is_array(before) then
    table.insert(before, value)
  else
    step.query[name] = model.array { before, value }
  end
end

local function set_query(reader, step, request, query)
  local entries = is_object(request.url) and request.url.query
  if model.is_array(entries) then
    for _, entry in ipairs(entries) do
      if is_object(entry) and type(entry.key) == "string" and entry.disabled ~= true then
        add_query(step, entry.key, reader.variables:text(tostring(entry.value or "")))
      end
    end
    return
  end
  for pair in (query or ""):gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    add_query(step, url.decode(name), reader.variables:text(url.decode(value)))
  end
end

local function set_headers(reader, step, request)
  for _, entry in ipairs(list_of(request.header)) do
    local name = is_object(entry) and entry.disabled ~= true and string_of(entry.key)
    local value = name and tostring(entry.value or "")
    local lower = name and name:lower()
    if lower == "authorization" then
      local scheme, rest = value:match "^(%a+)%s+(.*)$"
      if scheme and scheme:lower() == "bearer" then
        auths.bearer(reader, step, rest)
      else
        value = auths.secret(reader, value, "AUTHORIZATION", "Authorization header")
        model.header(step, name, value)
      end
    elseif name and not model.header(step, name, reader.variables:text(value)) then
      model.drop(reader.model, "header " .. name, "lload sets it itself, or it is not valid")
    end
  end
end

-- The text of the scripts of one kind.
local function script_of(item, kind)
  local lines = {}
  for _, event in ipairs(list_of(item.event)) do
    local script = is_object(event) and event.listen == kind and event.disabled ~= true
      and event.script
    local exec = is_object(script) and script.exec
    if type(exec) == "string" then lines[#lines + 1] = exec end
    for _, line in ipairs(list_of(exec)) do lines[#lines + 1] = tostring(line) end
  end
  return table.concat(lines, "\n")
end

local function drop_statements(reader, label, kind, found)
  for _, statement in ipairs(found.unknown) do
    model.drop(reader.model, ("%s of %s: %s"):format(kind, label, text.prefix(statement, SHOWN)),
      "not translated")
  end
end

local function set_tests(reader, step, item, label)
  local found = scripts.read(script_of(item, "test"))
  step.checks = { status = found.status or found.class or "2xx", list = found.list }
  step.extract = found.extract
  for _, extract in ipairs(found.extract) do reader.variables.set[extract.variable] = true end
  drop_statements(reader, label, "test", found)
end

local function drop_scripts(reader, item, label)
  local before = scripts.read(script_of(item, "prerequest"))
  if #before.list + #before.extract > 0 or before.status then
    table.insert(before.unknown, 1, "checks before the request")
  end
  drop_statements(reader, label, "pre-request script", before)
end

local function add_request(reader, item, group, auth)
  local request = item.request
  if type(request) == "string" then request = { url = request } end
  local label = string_of(item.name) or "request"
  local raw = is_object(request) and raw_url(request)
  if not raw then
    model.drop(reader.model, label, "it has no URL")
    return
  end
  drop_scripts(reader, item, label)
  local method = (string_of(request.method) or "GET"):upper()
  if not method:find "^[%u%d-]+$" then
    model.drop(reader.model, label, "its method is none")
    return
  end
  local step = { kind = "request", method = method, label = label, comment = label }
  local origin, path, query = split_url(reader, raw)
  set_path(reader, step, path, path_values(reader, request))
  set_query(reader, step, request, query)
  set_headers(reader, step, request)
  bodies.set(reader, step, request.body)
  if not step.auth then auths.apply(reader, step, request.auth or auth) end
  secrets.hide(step, reader.model)
  set_tests(reader, step, item, label)
  if reader.count > 0 then step.think = THINK end
  reader.count = reader.count + 1
  table.insert(group.steps, step)
  reader.origins[#reader.origins + 1] = { step = step, origin = origin }
end

local function add_items(reader, items, name, auth, depth)
  if depth > DEEPEST then error({ message = "its folders are nested too deeply" }, 0) end
  local group = { name = name, steps = {} }
  table.insert(reader.groups, group)
  for _, item in ipairs(list_of(items)) do
    if is_object(item) and item.item ~= nil then
      local folder = string_of(item.name) or "folder"
      drop_scripts(reader, item, folder)
      drop_statements(reader, folder, "test", scripts.read(script_of(item, "test")))
      add_items(reader, item.item, name and name .. " / " .. folder or folder,
        item.auth or auth, depth + 1)
      group = { name = name, steps = {} }
      table.insert(reader.groups, group)
    elseif is_object(item) and item.request ~= nil then
      add_request(reader, item, group, auth)
    end
  end
end

-- The most frequent origin is the base_url; requests to others keep theirs.
local function place(reader)
  local counts, best = {}, nil
  for _, entry in ipairs(reader.origins) do
    local origin = entry.origin
    if origin then
      counts[origin] = (counts[origin] or 0) + 1
      if not best or counts[origin] > counts[best] then best = origin end
    end
  end
  reader.model.base_url = best
  for _, entry in ipairs(reader.origins) do
    local step = entry.step
    if entry.origin and entry.origin ~= best then
      local path = step.path
      if model.is_expression(path) then
        table.insert(path.parts, 1, entry.origin)
        step.url, step.path = path, nil
      else
        step.url, step.path = entry.origin .. path, nil
      end
    end
  end
end

local function check_format(root)
  local info = is_object(root) and root.info
  if not is_object(info) or not model.is_array(root.item) then
    error({ message = 'is no Postman collection: it has no "info" and "item"' }, 0)
  end
  local version = string_of(info.schema) and info.schema:match "/v(%d+%.%d+)"
  if version and not version:find "^2%." then
    error({ message = ("is a collection of format %s; export it as 2.1"):format(version) }, 0)
  end
  return info
end

local function build(m, root, environment)
  local info = check_format(root)
  m.title = string_of(info.name) or "collection"
  local reader = {
    model = m, variables = variables.new(m), groups = {}, origins = {}, count = 0,
  }
  reader.variables:add(root.variable)
  if environment then reader.variables:add(environment.values) end
  drop_scripts(reader, root, "the collection")
  drop_statements(reader, "the collection", "test", scripts.read(script_of(root, "test")))
  add_items(reader, root.item, nil, root.auth, 0)
  if reader.count == 0 then error({ message = "has no requests" }, 0) end
  place(reader)
  local groups = {}
  for _, group in ipairs(reader.groups) do
    if #group.steps > 0 then groups[#groups + 1] = group end
  end
  m.journeys = { { name = m.title, groups = groups } }
end

local function environment_of(context)
  local path = context.option "env"
  if not path then return nil end
  local content, message = context.read_file(path)
  local value
  if content then value, message = json.decode(content) end
  if value ~= nil and not (is_object(value) and type(value.values) == "table") then
    value, message = nil, 'is no Postman environment: it has no "values"'
  end
  if value == nil then return nil, ("--env %s: %s"):format(path, message) end
  return value
end

--- Reads a collection.
---@param source string its text
---@param context table { name, read_file, option }
---@return lload.import.Model|nil
---@return string|nil message
function M.read(source, context)
  local root, message = json.decode(source)
  if root == nil then return nil, message end
  local environment
  environment, message = environment_of(context)
  if message then return nil, message end
  local m = model.new("Postman", context.name, source)
  local ok, problem = pcall(build, m, root, environment)
  if ok then return m end
  if type(problem) == "table" then return nil, problem.message end
  error(problem, 0)
end

return M
