--- The entries of a HAR file (version 1.2) in the order of their requests, without those that no
--- scenario needs: files that pages bring with them, other sites, what a browser does by itself.

local json = require "lload.import.json"
local model = require "lload.import.model"
local noise = require "lload.import.log.noise"
local time = require "lload.time"
local url = require "lload.url"

local M = {}

local ASSET_TYPES = {
  "^image/", "^font/", "^audio/", "^video/", "^text/css", "javascript", "ecmascript",
  "^application/font", "^application/wasm", "manifest",
}

local RESOURCES = {
  stylesheet = true, script = true, image = true, font = true, media = true, manifest = true,
}

---@class lload.import.har.Entry
---@field number integer its place in the file
---@field origin string scheme, host and port
---@field path string
---@field query string|nil
---@field host string
---@field began number seconds since 1970
---@field ended number
---@field page string|nil
---@field request table as it is in the file
---@field response table|nil as it is in the file; nil if there was none

-- What an address may not have as it stands is percent-encoded, as browsers do.
local function encoded(s)
  return (s:gsub("[%c \128-\255\"<>\\^`{|}]", function(c) return ("%%%02X"):format(c:byte()) end))
end

local function split(address)
  local scheme, authority, rest = address:match "^(%a[%w+.-]*):/*([^/?#]*)([^#]*)"
  if not scheme then return nil end
  scheme, authority = scheme:lower(), authority:gsub("^.*@", ""):lower()
  local host = authority:gsub(":%d+$", "")
  if scheme:find "^https?$" and not host:find "^[%w_.-]+$" and not host:find "^%[[%x:.]+%]$" then
    return nil
  end
  local path, query = rest:match "^([^?]*)%??(.*)$"
  return {
    scheme = scheme, origin = scheme .. "://" .. authority, host = host,
    path = path == "" and "/" or encoded(path), query = query ~= "" and query or nil,
  }
end

local function seconds(text)
  if type(text) ~= "string" then return nil end
  local ok, value = pcall(time.parse, text)
  return ok and value or nil
end

local function table_or_nil(value) return type(value) == "table" and value or nil end

local function read(raw, number)
  local request = table_or_nil(raw) and table_or_nil(raw.request)
  if not request then return nil, "it has no request" end
  if type(request.url) ~= "string" or type(request.method) ~= "string" then
    return nil, "its request has no method or no url"
  elseif not request.method:find "^[%a-]+$" then
    return nil, "its method is none"
  end
  local entry = split(request.url)
  if not entry then return nil, "its address is none" end
  local response = table_or_nil(raw.response)
  if response and (tonumber(response.status) or 0) < 100 then response = nil end
  entry.number, entry.request, entry.response = number, request, response
  entry.began = seconds(raw.startedDateTime)
  entry.ended = entry.began and entry.began + math.max(0, tonumber(raw.time) or 0) / 1000
  entry.page = type(raw.pageref) == "string" and raw.pageref or nil
  entry.resource = raw._resourceType
  return entry
end

-- The part of a name that belongs to one owner, more or less: the last two labels, three where the
-- last two are as short as in co.uk; an address as it is.
local function site_of(host)
  if host:find "^[%d.]+$" or host:find "[:%[]" then return host end
  local rest, second, top = host:match "^(.-)%.?([^.]+)%.([^.]+)$"
  if not second then return host end
  if #top == 2 and #second <= 3 and rest ~= "" then
    return rest:match "[^.]+$" .. "." .. second .. "." .. top
  end
  return second .. "." .. top
end

local function media_type(entry)
  local content = entry.response and table_or_nil(entry.response.content)
  local kind = content and content.mimeType
  return type(kind) == "string" and kind:lower() or ""
end

local function is_asset(entry)
  if RESOURCES[entry.resource] then return true end
  if entry.request.method ~= "GET" then return false end
  local kind = media_type(entry)
  for _, pattern in ipairs(ASSET_TYPES) do
    if kind:find(pattern) then return true end
  end
  -- What is named like a file may be an interface all the same.
  local status = tonumber(entry.response and entry.response.status) or 0
  return noise.is_asset(entry.path) and not (status < 400 and kind:find "json")
end

-- Why a browser's request is none of the scenario's; nil if it is.
local function reason(entry, site, wanted)
  if entry.scheme == "ws" or entry.scheme == "wss" or entry.resource == "websocket" then
    return "WebSockets", "write them by hand with lload.ws"
  elseif entry.scheme ~= "http" and entry.scheme ~= "https" then
    return "addresses of " .. entry.scheme, "nothing is sent for them"
  elseif entry.request.method == "OPTIONS" or entry.resource == "preflight" then
    return "preflight requests", "only browsers send them"
  elseif site_of(entry.host) ~= site and not wanted.third_parties then
    return "requests to " .. entry.host, "a third party; --with-third-parties keeps it"
  elseif is_asset(entry) and not wanted.assets then
    return "files that pages bring with them", "--with-assets keeps them"
  end
  return nil
end

-- Where an answer redirects to; nil if it does not.
local function redirect_of(entry)
  local response = entry.response
  local status, target = tonumber(response and response.status), response and response.redirectURL
  if not status or status < 300 or status > 399 or type(target) ~= "string" or target == "" then
    return nil
  end
  local ok, absolute = pcall(url.resolve, entry.request.url, target)
  return ok and absolute and absolute:gsub("#.*$", "") or nil
end

-- What a redirect leads to is asked for by lload itself: the answer becomes that of the redirect.
local function follow_redirects(entries, found)
  local kept, awaited = {}, {}
  for _, entry in ipairs(entries) do
    local address = entry.request.url:gsub("#.*$", "")
    local root = awaited[address]
    if root and entry.request.method == "GET" then
      awaited[address] = nil
      root.answers = root.answers or { root.response }
      table.insert(root.answers, entry.response)
      root.response, root.ended = entry.response, entry.ended or root.ended
      model.drop(found, "requests that redirects lead to", "lload follows redirects by itself")
    else
      kept[#kept + 1], root = entry, entry
    end
    local target = redirect_of(entry)
    if target then awaited[target] = root end
  end
  return kept
end

local function by_time(a, b)
  if a.began and b.began and a.began ~= b.began then return a.began < b.began end
  return a.number < b.number
end

-- The site that was recorded: that of the first page, or of the first request.
local function main_entry(entries)
  for _, entry in ipairs(entries) do
    if media_type(entry):find "html" then return entry end
  end
  for _, entry in ipairs(entries) do
    if entry.scheme:find "^https?$" then return entry end
  end
  return nil
end

local function read_all(list, found)
  local entries = {}
  for number, raw in ipairs(list) do
    local entry, why = read(raw, number)
    if entry then
      entries[#entries + 1] = entry
    else
      model.drop(found, "entries", why)
    end
  end
  table.sort(entries, by_time)
  return entries
end

local function document_of(text)
  local document, message = json.decode(text)
  if document == nil then return nil, message .. "; is the file complete?" end
  local log = table_or_nil(document) and table_or_nil(document.log)
  local list = log and table_or_nil(log.entries)
  if not list then return nil, "is no HAR: it has no log.entries" end
  return log, list
end

local function titles_of(log)
  local titles = {}
  for _, page in ipairs(table_or_nil(log.pages) or {}) do
    if table_or_nil(page) and type(page.id) == "string" then
      titles[page.id] = type(page.title) == "string" and page.title or page.id
    end
  end
  return titles
end

--- Reads a HAR file.
---@param text string
---@param found lload.import.Model what is left out is noted there
---@param wanted { assets: boolean|nil, third_parties: boolean|nil }
---@return lload.import.har.Entry[]|nil entries
---@return string|table titles of the pages by their ids, or a message
---@return string|nil origin of the site
function M.read(text, found, wanted)
  local log, list = document_of(text)
  if not log then return nil, list end
  local entries = read_all(list, found)
  local main = main_entry(entries)
  if not main then return nil, "has no requests" end
  local kept, site = {}, site_of(main.host)
  for _, entry in ipairs(entries) do
    local what, why = reason(entry, site, wanted)
    if what then model.drop(found, what, why) else kept[#kept + 1] = entry end
  end
  if #kept == 0 then return nil, "has no requests but those that are left out" end
  return follow_redirects(kept, found), titles_of(log), main.origin
end

return M
