--- The writer of imported scenarios: what it lays out, and that no input becomes code.

local fake_core = require "spec.support.fake_core"
local hostile = require "spec.support.hostile"
local imported = require "spec.support.imported"
local text = require "lload.text"

local model, quote, writer

local function step(fields)
  fields.kind = "request"
  fields.method = fields.method or "GET"
  fields.path = fields.path or "/"
  return fields
end

local function model_of(steps, more)
  local m = model.new("test", "source.txt", "content", "a title")
  m.journeys = { { name = "main", groups = { { steps = steps } } } }
  for key, value in pairs(more or {}) do m[key] = value end
  model.add_defaults(m)
  return m
end

local function write(steps, more) return writer.write(model_of(steps, more)) end

describe("the writer of imported scenarios", function()
  before_each(function()
    fake_core.install()
    model, quote = require "lload.import.model", require "lload.import.quote"
    writer = require "lload.import.writer"
  end)

  after_each(fake_core.remove)

  it("writes a scenario that sends what the model says", function()
    local sent, scenario = imported.run(write {
      step {
        method = "POST", path = "/orders/:id", params = { id = 7 }, query = { page = "2" },
        headers = { ["X-Trace"] = "on" }, body = { kind = "json", value = { a = { 1, 2 } } },
        auth = { kind = "basic", user = "ada", password = model.env("PASSWORD", "pw") },
        checks = { status = { 201 } },
      },
      step { method = "PURGE", url = "http://other.test/x", options = { timeout = 3 } },
    })
    assert.equal(2, #sent)
    assert.same({
      params = { id = 7 }, query = { page = "2" }, headers = { ["X-Trace"] = "on" },
      json = { a = { 1, 2 } }, basic = { "ada", "pw" },
    }, sent[1].options)
    assert.same({ "POST", "/orders/:id" }, { sent[1].method, sent[1].url })
    assert.same({ "PURGE", "http://other.test/x" }, { sent[2].method, sent[2].url })
    assert.equal("smoke", scenario.default_stage)
    assert.equal("a title", scenario.name)
  end)

  it("keeps what an answer had for later requests, across groups", function()
    local m = model_of {}
    m.journeys[1].groups = {
      { name = "first", steps = { step {
        extract = { { variable = "order id", from = "json", path = "id" } },
      } } },
      { name = "second", steps = {
        step { path = "/:id", params = { id = model.variable "order id" } },
      } },
    }
    local sent = imported.run(writer.write(m))
    assert.same({ "first", "second" }, sent.groups)
    assert.equal("json:id", sent[2].options.params.id)
  end)

  it("keeps what a login extracts in the user", function()
    local sent = imported.run(write(
      { step { auth = { kind = "bearer", value = model.variable "token" } } },
      { on_start = { step {
        method = "POST", extract = { { variable = "token", from = "header", path = "x-token" } },
      } } }))
    assert.same({ "POST", "GET" }, { sent[1].method, sent[2].method })
  end)

  it("takes input that looks like an expression for what it is: data", function()
    local sent = imported.run(write {
      step { body = { kind = "json", value = { kind = "env", name = "HOME", variable = "x" } } },
    })
    assert.same({ kind = "env", name = "HOME", variable = "x" }, sent[1].options.json)
  end)

  it("encodes what is no placeholder of the path", function()
    local sent = imported.run(write { step { path = "/a/:b/:c\n", params = { c = 1 } } })
    assert.equal("/a/%3Ab/:c%0A", sent[1].url)
  end)

  it("says which statuses are expected that lload would count as failures", function()
    local sent = imported.run(write { step { checks = { status = { 404 } } } })
    assert.same({ 404 }, sent[1].options.expect)
  end)

  it("hoists settings, and gives many of them a table", function()
    local many = {}
    for index = 1, 80 do
      many[index] = step { query = { q = model.env(("NAME_%d"):format(index), "v" .. index) } }
    end
    local sent = imported.run(write(many), { NAME_80 = "given" })
    assert.equal("v1", sent[1].options.query.q)
    assert.equal("given", sent[80].options.query.q)
  end)

  it("has no limit that Lua's own would break", function()
    local steps, journeys = {}, {}
    for index = 1, 300 do
      steps[index] = step {
        path = "/" .. index, checks = { status = "2xx" },
        extract = { { variable = "v" .. index, from = "json", path = "id" } },
      }
      journeys[index] = { name = "same", groups = { { name = "g", steps = { step {} } } } }
    end
    journeys[1].groups[1].steps = steps
    local sent, scenario = imported.run(writer.write(model_of({}, { journeys = journeys })))
    assert.equal(599, #sent)
    assert.truthy(scenario.journeys.same and scenario.journeys.same_300)
  end)

  it("breaks long texts, and keeps them as they are", function()
    local long = ("word, ä\n"):rep(5000)
    local written = write { step { method = "POST", body = { kind = "text", value = long } } }
    assert.equal(long, imported.run(written)[1].options.body)
    for line in written:gmatch "[^\n]+" do assert.is_true(text.width(line) <= 100, line) end
  end)

  it("lists what was left out and what is to do, and no more than can be read", function()
    local m = model_of { step {} }
    for index = 1, 50 do model.drop(m, "thing " .. index, "no reason") end
    model.drop(m, "thing 1", "no reason")
    model.todo(m, "set TOKEN")
    local written = writer.write(m)
    assert.truthy(written:find("-- * thing 1 (2 times): no reason", 1, true))
    assert.truthy(written:find("-- * and 30 more", 1, true))
    assert.truthy(written:find("-- TODO:\n-- * set TOKEN", 1, true))
  end)

  it("is the same for the same model", function()
    local function build()
      return write {
        step { query = { b = 1, a = 2, c = { 1, 2 } }, headers = { Z = "1", A = "2" } },
      }
    end
    assert.equal(build(), build())
  end)

  it("writes any text as one literal that reads back the same", function()
    local any = hostile.texts(7)
    for _ = 1, 2000 do
      local given = any()
      local written = quote.string(given)
      assert.equal(given, assert(loadstring("return " .. written))())
      assert.is_nil(written:find "[%c]", written)
    end
  end)

  it("lets no text out of its place, wherever it stands", function()
    local any = hostile.texts(42)
    for _ = 1, 300 do
      local value, key, note = any(), any() .. "k", any()
      local m = model_of {
        step {
          method = "POST", path = "/" .. any(), name = any(), comment = note,
          query = { [key] = value }, body = { kind = "json", value = { [key] = { value, any() } } },
          checks = { status = "2xx", list = {
            { kind = "contains", value = any(), name = any() },
            { kind = "json", path = any(), value = any() },
          } },
          extract = { { variable = any() .. "v", from = "json", path = value } },
        },
        { kind = "comment", text = any() },
      }
      m.title, m.source.name, m.base_url = any(), any(), "http://" .. any()
      m.journeys[1].name, m.journeys[1].groups[1].name = any() .. "j", any() .. "g"
      m.variables = { { name = any(), env = any(), default = any() } }
      model.drop(m, any(), any())
      model.todo(m, any())
      local written = writer.write(m)
      assert.is_nil(written:find "[%z\1-\9\11-\31\127]", written)
      local sent, scenario = imported.run(written)
      assert.equal(1, #sent)
      assert.equal(value, sent[1].options.query[key])
      assert.equal(value, sent[1].options.json[key][1])
      assert.equal(m.title, scenario.name)
    end
  end)
end)
