--- What must not be copied into a scenario: fields and headers by their names.

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

return M
