--- `lload import openapi`: what a document says becomes requests, values and chains.

local cjson = require "cjson"
local fake_core = require "spec.support.fake_core"
local imported = require "spec.support.imported"

local function operation(fields)
  fields.responses = fields.responses or { ["200"] = { description = "" } }
  return fields
end

local function document(paths, more)
  local root = { openapi = "3.0.3", info = { title = "API", version = "1" }, paths = paths }
  for key, value in pairs(more or {}) do root[key] = value end
  return cjson.encode(root)
end

local function answers(schema, status)
  return { [status or "200"] = { content = { ["application/json"] = { schema = schema } } } }
end

local function takes(schema, more)
  local media = { schema = schema }
  for key, value in pairs(more or {}) do media[key] = value end
  return { required = true, content = { ["application/json"] = media } }
end

local function import(paths, more, options)
  local text, message = imported.import("openapi", document(paths, more), options)
  assert(text, message)
  local sent, scenario = imported.run(text)
  return sent, text, scenario
end

local function failure(source, options)
  return select(2, imported.import("openapi", source, options))
end

describe("lload import openapi", function()
  before_each(fake_core.install)
  after_each(fake_core.remove)

  -- The body that a schema of these properties makes.
  local function body_of(properties, more)
    local schema = { type = "object", properties = properties }
    for key, value in pairs(more or {}) do schema[key] = value end
    local sent, text = import { ["/x"] = { post = operation { requestBody = takes(schema) } } }
    return sent[1].options.json, text
  end

  it("makes a journey for each tag, in the document's order", function()
    local _, _, scenario = import({
      ["/a"] = { get = operation { tags = { "one" } } },
      ["/b"] = { get = operation { tags = { "two" } }, post = operation {} },
    }, { tags = { { name = "two" }, { name = "one" } } })
    local names = {}
    for name in pairs(scenario.journeys) do names[#names + 1] = name end
    table.sort(names)
    assert.same({ "default", "one", "two" }, names)
  end)

  it("takes one tag, or a path and what is below it", function()
    local paths = {
      ["/a"] = { get = operation { tags = { "one" } } }, ["/a/b"] = { get = operation {} },
      ["/ab"] = { get = operation {} },
    }
    assert.equal(1, #import(paths, nil, { given = { only = "one" } }))
    assert.equal(2, #import(paths, nil, { given = { only = "/a" } }))
    assert.equal('--only: nothing has the tag or path ome, did you mean "one"?',
      failure(document(paths), { given = { only = "ome" } }))
  end)

  it("leaves out what changes and deletes unless that is allowed", function()
    local paths = { ["/a/{id}"] = {
      get = operation {}, put = operation {}, patch = operation {}, delete = operation {},
    }, ["/a/cancel"] = { post = operation {} }, ["/a"] = { post = operation {} } }
    local sent, text = import(paths)
    assert.equal(2, #sent)
    assert.truthy(text:find("-- * DELETE /a/{id}: changes or deletes", 1, true))
    assert.truthy(text:find("-- * POST /a/cancel: sounds destructive", 1, true))
    sent = import(paths, nil, { given = { allow_writes = true } })
    assert.equal(6, #sent)
    assert.equal("DELETE", sent[6].method)
  end)

  it("expects the 2xx statuses that are documented", function()
    local _, text = import {
      ["/a"] = { get = operation { responses = { ["201"] = {}, ["204"] = {}, ["404"] = {} } } },
      ["/b"] = { get = operation { responses = { default = {} } } },
      ["/c"] = { get = operation { responses = { ["302"] = {} } } },
    }
    for _, name in ipairs { "GET /a: 201 or 204", "GET /b: 2xx", "GET /c: 302" } do
      assert.truthy(text:find(name, 1, true), name)
    end
  end)

  it("takes examples before schemas", function()
    local schema = { type = "object", properties = { a = { type = "string" } } }
    local function sent(more)
      local post = operation { requestBody = takes(schema, more) }
      return import { ["/x"] = { post = post } }[1].options.json
    end
    assert.same({ a = "one" }, sent { example = { a = "one" } })
    assert.same({ a = "two" }, sent { examples = { first = { value = { a = "two" } } } })
    assert.same({ a = "three" }, body_of { a = { type = "string", example = "three" } })
  end)

  it("varies the parts of an example for which the schema has a choice", function()
    local body, text = body_of({
      state = { type = "string", enum = { "new", "old" } }, name = { type = "string" },
      id = { type = "string", format = "uuid" },
    }, { example = { state = "old", name = "kept", id = "0" } })
    assert.same({ state = "new", name = "kept", id = "uuid" }, body)
    assert.truthy(text:find('random.pick { "new", "old" }', 1, true))
  end)

  it("makes values of formats, ranges, patterns and names", function()
    local body = body_of {
      email = { type = "string" }, mail = { type = "string", format = "email" },
      id = { type = "string", format = "uuid" }, day = { type = "string", format = "date" },
      at = { type = "string", format = "date-time" }, first_name = { type = "string" },
      count = { type = "integer", minimum = 3, maximum = 9 },
      above = { type = "integer", minimum = 3, exclusiveMinimum = true, maximum = 9 },
      even = { type = "integer", minimum = 3, maximum = 9, multipleOf = 2 },
      price = { type = "number", minimum = 1.5, maximum = 2 },
      code = { type = "string", pattern = "^[A-Z]{2}-\\d{3}$" },
      size = { type = "string", pattern = "^(small|large)$" },
      short = { type = "string", minLength = 4, maxLength = 4 },
      list = { type = "array", minItems = 2, items = { type = "boolean" } },
      seen = { type = "string", readOnly = true },
    }
    assert.same({
      email = "ada.almeida.1@example.com", mail = "ada.almeida.1@example.com", id = "uuid",
      day = "day", at = "moment", first_name = "Ada", count = 3, above = 4, even = 4, price = 1.5,
      code = "AA-000", size = "small", short = "ambe", list = { true, true },
    }, body)
  end)

  it("reads what is new in 3.1", function()
    local text = document({ ["/x"] = { post = operation { requestBody = takes {
      type = "object", properties = {
        a = { type = { "null", "integer" }, exclusiveMinimum = 4, maximum = 9 },
        b = { const = "fixed" }, c = { type = "string", examples = { "first" } },
      },
    } } } }, { openapi = "3.1.0" })
    local sent = imported.run(assert(imported.import("openapi", text)))
    assert.same({ a = 5, b = "fixed", c = "first" }, sent[1].options.json)
  end)

  it("joins allOf, and takes the first of oneOf with its discriminator", function()
    local schemas = {
      Base = {
        type = "object", required = { "kind" }, properties = { kind = { type = "string" } },
      },
      Cat = { allOf = { { ["$ref"] = "#/components/schemas/Base" }, {
        type = "object", properties = { lives = { type = "integer", example = 9 } },
      } } },
      Pet = {
        oneOf = { { ["$ref"] = "#/components/schemas/Cat" } },
        discriminator = { propertyName = "kind", mapping = { cat = "#/components/schemas/Cat" } },
      },
    }
    local sent = import({ ["/x"] = { post = operation {
      requestBody = takes { ["$ref"] = "#/components/schemas/Pet" },
    } } }, { components = { schemas = schemas } })
    assert.same({ kind = "cat", lives = 9 }, sent[1].options.json)
  end)

  it("ends a schema that contains itself", function()
    local schemas = { Node = { type = "object", required = { "next", "list" }, properties = {
      next = { ["$ref"] = "#/components/schemas/Node" },
      list = { type = "array", items = { ["$ref"] = "#/components/schemas/Node" } },
    } } }
    local sent = import({ ["/x"] = { post = operation {
      requestBody = takes { ["$ref"] = "#/components/schemas/Node" },
    } } }, { components = { schemas = schemas } })
    assert.equal("table", type(sent[1].options.json.next.next))
  end)

  it("gives GET /orders/:id what POST /orders answered", function()
    local sent, text = import {
      ["/orders"] = { post = operation {
        responses = answers({ type = "object", properties = { id = { type = "integer" } } }, "201"),
      } },
      ["/orders/{id}"] = { get = operation {
        parameters = { { name = "id", ["in"] = "path", schema = { type = "integer" } } },
      } },
    }
    assert.same({ "POST", "GET" }, { sent[1].method, sent[2].method })
    assert.same({ "/orders/:id", { id = "json:id" } }, { sent[2].url, sent[2].options.params })
    assert.truthy(text:find('local order_id = response:json "id"', 1, true))
  end)

  it("follows links before names", function()
    local sent = import {
      ["/jobs"] = { post = operation { responses = { ["200"] = {
        links = { a = {
          operationId = "state", parameters = { ref = "$response.body#/data/0/key" },
        } },
      } } } },
      ["/state/{ref}"] = { get = operation {
        operationId = "state", parameters = { { name = "ref", ["in"] = "path", schema = {} } },
      } },
    }
    assert.equal("json:data[1].key", sent[2].options.params.ref)
  end)

  it("asks for what a body needs, from a list of another tag", function()
    local product = { type = "object", properties = { id = { type = "integer" } } }
    local sent = import {
      ["/products"] = { get = operation {
        tags = { "catalogue" },
        responses = answers { type = "object", properties = {
          items = { type = "array", items = product },
        } },
      } },
      ["/cart"] = { post = operation { tags = { "buying" }, requestBody = takes {
        type = "object", properties = { productId = { type = "integer" } },
      } } },
    }
    assert.same({ "/products", "/cart", "/products" }, { sent[1].url, sent[2].url, sent[3].url })
    assert.equal("json:items[1].id", sent[2].options.json.productId)
  end)

  it("logs in where the document says how, else asks for the token", function()
    local login = operation {
      requestBody = takes { type = "object", properties = { email = { type = "string" } } },
      responses = answers { type = "object", properties = { access_token = { type = "string" } } },
      security = {},
    }
    local more = {
      components = { securitySchemes = { t = { type = "http", scheme = "bearer" } } },
      security = { { t = {} } },
    }
    local sent = import({ ["/login"] = { post = login }, ["/me"] = { get = operation {} } }, more)
    assert.same({ "/login", "/me" }, { sent[1].url, sent[2].url })
    assert.equal("json:access_token", sent[2].options.bearer)
    sent = import({ ["/me"] = { get = operation {} } }, more)
    assert.equal("", sent[1].options.bearer)
  end)

  it("sends keys and passwords where schemes want them, none where they are optional", function()
    local sent = import({
      ["/a"] = { get = operation { security = { { h = {} } } } },
      ["/b"] = { get = operation { security = { { q = {} } } } },
      ["/c"] = { get = operation { security = { { b = {} } } } },
      ["/d"] = { get = operation { security = { { h = {} }, cjson.decode "{}" } } },
      ["/e"] = { get = operation { security = { { c = {} } } } },
    }, { components = { securitySchemes = {
      h = { type = "apiKey", ["in"] = "header", name = "X-Key" },
      q = { type = "apiKey", ["in"] = "query", name = "key" },
      c = { type = "apiKey", ["in"] = "cookie", name = "sid" },
      b = { type = "http", scheme = "basic" },
    } } })
    assert.same({ ["X-Key"] = "" }, sent[1].options.headers)
    assert.same({ key = "" }, sent[2].options.query)
    assert.same({ "", "" }, sent[3].options.basic)
    assert.is_nil(sent[4].options.headers)
    assert.same({ sid = "" }, sent[5].options.cookies)
  end)

  it("puts the server's path before the others, and its variables in place", function()
    local _, text = import({ ["/a"] = { get = operation {} } }, { servers = { {
      url = "https://{region}.test/v1/", variables = { region = { default = "eu" } },
    } } })
    assert.truthy(text:find('"https://eu.test"', 1, true))
    assert.truthy(text:find('http.get("/v1/a")', 1, true))
  end)

  it("makes forms and files", function()
    local schema = { type = "object", properties = {
      note = { type = "string", example = "n" }, upload = { type = "string", format = "binary" },
    } }
    local sent = import {
      ["/f"] = { post = operation { requestBody = { content = {
        ["application/x-www-form-urlencoded"] = { schema = schema },
      } } } },
      ["/m"] = { post = operation { requestBody = { content = {
        ["multipart/form-data"] = { schema = schema },
      } } } },
    }
    assert.equal("n", sent[1].options.form.note)
    assert.same({ { "note", "n" }, { "upload", "a small file", filename = "file.txt" } },
      sent[2].options.multipart)
  end)

  it("names parameters as lload wants them", function()
    local sent = import { ["/a/{my-id}/{id}.json"] = { get = operation {} },
      ["/b/{my-id}"] = { get = operation {} } }
    assert.equal("/a/1/1.json", sent[1].url)
    assert.equal("GET /a/{my-id}/{id}.json", sent[1].options.name)
    assert.equal("/b/:my_id", sent[2].url)
  end)

  it("reads files beside the document", function()
    local text = document { ["/x"] = { ["$ref"] = "paths/x.json" } }
    local made = assert(imported.import("openapi", text, {
      name = "d/root.json",
      files = {
        ["d/paths/x.json"] = cjson.encode { post = operation {
          requestBody = takes { ["$ref"] = "../schemas.json#/A~1B" },
        } },
        ["d/schemas.json"] = '{"A/B":{"type":"object","properties":{"a":{"const":1}}}}',
      },
    }))
    assert.same({ a = 1 }, imported.run(made)[1].options.json)
  end)

  for ref, message in pairs {
    ["#/components/schemas/None"] = "leads nowhere",
    ["other.json#/a"] = "other.json: cannot read: No such file or directory",
    ["https://x.test/a.json"] = "only files beside the document are read; download it",
    ["/etc/passwd"] = "only relative paths are followed",
    ["#/paths/~1x/post/requestBody/content/application~1json/schema"] =
      "the references lead in a circle",
  } do
    it("names the reference " .. ref, function()
      local post = operation { requestBody = takes { ["$ref"] = ref } }
      local text = document { ["/x"] = { post = post } }
      assert.equal(('$ref "%s" in source: %s'):format(ref, message), failure(text))
    end)
  end

  for text, message in pairs {
    ['{"openapi": "3.0.0",\n"paths": }'] = "line 2: Expected value but found T_OBJ_END",
    ['{"swagger": "2.0", "paths": {}}'] = "is Swagger 2.0; convert it to OpenAPI 3 first",
    ['{"openapi": "4.0.0", "paths": {}}'] = "is of OpenAPI 4.0.0; 3.0 and 3.1 are read",
    ['{"info": {}}'] = 'is no OpenAPI document: it has no "openapi"',
    ['{"openapi": "3.0.0"}'] = "has no paths",
    ['{"openapi": "3.0.0", "paths": {}}'] = "has no operations",
    ["[]"] = "is no OpenAPI document: it is not an object",
    ['{"openapi": "3.0.0", "paths": {"/a": {"delete": {}}}}'] =
      "has nothing left to send; --allow-writes takes what changes and deletes",
  } do
    it("refuses " .. text:gsub("\n", " "), function() assert.equal(message, failure(text)) end)
  end

  it("survives documents of any shape", function()
    local odd = { 1, "x", true, cjson.null, {}, { 1 }, { a = 1 } }
    for _, value in ipairs(odd) do
      for _, key in ipairs { "parameters", "requestBody", "responses", "tags", "security" } do
        local node = operation {}
        node[key] = value
        local text, message = imported.import("openapi", document {
          ["/x"] = { get = operation {}, post = node, parameters = value },
        })
        assert.truthy(text or message)
      end
      local source = document({ ["/x"] = { get = operation {} } }, {
        servers = value, components = value, tags = value, security = value, info = value,
      })
      local text, message = imported.import("openapi", source)
      assert.truthy(text or message)
    end
  end)
end)

describe("texts that match a pattern", function()
  local pattern

  before_each(function()
    fake_core.install()
    pattern = require "lload.import.openapi.pattern"
  end)

  after_each(fake_core.remove)

  it("are made of simple ones only", function()
    for _, source in ipairs {
      "^(?=a)b$", "^\\p{L}+$", "^[^a]$", "(", "a{2", "[z-a]", "^a{9999}$", "\\bx", "",
    } do
      assert.is_nil(pattern.expression(source), source)
    end
    assert.equal("abc", pattern.expression "^abc$")
    assert.same({ "red", "blue" }, pattern.expression("^(red|blue)$").list)
    assert.equal("+49-", pattern.expression("^\\+49-\\d{4,6}$").parts[1])
  end)
end)
