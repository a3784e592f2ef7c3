--- Which answer has the value that another request needs: by links of the document, else by names,
--- as `POST /orders` has the id of `GET /orders/{id}`.

local model = require "lload.import.model"
local schemas = require "lload.import.openapi.schema"

local M = {}

-- Segments that are no things, and fields that only wrap.
local NO_THINGS = {
  api = true, rest = true, public = true, create = true, add = true, new = true, list = true,
  search = true, all = true, find = true, me = true, default = true,
}
local WRAPPERS = {
  data = true, result = true, results = true, item = true, items = true, content = true,
  response = true, payload = true, records = true, rows = true, values = true, entries = true,
}

local function plain(name) return (name:lower():gsub("[^%w]", "")) end
M.plain = plain

--- A thing by the name of many: orders → order, categories → category.
function M.singular(word)
  word = plain(word)
  if word:find "ies$" and #word > 4 then return word:sub(1, -4) .. "y" end
  if word:find "sses$" or word:find "xes$" or word:find "ches$" or word:find "shes$" then
    return word:sub(1, -3)
  end
  if word:find "s$" and not word:find "[su]s$" and #word > 3 then return word:sub(1, -2) end
  return word
end

--- The thing that a path is about: /api/v1/orders/create → order.
function M.thing_of(path)
  local thing
  for segment in path:gmatch "[^/]+" do
    local word = plain(segment)
    if not segment:find "[{}]" and not NO_THINGS[word] and not word:find "^v%d+$" then
      thing = M.singular(segment)
    end
  end
  return thing
end

local SCALAR = { string = true, integer = true, number = true }

-- Fields of an object by their plain names, each with the path that r:json takes.
local function scalar_fields(merged, prefix, refs)
  local fields, found = {}, false
  for _, name in ipairs(schemas.sorted_keys(merged.properties)) do
    local property = merged.properties[name]
    local schema = schemas.merged(property.schema, property.from, refs)
    if SCALAR[schema.type] and name:find "^[%w_-]+$" then
      fields[plain(name)] = fields[plain(name)] or prefix .. name
      found = true
    end
  end
  return found and fields or nil
end

local function add(list, thing, fields, is_list)
  if fields then list[#list + 1] = { thing = thing, fields = fields, is_list = is_list } end
end

local function is_name(name) return name:find "^[%w_-]+$" ~= nil end

-- One level of objects and lists within an object.
local function add_nested(list, merged, thing, refs)
  for _, name in ipairs(schemas.sorted_keys(merged.properties)) do
    local property = merged.properties[name]
    local inner = schemas.merged(property.schema, property.from, refs)
    local of = WRAPPERS[plain(name)] and thing or M.singular(name)
    if is_name(name) and inner.type == "object" then
      add(list, of, scalar_fields(inner, name .. ".", refs), false)
    elseif is_name(name) and inner.type == "array" and inner.items then
      local item = schemas.merged(inner.items.schema, inner.items.from, refs)
      add(list, of, scalar_fields(item, name .. "[1].", refs), true)
    end
  end
end

-- What a document shows by an example instead of a schema.
local function schema_of_example(example, depth)
  if depth > 4 then return {} end
  if model.is_array(example) then
    return { type = "array", items = schema_of_example(example[1], depth + 1) }
  elseif type(example) == "table" then
    local properties = {}
    for name, value in pairs(example) do
      properties[tostring(name)] = schema_of_example(value, depth + 1)
    end
    return { type = "object", properties = properties }
  end
  return { type = type(example) == "number" and "number" or "string" }
end

--- What the answer of an operation holds: things with fields.
---@param operation lload.import.Operation
---@param refs lload.import.Refs
---@return table[] { thing, fields, is_list }
function M.products(operation, refs)
  local list, answer = {}, operation.answer
  if not answer then return list end
  local schema = answer.schema
  local merged = schema ~= nil and schemas.merged(schema, answer.from, refs) or {}
  if not merged.properties and not merged.items and type(answer.example) == "table" then
    merged = schemas.merged(schema_of_example(answer.example, 0), answer.from, refs)
  end
  local thing = M.thing_of(operation.path)
  if merged.type == "array" and merged.items then
    local item = schemas.merged(merged.items.schema, merged.items.from, refs)
    add(list, thing, scalar_fields(item, "[1].", refs), true)
  elseif merged.properties then
    add(list, thing, scalar_fields(merged, "", refs), false)
    add_nested(list, merged, thing, refs)
  end
  return list
end

-- The field of a product that a name asks for, the thing being known or not.
local function field_of(product, wanted, thing)
  local fields = product.fields
  if thing and product.thing == thing then
    local rest = wanted:sub(1, #thing) == thing and wanted:sub(#thing + 1) or wanted
    if fields[wanted] then return fields[wanted] end
    if rest ~= "" and fields[rest] then return fields[rest] end
  end
  local named = wanted:match "^(.+)id$"
  if named then
    if fields[wanted] then return fields[wanted] end
    if M.singular(named) == product.thing and fields.id then return fields.id end
  end
  return nil
end

--- The path in an operation's answer to what a name asks for.
---@param products table[]
---@param name string of a parameter or a field
---@param thing? string that the name belongs to
---@return string|nil path
function M.find(products, name, thing)
  local wanted = plain(name)
  for _, product in ipairs(products) do
    local path = field_of(product, wanted, thing)
    if path then return path end
  end
  return nil
end

--- The thing that a parameter of a path belongs to: that of the segment before it.
function M.thing_before(path, parameter)
  local before
  for segment in path:gmatch "[^/]+" do
    if segment:find("{" .. parameter .. "}", 1, true) then
      return before and M.singular(before) or nil
    end
    before = not segment:find "[{}]" and segment or before
  end
  return nil
end

-- A JSON pointer as r:json's path; nil if that cannot say it.
local function json_path(pointer)
  local path = ""
  for token in pointer:gmatch "/([^/]*)" do
    if token:find "^%d+$" then
      path = path .. ("[%d]"):format(tonumber(token) + 1)
    elseif token:find "^[%w_-]+$" then
      path = path .. (path == "" and "" or ".") .. token
    else
      return nil
    end
  end
  return path ~= "" and path or nil
end

-- $response.body#/id, $response.header.Location
local function source_of(expression)
  if type(expression) ~= "string" then return nil end
  local pointer = expression:match "^{?%$response%.body#(/[^}]*)}?$"
  if pointer then
    local path = json_path(pointer)
    return path and { from = "json", path = path }
  end
  local header = expression:match "^{?%$response%.header%.([%w-]+)}?$"
  return header and { from = "header", path = header }
end

local function target_of(link, operations)
  if type(link.operationId) == "string" then
    for _, operation in ipairs(operations) do
      if operation.id == link.operationId then return operation end
    end
  elseif type(link.operationRef) == "string" then
    local path, method = link.operationRef:match "^#/paths/([^/]+)/(%a+)$"
    path = path and path:gsub("~1", "/"):gsub("~0", "~"):gsub("%%7B", "{"):gsub("%%7D", "}")
    for _, operation in ipairs(operations) do
      if operation.path == path and operation.method == method:upper() then return operation end
    end
  end
  return nil
end

---@alias lload.import.Link { operation: lload.import.Operation, from: string, path: string }

--- What the links of the document say: for each operation, its parameters and where they come from.
---@param operations lload.import.Operation[]
---@return table<lload.import.Operation, table<string, lload.import.Link>>
function M.links(operations)
  local links = {}
  for _, operation in ipairs(operations) do
    for _, link in ipairs(operation.links) do
      local target = target_of(link.node, operations)
      for _, name in ipairs(schemas.sorted_keys(target and link.node.parameters)) do
        local source = source_of(link.node.parameters[name])
        local bare = name:match "^%a+%.(.+)$" or name
        links[target] = links[target] or {}
        if source and not links[target][bare] then
          source.operation = operation
          links[target][bare] = source
        end
      end
    end
  end
  return links
end

return M
