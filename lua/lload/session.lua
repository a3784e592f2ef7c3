--- lload.http.session: requests that share an address, headers and other options.

local core = require "lload.core"
local stream = require "lload.stream"

local METHODS = {
  get = "GET", head = "HEAD", post = "POST", put = "PUT", patch = "PATCH", delete = "DELETE",
  options = "OPTIONS",
}

-- Options that are tables of their own: a request's entries join the session's.
local JOINED = { headers = true, tags = true, query = true, params = true }
local BODIES = { "json", "form", "body", "multipart" }
local NAMES_KEPT = 1000

local function joined(ours, theirs)
  local both = {}
  for key, value in pairs(ours) do both[key] = value end
  for key, value in pairs(theirs) do both[key] = value end
  return both
end

local function merge(defaults, options)
  local merged = {}
  for key, value in pairs(defaults) do merged[key] = value end
  for key, value in pairs(options) do
    local ours = JOINED[key] and defaults[key]
    merged[key] = type(ours) == "table" and type(value) == "table" and joined(ours, value) or value
  end
  return merged
end

-- "GET /orders/:id", as a request without a session is called.
local function default_name(method, url)
  local path = url:gsub("^%a[%w+.-]*://[^/?#]*", ""):match "^[^?#]*"
  if path:sub(1, 1) ~= "/" then path = "/" .. path end
  return method .. " " .. path
end

-- Names are made once for each template; one that is built anew for each request is not kept.
local function namer(prefix)
  local names, count = {}, 0
  return function(method, url)
    local key = method .. url
    local name = names[key]
    if name then return name end
    name = prefix .. default_name(method, url)
    if count < NAMES_KEPT then
      names[key], count = name, count + 1
    end
    return name
  end
end

local function check_defaults(defaults)
  if type(defaults) ~= "table" then
    error(("session: a table of options is wanted, got a %s"):format(type(defaults)), 3)
  end
  for _, key in ipairs(BODIES) do
    if defaults[key] ~= nil then
      error(("session: %s belongs to one request, not to all"):format(key), 3)
    end
  end
  for _, key in ipairs { "base_url", "name_prefix" } do
    if defaults[key] ~= nil and type(defaults[key]) ~= "string" then
      error(("session: %s must be text, got a %s"):format(key, type(defaults[key])), 3)
    end
  end
end

--- Makes a session; see lload.http.session in types/http.lua.
---@param defaults table
---@return table session with get, head, post, put, patch, delete, options, request and stream
return function(defaults)
  check_defaults(defaults)
  local base = (defaults.base_url or ""):gsub("/+$", "")
  local prefix = defaults.name_prefix
  local name_of = prefix and namer(prefix)
  local shared = merge(defaults, {})
  shared.base_url, shared.name_prefix = nil, nil

  local function prepared(method, url, options)
    local merged = options and merge(shared, options) or shared
    if name_of then
      if merged == shared then merged = merge(shared, {}) end
      merged.name = merged.name and prefix .. merged.name or name_of(method, url)
    end
    if base ~= "" and type(url) == "string" and not url:find "^%a[%w+.-]*://" then
      url = base .. (url:sub(1, 1) == "/" and "" or "/") .. url
    end
    return url, merged
  end

  local function request(method, url, options)
    return core.request(method, prepared(method, url, options))
  end

  local session = { request = request }
  function session.stream(url, options)
    return stream(prepared(options and options.method or "GET", url, options))
  end
  for key, method in pairs(METHODS) do
    session[key] = function(url, options) return request(method, url, options) end
  end
  return session
end
