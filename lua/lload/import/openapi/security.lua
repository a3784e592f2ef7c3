--- Security schemes: a login of the document is used, all else asks lload.env for its secret.

local chains = require "lload.import.openapi.chains"
local model = require "lload.import.model"
local quote = require "lload.import.quote"
local schemas = require "lload.import.openapi.schema"

local M = {}

local TOKENS = {
  "token", "accesstoken", "authtoken", "jwt", "idtoken", "bearertoken", "sessiontoken",
}
local LOGINS = {
  "login", "signin", "logon", "authenticate", "/token$", "/auth$", "/sessions?$", "authtoken",
}

local function looks_like_login(operation)
  local words = operation.path:lower():gsub("[_-]", "")
  local id = (operation.id or ""):lower():gsub("[_-]", "")
  for _, word in ipairs(LOGINS) do
    if words:find(word) or id:find(word) then return true end
  end
  return false
end

local function token_path(operation, refs)
  for _, product in ipairs(chains.products(operation, refs)) do
    for _, name in ipairs(TOKENS) do
      if product.fields[name] then return product.fields[name] end
    end
  end
  return nil
end

local function schemes_of(root, from, refs)
  local components = schemas.is_object(root.components) and root.components or {}
  local schemes = {}
  for _, name in ipairs(schemas.sorted_keys(components.securitySchemes)) do
    local node = refs:follow(components.securitySchemes[name], from)
    if schemas.is_object(node) then schemes[name] = node end
  end
  return schemes
end

local BEARERS = { oauth2 = true, openIdConnect = true }

local function is_bearer(scheme)
  return BEARERS[scheme.type] or scheme.type == "http"
    and tostring(scheme.scheme):lower() == "bearer"
end

--- The schemes of a document, and the operation that logs in, if it has one.
---@param root table
---@param from string
---@param refs lload.import.Refs
---@param operations lload.import.Operation[]
---@return table security { schemes, login, token_path }
function M.new(root, from, refs, operations)
  local security = { schemes = schemes_of(root, from, refs) }
  local wants_token = false
  for _, scheme in pairs(security.schemes) do wants_token = wants_token or is_bearer(scheme) end
  for _, operation in ipairs(wants_token and operations or {}) do
    local has_body = operation.body and operation.body.kind ~= "text"
    if operation.method == "POST" and has_body and looks_like_login(operation) then
      local path = token_path(operation, refs)
      if path then
        security.login, security.token_path = operation, path
        return security
      end
    end
  end
  return security
end

local function env_of(m, name, what)
  model.todo(m, ("set %s: %s"):format(name, what))
  return model.env(name)
end

local function apply_key(step, scheme, m)
  if type(scheme.name) ~= "string" then return end
  local variable = quote.name(scheme.name, "api_key"):upper():gsub("^X_", "")
  local what = ("the API key for the %s %s"):format(tostring(scheme["in"]), scheme.name)
  local value = env_of(m, variable, what)
  if scheme["in"] == "header" then
    model.header(step, scheme.name, value)
  elseif scheme["in"] == "query" then
    step.query = step.query or {}
    step.query[scheme.name] = value
  elseif scheme["in"] == "cookie" then
    step.options = step.options or {}
    step.options.cookies = step.options.cookies or {}
    step.options.cookies[scheme.name] = value
  end
end

local function apply_http(step, scheme, m)
  local kind = tostring(scheme.scheme):lower()
  if kind ~= "basic" and kind ~= "digest" then
    model.todo(m, ("HTTP authentication by %s is not written"):format(kind))
    return
  end
  step.auth = {
    kind = kind, user = env_of(m, "USERNAME", "who sends the requests"),
    password = env_of(m, "PASSWORD", "the password of USERNAME"),
  }
end

-- The first alternative; none is wanted where there is an empty one.
local function requirement_of(security)
  for _, alternative in ipairs(security) do
    if schemas.is_object(alternative) and next(alternative) == nil then return nil end
  end
  return schemas.is_object(security[1]) and security[1] or nil
end

--- Adds to a step what its operation demands.
---@param step lload.import.Step
---@param operation lload.import.Operation
---@param security table
---@param m lload.import.Model
function M.apply(step, operation, security, m)
  local requirement = requirement_of(operation.security)
  for _, name in ipairs(schemas.sorted_keys(requirement)) do
    local scheme = security.schemes[name]
    if not scheme then
      model.todo(m, ("the security scheme %s is not in the document"):format(name))
    elseif is_bearer(scheme) then
      local value = security.login and model.variable "token"
        or env_of(m, "TOKEN", "the bearer token of the API")
      step.auth = { kind = "bearer", value = value }
    elseif scheme.type == "apiKey" then
      apply_key(step, scheme, m)
    elseif scheme.type == "http" then
      apply_http(step, scheme, m)
    else
      model.todo(m, ("security by %s is not written"):format(tostring(scheme.type)))
    end
  end
end

return M
