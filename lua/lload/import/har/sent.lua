--- What a recorded request sends, as a step of a scenario, and every value in it with a way to put
--- something else in its place.

local core = require "lload.core"
local json = require "lload.import.json"
local model = require "lload.import.model"
local repeated = require "lload.repeated"
local secret = require "lload.import.secret"
local text = require "lload.text"

local M = {}

local LARGEST_BODY = 65536

-- Headers that lload or the connection makes, or that only a browser's page has.
local NOT_SENT = {}
for name in ([[host connection content-length accept-encoding user-agent cookie referer origin te
  upgrade-insecure-requests pragma cache-control dnt priority if-none-match if-modified-since
  accept-language transfer-encoding keep-alive range save-data proxy-connection upgrade expect]])
  :gmatch "%S+" do NOT_SENT[name] = true end

---@class lload.import.har.Use
---@field name string of the field, header or, for a path, the segment before
---@field value string|number
---@field where "path"|"query"|"header"|"form"|"json"|"cookie"|"bearer"
---@field set fun(expression: any)

local function add_use(uses, where, name, value, set)
  uses[#uses + 1] = { where = where, name = name, value = value, set = set }
end

-- The segments of the path: a value that is replaced becomes `:name`.
local function add_path(step, path, uses)
  local segments = {}
  for segment in path:gmatch "[^/]+" do segments[#segments + 1] = segment end
  local trailing = path:find "/$" and #segments > 0 and "/" or ""
  step.path, step.params = path, {}
  for index, segment in ipairs(segments) do
    local before = segments[index - 1] or ""
    local value = core.url_decode(segment, false) or segment
    add_use(uses, "path", before, value, function(expression, name)
      local param = name:gsub("[^%w_]", "_"):gsub("^(%d)", "_%1")
      local unique, number = param, 1
      while step.params[unique] do
        number = number + 1
        unique = param .. "_" .. number
      end
      step.params[unique], segments[index] = expression, ":" .. unique
      step.path = "/" .. table.concat(segments, "/") .. trailing
    end)
  end
end

-- Fields of requests are found by their names as C texts.
local function nameable(name) return (name:gsub("%z", "")) end

-- name=value&…: fields with one value each; repeated names have a list.
local function fields_of(query)
  local fields = {}
  for pair in query:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=(.*)$"
    name = nameable(core.url_decode(name or pair, true) or name or pair)
    value = core.url_decode(value or "", true) or value or ""
    repeated.add(fields, name, value)
  end
  return fields
end

local function sorted(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

local function add_fields(uses, where, fields)
  for _, name in ipairs(sorted(fields)) do
    local value = fields[name]
    if type(value) == "table" then
      for index in ipairs(value) do
        add_use(uses, where, name, value[index], function(e) value[index] = e end)
      end
    else
      add_use(uses, where, name, value, function(e) fields[name] = e end)
    end
  end
end

local function add_leaves(uses, holder, depth)
  for _, key in ipairs(sorted(holder)) do
    local value = holder[key]
    if type(value) == "table" and not model.is_expression(value) and depth < 60 then
      add_leaves(uses, value, depth + 1)
    elseif type(value) == "string" or type(value) == "number" then
      add_use(uses, "json", type(key) == "string" and key or "", value,
        function(e) holder[key] = e end)
    end
  end
end

local function add_authorization(step, value, uses, found)
  local scheme, rest = value:match "^(%S+)%s+(.*)$"
  if scheme and scheme:lower() == "bearer" then
    step.auth = { kind = "bearer", value = model.env "TOKEN" }
    add_use(uses, "bearer", "token", rest, function(e) step.auth.value = e end)
  elseif scheme and scheme:lower() == "basic" then
    step.auth = {
      kind = "basic", user = secret.setting(found, "user_name"),
      password = secret.setting(found, "password"),
    }
  else
    step.headers = step.headers or {}
    step.headers.Authorization = model.env "AUTHORIZATION"
    add_use(uses, "header", "authorization", value, function(e) step.headers.Authorization = e end)
  end
end

local function is_kept(name, value)
  local lower = name:lower()
  if NOT_SENT[lower] or lower:find "^:" or lower:find "^sec%-" then return false end
  return not (lower == "accept" and value == "*/*")
end

-- `Token abc`: the scheme stays, what follows may be replaced.
local function add_header(step, name, value, uses)
  if not model.header(step, name, value) then return end
  local scheme, rest = value:match "^(%a+) (%S+)$"
  add_use(uses, "header", name, rest or value, function(e)
    step.headers[name] = rest and model.template { scheme .. " ", e } or e
  end)
end

local function each_pair(list, visit)
  for _, item in ipairs(type(list) == "table" and list or {}) do
    if type(item) == "table" and type(item.name) == "string" then
      visit(item.name, type(item.value) == "string" and item.value or "", item)
    end
  end
end

local function add_headers(step, request, uses, found)
  each_pair(request.headers, function(name, value)
    if name:lower() == "authorization" then
      add_authorization(step, value, uses, found)
    elseif is_kept(name, value) and not (step.body and name:lower() == "content-type") then
      add_header(step, name, value, uses)
    end
  end)
end

local function is_text(body) return text.utf8(body) == body and not body:find "%z" end

local function add_text_body(step, body, kind, uses)
  if kind:find "json" then
    step.body = json.body(body)
    if step.body.kind == "json" then
      if kind ~= "application/json" then step.body.type = kind end
      add_leaves(uses, step.body.value, 1)
    end
  elseif kind:find "x%-www%-form%-urlencoded" then
    step.body = { kind = "form", value = fields_of(body) }
    add_fields(uses, "form", step.body.value)
  else
    step.body = { kind = "text", value = body, type = kind ~= "" and kind or nil }
  end
end

local function add_form(step, params, uses)
  local fields = {}
  each_pair(params, function(name, value)
    name = nameable(core.url_decode(name, true) or name)
    fields[name] = core.url_decode(value, true) or value
  end)
  step.body = { kind = "form", value = fields }
  add_fields(uses, "form", fields)
end

local function add_multipart(step, params, uses, found)
  local parts = {}
  each_pair(params, function(name, value, item)
    if type(item.fileName) == "string" and item.fileName ~= "" then
      model.todo(found, ("%s %s: the file in the field %s is not in the recording"):format(
        step.method, step.path, name))
    else
      parts[nameable(name)] = value
    end
  end)
  step.body = { kind = "multipart", value = parts }
  add_fields(uses, "form", parts)
end

local function add_body(step, request, uses, found)
  local data = type(request.postData) == "table" and request.postData or nil
  if not data then return end
  local kind = type(data.mimeType) == "string" and data.mimeType:lower() or ""
  local media = kind:match "^[^;%s]*"
  local body = type(data.text) == "string" and data.text or ""
  if media == "multipart/form-data" and type(data.params) == "table" and #data.params > 0 then
    return add_multipart(step, data.params, uses, found)
  elseif body == "" and type(data.params) == "table" and #data.params > 0 then
    return add_form(step, data.params, uses)
  elseif body == "" then
    return
  elseif not is_text(body) or data.encoding == "base64" or media == "multipart/form-data" then
    model.todo(found, ("%s %s: its body (%s) is binary and is left out"):format(step.method,
      step.path, media ~= "" and media or "of no type"))
  elseif #body > LARGEST_BODY then
    model.todo(found, ("%s %s: its body of %d bytes is too long to be written here"):format(
      step.method, step.path, #body))
  else
    add_text_body(step, body, media, uses)
  end
end

--- Cookies of the request by name.
---@param request table
---@return table<string, string>
function M.cookies(request)
  local cookies = {}
  each_pair(request.headers, function(name, value)
    if name:lower() ~= "cookie" then return end
    for cookie, content in value:gmatch "([^=;%s]+)=([^;]*)" do cookies[cookie] = content end
  end)
  each_pair(request.cookies, function(name, value) cookies[name] = cookies[name] or value end)
  return cookies
end

--- The step of an entry, and the values it sends.
---@param entry lload.import.har.Entry
---@param found lload.import.Model
---@return lload.import.Step
---@return lload.import.har.Use[]
function M.step(entry, found)
  local step, uses = { kind = "request", method = entry.request.method:upper() }, {}
  add_path(step, entry.path, uses)
  if entry.query then
    step.query = fields_of(entry.query)
    add_fields(uses, "query", step.query)
  end
  add_body(step, entry.request, uses, found)
  add_headers(step, entry.request, uses, found)
  return step, uses
end

local IS_SECRET = {
  path = function() return false end, bearer = function() return true end,
  header = secret.is_header, query = secret.is_in_query, form = secret.is_name,
  json = secret.is_name,
}

--- Puts settings in the place of secrets that nothing else stands for yet.
---@param uses lload.import.har.Use[] those that were not replaced
---@param found lload.import.Model
function M.hide(uses, found)
  for _, use in ipairs(uses) do
    if IS_SECRET[use.where](use.name) and use.value ~= "" then
      use.set(secret.setting(found, use.name))
    end
  end
end

return M
