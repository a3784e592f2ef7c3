--- `lload import postman`: variables, folders, authentication and the common snippets of tests.

local cjson = require "cjson"
local fake_core = require "spec.support.fake_core"
local imported = require "spec.support.imported"

local SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

local function collection(items, more)
  local root = { info = { name = "Shop", schema = SCHEMA }, item = items }
  for key, value in pairs(more or {}) do root[key] = value end
  return cjson.encode(root)
end

local function item(request, tests)
  local lines = {}
  for line in (tests or ""):gmatch "[^\n]+" do lines[#lines + 1] = line end
  return {
    name = "a request", request = request,
    event = tests and { { listen = "test", script = { exec = lines } } } or nil,
  }
end

local function import(items, more, options)
  local text, message = imported.import("postman", collection(items, more), options)
  assert(text, message)
  local sent, scenario = imported.run(text, options and options.env)
  return sent, text, scenario
end

describe("lload import postman", function()
  before_each(fake_core.install)
  after_each(fake_core.remove)

  it("reads requests, with what is disabled left out", function()
    local sent = import { item {
      method = "PUT",
      url = {
        raw = "http://shop.test/a/:id?q=1&r=2",
        query = { { key = "q", value = "1" }, { key = "r", value = "2", disabled = true } },
        variable = { { key = "id", value = "7" } },
      },
      header = { { key = "X-A", value = "1" }, { key = "X-B", value = "2", disabled = true } },
      body = { mode = "urlencoded", urlencoded = { { key = "k", value = "v" } } },
    } }
    assert.same({ "PUT", "/a/:id" }, { sent[1].method, sent[1].url })
    assert.same({
      params = { id = "7" }, query = { q = "1" }, headers = { ["X-A"] = "1" }, form = { k = "v" },
    }, sent[1].options)
  end)

  it("makes groups of folders, in folders too", function()
    local get = item { url = "http://shop.test/" }
    local sent = import { { name = "A", item = { get, { name = "B", item = { get } }, get } }, get }
    assert.same({ "A", "A / B", "A" }, sent.groups)
    assert.equal(4, #sent)
  end)

  it("asks lload.env for variables, those of the environment before the collection's", function()
    local sent, text = import({ item { url = "{{host}}/{{version}}/x-{{version}}?q={{q}}" } }, {
      variable = {
        { key = "host", value = "http://{{name}}.test" }, { key = "name", value = "shop" },
        { key = "version", value = "v1" },
      },
    }, {
      given = { env = "e.json" },
      files = { ["e.json"] = '{"values":[{"key":"q","value":"from env"},'
        .. '{"key":"name","value":"other"},{"key":"version","value":"v2","enabled":false}]}' },
    })
    assert.truthy(text:find('"http://other.test"', 1, true))
    assert.equal("/<v1>/x-<v1>", sent[1].url)
    assert.equal("from env", sent[1].options.query.q)
  end)

  it("puts variables into JSON, numbers as numbers", function()
    local sent, text = import({ item {
      method = "POST", url = "http://x.test",
      body = {
        mode = "raw", raw = '{"n":{{n}},"s":"a {{n}} b","list":[{{n}}],"m":"{{$randomEmail}}"}',
      },
    } }, { variable = { { key = "n", value = "5" } } })
    assert.same({ n = 5, s = "a 5 b", list = { 5 }, m = "ada.almeida.1@example.com" },
      sent[1].options.json)
    assert.truthy(text:find('local N = lload.env("N", "5")', 1, true))
  end)

  it("hands on what tests keep", function()
    local sent = import {
      item({ method = "POST", url = "http://x.test/login" }, [[
        const data = pm.response.json();
        pm.environment.set("token", data.session.token);
        pm.collectionVariables.set('first', data.items[0]["id"]);
        pm.globals.set("trace", pm.response.headers.get("X-Trace"));]]),
      item {
        url = "http://x.test/{{first}}", header = { { key = "X-Trace", value = "{{trace}}" } },
        auth = { type = "bearer", bearer = { { key = "token", value = "{{token}}" } } },
      },
    }
    assert.equal("json:session.token", sent[2].options.bearer)
    assert.equal("json:items[1].id", sent[2].options.params.first)
  end)

  it("translates checks, and lists what it does not", function()
    local _, text = import { item({ url = "http://x.test/a" }, [[
      pm.test("created", function () { pm.response.to.have.status(201); });
      pm.test("or not", () => { pm.expect(pm.response.code).to.be.oneOf([202, 204]); });
      pm.test("quick", () => pm.expect(pm.response.responseTime).to.be.below(300));
      pm.test('says "hi"', () => { pm.expect(pm.response.text()).to.include("hi"); });
      var body = JSON.parse(responseBody); // a remark; with ) and }
      pm.test("is seven", () => { pm.expect(body.n).to.eql(7) });
      pm.test("typed", () => { pm.response.to.have.header("Content-Type", "text/plain") });
      pm.test("odd", () => { pm.expect(body.n).to.be.a("number") });
      pm.sendRequest("http://evil.test");]]) }
    for _, words in ipairs {
      "r.status == 201 or r.status == 202 or r.status == 204", "r.timings.duration < 300",
      ':find("hi", 1, true)', 'r:json("n") == 7', 'r.headers["Content-Type"] == "text/plain"',
      '["is seven"]',
      "-- * test of a request: pm.expect(body.n).to.be.a(\"number\"): not translated",
      "-- * test of a request: pm.sendRequest(\"http://evil.test\"): not translated",
    } do
      assert.truthy(text:find(words, 1, true), words)
    end
    assert.is_nil(text:find("pm.test", 1, true))
  end)

  it("inherits authentication, and keeps no secret", function()
    local get = item { url = "http://x.test" }
    local sent, text = import({
      { name = "f", item = { get }, auth = { type = "apikey", apikey = {
        { key = "key", value = "X-Key" }, { key = "value", value = "s3cr3t" },
      } } },
      get, item { url = "http://x.test", auth = { type = "noauth" } },
    }, { auth = { type = "basic", basic = {
      { key = "username", value = "ada" }, { key = "password", value = "s3cr3t" },
    } }, variable = { { key = "password", value = "s3cr3t" } } })
    assert.same({ ["X-Key"] = "" }, sent[1].options.headers)
    assert.same({ "ada", "" }, sent[2].options.basic)
    assert.same({}, sent[3].options)
    assert.is_nil(text:find("s3cr3t", 1, true))
  end)

  it("sends GraphQL, forms and text", function()
    local sent = import {
      item { method = "POST", url = "x.test", body = { mode = "graphql", graphql = {
        query = "{ a }", variables = '{"v": 1}',
      } } },
      item { method = "POST", url = "x.test", body = { mode = "formdata", formdata = {
        { key = "a", value = "1" }, { key = "f", type = "file", src = "/x" },
      } } },
      item { method = "POST", url = "x.test", body = { mode = "raw", raw = "plain" } },
    }
    assert.same({ query = "{ a }", variables = { v = 1 } }, sent[1].options.json)
    assert.same({ { "a", "1" }, { "f", "a small file", filename = "file.txt" } },
      sent[2].options.multipart)
    assert.equal("plain", sent[3].options.body)
  end)

  it("survives collections of any shape", function()
    for _, value in ipairs { 1, "x", true, cjson.null, {}, { 1 }, { a = 1 } } do
      for _, key in ipairs { "url", "header", "body", "auth", "method" } do
        local request = { url = "http://x.test" }
        request[key] = value
        local text, message = imported.import("postman", collection({ item(request) }, {
          variable = value, event = value, auth = value,
        }))
        assert.truthy(text or message)
      end
      local text, message = imported.import("postman", collection(value))
      assert.truthy(text or message)
    end
  end)

  for source, message in pairs {
    ["{}"] = 'is no Postman collection: it has no "info" and "item"',
    ['{"info":{},"item":[]}'] = "has no requests",
    ['{"info":{"schema":"https://x/json/collection/v1.0.0/"},"item":[{}]}'] =
      "is a collection of format 1.0; export it as 2.1",
    ['{"info":{},"item":[{"name":"a"}]}'] = "has no requests",
    ['{"info":\n\n{,'] = "line 3: Expected object key string but found T_COMMA",
  } do
    it("refuses " .. source:gsub("\n", ""), function()
      assert.same({ nil, message }, { imported.import("postman", source) })
    end)
  end

  it("names the environment that it cannot read", function()
    local source = collection { item { url = "http://x.test" } }
    local _, message = imported.import("postman", source, { given = { env = "none.json" } })
    assert.equal("--env none.json: cannot read: No such file or directory", message)
    _, message = imported.import("postman", source, { given = { env = "e" }, files = { e = "{}" } })
    assert.equal('--env e: is no Postman environment: it has no "values"', message)
  end)
end)
