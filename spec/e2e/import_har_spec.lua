--- lload import har: the demo shop's flow, recorded, runs again where every token is another one.
local cjson = require "cjson"
local cli = require "spec.support.cli"
local har = require "spec.support.har"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local JSON = "application/json"

-- Logs in, looks around, orders, looks at the order.
local function record(shop)
  local recorder = har.new()
  local function send(method, path, body, token)
    local headers = { ["Content-Type"] = body and JSON or nil, ["Sec-Fetch-Mode"] = "cors" }
    headers.Authorization = token and "Bearer " .. token or nil
    return cjson.decode(recorder:request(method, shop.url .. path, headers,
      body and cjson.encode(body)))
  end
  recorder:page(shop.url .. "/login?next=1")
  local login = send("POST", "/api/login",
    { email = "ada@example.com", password = "hunter2hunter2" })
  recorder:page "Shop ]] os.exit(9) --"
  recorder:wait(0.3)
  local products = send("GET", "/api/v1/products?page=2")
  recorder:wait(0.2)
  local cart = send("POST", "/api/cart/add",
    { productId = products.products[3].id, quantity = 2, variant = "M" }, login.token)
  local order = send("POST", "/api/orders/create", { cartId = cart.cartId }, login.token)
  send("GET", ("/api/orders/%d"):format(order.id), nil, login.token)
  send("GET", ("/api/v1/users/%s/orders"):format(login.userId), nil, login.token)
  return recorder, login.token
end

describe("lload import har", function()
  local text, token, dir

  setup(function()
    local shop = server.shop { "--service-time", "1ms" }
    local recorder
    recorder, token = record(shop)
    text = recorder:text()
    dir = tmp.dir()
    shop:stop()
  end)

  local function import(content, ...)
    local path = tmp.write(dir, "recorded.har", content)
    return cli.run({ "import", "har", path, ... }, { env = { PASSWORD = "any" } })
  end

  it("correlates what answers gave, and proves it on another server", function()
    local shop = server.shop { "--service-time", "1ms" }
    -- An order before, so that its ids are others than the recorded ones.
    record(shop)
    local out = dir .. "/shop.lua"
    local run = import(text, "-o", out, "--confirm", shop.url)
    shop:stop()
    assert.equal(0, run.code, run.stderr .. run.stdout)
    assert.matches("confirmed: ", run.stderr)
    for _, row in ipairs {
      "token%s+POST /api/login, JSON token%s+POST /api/cart/add %(bearer%) and 3 more",
      "cart_id%s+POST /api/cart/add, JSON cartId%s+POST /api/orders/create %(json%)",
      "order_id%s+POST /api/orders/create, JSON %w+%s+GET /api/orders/:order_id %(path%)",
      "user_id%s+POST /api/login, JSON userId%s+GET /api/v1/users/:user_id/orders %(path%)",
      "product_id%s+GET /api/v1/products, JSON products%[3%]%.id%s+POST /api/cart/add %(json%)",
    } do
      assert.matches(row, run.stderr)
    end
    local scenario = tmp.read(out)
    assert.is_nil(scenario:find(token, 1, true))
    assert.is_nil(scenario:find("hunter2", 1, true))
    assert.matches('password = lload%.env%("PASSWORD"', scenario)
    assert.matches("pause%(0%.3, 0%.3%)", scenario)
    assert.matches('group%("/login"', scenario)
    assert.is_nil(scenario:lower():find "sec%-fetch")
  end)

  it("says that a replay does not hold", function()
    local shop = server.shop { "--service-time", "1ms", "--error-rate", "1" }
    local run = import(text, "--confirm", shop.url)
    shop:stop()
    assert.equal(99, run.code, run.stderr)
    assert.matches("not confirmed", run.stderr)
  end)

  it("writes the same file for the same recording", function()
    local first, second = import(text), import(text)
    assert.equal(0, first.code, first.stderr)
    assert.equal(first.stdout, second.stdout)
  end)

  it("leaves out assets and third parties unless asked for", function()
    local log = cjson.decode(text).log
    local function add(url, kind)
      table.insert(log.entries, {
        startedDateTime = "2027-01-01T00:00:00Z", time = 1, request = { method = "GET", url = url },
        response = { status = 200, content = { mimeType = kind } },
      })
    end
    local origin = log.entries[1].request.url:match "^(http://[^/]+)"
    add(origin .. "/app.js", "text/javascript")
    add("https://stats.example.net/pixel", "text/plain")
    add("data:text/plain,x", "text/plain")
    local content = cjson.encode { log = log }
    local run = import(content)
    assert.is_nil(run.stdout:find "app%.js")
    assert.matches("left out: files that pages bring with them", run.stderr)
    assert.matches("left out: requests to stats%.example%.net: a third party", run.stderr)
    run = import(content, "--with-assets", "--with-third-parties")
    assert.matches('http%.get%("/app%.js"%)', run.stdout)
    assert.matches('http%.get%("https://stats%.example%.net/pixel"%)', run.stdout)
    assert.matches("left out: addresses of data", run.stderr)
  end)

  it("takes recordings with binary bodies and without answers", function()
    local run = import(cjson.encode { log = { entries = {
      {
        startedDateTime = "2027-01-01T00:00:00Z",
        request = {
          method = "POST", url = "http://127.0.0.1:1/upload",
          postData = { mimeType = "application/octet-stream", text = "\0\255\1" },
        },
        response = {
          status = 200, headers = {},
          content = { mimeType = "image/png", encoding = "base64", text = "iVBORw0KGgo=" },
        },
      },
      { request = { method = "GET", url = "http://127.0.0.1:1/none" } },
      {
        request = { method = "GET", url = "http://127.0.0.1:1/aborted" },
        response = { status = 0 },
      },
      { request = { url = "http://127.0.0.1:1/no-method" } },
      { request = { method = "GE\nT", url = "http://127.0.0.1:1/" } },
      "no entry",
    } } })
    assert.equal(0, run.code, run.stderr)
    assert.matches("to do: POST /upload: its body %(application/octet%-stream%) is binary",
      run.stderr)
    assert.matches("to do: GET /none: the recording has no answer", run.stderr)
    for _, why in ipairs { "has no method or no url", "method is none", "it has no request" } do
      assert.matches("left out: entries: .*" .. why, run.stderr)
    end
  end)

  it("says what is no recording", function()
    local function problem(content)
      local run = import(content)
      assert.equal(104, run.code)
      return run.stderr
    end
    assert.matches("line 1: .*is the file complete%?", problem(text:sub(1, #text / 2)))
    assert.matches("has no log%.entries", problem "{}")
    assert.matches("has no requests", problem '{"log":{"entries":[]}}')
    assert.matches("is empty", problem "")
  end)

  it("lets no recording write code", function()
    local hostile = {
      "\"..os.exit(3)..\"", "]]..os.exit(4)--[[", "a\nos.exit(5)\0b", "\\\"\r\n]==]",
    }
    local entries = {}
    for index, word in ipairs(hostile) do
      entries[index] = {
        pageref = word, startedDateTime = word,
        request = {
          method = "POST", url = "http://127.0.0.1:1/" .. word .. "?" .. word .. "=" .. word,
          headers = { { name = word, value = word }, { name = "X-" .. index, value = word },
            { name = "Authorization", value = word }, { name = "Cookie", value = word .. "=1" } },
          postData = {
            mimeType = "application/json",
            text = cjson.encode { [word] = word, id = "tok" .. word },
          },
        },
        response = {
          status = 200, headers = { { name = "X-" .. word, value = "abcdefgh1234" .. index } },
          content = { mimeType = "application/json", text = cjson.encode { [word] = { word } } },
        },
      }
    end
    local run = import(cjson.encode { log = {
      pages = { { id = hostile[1], title = hostile[2] }, { id = hostile[3], title = hostile[3] } },
      entries = entries,
    } }, "-o", dir .. "/hostile.lua")
    assert.equal(0, run.code, run.stderr)
    run = cli.run { "run", dir .. "/hostile.lua", "--base-url", "http://127.0.0.1:1" }
    assert.equal(99, run.code, run.stderr)
  end)
end)
