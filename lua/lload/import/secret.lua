--- What must not be copied into a scenario: fields and headers by their names.

local model = require "lload.import.model"

local M = {}

local WORDS = {
  "password", "passwd", "passphrase", "pwd", "secret", "apikey", "accesskey", "privatekey",
  "credential", "signature", "accesstoken", "refreshtoken", "idtoken", "authtoken", "sessionid",
  "sessiontoken", "bearer", "otp", "cvv", "cvc", "cardnumber", "iban", "ssn",
}

local WHOLE = {}
for name in ([[token auth authorization sid session jwt sig pass pin
  code_verifier client_assertion]]):gmatch "%S+" do WHOLE[name] = true end

local HEADERS = {}
for name in ([[authorization proxy-authorization cookie x-api-key x-auth-token x-access-token
  x-csrf-token x-xsrf-token api-key apikey x-amz-security-token x-session-token]])
  :gmatch "%S+" do HEADERS[name] = true end

--- Whether a field of that name, of a form, a query or JSON, has a secret.
---@param name string
---@return boolean
function M.is_name(name)
  local lower = name:lower()
  if WHOLE[lower] then return true end
  local letters = lower:gsub("[^%l%d]", "")
  for _, word in ipairs(WORDS) do
    if letters:find(word, 1, true) then return true end
  end
  return false
end

--- Whether a field of a query of that name has one: `key` is no secret elsewhere.
---@param name string
---@return boolean
function M.is_in_query(name) return name:lower() == "key" or M.is_name(name) end

--- Whether a header of that name has a secret.
---@param name string
---@return boolean
function M.is_header(name)
  local lower = name:lower()
  return HEADERS[lower] == true or lower:find "token$" ~= nil or lower:find "secret" ~= nil
end

--- The setting that stands for it: `x-api-key` → X_API_KEY.
---@param name string
---@return string
function M.env(name)
  local env = name:gsub("(%l)(%u)", "%1_%2"):upper():gsub("[^%w]+", "_"):gsub("^_+", "")
    :gsub("_+$", "")
  return env:find "^[%a_]" and env or "SECRET_" .. env
end

--- Whether a cookie of that name has one: sessions above all.
---@param name string
---@return boolean
function M.is_cookie(name)
  local lower = name:lower()
  for _, word in ipairs { "sess", "token", "auth", "sid", "csrf", "xsrf" } do
    if lower:find(word, 1, true) then return true end
  end
  return M.is_name(name)
end

--- A setting in the place of a secret, and a word that it is wanted.
---@param found lload.import.Model
---@param name string of the field or header
---@return table expression
function M.setting(found, name)
  local env = M.env(name)
  model.todo(found, ("set %s in the environment, or with -e: it is a secret and not copied"):format(
    env))
  return model.env(env)
end

local function sorted_keys(fields)
  local keys = {}
  for key in pairs(fields) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

-- In tables within tables, too; what is an expression already stays.
local function hide_in(fields, is_secret, found)
  if type(fields) ~= "table" or model.is_expression(fields) then return end
  for _, key in ipairs(sorted_keys(fields)) do
    local value = fields[key]
    if type(value) == "table" then
      hide_in(value, is_secret, found)
    elseif type(key) == "string" and type(value) == "string" and value ~= "" and is_secret(key) then
      fields[key] = M.setting(found, key)
    end
  end
end

local function hide_in_parts(parts, found)
  for _, part in ipairs(parts) do
    local name, value = part[1], part[2]
    if type(name) == "string" and type(value) == "string" and M.is_name(name) then
      part[2] = M.setting(found, name)
    end
  end
end

--- Puts settings in the place of the secrets of a request, where they have names.
---@param step lload.import.Step
---@param found lload.import.Model
function M.hide(step, found)
  hide_in(step.query, M.is_in_query, found)
  hide_in(step.headers, M.is_header, found)
  hide_in(step.options and step.options.cookies, M.is_cookie, found)
  local body = step.body
  if not body then return end
  if body.kind == "multipart" then
    hide_in_parts(body.value, found)
  elseif body.kind == "json" or body.kind == "form" then
    hide_in(body.value, M.is_name, found)
  end
end

return M
