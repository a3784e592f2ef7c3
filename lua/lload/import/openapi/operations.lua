--- The operations of a document, each with what concerns it put together: parameters of its path,
--- bodies, answers, security.

local sample = require "lload.import.openapi.sample"
local schemas = require "lload.import.openapi.schema"

local M = {}

-- Creating goes before reading, reading before changing; deleting comes last of all.
local METHODS = {
  { "post", 1 }, { "get", 2 }, { "head", 3 }, { "options", 4 }, { "put", 5 }, { "patch", 6 },
  { "delete", 9 },
}

---@class lload.import.Operation
---@field method string
---@field path string with `{name}`s
---@field id? string
---@field tags string[]
---@field parameters table[] { node, from }
---@field body? { media: string, node: table, from: string, required: boolean }
---@field unsupported? string media type of a body that cannot be made up
---@field statuses integer[]|string those that are expected
---@field answer? { schema?: any, example?: any, from: string } JSON of the first that is expected
---@field links table[] { node, from }
---@field security? table[]
---@field rank integer

local function text_list(value)
  local list = {}
  for _, item in ipairs(type(value) == "table" and value or {}) do
    if type(item) == "string" then list[#list + 1] = item end
  end
  return list
end

-- An operation's parameter stands for that of its path with the same name and place.
local function parameters_of(item, item_from, operation, from, refs)
  local list, places = {}, {}
  local function add(raw, where)
    for _, entry in ipairs(type(raw) == "table" and raw or {}) do
      local node, node_from = refs:follow(entry, where)
      if schemas.is_object(node) and type(node.name) == "string" then
        local key = node.name .. "\0" .. tostring(node["in"])
        if not places[key] then
          list[#list + 1] = {}
          places[key] = #list
        end
        list[places[key]] = { node = node, from = node_from }
      end
    end
  end
  add(item.parameters, item_from)
  add(operation.parameters, from)
  return list
end

local BODIES = {
  { "^application/json", "json" }, { "[+/]json", "json" }, { "^%*/%*$", "json" },
  { "^application/x%-www%-form%-urlencoded", "form" }, { "^multipart/form%-data", "multipart" },
  { "^text/", "text" },
}

local function media_kind(media)
  for rank, row in ipairs(BODIES) do
    if media:lower():find(row[1]) then return row[2], rank end
  end
  return nil
end

-- The content that can be made up best, of those offered.
local function best_content(content, from, refs)
  local best, best_rank, best_media
  for _, media in ipairs(schemas.sorted_keys(content)) do
    local kind, rank = media_kind(media)
    if kind and (not best or rank < best_rank) then
      best, best_rank, best_media = kind, rank, media
    end
  end
  if not best then return nil, schemas.sorted_keys(content)[1] end
  local node, node_from = refs:follow(content[best_media], from)
  return {
    kind = best, media = best_media, node = schemas.is_object(node) and node or {},
    from = node_from,
  }
end

local function body_of(operation, from, refs)
  if operation.requestBody == nil then return nil end
  local body, body_from = refs:follow(operation.requestBody, from)
  if not schemas.is_object(body) or not schemas.is_object(body.content) then return nil end
  local found, unsupported = best_content(body.content, body_from, refs)
  if found then found.required = body.required == true end
  return found, not found and unsupported or nil, body.required == true
end

-- Explicit statuses of 2xx, else those of 3xx, else any 2xx.
local function statuses_of(responses)
  local by_class = { ["2"] = {}, ["3"] = {} }
  for _, key in ipairs(schemas.sorted_keys(responses)) do
    key = tostring(key)
    if key:find "^2[xX][xX]$" then return "2xx" end
    local class = key:match "^([23])%d%d$"
    if class then table.insert(by_class[class], tonumber(key)) end
  end
  if #by_class["2"] > 0 then return by_class["2"] end
  return #by_class["3"] > 0 and by_class["3"] or "2xx"
end

local function answer_of(response, from, refs)
  local content = schemas.is_object(response.content) and response.content or {}
  for _, media in ipairs(schemas.sorted_keys(content)) do
    if media_kind(media) == "json" then
      local node, node_from = refs:follow(content[media], from)
      if schemas.is_object(node) then
        local example = node.example
        if example == nil then
          example = sample.first_example(node.examples, node_from, refs)
        end
        return { schema = node.schema, example = example, from = node_from }
      end
    end
  end
  return nil
end

local function answers(responses, from, refs)
  local answer, links = nil, {}
  for _, key in ipairs(schemas.sorted_keys(responses)) do
    if tostring(key):find "^[2d]" then
      local response, response_from = refs:follow(responses[key], from)
      if schemas.is_object(response) then
        answer = answer or answer_of(response, response_from, refs)
        for _, name in ipairs(schemas.sorted_keys(response.links)) do
          local link, link_from = refs:follow(response.links[name], response_from)
          if schemas.is_object(link) then links[#links + 1] = { node = link, from = link_from } end
        end
      end
    end
  end
  return answer, links
end

local function operation_of(path, method, rank, item, item_from, root, refs)
  local node = item[method]
  local responses = schemas.is_object(node.responses) and node.responses or {}
  local body, unsupported, needed = body_of(node, item_from, refs)
  local answer, links = answers(responses, item_from, refs)
  return {
    method = method:upper(), rank = rank, path = path, from = item_from,
    id = type(node.operationId) == "string" and node.operationId or nil,
    tags = text_list(node.tags), deprecated = node.deprecated == true,
    parameters = parameters_of(item, item_from, node, item_from, refs),
    body = body, unsupported = unsupported, needs_body = needed,
    statuses = statuses_of(responses), answer = answer, links = links,
    security = type(node.security) == "table" and node.security
      or type(root.security) == "table" and root.security or {},
  }
end

-- Paths in order, for each what creates first; what deletes goes last, the innermost first.
local function comes_before(a, b)
  local a_last, b_last = a.rank == 9, b.rank == 9
  if a_last ~= b_last then return b_last end
  if a.path ~= b.path then
    if a_last then return a.path > b.path end
    return a.path < b.path
  end
  return a.rank < b.rank
end

--- All operations, in the order in which a journey makes them.
---@param root table the document
---@param from string its path
---@param refs lload.import.Refs
---@return lload.import.Operation[]
function M.collect(root, from, refs)
  local list = {}
  for _, path in ipairs(schemas.sorted_keys(root.paths)) do
    local item, item_from = refs:follow(root.paths[path], from)
    for _, row in ipairs(METHODS) do
      if schemas.is_object(item) and schemas.is_object(item[row[1]]) and path:sub(1, 1) == "/" then
        list[#list + 1] = operation_of(path, row[1], row[2], item, item_from, root, refs)
      end
    end
  end
  table.sort(list, comes_before)
  return list
end

return M
