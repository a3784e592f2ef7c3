--- The values of a recorded answer that may be sent later, each with how a scenario reads it.

local core = require "lload.core"
local json = require "lload.import.json"
local model = require "lload.import.model"
local text = require "lload.text"

local M = {}

local LARGEST = 4 * 1024 * 1024 -- of a body that is searched
local LONGEST_VALUE = 4096
local MOST_VALUES = 20000
local DEEPEST = 30

-- The order in which readers of one value are preferred.
local RANK = { json = 1, header = 2, form = 3, cookie = 4, regex = 5 }

-- Headers of every answer that name nothing of the visitor's.
local COMMON = {}
for name in ([[date server content-type content-length content-encoding connection cache-control
  vary age expires last-modified set-cookie transfer-encoding keep-alive strict-transport-security
  x-powered-by x-frame-options x-content-type-options content-security-policy via alt-svc
  access-control-allow-origin access-control-allow-headers access-control-allow-methods pragma
  accept-ranges etag referrer-policy permissions-policy content-language]])
  :gmatch "%S+" do COMMON[name] = true end

---@class lload.import.har.Source
---@field value string
---@field from "json"|"header"|"form"|"cookie"|"regex"
---@field path string
---@field key string the last name of it
---@field holder string the name of what it is in, such as the list
---@field depth integer

local function add(list, source)
  if #list >= MOST_VALUES or #source.value > LONGEST_VALUE or source.value == "" then return end
  list[#list + 1] = source
end

-- Keys that a path can name, in their order.
local function plain_keys(object)
  local keys = {}
  for key in pairs(object) do
    if type(key) == "string" and key:find "^[%a_][%w_-]*$" then keys[#keys + 1] = key end
  end
  table.sort(keys)
  return keys
end

local function number_text(value)
  return value % 1 == 0 and math.abs(value) < 2 ^ 53 and ("%.0f"):format(value)
    or ("%.14g"):format(value)
end

-- Values of JSON by their paths. Keys that a path cannot name are not gone into.
local function add_json(list, value, path, key, holder, depth)
  local kind = type(value)
  if kind == "string" or kind == "number" then
    add(list, {
      value = kind == "number" and number_text(value) or value, from = "json", path = path,
      key = key, holder = holder, depth = depth,
    })
  elseif kind == "table" and depth < DEEPEST then
    if model.is_array(value) then
      for index = 1, math.min(#value, 100) do
        add_json(list, value[index], ("%s[%d]"):format(path, index), key, key, depth + 1)
      end
      return
    end
    for _, inner_key in ipairs(plain_keys(value)) do
      local inner_path = path == "" and inner_key or path .. "." .. inner_key
      add_json(list, value[inner_key], inner_path, inner_key, key, depth + 1)
    end
  end
end

local function each_header(response, visit)
  for _, header in ipairs(type(response.headers) == "table" and response.headers or {}) do
    if type(header) == "table" and type(header.name) == "string"
      and type(header.value) == "string" then
      visit(header.name, header.value)
    end
  end
end

local function add_headers(list, response)
  each_header(response, function(name, value)
    if not COMMON[name:lower()] and not name:find "^:" then
      add(list, { value = value, from = "header", path = name, key = name, holder = "", depth = 0 })
    end
  end)
end

--- Cookies that an answer sets, by name.
---@param response table
---@return table<string, string>
function M.cookies(response)
  local cookies = {}
  each_header(response, function(name, value)
    if name:lower() ~= "set-cookie" then return end
    for line in value:gmatch "[^\n]+" do
      local cookie, content = line:match "^%s*([^=;%s]+)=([^;]*)"
      if cookie then cookies[cookie] = content end
    end
  end)
  for _, cookie in ipairs(type(response.cookies) == "table" and response.cookies or {}) do
    if type(cookie) == "table" and type(cookie.name) == "string" then
      cookies[cookie.name] = cookies[cookie.name] or tostring(cookie.value or "")
    end
  end
  return cookies
end

local function add_cookies(list, response)
  local cookies = M.cookies(response)
  for _, name in ipairs(plain_keys(cookies)) do
    local value = cookies[name]
    local decoded = core.url_decode(value, false) or value
    add(list, { value = decoded, from = "cookie", path = name, key = name, holder = "", depth = 0 })
  end
end

local ENTITIES = {
  amp = "&", lt = "<", gt = ">", quot = '"', apos = "'", ["#39"] = "'", ["#x27"] = "'",
}

local function attribute(tag, name)
  local value = tag:match("[%s\"'/]" .. name .. '%s*=%s*"([^"]*)"')
    or tag:match("[%s\"'/]" .. name .. "%s*=%s*'([^']*)'")
    or tag:match("[%s\"'/]" .. name .. "%s*=%s*([^%s>\"']+)")
  return value and value:gsub("&(#?%w+);", ENTITIES)
end

local function escaped(s) return (s:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?{}|/\\]", "\\%0")) end

-- Hidden fields by their names; metas by a pattern, in the order their attributes stand.
local function add_html(list, body)
  for tag in body:gmatch "<[iI][nN][pP][uU][tT](%s[^>]*)>" do
    local kind, name = attribute(tag, "type"), attribute(tag, "name")
    local value = attribute(tag, "value")
    if kind and kind:lower() == "hidden" and name and value then
      add(list, { value = value, from = "form", path = name, key = name, holder = "", depth = 0 })
    end
  end
  for tag in body:gmatch "<[mM][eE][tT][aA](%s[^>]*)>" do
    local name, value = attribute(tag, "name"), attribute(tag, "content")
    local before, quote = tag:match "^(.-content%s*=%s*)([\"'])"
    if name and value and before and before:find(name, 1, true) then
      add(list, {
        value = value, from = "regex", path = "<meta" .. escaped(before) .. quote .. "([^" .. quote
          .. "]+)", key = name, holder = "", depth = 0,
      })
    end
  end
end

local SCRIPTED = "([%a_][%w_-]*)([\"']?%s*[:=]%s*)\"([%w_.=+/~-]+)\""

-- Values that scripts of a page begin with: `"csrfToken":"…"`, `csrfToken = "…"`.
local function add_scripted(list, body)
  for script in body:gmatch "<[sS][cC][rR][iI][pP][tT][^>]*>(.-)</" do
    for name, between, value in script:gmatch(SCRIPTED) do
      if #value >= 8 and #between <= 8 then
        add(list, {
          value = value, from = "regex", path = escaped(name .. between) .. '"([^"]+)"', key = name,
          holder = "", depth = 0,
        })
      end
    end
  end
end

--- The body as text; nil if there is none, or it is binary.
---@param response table
---@return string|nil
function M.body(response)
  local content = type(response.content) == "table" and response.content or nil
  local body = content and content.text
  if type(body) ~= "string" or body == "" or #body > LARGEST then return nil end
  if content.encoding == "base64" then body = core.base64_decode(body:gsub("%s", ""), false) end
  if type(body) ~= "string" or #body > LARGEST or text.utf8(body) ~= body then return nil end
  return body
end

local function add_body(list, response)
  local body = M.body(response)
  if not body then return end
  if body:find "^%s*[%[{]" then
    local value = json.decode(body)
    if type(value) == "table" then return add_json(list, value, "", "", "", 0) end
  end
  if body:find "^%s*<" then
    add_html(list, body)
    add_scripted(list, body)
  end
end

local function index_count(path)
  local _, count = path:gsub("%[", "")
  return count
end

-- The shortest stable reader first: none that counts in a list, then the shallowest.
local function is_before(a, b)
  local a_rank, b_rank = RANK[a.from], RANK[b.from]
  if a_rank ~= b_rank then return a_rank < b_rank end
  local a_indices, b_indices = index_count(a.path), index_count(b.path)
  if a_indices ~= b_indices then return a_indices < b_indices end
  if a.depth ~= b.depth then return a.depth < b.depth end
  if #a.path ~= #b.path then return #a.path < #b.path end
  return a.path < b.path
end

--- All values of an answer, the best readers first.
---@param response table
---@return lload.import.har.Source[]
function M.values(response)
  local list = {}
  add_headers(list, response)
  add_cookies(list, response)
  add_body(list, response)
  table.sort(list, is_before)
  return list
end

return M
