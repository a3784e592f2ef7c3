--- lload.url: addresses taken apart and put together (RFC 3986).

local core = require "lload.core"
local repeated = require "lload.repeated"

local M = { encode = core.url_encode }

function M.decode(text) return core.url_decode(text, false) end

-- The five parts as they are written (RFC 3986, appendix B); absent ones are nil, the path is "".
local function split(text)
  local parts = {}
  local scheme, rest = text:match "^(%a[%w+.-]*):(.*)$"
  parts.scheme = scheme and scheme:lower()
  rest = rest or text
  local authority, after = rest:match "^//([^/?#]*)(.*)$"
  parts.authority, rest = authority, after or rest
  parts.path, rest = rest:match "^([^?#]*)(.*)$"
  local query, fragment = rest:match "^%?([^#]*)(.*)$"
  parts.query, rest = query, fragment or rest
  parts.fragment = rest:match "^#(.*)$"
  return parts
end

local function join(parts)
  return (parts.scheme and parts.scheme .. ":" or "")
    .. (parts.authority and "//" .. parts.authority or "") .. parts.path
    .. (parts.query and "?" .. parts.query or "")
    .. (parts.fragment and "#" .. parts.fragment or "")
end

local function read_authority(authority, into)
  local userinfo, place = authority:match "^(.*)@(.*)$"
  place = place or authority
  local host, port = place:match "^%[([%x:.]+)%](.*)$"
  if not host then host, port = place:match "^([^:%[%]]*)(.*)$" end
  local digits = port:match "^:(%d*)$"
  if port ~= "" and not digits or host:find "[%c%s<>\"\\^`{|}]" then return nil end
  into.userinfo, into.host, into.port = userinfo, host:lower(), tonumber(digits)
  return not into.port or into.port <= 65535
end

-- name=value&… as a table; a repeated name has a list.
local function read_query(query)
  local values = {}
  for pair in query:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=(.*)$"
    name, value = core.url_decode(name or pair, true), core.url_decode(value or "", true)
    repeated.add(values, name, value)
  end
  return values
end

--- Takes an address apart.
---@param text string
---@return table|nil parts { scheme, userinfo, host, port, path, query, fragment }
---@return string|nil message
function M.parse(text)
  if type(text) ~= "string" then return nil, "an address is text, this is " .. type(text) end
  local parts = split(text)
  local url = { scheme = parts.scheme, path = parts.path, fragment = parts.fragment }
  if parts.authority and not read_authority(parts.authority, url) then
    return nil, ("'%s': the host or its port is not valid"):format(text:sub(1, 100))
  end
  url.query = parts.query and read_query(parts.query)
  return url
end

-- Numbers as requests send them: whole ones up to 2^53 unchanged.
local function value_text(value, level)
  if type(value) == "number" and value - value == 0 then
    local is_whole = value % 1 == 0 and math.abs(value) <= 2 ^ 53
    return (is_whole and "%.0f" or "%.14g"):format(value)
  elseif type(value) == "string" then
    return value
  elseif type(value) ~= "boolean" then
    error("url.query: values are text, finite numbers, booleans or lists of these", level + 1)
  end
  return tostring(value)
end

local function sorted_names(values, level)
  local names = {}
  for name in pairs(values) do
    if type(name) ~= "string" then error("url.query: names are text", level + 1) end
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function query_text(values, level)
  local pairs_of = {}
  for _, name in ipairs(sorted_names(values, level + 1)) do
    local list = values[name]
    if type(list) ~= "table" then list = { list } end
    for _, value in ipairs(list) do
      pairs_of[#pairs_of + 1] = core.url_encode(name) .. "="
        .. core.url_encode(value_text(value, level + 1))
    end
  end
  return table.concat(pairs_of, "&")
end

--- Names and values as a query.
---@param values table
---@return string query without a question mark
function M.query(values)
  if type(values) ~= "table" then error("url.query: a table is wanted", 2) end
  local text = query_text(values, 2) -- no tail call: levels count
  return text
end

-- What may stand in a path, and in a query or fragment; a % is taken for an escape.
local NOT_IN_PATH, NOT_IN_QUERY = "[^%w%-._~!$&'()*+,;=:@/%%]", "[^%w%-._~!$&'()*+,;=:@/?%%]"

local function authority_of(parts)
  local host = parts.host
  if host:find(":", 1, true) then host = "[" .. host .. "]" end
  return (parts.userinfo and parts.userinfo .. "@" or "") .. host
    .. (parts.port and (":%d"):format(parts.port) or "")
end

local KNOWN = {
  scheme = "string", userinfo = "string", host = "string", port = "number", path = "string",
  fragment = "string",
}

local function check_parts(parts)
  if type(parts) ~= "table" then error("url.build: a table is wanted", 3) end
  for name, value in pairs(parts) do
    local wanted = KNOWN[name]
    if not wanted and name ~= "query" then
      error(("url.build: unknown part '%s'"):format(tostring(name)), 3)
    elseif wanted and type(value) ~= wanted then
      error(("url.build: %s is no %s"):format(name, wanted), 3)
    end
  end
end

--- Puts an address together.
---@param parts table as `parse` returns it
---@return string url
function M.build(parts)
  check_parts(parts)
  local path = (parts.path or ""):gsub(NOT_IN_PATH, core.url_encode)
  if parts.host and path:find "^[^/]" then
    path = "/" .. path
  elseif not parts.host and path:find "^//" then
    path = "/." .. path -- else it would begin with a host
  end
  local query = parts.query
  if type(query) == "table" then
    query = query_text(query, 2)
  elseif query ~= nil then
    query = value_text(query, 2):gsub(NOT_IN_QUERY, core.url_encode)
  end
  return join {
    scheme = parts.scheme, authority = parts.host and authority_of(parts), path = path,
    query = query ~= "" and query or nil,
    fragment = parts.fragment and parts.fragment:gsub(NOT_IN_QUERY, core.url_encode),
  }
end

-- RFC 3986, 5.2.4. The first segment of an absolute path is the empty one before its slash.
local function remove_dots(path)
  local kept, segments = {}, {}
  for segment in (path .. "/"):gmatch "([^/]*)/" do segments[#segments + 1] = segment end
  for i, segment in ipairs(segments) do
    local is_dots = segment == "." or segment == ".."
    if segment == ".." and #kept > (kept[1] == "" and 1 or 0) then kept[#kept] = nil end
    if not is_dots then
      kept[#kept + 1] = segment
    elseif i == #segments then
      kept[#kept + 1] = ""
    end
  end
  return table.concat(kept, "/")
end

local function merge(base, path)
  if base.authority and base.path == "" then return "/" .. path end
  return (base.path:match "^.*/" or "") .. path
end

-- RFC 3986, 5.2.2.
local function transform(base, reference)
  local target = { scheme = base.scheme, fragment = reference.fragment }
  if reference.scheme or reference.authority then
    target.scheme = reference.scheme or base.scheme
    target.authority, target.query = reference.authority, reference.query
    target.path = remove_dots(reference.path)
    return target
  end
  target.authority = base.authority
  target.query = reference.query
  if reference.path == "" then
    target.path, target.query = base.path, reference.query or base.query
  elseif reference.path:find "^/" then
    target.path = remove_dots(reference.path)
  else
    target.path = remove_dots(merge(base, reference.path))
  end
  return target
end

--- Where a link leads that was found on a page.
---@param base string
---@param reference string
---@return string|nil url
---@return string|nil message
function M.resolve(base, reference)
  if type(base) ~= "string" then return nil, "an address is text, this is " .. type(base) end
  if type(reference) ~= "string" then
    return nil, "an address is text, this is " .. type(reference)
  end
  local from = split(base)
  if not from.scheme then return nil, ("'%s' has no scheme"):format(base:sub(1, 100)) end
  return join(transform(from, split(reference)))
end

return M
