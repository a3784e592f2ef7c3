--- The endpoints of a log, found while it streams: a tree of path segments in which values become
--- `:name` by their type, and what is neither word nor value once it has many siblings.
--
-- Words are never merged. What came before a merge is merged with it, so the result is that of the
-- whole log. Bounded: beyond MOST_ENDPOINTS nothing new is kept, but counted.

local segments = require "lload.import.log.segment"
local states = require "lload.import.log.state"

local M = {}

local MOST_ENDPOINTS = 5000
local MANY_SIBLINGS = 30
local DEEPEST = 20
local REMEMBERED = 20000 -- paths whose place in the tree is known at once
local OWN_NUMBER = 50 -- requests after which a number that never changes is a word
local LARGEST_OWN = 3000

---@class lload.import.log.Paths
---@field count integer endpoints
---@field refused integer requests of endpoints beyond the limit
local Paths = {}
Paths.__index = Paths

local function new_node() return { words = {}, mixed = {}, mixed_count = 0 } end

---@param routes? table of log/routes.lua: templates that are known beforehand
---@return lload.import.log.Paths
function M.new(routes)
  return setmetatable({
    root = new_node(), count = 0, refused = 0, routes = routes, by_route = {},
    known = {}, known_count = 0, classes = {}, classes_count = 0,
  }, Paths)
end

function Paths:class(segment)
  local class = self.classes[segment]
  if class then return class end
  if self.classes_count >= REMEMBERED then self.classes, self.classes_count = {}, 0 end
  class = segments.class(segment)
  self.classes[segment], self.classes_count = class, self.classes_count + 1
  return class
end

local function forget_places(self) self.known, self.known_count = {}, 0 end

local merge

local function merge_children(into, from)
  for key, child in pairs(from) do
    if into[key] then merge(into[key], child) else into[key] = child end
  end
end

local function merge_leaves(node, other)
  if not other.states then return end
  node.states = node.states or {}
  for method, state in pairs(other.states) do
    local own = node.states[method]
    if own then states.absorb(own, state) else node.states[method] = state end
  end
end

function merge(node, other)
  merge_children(node.words, other.words)
  merge_children(node.mixed, other.mixed)
  node.mixed_count = 0
  for _ in pairs(node.mixed) do node.mixed_count = node.mixed_count + 1 end
  if other.value then
    if node.value then
      merge(node.value, other.value)
      node.has_many = node.has_many or other.has_many or node.only ~= other.only
    else
      node.value, node.class, node.only = other.value, other.class, other.only
      node.has_many = other.has_many
    end
  end
  merge_leaves(node, other)
end

-- What is neither word nor value has so many siblings that it is a value.
local function merge_mixed(self, node)
  node.value, node.class = node.value or new_node(), node.class or "mixed"
  node.has_many, node.takes_mixed = true, true
  for _, child in pairs(node.mixed) do merge(node.value, child) end
  node.mixed, node.mixed_count = {}, 0
  forget_places(self)
end

local function value_child(node, segment, class, may_add)
  if not node.value then
    if not may_add then return nil end
    node.value, node.class, node.only = new_node(), class, segment
  end
  if segment ~= node.only then node.has_many = true end
  return node.value
end

local function child_of(self, node, segment, may_add)
  local known = node.words[segment] or node.mixed[segment]
  if known then return known end
  local class = self:class(segment)
  if class ~= "word" and (class ~= "mixed" or node.takes_mixed) then
    return value_child(node, segment, class, may_add)
  end
  if not may_add then return nil end
  local child = new_node()
  if class == "word" then
    node.words[segment] = child
    return child
  end
  node.mixed[segment], node.mixed_count = child, node.mixed_count + 1
  if node.mixed_count <= MANY_SIBLINGS then return child end
  merge_mixed(self, node)
  return node.value
end

local function place(self, path, may_add)
  local node, depth = self.root, 0
  for segment in path:gmatch "/([^/]*)" do
    depth = depth + 1
    if depth > DEEPEST then return nil end
    node = child_of(self, node, segment, may_add)
    if not node then return nil end
  end
  return node
end

local function find_place(self, path, may_add)
  local route = self.routes and self.routes:match(path)
  if not route then return place(self, path, may_add) end
  local leaf = self.by_route[route] or { states = {} }
  self.by_route[route] = leaf
  return leaf
end

local function remember(self, path, node)
  if self.known_count >= REMEMBERED then forget_places(self) end
  self.known[path], self.known_count = node, self.known_count + 1
end

--- The state of a method and a path; nil if it is new and either not to be added or one too many.
---@param method string
---@param path string without its query, beginning with /
---@param is_missing boolean the answer was that there is no such thing
---@return lload.import.log.State|nil
function Paths:state(method, path, is_missing)
  local may_add = not is_missing and self.count < MOST_ENDPOINTS
  local node = self.known[path]
  if not node then
    node = find_place(self, path, may_add)
    if not node then return nil end
    remember(self, path, node)
  end
  local state = node.states and node.states[method]
  if state then return state end
  if not may_add then return nil end
  node.states = node.states or {}
  state = states.new(method)
  node.states[method] = state
  self.count = self.count + 1
  return state
end

-- A number that never was another one, such as a version or a year, is no value.
local function is_constant(node, requests)
  local number = tonumber(node.only)
  return not node.has_many and number ~= nil and number < LARGEST_OWN and requests >= OWN_NUMBER
end

local function requests_below(node)
  local count = 0
  for _, state in pairs(node.states or {}) do count = count + state.count end
  for _, children in ipairs { node.words, node.mixed, { node.value } } do
    for _, child in pairs(children) do count = count + requests_below(child) end
  end
  return count
end

local function copy(t)
  local copied = {}
  for key, value in pairs(t) do copied[key] = value end
  return copied
end

local visit

local function visit_value(node, prefix, found)
  if is_constant(node, requests_below(node.value)) then
    return visit(node.value, {
      path = prefix.path .. "/" .. node.only, params = prefix.params, taken = prefix.taken,
      word = prefix.word, depth = prefix.depth + 1,
    }, found)
  end
  local taken, params = copy(prefix.taken), copy(prefix.params)
  local name = segments.name(node.class, prefix.word, taken)
  params[#params + 1] = { name = name, index = prefix.depth + 1 }
  visit(node.value, {
    path = prefix.path .. "/:" .. name, params = params, taken = taken, word = prefix.word,
    depth = prefix.depth + 1,
  }, found)
end

function visit(node, prefix, found)
  for _, state in pairs(node.states or {}) do
    found[#found + 1] = { state = state, path = prefix.path, params = prefix.params }
  end
  for _, children in ipairs { node.words, node.mixed } do
    for segment, child in pairs(children) do
      visit(child, {
        path = prefix.path .. "/" .. segment, params = prefix.params, taken = prefix.taken,
        word = segment, depth = prefix.depth + 1,
      }, found)
    end
  end
  if node.value then visit_value(node, prefix, found) end
end

-- By path, then by method, so that the same log always gives the same file.
local function by_name(a, b)
  if a.path ~= b.path then return a.path < b.path end
  return a.state.method < b.state.method
end

--- All endpoints: { state, path, params = { {name, index} } }, where index is the segment's number.
---@return table[]
function Paths:endpoints()
  local found = {}
  visit(self.root, { path = "", params = {}, taken = {}, depth = 0 }, found)
  for route, leaf in pairs(self.by_route) do
    for _, state in pairs(leaf.states) do
      found[#found + 1] = { state = state, path = route.path, params = route.params }
    end
  end
  table.sort(found, by_name)
  return found
end

return M
