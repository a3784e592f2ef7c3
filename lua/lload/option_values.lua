--- From the text of an option to its value: each gives the value, or nil and what is wrong.

local limits = require "lload.limits"
local scenario = require "lload.scenario"
local threshold = require "lload.threshold"
local units = require "lload.units"

local M = {}

function M.text(value)
  if value == "" then return nil, "is empty" end
  return value
end

-- Of a whole number from `min` to `max`.
function M.whole(min, max)
  return function(value) return units.whole(value, min, max) end
end

function M.positive_duration(value)
  local seconds, message = units.duration(value)
  if seconds == 0 then return nil, "must be longer than 0" end
  return seconds, message
end

function M.rate(value)
  local per_second, message = units.rate(value)
  if per_second == 0 then return nil, "must be above 0" end
  if per_second and per_second > limits.MAX_RATE then
    return nil, ("is more than %s/s"):format(units.count(limits.MAX_RATE))
  end
  return per_second, message
end

local function pair(value, separator, remedy, name_pattern)
  local name, rest = value:match("^(.-)" .. separator .. "(.*)$")
  if not name or not name:match(name_pattern) then
    return nil, ('"%s" is not %s'):format(value, remedy)
  end
  return { name = name, value = rest }
end

function M.env_pair(value)
  return pair(value, "=", "KEY=VALUE", "^[%a_][%w_]*$")
end

function M.tag_pair(value)
  return pair(value, "=", "tag=value", "^[%a_][%w_.-]*$")
end

function M.header_pair(value)
  local header, message = pair(value, ":%s*", "'Name: value'", "^%S+$")
  if not header then return nil, message end
  local name = header.name
  header, message = scenario.header(name, header.value)
  if not header then return nil, ('"%s" %s'):format(name, message) end
  return header
end

function M.threshold_pair(value)
  local key, expression = threshold.split(value)
  if not key then return nil, expression end
  return { key = key, expression = expression }
end

function M.resolve_entry(value)
  local host, port, address = value:match("^([^:%s]+):(%d+):(%S+)$")
  if not host or not units.whole(port, 1, 65535) or address == "" then
    return nil, ('"%s" is not host:port:address'):format(value)
  end
  return value
end

-- What the addresses mean, and whether they are this machine's, the engine says before the run.
function M.source_ip(value)
  if value:find "^[%x.:]+%-?[%x.:]*$" then return value end
  return nil, ('"%s" is not an address like 10.0.0.1 or a range like 10.0.0.1-10.0.0.9')
    :format(value)
end

local LOOPBACK = "127.0.0.1"

-- The host of an address and port: brackets belong to IPv6, and nothing means this machine alone.
local function control_host(host)
  if host == "" or host == "localhost" then return LOOPBACK end
  return host:match "^%[([%x:.]+)%]$" or host:match "^%d+%.%d+%.%d+%.%d+$"
end

-- Whether the address is one of this machine's the engine says, when it listens there.
function M.control_address(value)
  local host, port = value:match "^(.*):(%d+)$"
  if not host then host, port = "", value:match "^%d+$" end
  local address = port and control_host(host)
  if not address then
    return nil, ('"%s" is not an address and port like 127.0.0.1:6565, [::1]:6565 or 6565')
      :format(value)
  end
  local number, message = units.whole(port, 0, 65535)
  return number and { address = address, port = number }, message
end

-- Nobody has to know the name of the host yet: it is looked up as often as need be.
function M.datagram_address(value)
  local host, port = value:match "^%[([%x:.]+)%]:(%d+)$"
  if not host then host, port = value:match "^([%w._-]+):(%d+)$" end
  local number = port and units.whole(port, 1, 65535)
  if number then return { host = host, port = number } end
  return nil, ('"%s" is not a host and port like 127.0.0.1:8125 or [::1]:8125'):format(value)
end

function M.samples_path(value)
  if value == "-" then return nil, "standard output is for results; write /dev/stdout" end
  return M.text(value)
end

function M.debug_what(value)
  if value == "all" then return { follow = "all" } end
  local count = value == "failures" and 3 or value:match "^failures:(%d+)$"
  count = count and units.whole(tostring(count), 1, 100)
  if count then return { failures = count } end
  return nil, ('"%s" is neither all nor failures nor failures:N with N from 1 to 100'):format(value)
end

local summaries = { full = true, short = true, none = true }

function M.summary(value)
  if summaries[value] then return value end
  return nil, ('"%s" is not full, short or none'):format(value)
end

function M.share(value)
  local number = tonumber(value:match "^([%d.]+)%%$")
  number = number and number / 100 or tonumber(value)
  if number and number > 0 and number < 100 then return number end
  return nil, ('"%s" is not a share like 10%% or 0.1'):format(value)
end

function M.milliseconds(value)
  local seconds, message = units.duration(value:match "^[%d.]+$" and value .. "ms" or value)
  return seconds and seconds * 1000, message
end

local GITHUB = { auto = true, on = true, off = true }

function M.github(value)
  if GITHUB[value] then return value end
  return nil, ('"%s" is not auto, on or off'):format(value)
end

-- An hour of the day, or a percentile of the minutes.
function M.moment(value)
  local hour = value:match "^%d%d?$" and units.whole(value, 0, 23)
  local percentile = tonumber(value:match "^p([%d.]+)$")
  if hour then return { hour = hour } end
  if percentile and percentile > 0 and percentile <= 100 then return { percentile = percentile } end
  return nil, ('"%s" is neither an hour from 0 to 23 nor a percentile like p95'):format(value)
end

local transports = { auto = true, curl = true, h1 = true }

function M.transport(value)
  if transports[value] then return value end
  return nil, ('"%s" is not auto, curl or h1'):format(value)
end

-- Commands that run scenarios.

return M
