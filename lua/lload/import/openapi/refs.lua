--- `$ref` in one document and the files beside it: each is read once, and every node knows which
--- document it stands in.

local document = require "lload.import.document"
local url = require "lload.url"

local M = {}

local LONGEST_CHAIN = 50 -- references that lead to references
local MOST_FILES = 500

---@class lload.import.Refs
---@field documents table<string, any> by path
---@field context table
local Refs = {}
Refs.__index = Refs

--- The references of a document.
---@param root table the document
---@param context table of the reader
---@return lload.import.Refs
function M.new(root, context)
  local refs = setmetatable({ context = context, documents = {}, files = 0 }, Refs)
  refs.documents[context.name] = root
  return refs
end

local function fail(ref, from, why)
  error({ message = ('$ref "%s" in %s: %s'):format(ref, from, why) }, 0)
end

local function folder_of(path) return path:match "^(.*/)[^/]*$" or "" end

-- ../ and ./ taken out, so that one file has one name.
local function clean(path)
  local kept = {}
  for segment in path:gmatch "[^/]+" do
    if segment == ".." and #kept > 0 and kept[#kept] ~= ".." then
      kept[#kept] = nil
    elseif segment ~= "." then
      kept[#kept + 1] = segment
    end
  end
  return (path:sub(1, 1) == "/" and "/" or "") .. table.concat(kept, "/")
end

function Refs:document(path, ref, from)
  local known = self.documents[path]
  if known ~= nil then return known end
  self.files = self.files + 1
  if self.files > MOST_FILES then
    fail(ref, from, ("more than %d files belong to it"):format(MOST_FILES))
  end
  local content, message = self.context.read_file(path)
  if not content then fail(ref, from, ("%s: %s"):format(path, message)) end
  local value
  value, message = document.read(content, self.context.world.engine)
  if value == nil then fail(ref, from, ("%s: %s"):format(path, message)) end
  self.documents[path] = value
  return value
end

-- RFC 6901, with the escapes of an address.
local function pointed(root, pointer)
  local value = root
  for token in pointer:gmatch "/([^/]*)" do
    local key = url.decode(token):gsub("~1", "/"):gsub("~0", "~")
    if type(value) ~= "table" then return nil end
    local index = tonumber(key)
    local found = value[key]
    if found == nil and index then found = value[index + 1] end
    value = found
  end
  return value
end

-- Where a reference leads: a node, and the path of its document.
function Refs:target(ref, from)
  if type(ref) ~= "string" then fail(tostring(ref), from, "it is no text") end
  if ref:find "^%a[%w+.-]*:" then
    fail(ref, from, "only files beside the document are read; download it")
  end
  local file, pointer = ref:match "^([^#]*)#?(.*)$"
  local path = from
  if file ~= "" then
    if file:sub(1, 1) == "/" then fail(ref, from, "only relative paths are followed") end
    path = clean(folder_of(from) .. url.decode(file))
  end
  local node = pointed(self:document(path, ref, from), pointer)
  if node == nil then fail(ref, from, "leads nowhere") end
  return node, path
end

--- The node itself: references are followed to their end.
---@param node any
---@param from string path of the document that the node stands in
---@return any node
---@return string from where it stands
function Refs:follow(node, from)
  local hops = 0
  while type(node) == "table" and node["$ref"] ~= nil do
    local ref = node["$ref"]
    hops = hops + 1
    if hops > LONGEST_CHAIN then fail(ref, from, "the references lead in a circle") end
    node, from = self:target(ref, from)
  end
  return node, from
end

return M
