--- Templates that an OpenAPI document names: a path that fits one is that one, literal segments
--- before values.

local documents = require "lload.import.document"

local M = {}

---@class lload.import.log.Routes
local Routes = {}
Routes.__index = Routes

local function new_node() return { words = {} } end

-- `/users/{id}` as a template of lload, with the numbers of the segments that are values.
local function route_of(text)
  local path, params, index = "", {}, 0
  for segment in text:gmatch "/([^/]*)" do
    index = index + 1
    local name = segment:match "^{([^{}]+)}$"
    if name then
      name = name:gsub("[^%w_]", "_"):gsub("^(%d)", "_%1")
      params[#params + 1] = { name = name, index = index }
      path = path .. "/:" .. name
    else
      path = path .. "/" .. segment
    end
  end
  return { path = path, params = params }
end

local function add(self, text)
  local node = self.root
  for segment in text:gmatch "/([^/]*)" do
    if segment:find "^{.*}$" then
      node.value = node.value or new_node()
      node = node.value
    else
      node.words[segment] = node.words[segment] or new_node()
      node = node.words[segment]
    end
  end
  node.route = node.route or route_of(text)
end

--- Routes of templates as OpenAPI writes them.
---@param list string[]
---@return lload.import.log.Routes
function M.new(list)
  local self = setmetatable({ root = new_node() }, Routes)
  for _, text in ipairs(list) do add(self, text) end
  return self
end

local function find(node, segments, at)
  local segment = segments[at]
  if segment == nil then return node.route end
  local literal = node.words[segment]
  local found = literal and find(literal, segments, at + 1)
  if found or not node.value or segment == "" then return found end
  return find(node.value, segments, at + 1)
end

--- The route of a path, or nil.
---@param path string
---@return table|nil route { path, params }
function Routes:match(path)
  local segments = {}
  for segment in path:gmatch "/([^/]*)" do segments[#segments + 1] = segment end
  return find(self.root, segments, 1)
end

-- What servers have before the paths: `https://api.example.com/v1` → /v1.
local function prefixes_of(document)
  local prefixes = { "" }
  for _, server in ipairs(type(document.servers) == "table" and document.servers or {}) do
    local url = type(server) == "table" and server.url
    local prefix = type(url) == "string" and url:gsub("^%a[%w+.-]*://[^/]*", ""):gsub("/+$", "")
    if prefix and prefix:find "^/" then prefixes[#prefixes + 1] = prefix end
  end
  return prefixes
end

--- Routes of an OpenAPI file; nil without one.
---@param path string|nil
---@param context table of command/import.lua
---@return lload.import.log.Routes|nil
---@return string|nil message
function M.of(path, context)
  if not path then return nil end
  local content, message = context.read_file(path)
  local document
  if content then document, message = documents.read(content, context.world.engine) end
  if type(document) ~= "table" or type(document.paths) ~= "table" then
    return nil, ("--openapi %s: %s"):format(path, message or "it has no paths")
  end
  local list = {}
  for _, prefix in ipairs(prefixes_of(document)) do
    for route in pairs(document.paths) do
      if type(route) == "string" then list[#list + 1] = prefix .. route end
    end
  end
  table.sort(list)
  return M.new(list)
end

return M
