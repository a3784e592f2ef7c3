--- Bodies of a Postman collection.

local model = require "lload.import.model"
local shapes = require "lload.import.postman.shapes"

local is_object, list_of, string_of = shapes.is_object, shapes.list_of, shapes.string_of

local M = {}

local function header_value(step, wanted)
  for name, value in pairs(step.headers or {}) do
    if name:lower() == wanted then return value, name end
  end
  return nil
end

local function raw_body(reader, step, body)
  local content = string_of(body.raw) or ""
  if content == "" then return end
  local options = is_object(body.options) and body.options.raw
  local language = is_object(options) and options.language
  local media, spelt = header_value(step, "content-type")
  local says_json = type(media) == "string" and media:lower():find "json"
  if says_json or not media and (language == "json" or content:find "^%s*[{%[]") then
    step.body = reader.variables:json_body(content)
    if spelt and media == "application/json" then step.headers[spelt] = nil end
  else
    step.body = { kind = "text", value = reader.variables:text(content), type = "text/plain" }
  end
end

local function urlencoded_body(reader, step, body)
  local fields = {}
  for _, entry in ipairs(list_of(body.urlencoded)) do
    if is_object(entry) and type(entry.key) == "string" and entry.disabled ~= true then
      fields[entry.key] = reader.variables:text(tostring(entry.value or ""))
    end
  end
  step.body = { kind = "form", value = fields }
  local _, spelt = header_value(step, "content-type")
  if spelt then step.headers[spelt] = nil end
end

local function formdata_body(reader, step, body)
  local parts = {}
  for _, entry in ipairs(list_of(body.formdata)) do
    if is_object(entry) and type(entry.key) == "string" and entry.disabled ~= true then
      if entry.type == "file" then
        model.todo(reader.model, ("say which file is sent as %s"):format(entry.key))
        parts[#parts + 1] = { entry.key, "a small file", filename = "file.txt" }
      else
        parts[#parts + 1] = { entry.key, reader.variables:text(tostring(entry.value or "")) }
      end
    end
  end
  if #parts > 0 then step.body = { kind = "multipart", value = parts } end
  local _, spelt = header_value(step, "content-type")
  if spelt then step.headers[spelt] = nil end
end

local function graphql_body(reader, step, body)
  local graphql = is_object(body.graphql) and body.graphql or {}
  local sent = { query = reader.variables:text(string_of(graphql.query) or "") }
  local given = string_of(graphql.variables)
  if given and given:find "%S" then
    local inner = reader.variables:json_body(given)
    if inner.kind == "json" then sent.variables = inner.value end
  end
  step.body = { kind = "json", value = sent }
end

local BODY = {
  raw = raw_body, urlencoded = urlencoded_body, formdata = formdata_body, graphql = graphql_body,
  file = function(reader, step)
    model.todo(reader.model, ("say which file %s sends"):format(step.label))
  end,
}

--- Adds the body of a request.
function M.set(reader, step, body)
  if not is_object(body) or body.disabled == true then return end
  local set = BODY[body.mode]
  if set then set(reader, step, body) end
end

return M
