--- Hostile sources, each through its reader: what is written sends the data and does nothing else.
-- The sandbox raises at anything that is no recorder: see spec/support/imported.lua.

local cjson = require "cjson"
local fake_core = require "spec.support.fake_core"
local hostile = require "spec.support.hostile"
local imported = require "spec.support.imported"

local ROUNDS = 100

-- A text in the single quotes of a shell, which cannot hold NUL.
local function shell_quoted(text)
  return "'" .. text:gsub("%z", "0"):gsub("'", "'\\''") .. "'"
end

-- JSON as cjson writes it needs UTF-8 only for what reads it strictly; ours does not.
local function reads(kind, source, options)
  local text, message = imported.import(kind, source, options)
  assert(text, message)
  return imported.run(text)
end

describe("hostile input", function()
  before_each(fake_core.install)
  after_each(fake_core.remove)

  it("in an OpenAPI document stays data", function()
    local any = hostile.texts(1)
    for _ = 1, ROUNDS do
      local key, value = any(), any()
      local sent = reads("openapi", cjson.encode {
        openapi = "3.0.0", info = { title = any() .. "x" },
        servers = { { url = "http://a.test/" .. any() } },
        tags = { { name = any() } },
        components = { securitySchemes = { [any()] = {
          type = "apiKey", ["in"] = "query", name = any(),
        } } },
        paths = { ["/" .. any() .. "/{" .. any() .. "}"] = { post = {
          operationId = any(), tags = { any() },
          parameters = {
            { name = any(), ["in"] = "path", example = any() },
            { name = any(), ["in"] = "query", example = any() },
            { name = any(), ["in"] = "header", required = true, example = any() },
          },
          requestBody = { content = { ["application/json"] = { example = { [key] = value } } } },
          responses = { ["200"] = { description = any() } },
        } } },
      })
      assert.equal(value, sent[1].options.json[key])
    end
  end)

  it("in a Postman collection stays data", function()
    local any = hostile.texts(2)
    for _ = 1, ROUNDS do
      local value = any():gsub("[{}]", "")
      local sent = reads("postman", cjson.encode {
        info = { name = any() }, variable = { { key = any(), value = any() } },
        item = { { name = any(), item = { {
          name = any(),
          request = {
            method = "POST", url = { raw = "http://a.test/" .. any():gsub("[?#]", "") },
            header = { { key = any(), value = any() } },
            auth = { type = "basic", basic = { { key = "username", value = any() } } },
            body = { mode = "urlencoded", urlencoded = { { key = "k", value = value } } },
          },
          event = { { listen = "test", script = { exec = { any(), any(), any() } } } },
        } } } },
      })
      assert.equal(value, sent[1].options.form.k)
    end
  end)

  it("in a curl command stays data", function()
    local any = hostile.texts(3)
    for _ = 1, ROUNDS do
      local body = "x y" .. any():gsub("%z", "0")
      local sent = reads("curl", ("curl %s -H %s -b %s --data-raw %s"):format(
        shell_quoted("http://a.test/" .. any()), shell_quoted("X-A: " .. any()),
        shell_quoted("a=" .. any()), shell_quoted(body)))
      assert.equal(body, sent[1].options.body)
    end
  end)
end)
