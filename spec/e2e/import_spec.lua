--- lload import: files that run at once, from documents that nobody here wrote, too.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local imported = require "spec.support.imported"
local server = require "spec.support.server"
local text = require "lload.text"
local tmp = require "spec.support.tmp"

local SHOP = "examples/shop/openapi.yaml"
local EXAMPLES = "spec/npm/node_modules/@readme/oas-examples/"

-- Of the package @readme/oas-examples (MIT): documents of the OpenAPI initiative and of others.
local DOCUMENTS = {
  "3.0/yaml/petstore.yaml", "3.0/json/petstore.json", "3.0/yaml/star-trek.yaml",
  "3.0/yaml/circular.yaml", "3.0/yaml/uspto.yaml", "3.0/yaml/link-example.yaml",
  "3.0/yaml/complex-nesting.yaml", "3.0/yaml/parameters-extreme.yaml",
  "3.0/yaml/discriminators.yaml", "3.0/yaml/file-uploads.yaml", "3.0/yaml/security.yaml",
  "3.0/yaml/schema-validation.yaml", "3.1/yaml/train-travel.yaml", "3.1/json/petstore.json",
  "3.1/yaml/schema-types.yaml", "3.1/json/readme.json",
}

local function import(args, opts)
  local argv = { "import" }
  for _, word in ipairs(args) do argv[#argv + 1] = word end
  return cli.run(argv, opts)
end

local function refuses(args, opts, code, ...)
  local run = import(args, opts)
  expect.code(run, code)
  assert.equal("", run.stdout)
  for _, words in ipairs { ... } do
    assert.truthy(run.stderr:find(words, 1, true), run.stderr)
  end
end

-- An OpenAPI document that is no more than this schema, in YAML.
local function yaml_of(schema)
  return "openapi: 3.0.0\npaths:\n  /a:\n    post:\n      requestBody:\n        content:\n"
    .. "          application/json:\n            schema: " .. schema .. "\n"
end

describe("lload import", function()
  local shop

  setup(function() shop = server.shop { "--service-time", "0" } end)
  teardown(function() shop:stop() end)

  it("writes a file once, and never over another", function()
    local dir = tmp.dir()
    local command = "curl " .. shop.url .. "/healthz"
    local run = import({ "curl", command, "-o", dir .. "/a.lua" })
    expect.code(run, 0)
    assert.equal(("wrote %s/a.lua\nnext: lload run %s/a.lua\n"):format(dir, dir), run.stdout)
    local written = tmp.read(dir .. "/a.lua")
    refuses({ "curl", command, "-o", dir .. "/a.lua" }, nil, 104, "exists and is left as it is")
    assert.equal(written, tmp.read(dir .. "/a.lua"))
    expect.code(cli.run { "check", dir .. "/a.lua" }, 0)
    expect.code(cli.run { "run", dir .. "/a.lua" }, 0)
    assert.equal(written, import({ "curl", command }).stdout)
    assert.equal(written:gsub("command line", "standard input"),
      import({ "curl", "-" }, { stdin = command }).stdout)
  end)

  it("runs it once if asked to, and ends as that run does", function()
    local good = "curl " .. shop.url .. "/api/login --json '{\"email\":\"ada@example.com\"}'"
    local run = import { "curl", good, "--smoke", shop.url }
    expect.code(run, 0)
    assert.truthy(imported.load(run.stdout))
    assert.truthy(run.stderr:find("PASSED: 3 thresholds hold", 1, true), run.stderr)
    local path = tmp.write(tmp.dir(), "commands.sh", good .. "\ncurl " .. shop.url .. "/nowhere\n")
    run = import { "curl", path, "--smoke", shop.url, "-o", tmp.dir() .. "/b.lua" }
    expect.code(run, 99)
    assert.truthy(run.stdout:find("FAILED (exit 99)", 1, true), run.stdout)
  end)

  it("puts the files that a command sends beside the scenario", function()
    local dir = tmp.dir()
    local sent = tmp.write(dir, "sent.bin", "\0\1\2")
    local command = ("curl %s/api/login -H 'Content-Type: text/x' -T %s"):format(shop.url, sent)
    refuses({ "curl", command }, nil, 104, "say where: -o FILE")
    local out = tmp.dir()
    expect.code(import { "curl", command, "-o", out .. "/a.lua" }, 0)
    assert.equal("\0\1\2", tmp.read(out .. "/sent.bin"))
    expect.code(cli.run { "check", out .. "/a.lua" }, 0)
  end)

  it("makes a scenario of the shop's description that the shop has no complaint about", function()
    local dir = tmp.dir()
    expect.code(import { "openapi", SHOP, "-o", dir .. "/shop.lua", "--smoke", shop.url }, 0)
    local run = cli.run { "run", dir .. "/shop.lua", "--base-url", shop.url, "-u", "2", "-i", "30",
      "-e", "THINK=0", "--json", dir .. "/result.json" }
    expect.code(run, 0)
    local seen = {}
    for _, request in ipairs(cli.read_json(dir .. "/result.json").requests) do
      seen[request.name] = request.failed
    end
    assert.same({
      ["POST /api/login"] = 0, ["GET /api/v1/products"] = 0, ["GET /api/v1/products/:id"] = 0,
      ["POST /api/cart/add"] = 0, ["POST /api/orders/create"] = 0, ["GET /api/orders/:id"] = 0,
      ["GET /api/v1/users/:userId/orders"] = 0,
    }, seen)
  end)

  it("makes valid scenarios of documents that others wrote", function()
    assert(tmp.read(EXAMPLES .. "package.json"),
      "the npm package @readme/oas-examples is not installed: run scripts/install-npm-deps")
    for _, name in ipairs(DOCUMENTS) do
      local run = import { "openapi", EXAMPLES .. name, "--allow-writes" }
      expect.code(run, 0)
      assert.is_true(#imported.run(run.stdout) > 0, name)
      for line in run.stdout:gmatch "[^\n]+" do
        -- A field's own name may be longer than a line.
        assert.is_true(text.width(line) <= 100 or line:find "%f[%w]f+ = {$" ~= nil, line)
      end
    end
  end)

  it("says the same of a document in JSON and in YAML", function()
    assert(tmp.read(EXAMPLES .. "package.json"),
      "the npm package @readme/oas-examples is not installed: run scripts/install-npm-deps")
    local function body(name)
      local run = import { "openapi", EXAMPLES .. name, "--allow-writes" }
      expect.code(run, 0)
      return (run.stdout:gsub("^.-\n\n", ""))
    end
    assert.equal(body "3.0/json/petstore.json", body "3.0/yaml/petstore.yaml")
    assert.equal(body "3.0/json/star-trek.json", body "3.0/yaml/star-trek.yaml")
  end)

  it("reads YAML by the core schema, aliases and merge keys", function()
    local path = tmp.write(tmp.dir(), "a.yaml", yaml_of [[
&a
              type: object
              example:
                <<: &more { merged: "x", given: 1 }
                given: 2
                no: no
                day: 2026-01-31
                hex: 0x1F
                oct: 0o17
                exp: 1e3
                text: "1"
                none: ~
                on: True
                empty: []
                more: *more]])
    local sent = imported.run(import({ "openapi", path }).stdout)
    assert.same({
      merged = "x", given = 2, no = "no", day = "2026-01-31", hex = 31, oct = 15, exp = 1000,
      text = "1", none = require("cjson").null, on = true, empty = {},
      more = { merged = "x", given = 1 },
    }, sent[1].options.json)
  end)

  it("says where YAML is broken, and is not to be exhausted", function()
    local bomb = { "a0: &a0 [x, x, x, x, x, x, x, x, x, x]" }
    for level = 1, 8 do
      local previous = ("*a%d"):format(level - 1)
      bomb[#bomb + 1] = ("a%d: &a%d [%s]"):format(level, level, (previous .. ", "):rep(10))
    end
    for source, message in pairs {
      ["openapi: 3.0.0\npaths:\n  /a: [\n"] = "line 4: ",
      ["openapi: 3.0.0\n\tpaths: {}\n"] = "line 2: ",
      ["a: *nowhere\n"] = "line 1: the alias *nowhere stands within its own anchor, or nothing",
      ["a: &a [*a]\n"] = "line 1: the alias *a stands within its own anchor",
      ["? [a]\n: b\n"] = "line 1: a key must be text",
      [("- "):rep(200) .. "x"] = "line 1: more than 100 levels",
      [table.concat(bomb, "\n")] = ": more than 1048576 values",
      ["# nothing\n"] = "it is empty",
      ["just text"] = "is no OpenAPI document",
      [" \n"] = "is empty",
      ["\255\254\0"] = ": ",
    } do
      local path = tmp.write(tmp.dir(), "broken.yaml", source)
      refuses({ "openapi", path }, nil, 104, "broken.yaml: ", message)
    end
  end)

  it("names the reference that leads nowhere", function()
    local path = tmp.write(tmp.dir(), "a.yaml", yaml_of "{ $ref: 'other.yaml#/Thing' }")
    refuses({ "openapi", path }, nil, 104, '$ref "other.yaml#/Thing"', "other.yaml: cannot read")
  end)

  it("runs a collection of Postman's against the shop", function()
    local collection = tmp.write(tmp.dir(), "c.json", [[{
      "info": { "name": "Shop" }, "variable": [ { "key": "url", "value": "http://127.0.0.1:1" } ],
      "item": [
        { "name": "log in", "request": { "method": "POST", "url": "{{url}}/api/login",
            "body": { "mode": "raw", "raw": "{\"email\": \"{{$randomEmail}}\"}" } },
          "event": [ { "listen": "test", "script": { "exec": [
            "pm.test('ok', function () { pm.response.to.have.status(200) })",
            "pm.environment.set('token', pm.response.json().token)",
            "pm.environment.set('user', pm.response.json().userId)" ] } } ] },
        { "name": "orders", "request": { "url": "{{url}}/api/v1/users/{{user}}/orders",
            "auth": { "type": "bearer", "bearer": [ { "key": "token", "value": "{{token}}" } ] } } }
      ] }]])
    local run = import { "postman", collection, "--smoke", shop.url }
    expect.code(run, 0)
    assert.truthy(run.stdout:find("params = { user = user }", 1, true), run.stdout)
  end)

  it("refuses what it does not understand, and says what there is", function()
    refuses({}, nil, 2, "lload import needs a kind and a source: lload import curl|")
    refuses({ "opnapi", "x" }, nil, 2, 'did you mean "openapi"?')
    refuses({ "curl" }, nil, 2, "lload import curl needs a source")
    refuses({ "curl", "curl", "http://x" }, nil, 2, "goes between quotes")
    refuses({ "curl", "curl x", "--only", "y" }, nil, 2,
      "option --only is not for lload import curl")
    refuses({ "curl", "curl x", "--smoke", "nowhere" }, nil, 104, "--smoke: ")
    refuses({ "openapi", "/nonexistent.yaml" }, nil, 104, "/nonexistent.yaml: cannot read: No such")
    refuses({ "openapi", "/" }, nil, 104, "/: cannot read: ")
    refuses({ "curl", "curl http://x", "-o", "/nonexistent/a.lua" }, nil, 104,
      "cannot write /nonexistent/a.lua")
  end)
end)

describe("lload new --template", function()
  -- How long the shop takes is not the point here.
  it("writes scenarios of which every request succeeds with the demo shop", function()
    local shop = server.shop { "--service-time", "0" }
    local dir = tmp.dir()
    for _, name in ipairs { "checkout", "api", "arrival-rate" } do
      local file = dir .. "/" .. name .. ".lua"
      expect.code(cli.run { "new", "--template", name, file }, 0)
      assert.truthy(tmp.read(file):find("lload run " .. file, 1, true))
      local run = cli.run { "run", file, "--base-url", shop.url, "-u", "2", "-i", "6",
        "-e", "THINK=0", "--json", dir .. "/result.json" }
      assert.is_true(run.code == 0 or run.code == 99, run.stderr)
      local metrics = cli.read_json(dir .. "/result.json").metrics
      assert.equal(0, metrics.http_req_failed.rate, run.stdout)
      assert.equal(1, metrics.checks.rate, run.stdout)
      assert.equal(6, metrics.iterations.count, run.stdout)
    end
    shop:stop()
  end)

  it("knows its templates, all of them valid", function()
    local dir = tmp.dir()
    for _, name in ipairs { "starter", "minimal", "checkout", "api", "arrival-rate", "soak" } do
      local file = dir .. "/" .. name .. ".lua"
      expect.code(cli.run { "new", "--template", name, file }, 0)
      expect.code(cli.run { "check", file }, 0)
    end
    local run = cli.run { "new", "--template", "minimum", dir .. "/x.lua" }
    expect.code(run, 104)
    assert.truthy(run.stderr:find('did you mean "minimal"?', 1, true))
    assert.is_nil(tmp.read(dir .. "/x.lua"))
  end)
end)
