--- `lload import openapi`: a journey for each tag of an OpenAPI 3.0 or 3.1 document.

local chains = require "lload.import.openapi.chains"
local document = require "lload.import.document"
local model = require "lload.import.model"
local operations = require "lload.import.openapi.operations"
local references = require "lload.import.openapi.refs"
local schemas = require "lload.import.openapi.schema"
local securities = require "lload.import.openapi.security"
local step_builder = require "lload.import.openapi.steps"
local suggest = require "lload.suggest"

local M = {}

local UNTAGGED = "default"
local WRITES = { PUT = true, PATCH = true, DELETE = true }
local DESTRUCTIVE = {
  "^delete", "^remove", "^destroy", "^purge", "^cancel", "^reset", "^clear", "^drop", "^revoke",
  "^disable", "^terminate", "^wipe",
}

local function fail(message) error({ message = message }, 0) end

local function check_version(root)
  if not schemas.is_object(root) then fail "is no OpenAPI document: it is not an object" end
  if root.swagger ~= nil then
    fail(("is Swagger %s; convert it to OpenAPI 3 first"):format(tostring(root.swagger)))
  end
  local version = tostring(root.openapi)
  if not version:find "^3%.[01]%f[%D]" then
    fail(root.openapi == nil and 'is no OpenAPI document: it has no "openapi"'
      or ("is of OpenAPI %s; 3.0 and 3.1 are read"):format(version))
  end
  if not schemas.is_object(root.paths) then fail "has no paths" end
end

-- Origin and path of the first server, its variables by their defaults.
local function server_of(root, m)
  local server = type(root.servers) == "table" and root.servers[1]
  local address = schemas.is_object(server) and type(server.url) == "string" and server.url or "/"
  address = address:gsub("{([^{}]+)}", function(name)
    local variable = schemas.is_object(server.variables) and server.variables[name]
    return schemas.is_object(variable) and tostring(variable.default) or name
  end)
  local origin, path = address:match "^(https?://[^/?#]+)([^?#]*)"
  if not origin then
    path = address:match "^(/[^?#]*)" or ""
    model.todo(m, "say where the API is: the document does not (BASE_URL, or --base-url)")
  end
  return origin, (path:gsub("/+$", ""))
end

-- Why an operation is left out; nil if it is not.
local function objection(operation, allow_writes)
  if operation.unsupported and operation.needs_body then
    return "a body of " .. operation.unsupported .. " cannot be made up"
  elseif allow_writes then
    return nil
  elseif WRITES[operation.method] then
    return "changes or deletes; see --allow-writes"
  end
  local words = { operation.id or "", operation.path:match "([^/{}]+)/?$" or "" }
  for _, word in ipairs(operation.method == "POST" and words or {}) do
    for _, pattern in ipairs(DESTRUCTIVE) do
      if word:lower():find(pattern) then return "sounds destructive; see --allow-writes" end
    end
  end
  return nil
end

local function sent_operations(all, allow_writes, m)
  local list = {}
  for _, operation in ipairs(all) do
    local why = objection(operation, allow_writes)
    if why then
      model.drop(m, operation.method .. " " .. operation.path, why)
    else
      list[#list + 1] = operation
    end
  end
  return list
end

local function tag_of(operation) return operation.tags[1] or UNTAGGED end

local function has_tag(operation, tag)
  for _, name in ipairs(operation.tags) do
    if name == tag then return true end
  end
  return tag_of(operation) == tag
end

local function is_below(path, prefix)
  prefix = prefix:gsub("/+$", "")
  return path == prefix or path:sub(1, #prefix + 1) == prefix .. "/"
end

-- Tags in the order of the document, then the others.
local function tags_in_order(root, list)
  local order, seen = {}, {}
  local used = {}
  for _, operation in ipairs(list) do used[tag_of(operation)] = true end
  for _, tag in ipairs(type(root.tags) == "table" and root.tags or {}) do
    local name = schemas.is_object(tag) and tag.name
    if used[name] and not seen[name] then
      order[#order + 1], seen[name] = name, true
    end
  end
  for _, name in ipairs(schemas.sorted_keys(used)) do
    if not seen[name] then order[#order + 1] = name end
  end
  return order
end

local function unknown_only(only, all)
  local names, seen = {}, {}
  for _, operation in ipairs(all) do
    local name = only:sub(1, 1) == "/" and operation.path or tag_of(operation)
    if not seen[name] then names[#names + 1], seen[name] = name, true end
  end
  table.sort(names)
  local hint = suggest.hint(only, names)
  if hint == "" then hint = "; there are " .. table.concat(names, ", ", 1, math.min(#names, 10)) end
  fail(("--only: nothing has the tag or path %s%s"):format(only, hint))
end

-- Journeys as { name, operations }.
local function grouped(root, list, all, only)
  local groups = {}
  if only then
    local group = { name = only, operations = {} }
    for _, operation in ipairs(list) do
      local fits = only:sub(1, 1) == "/" and is_below(operation.path, only)
        or has_tag(operation, only)
      if fits then table.insert(group.operations, operation) end
    end
    if #group.operations == 0 then unknown_only(only, all) end
    return { group }
  end
  for _, tag in ipairs(tags_in_order(root, list)) do
    local group = { name = tag, operations = {} }
    for _, operation in ipairs(list) do
      if tag_of(operation) == tag then table.insert(group.operations, operation) end
    end
    groups[#groups + 1] = group
  end
  return groups
end

local function add_journeys(m, groups, builder)
  for _, group in ipairs(groups) do
    local journey = {
      steps = {}, made = {}, making = {}, depth = 0, login = builder.security.login,
    }
    for _, operation in ipairs(group.operations) do
      if operation ~= builder.security.login then builder:add(operation, journey) end
    end
    if #journey.steps > 0 then
      table.insert(m.journeys, { name = group.name, groups = { { steps = journey.steps } } })
    end
  end
end

-- A document of nothing but a login is a journey of one.
local function add_login_alone(m)
  if #m.journeys > 0 or not m.on_start then return end
  local step = m.on_start[1]
  step.extract, m.on_start = nil, nil
  m.journeys = { { name = "login", groups = { { steps = { step } } } } }
end

local function title_of(root)
  local info = schemas.is_object(root.info) and root.info or {}
  return type(info.title) == "string" and info.title:find "%S" and info.title or "API"
end

local function build(m, root, context)
  check_version(root)
  m.title = title_of(root)
  m.source.kind = "OpenAPI " .. tostring(root.openapi)
  local refs = references.new(root, context)
  local origin, prefix = server_of(root, m)
  m.base_url = origin
  local all = operations.collect(root, context.name, refs)
  if #all == 0 then fail "has no operations" end
  local list = sent_operations(all, context.option "allow_writes", m)
  local groups = grouped(root, list, all, context.option "only")
  local builder = step_builder.builder {
    model = m, refs = refs, operations = list, links = chains.links(list), prefix = prefix,
    security = securities.new(root, context.name, refs, list),
  }
  if builder.security.login then m.on_start = { builder:login() } end
  add_journeys(m, groups, builder)
  add_login_alone(m)
  if #m.journeys == 0 then
    fail "has nothing left to send; --allow-writes takes what changes and deletes"
  end
end

--- Reads a document.
---@param source string its text
---@param context table { name, read_file, world, option }
---@return lload.import.Model|nil
---@return string|nil message
function M.read(source, context)
  local root, message = document.read(source, context.world.engine)
  if root == nil then return nil, message end
  local m = model.new("openapi", context.name, source)
  local ok, problem = pcall(build, m, root, context)
  if ok then return m end
  if type(problem) == "table" then return nil, problem.message end
  error(problem, 0)
end

return M
