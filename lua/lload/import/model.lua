--- What a reader of somebody's file makes and the writer turns into a scenario: requests, what is
--- taken from answers, checks, think times, weights, data.
--
-- Whatever comes from the input is a literal: text, a number, a boolean, `null`, or a table of
-- these. What becomes an expression in the scenario is made by the functions below and carries
-- their metatable, so that no input can pass for one.

local scenario = require "lload.scenario"

local M = {}

---@class lload.import.Model
---@field source { kind: string, name: string, sha256: string }
---@field title string
---@field base_url? string
---@field variables? lload.import.Variable[]
---@field data? lload.import.DataSet[]
---@field on_start? lload.import.Step[] once a user; what it extracts is kept in `vu`
---@field journeys lload.import.Journey[]
---@field stages? { name: string, executor: string, [string]: any }[]
---@field thresholds? table<string, string|table>
---@field dropped? { what: string, why: string, count: integer }[]
---@field todos? string[]
---@field notes? string[]

---@class lload.import.Variable
---@field name string by which steps refer to it
---@field env string what lload.env is asked for
---@field default? string

---@class lload.import.DataSet
---@field name string
---@field file string beside the scenario
---@field content string
---@field kind? "csv"|"file" csv if absent; a file is sent as it is
---@field type? string the media type of a file
---@field weight? string the column with the weights; rows are drawn evenly if absent

---@class lload.import.Journey
---@field name string
---@field weight? number
---@field groups { name?: string, steps: lload.import.Step[] }[]

---@class lload.import.Step
---@field kind "request"|"comment"
---@field text? string of a comment
---@field method? string
---@field path? any text with `:name` segments for those of `params`, or a template
---@field url? string in place of `path`, for another host
---@field name? string
---@field params? table<string, any>
---@field query? table<string, any>
---@field headers? table<string, any>
---@field body? { kind: "json"|"form"|"multipart"|"text"|"file", value: any, type?: string }
---@field auth? { kind: "bearer"|"basic"|"digest", value?: any, user?: any, password?: any }
---@field options? table<string, any> more of lload.RequestOptions, as literals
---@field checks? { status?: integer[]|string, list?: lload.import.Check[] }
---@field extract? { variable: string, from: string, path: string }[]
---@field think? number[] seconds before it, shortest and longest

--- More than a status: `json` (a value at a path, any if `value` is nil), `contains`, `header`,
--- `duration` (milliseconds at most).
---@class lload.import.Check
---@field kind "json"|"contains"|"header"|"duration"
---@field name? string
---@field path? string
---@field value? any

--- An expression of the scenario, as opposed to a value of the input.
---@class lload.import.Expression
local Expression = {}
Expression.__index = Expression

local function expression(fields) return setmetatable(fields, Expression) end

---@param value any
---@return boolean
function M.is_expression(value) return getmetatable(value) == Expression end

--- What was extracted before, or one of the model's variables. `as = "number"` for JSON.
function M.variable(name, as) return expression { kind = "variable", name = name, as = as } end

--- A setting from outside. `as = "number"` for JSON.
function M.env(name, default, as)
  return expression { kind = "env", name = name, default = default, as = as }
end

--- A column of the row that was drawn for this iteration. `as = "number"` for JSON.
function M.row(data, column, as)
  return expression { kind = "row", data = data, column = column, as = as }
end

--- A random value: see writer/values.lua for the kinds and what they take.
function M.random(kind, arguments)
  local made = {}
  for key, value in pairs(arguments or {}) do made[key] = value end
  made.kind, made.of = "random", kind
  return expression(made)
end

--- A file that is sent: the name of a data set of kind "file".
function M.file(name) return expression { kind = "file", name = name } end

--- Texts and expressions, one after another.
function M.template(parts) return expression { kind = "template", parts = parts } end

-- What tells an empty array from an empty object, and null from nothing.
local Array = {}
M.ARRAY = Array

--- Marks a table as an array even when it is empty.
function M.array(list) return setmetatable(list, Array) end

---@param value any
---@return boolean
function M.is_array(value)
  if type(value) ~= "table" or M.is_expression(value) then return false end
  return getmetatable(value) == Array or #value > 0
end

--- Null, as in JSON: cjson's.
M.null = require "cjson".null

--- A model without anything in it.
---@param kind string
---@param name string of the source
---@param text string its content
---@param title? string
---@return lload.import.Model
function M.new(kind, name, text, title)
  local sha256 = require("lload.core").digest("sha256", text, "hex")
  return {
    source = { kind = kind, name = name, sha256 = sha256 },
    title = title or kind, variables = {}, data = {}, journeys = {}, stages = {}, thresholds = {},
    dropped = {}, todos = {}, notes = {},
  }
end

--- Writes down that something of the input is not in the scenario.
---@param model lload.import.Model
---@param what string
---@param why string
function M.drop(model, what, why)
  for _, entry in ipairs(model.dropped) do
    if entry.what == what and entry.why == why then
      entry.count = entry.count + 1
      return
    end
  end
  table.insert(model.dropped, { what = what, why = why, count = 1 })
end

--- Writes down what a person has to do, once.
---@param model lload.import.Model
---@param text string
function M.todo(model, text)
  for _, known in ipairs(model.todos) do
    if known == text then return end
  end
  table.insert(model.todos, text)
end

--- Keeps a header that lload can send; false for one that it sets itself or that is none.
---@param step lload.import.Step
---@param name string
---@param value any text or an expression
---@return boolean kept
function M.header(step, name, value)
  local sent = not M.is_expression(value) and value or "x"
  if not scenario.header(name, sent) then return false end
  step.headers = step.headers or {}
  for known in pairs(step.headers) do
    if known:lower() == name:lower() then step.headers[known] = nil end
  end
  step.headers[name] = value
  return true
end

--- The stages and thresholds every import begins with: one user once through each journey, and a
--- ramp to edit.
---@param model lload.import.Model
function M.add_defaults(model)
  if #model.stages == 0 then
    table.insert(model.stages, {
      name = "ramp", executor = "ramping-vus",
      steps = {
        { duration = "1m", target = 10 }, { duration = "3m", target = 10 },
        { duration = "30s", target = 0 },
      },
    })
  end
  if next(model.thresholds) == nil then
    model.thresholds = {
      http_req_failed = "rate<1%", http_req_duration = "p(95)<2s", checks = "rate>99%",
    }
  end
end

return M
