--- lload.http.stream: an answer that is read while it comes.

local core = require "lload.core"

-- What a request asks for unless it says otherwise: events, as they are.
local HEADERS = { ["accept"] = "text/event-stream", ["accept-encoding"] = "identity" }
local OWN = { method = true, max_event = true, headers = true }

local function with_defaults(headers)
  local all, given = {}, {}
  for name, value in pairs(headers) do
    all[name] = value
    given[tostring(name):lower()] = true
  end
  for name, value in pairs(HEADERS) do
    if not given[name] then all[name] = value end
  end
  return all
end

--- Opens a stream; see lload.http.stream in types.lua.
---@param url string
---@param options? table those of a request, and method, max_event
---@return lload.Stream
return function(url, options)
  local request = {}
  if options ~= nil and type(options) ~= "table" then
    error(("stream: a table of options is wanted, got a %s"):format(type(options)), 2)
  end
  options = options or {}
  for name, value in pairs(options) do
    if not OWN[name] then request[name] = value end
  end
  local headers = options.headers
  if headers ~= nil and type(headers) ~= "table" then
    error(("headers: a table is wanted, got %s"):format(type(headers)), 2)
  end
  request.headers = with_defaults(headers or {})
  return core.stream(options.method or "GET", url, request, options.max_event)
end
