--- What the http options `hosts`, `block_hosts` and `proxy` say about hosts.

local reader = require "lload.reader"
local units = require "lload.units"

local M = {}

-- A name, or an address of IPv4, which looks like one.
local function is_host(text)
  return text:find "^[%w_-][%w_.-]*$" ~= nil and not text:find("..", 1, true)
end

local function is_ipv6(text) return text:find "^[%x.]*:[%x.]*:[%x:.]*$" ~= nil end

-- "host", "host:port", "::1", "[::1]", "[::1]:port" → the host (IPv6 in brackets) and the port.
local function split(text)
  if is_ipv6(text) then return "[" .. text .. "]", "" end
  local host, rest = text:match "^(%[[%x:.]+%])(.*)$"
  if not host then host, rest = text:match "^([^:]*)(.*)$" end
  local port = rest:match "^:(%d+)$" or ""
  if rest ~= "" and not units.whole(port, 1, 65535) then return nil end
  if host:sub(1, 1) == "[" or is_host(host) then return host, port end
  return nil
end

local function shown(value)
  return type(value) == "string" and ("%q"):format(value) or "a " .. type(value)
end

-- One entry as libcurl writes it: "host:port:to:to-port", where nothing is any port, or the same.
local function entry(from, to)
  local host, port = split(type(from) == "string" and from or "")
  if not host or host:sub(1, 1) == "[" then
    return nil, 'is no host, as in hosts = { ["shop.test"] = "127.0.0.1:8443" }'
  end
  local to_host, to_port = split(type(to) == "string" and to or "")
  if not to_host then
    return nil, "must be a host or an address, with a port or without, not " .. shown(to)
  end
  return ("%s:%s:%s:%s"):format(host, port, to_host, to_port)
end

--- Reads `hosts`. What names a port goes before what does not.
---@param r lload.Reader
---@return string[] entries
function M.read_hosts(r)
  local raw = r:typed("hosts", "table", { default = {} }) or {}
  local with_port, without = {}, {}
  for _, from in ipairs(reader.sorted_keys(raw)) do
    local text, message = entry(from, raw[from])
    if text then
      local list = text:find "^[^:]*::" and without or with_port
      list[#list + 1] = text
    else
      r.problems:add(reader.join(reader.join(r.path, "hosts"), from), message)
    end
  end
  for _, text in ipairs(without) do with_port[#with_port + 1] = text end
  return with_port
end

local function is_pattern(text)
  return is_host(text:match "^%*%.(.*)$" or text) or is_ipv6(text)
end

--- Reads `block_hosts`.
---@param r lload.Reader
---@return string[] patterns
function M.read_block_hosts(r)
  local raw = r:typed("block_hosts", "table", { default = {} }) or {}
  local patterns = {}
  for _, key in ipairs(reader.sorted_keys(raw)) do
    local text = raw[key]
    if type(key) == "number" and type(text) == "string" and is_pattern(text) then
      patterns[#patterns + 1] = text
    else
      r.problems:add(reader.join(reader.join(r.path, "block_hosts"), key),
        'is no host, as in block_hosts = { "ads.test", "*.tracker.test" }')
    end
  end
  return patterns
end

local SCHEMES = { http = true, https = true, socks5 = true, socks5h = true }

--- Is this the address of a proxy?
---@param url any
---@return string|nil url
---@return string|nil message which shows no password
function M.proxy(url)
  local scheme, rest
  if type(url) == "string" then scheme, rest = url:match "^([%w+.-]+)://([^/?#%s%c]+)/?$" end
  if not scheme or not SCHEMES[scheme:lower()] then
    return nil, "must be the address of a proxy, as in http://127.0.0.1:3128; there are http, "
      .. "https, socks5 and socks5h"
  end
  local host, port = split((rest:gsub("^.*@", "")))
  if not host or port == "" then
    return nil, "needs a host and a port, as in http://127.0.0.1:3128"
  end
  return url
end

return M
