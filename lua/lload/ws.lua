--- lload.ws: WebSockets. What they do is in C; here is how one is asked for.

local core = require "lload.core"
local suggest = require "lload.suggest"

local M = {}

-- Options of the handshake that any request has.
local OF_REQUEST = {
  "basic", "bearer", "cookies", "headers", "name", "params", "query", "tags", "timeout",
}
local OWN = { "max_message", "protocols" }

local KNOWN, NAMES = {}, {}
for _, list in ipairs { OF_REQUEST, OWN } do
  for _, name in ipairs(list) do
    KNOWN[name], NAMES[#NAMES + 1] = true, name
  end
end

local OWN_HEADERS = { connection = true, upgrade = true }
local TOKEN = "^[%w!#$%%&'*+%-.^_`|~]+$"
local PROTOCOL_MAX = 63

local function check_names(options)
  for name in pairs(options) do
    if not KNOWN[name] then
      local near = suggest.nearest(tostring(name), NAMES)
      error(("ws.connect: unknown option '%s'%s"):format(tostring(name),
        near and ("; did you mean '%s'?"):format(near) or ""), 3)
    end
  end
end

local function check_headers(headers)
  if type(headers) ~= "table" then return end
  for name in pairs(headers) do
    local lower = tostring(name):lower()
    if OWN_HEADERS[lower] or lower:find "^sec%-websocket%-" then
      error(("ws.connect: lload sets the header %s itself%s"):format(name,
        lower == "sec-websocket-protocol" and "; use protocols = { … }" or ""), 3)
    end
  end
end

-- "a, b" as the header has it, or nil.
local function read_protocols(protocols)
  if protocols == nil then return nil end
  if type(protocols) == "string" then protocols = { protocols } end
  if type(protocols) ~= "table" or #protocols == 0 then
    error("ws.connect: protocols is a name or a list of names", 3)
  end
  local seen = {}
  for _, name in ipairs(protocols) do
    if type(name) ~= "string" or not name:find(TOKEN) or #name > PROTOCOL_MAX or seen[name] then
      error(("ws.connect: '%s' is no name of a subprotocol, or is given twice"):format(
        tostring(name)), 3)
    end
    seen[name] = true
  end
  return table.concat(protocols, ", ")
end

-- ws:// and wss:// are http:// and https:// until the handshake is over.
local function address(url)
  if type(url) ~= "string" then
    error(("ws.connect: an address is wanted, got a %s"):format(type(url)), 3)
  end
  local scheme, rest = url:match "^[wW][sS]([sS]?)(://.*)$"
  return scheme and "http" .. scheme:lower() .. rest or url
end

--- Opens a WebSocket; see lload.ws.connect in types.lua.
---@param url string
---@param options? table
---@return table socket
function M.connect(url, options)
  options = options == nil and {} or options
  if type(options) ~= "table" then
    error(("ws.connect: options are a table, got a %s"):format(type(options)), 2)
  end
  check_names(options)
  check_headers(options.headers)
  local request = { max_body = options.max_message }
  for _, name in ipairs(OF_REQUEST) do request[name] = options[name] end
  return core.ws_connect(address(url), request, read_protocols(options.protocols))
end

return M
