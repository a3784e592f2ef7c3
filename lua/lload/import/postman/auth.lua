--- Authentication of a Postman collection.

local model = require "lload.import.model"
local quote = require "lload.import.quote"
local shapes = require "lload.import.postman.shapes"

local is_object, list_of, string_of = shapes.is_object, shapes.list_of, shapes.string_of

local M = {}

-- Parameters of authentication: a list of keys and values in 2.1, an object before.
local function auth_fields(auth)
  local raw, fields = auth[auth.type], {}
  for key, value in pairs(is_object(raw) and raw or {}) do fields[key] = value end
  for _, entry in ipairs(list_of(raw)) do
    if is_object(entry) and type(entry.key) == "string" then fields[entry.key] = entry.value end
  end
  return fields
end

--- The expression for a secret. One that stands in the file itself does not go into the scenario.
function M.secret(reader, value, env, what)
  if type(value) == "string" and value:find "{{" then return reader.variables:text(value) end
  model.todo(reader.model, ("set %s: the %s is not in this file"):format(env, what))
  return model.env(env)
end

local function apply_key(reader, step, fields)
  local name = string_of(fields.key)
  if not name then return end
  local env = quote.name(name, "api_key"):upper():gsub("^X_", "")
  local value = M.secret(reader, fields.value, env, "API key")
  if fields["in"] == "query" then
    step.query = step.query or {}
    step.query[name] = value
  else
    model.header(step, name, value)
  end
end

local AUTH = {
  noauth = function() end,
  bearer = function(reader, step, fields)
    step.auth = { kind = "bearer", value = M.secret(reader, fields.token, "TOKEN", "bearer token") }
  end,
  oauth2 = function(reader, step, fields)
    local token = M.secret(reader, fields.accessToken, "TOKEN", "access token")
    step.auth = { kind = "bearer", value = token }
  end,
  apikey = apply_key,
}

for _, kind in ipairs { "basic", "digest" } do
  AUTH[kind] = function(reader, step, fields)
    step.auth = {
      kind = kind, user = reader.variables:text(string_of(fields.username) or ""),
      password = M.secret(reader, fields.password, "PASSWORD", "password"),
    }
  end
end

--- Adds a bearer token.
function M.bearer(reader, step, token) AUTH.bearer(reader, step, { token = token }) end

--- Adds what a request, a folder or the collection says about authentication.
function M.apply(reader, step, auth)
  if not is_object(auth) then return end
  local apply = AUTH[auth.type]
  if apply then
    apply(reader, step, auth_fields(auth))
  else
    model.todo(reader.model, ("authentication by %s is not written"):format(tostring(auth.type)))
  end
end

return M
