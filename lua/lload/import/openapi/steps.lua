--- Operations as steps of a journey: parameters, bodies, checks, and values of earlier answers.

local chains = require "lload.import.openapi.chains"
local model = require "lload.import.model"
local quote = require "lload.import.quote"
local sample = require "lload.import.openapi.sample"
local schemas = require "lload.import.openapi.schema"
local securities = require "lload.import.openapi.security"
local url = require "lload.url"

local M = {}

local DEEPEST = 3 -- requests that are made for what another one needs
local THINK = { 0.5, 1.5 } -- seconds between requests

---@class lload.import.Builder
---@field model lload.import.Model
---@field refs lload.import.Refs
---@field operations lload.import.Operation[] all that may be sent
---@field products table<lload.import.Operation, table[]>
---@field links table
---@field security table
---@field prefix string path of the server
---@field of_user table[] { products, variables } what on_start keeps
local Builder = {}
Builder.__index = Builder

---@param fields table
---@return lload.import.Builder
function M.builder(fields)
  local self = setmetatable(fields, Builder)
  self.products, self.of_user = {}, {}
  for _, operation in ipairs(self.operations) do
    self.products[operation] = chains.products(operation, self.refs)
  end
  return self
end

local function is_creating(operation) return operation.method == "POST" end

-- Whether an operation can be made for the sake of its answer alone.
local function may_be_inserted(operation, journey)
  return not journey.making[operation] and operation ~= journey.login
    and (operation.method == "GET" or is_creating(operation))
    and not operation.unsupported
end

-- Extracts once under one name, whatever asks for it.
local function extract(step, wanted, from, path)
  step.extract = step.extract or {}
  for _, known in ipairs(step.extract) do
    if known.from == from and known.path == path then return known.variable end
  end
  table.insert(step.extract, { variable = wanted, from = from, path = path })
  return wanted
end

local function variable_name(name, thing)
  local plain = chains.plain(name)
  if thing and plain == "id" then return thing .. "_id" end
  return quote.name(name, "value")
end

-- What on_start knows, such as the id of the user who logged in.
function Builder:user_variable(name, thing)
  for _, login in ipairs(self.of_user) do
    local path = chains.find(login.products, name, thing)
    if path then
      return model.variable(extract(login.step, variable_name(name, thing), "json", path))
    end
  end
  return nil
end

-- The best of the operations: made already, then listing, then creating.
function Builder:producer(name, thing, journey)
  local best, best_rank, best_path
  for _, operation in ipairs(self.operations) do
    local path = chains.find(self.products[operation], name, thing)
    local made = journey.made[operation]
    local rank = is_creating(operation) and 4 or 3
    if made then
      rank = is_creating(operation) and 1 or 2
    elseif operation.path:find "{" then
      rank = rank + 4
    end
    local allowed = made or may_be_inserted(operation, journey)
    if path and allowed and (not best or rank < best_rank) then
      best, best_rank, best_path = operation, rank, path
    end
  end
  return best, best_path
end

-- A value that an earlier answer has; nil if none has it.
function Builder:chained(name, thing, journey)
  local known = self:user_variable(name, thing)
  if known then return known end
  local producer, path = self:producer(name, thing, journey)
  if not producer then return nil end
  local step = journey.made[producer] or self:insert(producer, journey)
  if not step then return nil end
  return model.variable(extract(step, variable_name(name, thing), "json", path))
end

function Builder:insert(operation, journey)
  if journey.depth >= DEEPEST then return nil end
  journey.depth = journey.depth + 1
  local step = self:add(operation, journey)
  journey.depth = journey.depth - 1
  return step
end

function Builder:linked(operation, name, journey)
  local link = (self.links[operation] or {})[name]
  if not link or not self.products[link.operation] then return nil end
  local step = journey.made[link.operation]
  if not step and may_be_inserted(link.operation, journey) then
    step = self:insert(link.operation, journey)
  end
  if not step then return nil end
  local thing = chains.thing_before(operation.path, name)
  return model.variable(extract(step, variable_name(name, thing), link.from, link.path))
end

local function is_scalar(value)
  return model.is_expression(value) or type(value) == "string" or type(value) == "number"
    or type(value) == "boolean"
end

-- What a parameter is called besides, its own example first.
function Builder:parameter_value(node, from)
  local example = node.example
  if example == nil then example = sample.first_example(node.examples, from, self.refs) end
  local schema = node.schema
  if schema == nil and schemas.is_object(node.content) then
    local media = schemas.sorted_keys(node.content)[1]
    schema = schemas.is_object(node.content[media]) and node.content[media].schema
  end
  if example ~= nil then return sample.from_example(example, schema, from, self.refs) end
  return sample.value(schema or {}, from, self.refs, node.name)
end

local function has_choice(node, from, refs)
  local schema = schemas.merged(node.schema or {}, from, refs)
  return schema.enum ~= nil or schema.const ~= nil
end

function Builder:path_value(operation, parameter, journey)
  local node, from = parameter.node, parameter.from
  local value = self:linked(operation, node.name, journey)
  if value == nil and not has_choice(node, from, self.refs) then
    value = self:chained(node.name, chains.thing_before(operation.path, node.name), journey)
  end
  if value == nil then value = self:parameter_value(node, from) end
  if model.is_array(value) then value = value[1] end
  return is_scalar(value) and value or 1
end

-- `/orders/{id}` as `/orders/:id` with its params; a template where a name is part of a segment.
local function set_path(step, path, values)
  local is_simple = true
  for segment in path:gmatch "[^/]+" do
    if segment:find "{" and not segment:find "^{[^{}]+}$" then is_simple = false end
  end
  if is_simple then
    local taken = {}
    step.path = path:gsub("{([^{}]+)}", function(name)
      local word = quote.is_identifier(name) and name or quote.name(name, "value")
      while taken[word] and taken[word] ~= name do word = word .. "_" end
      taken[word] = name
      step.params = step.params or {}
      step.params[word] = values[name] == nil and 1 or values[name]
      return ":" .. word
    end)
    return
  end
  local parts, at = {}, 1
  for from, name, after in path:gmatch "(){([^{}]+)}()" do
    parts[#parts + 1] = path:sub(at, from - 1)
    local value = values[name] == nil and 1 or values[name]
    parts[#parts + 1] = model.is_expression(value) and value or url.encode(tostring(value))
    at = after
  end
  parts[#parts + 1] = path:sub(at)
  step.path, step.name = model.template(parts), step.method .. " " .. path
end

local PAGING = { page = true, limit = true, perpage = true, pagesize = true, size = true }

local function wants_query(node)
  local schema = schemas.is_object(node.schema) and node.schema or {}
  return node.required == true or node.example ~= nil or node.examples ~= nil
    or schema.example ~= nil or schema.default ~= nil or schema.enum ~= nil
    or PAGING[chains.plain(node.name)]
end

local LLOADS = { accept = true, ["content-type"] = true, authorization = true }

function Builder:todo(step, place, name)
  model.todo(self.model, ("%s %s needs the %s %s"):format(step.method, step.label, place, name))
end

function Builder:set_header(step, node, from)
  if node.required ~= true or LLOADS[node.name:lower()] then return end
  local value = self:parameter_value(node, from)
  if not is_scalar(value) or not model.header(step, node.name, value) then
    self:todo(step, "header", node.name)
  end
end

function Builder:set_query(step, node, from)
  if node.deprecated == true and node.required ~= true or not wants_query(node) then return end
  local value = self:parameter_value(node, from)
  if model.is_array(value) and (#value == 0 or not is_scalar(value[1])) then return end
  if not is_scalar(value) and not model.is_array(value) then
    if node.required == true then
      self:todo(step, "query", node.name)
    end
    return
  end
  step.query = step.query or {}
  step.query[node.name] = value
end

local function set_cookie(step, name, value)
  step.options = step.options or {}
  step.options.cookies = step.options.cookies or {}
  step.options.cookies[name] = value
end

function Builder:set_parameters(step, operation, journey)
  local values = {}
  for _, parameter in ipairs(operation.parameters) do
    local node, from = parameter.node, parameter.from
    if node["in"] == "path" then
      values[node.name] = self:path_value(operation, parameter, journey)
    elseif node["in"] == "query" then
      self:set_query(step, node, from)
    elseif node["in"] == "header" then
      self:set_header(step, node, from)
    elseif node["in"] == "cookie" and node.required == true then
      local value = self:parameter_value(node, from)
      if is_scalar(value) then set_cookie(step, node.name, value) end
    end
  end
  set_path(step, self.prefix .. operation.path, values)
end

-- Fields such as `productId`, which an earlier answer may have.
function Builder:known_fields(journey)
  return function(name, schema)
    local plain = chains.plain(name)
    if not plain:find "%a%a+id$" or schema.enum or schema.const ~= nil then return nil end
    if schema.type == "array" or schema.type == "object" then return nil end
    return self:chained(name, nil, journey)
  end
end

-- A field of a form: a file where the schema says binary.
local function form_part(name, value, schema, from, refs)
  local merged = schema and schemas.merged(schema, from, refs) or {}
  if merged.format == "binary" or merged.contentMediaType == "application/octet-stream" then
    return { name, "a small file", filename = "file.txt" }
  elseif not is_scalar(value) then
    return nil
  end
  return { name, value }
end

local function multipart_of(value, schema, from, refs)
  local merged = schema and schemas.merged(schema, from, refs) or {}
  local parts = {}
  for _, name in ipairs(schemas.sorted_keys(value)) do
    local property = merged.properties and merged.properties[name]
    local part = form_part(name, value[name], property and property.schema,
      property and property.from, refs)
    if part then parts[#parts + 1] = part end
  end
  return parts
end

local function form_of(value)
  local fields = {}
  for _, name in ipairs(schemas.sorted_keys(value)) do
    if is_scalar(value[name]) or model.is_array(value[name]) and is_scalar(value[name][1]) then
      fields[name] = value[name]
    end
  end
  return fields
end

function Builder:set_body(step, operation, journey, known)
  local body = operation.body
  if not body then return end
  local node, from, refs = body.node, body.from, self.refs
  known = known or self:known_fields(journey)
  local example = node.example
  if example == nil then example = sample.first_example(node.examples, from, refs) end
  local value
  if example ~= nil then
    value = sample.from_example(example, node.schema, from, refs, known)
  else
    value = sample.value(node.schema or {}, from, refs, nil, known)
  end
  if body.kind == "json" then
    step.body = { kind = "json", value = value }
    if body.media:find "^application/json" == nil and body.media ~= "*/*" then
      step.headers = step.headers or {}
      step.headers["Content-Type"] = body.media
    end
  elseif body.kind == "form" then
    step.body = { kind = "form", value = form_of(value) }
  elseif body.kind == "multipart" then
    local parts = multipart_of(value, node.schema, from, refs)
    if #parts > 0 then step.body = { kind = "multipart", value = parts } end
  else
    step.body = { kind = "text", value = is_scalar(value) and value or "text", type = body.media }
  end
end

--- Adds an operation to a journey, and before it those whose answers it needs.
---@param operation lload.import.Operation
---@param journey table { steps, made, making, depth }
---@return lload.import.Step
function Builder:add(operation, journey)
  if journey.made[operation] then return journey.made[operation] end
  journey.making[operation] = true
  local step = {
    kind = "request", method = operation.method, label = operation.path,
    checks = { status = operation.statuses },
  }
  self:set_parameters(step, operation, journey)
  self:set_body(step, operation, journey)
  securities.apply(step, operation, self.security, self.model)
  journey.making[operation] = nil
  if #journey.steps > 0 then step.think = THINK end
  table.insert(journey.steps, step)
  journey.made[operation] = step
  return step
end

local CREDENTIALS = {
  { "password", "PASSWORD", "password" }, { "secret", "CLIENT_SECRET", "secret" },
  { "clientid", "CLIENT_ID", "client" }, { "email", "EMAIL", "ada@example.com" },
  { "username", "USERNAME", "ada" }, { "^user$", "USERNAME", "ada" },
  { "^login$", "USERNAME", "ada" },
}

local function credentials(name, schema)
  local plain = chains.plain(name)
  for _, row in ipairs(CREDENTIALS) do
    if plain:find(row[1]) then
      local example = schema.example
      return model.env(row[2], type(example) == "string" and example or row[3])
    end
  end
  return nil
end

--- The step of on_start that logs in; what it extracts is kept in `vu`.
---@return lload.import.Step
function Builder:login()
  local operation = self.security.login
  local step = {
    kind = "request", method = operation.method, label = operation.path,
    checks = { status = operation.statuses },
    extract = { { variable = "token", from = "json", path = self.security.token_path } },
  }
  local journey = { steps = {}, made = {}, making = { [operation] = true }, depth = DEEPEST }
  self:set_parameters(step, operation, journey)
  self:set_body(step, operation, journey, credentials)
  table.insert(self.of_user, { step = step, products = chains.products(operation, self.refs) })
  return step
end

return M
