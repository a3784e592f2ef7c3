--- Fields of a log whose lines are JSON: by the names that nginx, Caddy, Traefik and common loggers
--- use, or by those of a log_format.

local format = require "lload.import.log.format"
local json_decode = require("lload.core").json_decode

local M = {}

-- Where to look for each field, the first that is there; dots lead into objects.
local KEYS = {
  address = {
    "remote_addr", "client_ip", "clientip", "remote_ip", "ip", "ClientHost", "request.client_ip",
    "request.remote_ip", "httpRequest.remoteIp", "client",
  },
  forwarded = { "http_x_forwarded_for", "x_forwarded_for" },
  time = {
    "time_iso8601", "@timestamp", "timestamp", "time_local", "time", "ts", "msec", "StartUTC",
    "date",
  },
  method = {
    "request_method", "method", "http_method", "verb", "RequestMethod", "request.method",
    "httpRequest.requestMethod",
  },
  target = {
    "request_uri", "uri", "url", "target", "path", "RequestPath", "request.uri", "request.url",
    "httpRequest.requestUrl",
  },
  arguments = { "args", "query_string" },
  request = { "request" },
  status = {
    "status", "status_code", "response", "DownstreamStatus", "code", "response.status",
    "httpRequest.status",
  },
  agent = {
    "http_user_agent", "user_agent", "agent", "userAgent", "request_User-Agent",
    "request.headers.User-Agent", "httpRequest.userAgent",
  },
  duration = { "request_time", "duration", "response_time" },
}

local function reach(value, path)
  if type(value) ~= "table" then return nil end
  if value[path] ~= nil then return value[path] end
  local first, rest = path:match "^([^.]+)%.(.+)$"
  if not first then return nil end
  return reach(value[first], rest)
end

-- A header is a list of values in some logs.
local function plain(value)
  if type(value) == "table" then value = value[1] end
  if type(value) == "number" then return ("%.14g"):format(value) end
  return type(value) == "string" and value or nil
end

local function look_up(record, keys)
  for _, key in ipairs(keys) do
    local value = plain(reach(record, key))
    if value then return value end
  end
  return nil
end

local function keys_of(given, session)
  local keys = {}
  for name, list in pairs(KEYS) do keys[name] = list end
  for variable, key in pairs(given or {}) do
    local meaning = format.meaning(variable)
    if meaning then keys[meaning] = { key } end
    if not session and variable:find "^cookie_" then session = key end
  end
  keys.session = session and { session } or nil
  return keys
end

--- A reader of lines: true and the fields in the order of format.SLOTS, or false.
---@param text? string a log_format that writes JSON
---@param session? string the key that tells visits apart
---@return fun(line: string): boolean, ...
function M.reader(text, session)
  local keys = keys_of(text and format.json_keys(text), session)
  local lists, count = {}, #format.SLOTS
  for slot, name in ipairs(format.SLOTS) do lists[slot] = keys[name] or {} end
  local values = {}
  return function(line)
    local record = json_decode(line)
    if type(record) ~= "table" then return false end
    for slot = 1, count do values[slot] = look_up(record, lists[slot]) end
    if not values[2] or not (values[4] or values[11]) then return false end
    return true, unpack(values, 1, count)
  end
end

return M
