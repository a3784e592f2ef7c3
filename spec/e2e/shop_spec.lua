--- The demo shop keeps its promises: validation, tokens, the pool's counts, its metrics.
local cjson = require "cjson"
local binaries = require "spec.support.binaries"
local cli = require "spec.support.cli"
local process = require "spec.support.process"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local function start_curl(args)
  local argv = { "curl", "--silent", "--max-time", "20" }
  for _, word in ipairs(args) do
    argv[#argv + 1] = word
  end
  return cli.start_program(argv)
end

--- One request; returns its status, its decoded JSON body, and its headers as text.
-- opts: token, json (any value), body (text), method, headers (list of lines)
local function request(shop, path, opts)
  opts = opts or {}
  local dir = tmp.dir()
  local args = { "-D", dir .. "/headers", "-o", dir .. "/body", "-w", "%{http_code}" }
  local function add(...)
    for _, word in ipairs { ... } do
      args[#args + 1] = word
    end
  end
  if opts.token then
    add("-H", "Authorization: Bearer " .. opts.token)
  end
  if opts.json or opts.body then
    add("--data-binary", "@" .. tmp.write(dir, "sent", opts.body or cjson.encode(opts.json)))
  end
  if opts.method then
    add("-X", opts.method)
  end
  for _, line in ipairs(opts.headers or {}) do
    add("-H", line)
  end
  add(shop.url .. path)
  local status = tonumber(start_curl(args):wait().stdout)
  local ok, body = pcall(cjson.decode, tmp.read(dir .. "/body") or "")
  return status, ok and body or nil, tmp.read(dir .. "/headers")
end

local function login(shop, email)
  local status, body = request(shop, "/api/login", { json = { email = email } })
  assert.equal(200, status)
  return body.token, body.userId
end

local ONE_ARRIVAL = "/api/v1/products/[1-%d]"

--- Starts n requests at once; finish() waits and counts them by status.
local function start_burst(shop, n)
  local run = start_curl { "--parallel", "--parallel-immediate", "--parallel-max", tostring(n),
    "-o", "/dev/null", "-w", "%{http_code}\n", shop.url .. ONE_ARRIVAL:format(n) }
  return function()
    local counts = {}
    for status in run:wait().stdout:gmatch "%d+" do
      counts[status] = (counts[status] or 0) + 1
    end
    return counts
  end
end

--- The statuses of n requests, one after another, as one text.
local function statuses(shop, n, max_time)
  return start_curl({ "--max-time", tostring(max_time or 20), "-o", "/dev/null", "-w",
    "%{http_code} ", shop.url .. ONE_ARRIVAL:format(n) }):wait().stdout
end

local function metric(shop, name)
  for line in shop:get("/metrics"):gmatch "[^\n]+" do
    local value = line:sub(1, #name + 1) == name .. " " and line:sub(#name + 2)
    if value then
      return tonumber(value)
    end
  end
end

local function requests_total(shop, method, route, status)
  return metric(shop, ('shop_requests_total{method="%s",route="%s",status="%d"}')
    :format(method, route, status)) or 0
end

describe("the demo shop", function()
  local shop, token, user_id, other

  lazy_setup(function()
    shop = server.shop { "--service-time", "0", "--pool", "2" }
    token, user_id = login(shop, "ada@example.com")
    other = login(shop, "bob@example.com")
  end)

  lazy_teardown(function()
    shop:stop()
  end)

  --- Asserts that the reply is this status with an error text.
  local function refuses(status, path, opts)
    local got, body = request(shop, path, opts)
    local what = path .. " " .. tostring(opts and (opts.body or cjson.encode(opts.json or {})))
    assert.equal(status, got, what)
    assert.equal("string", type(body and body.error), what)
  end

  local function add_to_cart(json)
    return request(shop, "/api/cart/add", { token = token, json = json })
  end

  local function create_order(json)
    return request(shop, "/api/orders/create", { token = token, json = json })
  end

  describe("login", function()
    it("gives a token and the same user id for the same address", function()
      local again, id = login(shop, "ADA@example.com")
      assert.equal(user_id, id)
      assert.truthy(again:match "^[%w_-]+%.[%w_-]+%.[%w_-]+$")
    end)

    it("refuses what is not a JSON object with an e-mail address", function()
      for _, body in ipairs { "", "{", "[]", "7", "{}", '{"email":7}', '{"email":"ada"}',
        '{"email":"@b.c"}', '{"email":"a@b"}', '{"email":"a@b."}', '{"email":"a b@c.d"}',
        '{"email":"a@b@c.d"}', '{"email":"a@b.c","password":1}' } do
        refuses(400, "/api/login", { body = body })
      end
    end)

    it("bounds the body at 1 MiB, whether or not its length is announced", function()
      local mib = 1024 * 1024
      refuses(400, "/api/login", { body = (" "):rep(mib) })
      refuses(413, "/api/login", { body = (" "):rep(mib + 1) })
      refuses(413, "/api/login",
        { body = (" "):rep(mib + 1), headers = { "Transfer-Encoding: chunked" } })
    end)
  end)

  describe("catalogue", function()
    it("is paged by 20 and the same in every run", function()
      local status, page = request(shop, "/api/v1/products?page=2")
      assert.equal(200, status)
      assert.equal(20, #page.products)
      assert.equal(21, page.products[1].id)
      local _, product = request(shop, "/api/v1/products/21")
      assert.same(page.products[1], product)
      local _, beyond = request(shop, "/api/v1/products?page=" .. page.pages + 1)
      assert.equal(0, #beyond.products)
    end)

    it("refuses bad pages and unknown products", function()
      for _, page in ipairs { "0", "-1", "x", "", "1.5", "9999999999999999" } do
        refuses(400, "/api/v1/products?page=" .. page)
      end
      for _, id in ipairs { "0", "301", "x", "1.0" } do
        refuses(404, "/api/v1/products/" .. id)
      end
    end)
  end)

  describe("cart", function()
    it("collects items and adds up their prices", function()
      local _, product = request(shop, "/api/v1/products/7")
      local status, cart = add_to_cart { productId = 7, quantity = 2, variant = "M" }
      assert.equal(200, status)
      status, cart = add_to_cart { productId = "7", quantity = 3, cartId = cart.cartId }
      assert.equal(200, status)
      assert.same({ { productId = 7, quantity = 2, variant = "M", price = product.price },
        { productId = 7, quantity = 3, price = product.price } }, cart.items)
      assert.near(5 * product.price, cart.total, 0.001)
    end)

    it("wants a token that the shop signed and that still holds", function()
      local json = { productId = 1, quantity = 1 }
      refuses(401, "/api/cart/add", { json = json })
      local head, claims, signature = token:match "([^.]+)%.([^.]+)%.([^.]+)"
      for _, bad in ipairs { "x", token .. "A", token:sub(1, -2), head .. "." .. claims,
        head .. "." .. claims .. ".", head .. "." .. claims:reverse() .. "." .. signature,
        "eyJhbGciOiJub25lIn0." .. claims .. ".", ("a"):rep(2000) } do
        refuses(401, "/api/cart/add", { json = json, token = bad })
      end
      local _, _, headers = request(shop, "/api/cart/add", { json = json })
      assert.truthy(headers:find "WWW%-Authenticate: Bearer")
    end)

    it("refuses bad items and unknown products and carts", function()
      for _, body in ipairs { "", "{}", "[]", '{"productId":1}', '{"productId":1,"quantity":0}',
        '{"productId":1,"quantity":100}', '{"productId":1,"quantity":1.5}',
        '{"productId":"x","quantity":1}', '{"productId":1,"quantity":1,"variant":"XXL"}',
        '{"productId":1,"quantity":1,"cartId":"x"}' } do
        refuses(400, "/api/cart/add", { token = token, body = body })
      end
      refuses(404, "/api/cart/add", { token = token, json = { productId = 999, quantity = 1 } })
      refuses(404, "/api/cart/add",
        { token = token, json = { productId = 1, quantity = 1, cartId = 999999 } })
    end)

    it("belongs to its user", function()
      local _, cart = add_to_cart { productId = 1, quantity = 1 }
      refuses(404, "/api/cart/add",
        { token = other, json = { productId = 1, quantity = 1, cartId = cart.cartId } })
      refuses(404, "/api/orders/create", { token = other, json = { cartId = cart.cartId } })
    end)

    it("holds a bounded number of lines", function()
      local status, cart = add_to_cart { productId = 1, quantity = 1 }
      local lines = 1
      while status == 200 and lines < 50 do
        lines = lines + 1
        status = add_to_cart { productId = lines, quantity = 1, cartId = cart.cartId }
      end
      assert.equal(400, status)
      assert.equal(21, lines)
    end)
  end)

  describe("order", function()
    it("is made from a cart, once", function()
      local _, cart = add_to_cart { productId = 5, quantity = 4, variant = "XL" }
      local status, order = create_order { cartId = cart.cartId }
      assert.equal(201, status)
      assert.equal("created", order.status)
      assert.same(cart.items, order.items)
      assert.equal(cart.total, order.total)
      refuses(404, "/api/orders/create", { token = token, json = { cartId = cart.cartId } })

      local got, same = request(shop, "/api/orders/" .. order.id, { token = token })
      assert.equal(200, got)
      assert.same(order, same)
    end)

    it("is made from one to five items", function()
      local items = {}
      for n = 1, 5 do
        items[n] = { productId = n, quantity = n }
        local status, order = create_order { items = items }
        assert.equal(201, status)
        assert.equal(n, #order.items)
      end
      items[6] = { productId = 6, quantity = 1 }
      refuses(400, "/api/orders/create", { token = token, json = { items = items } })
    end)

    it("refuses bad bodies, strangers and unknown ids", function()
      for _, body in ipairs { "", "{}", '{"items":[]}', '{"items":{}}', '{"items":[1]}',
        '{"cartId":true}', '{"cartId":1,"items":[{"productId":1,"quantity":1}]}' } do
        refuses(400, "/api/orders/create", { token = token, body = body })
      end
      refuses(401, "/api/orders/create", { json = { cartId = 1 } })
      refuses(404, "/api/orders/create",
        { token = token, json = { items = { { productId = 999, quantity = 1 } } } })
      local _, order = create_order { items = { { productId = 1, quantity = 1 } } }
      refuses(401, "/api/orders/" .. order.id)
      refuses(404, "/api/orders/" .. order.id, { token = other })
      refuses(404, "/api/orders/999999", { token = token })
      refuses(404, "/api/orders/x", { token = token })
    end)

    it("is listed for its user, newest first, at most 20", function()
      local eve, eve_id = login(shop, "eve@example.com")
      local newest
      for _ = 1, 22 do
        local _, order = request(shop, "/api/orders/create",
          { token = eve, json = { items = { { productId = 1, quantity = 1 } } } })
        newest = order.id
      end
      local status, list = request(shop, "/api/v1/users/" .. eve_id .. "/orders", { token = eve })
      assert.equal(200, status)
      assert.equal(20, #list.orders)
      for i, order in ipairs(list.orders) do
        assert.equal(newest - i + 1, order.id)
      end
      refuses(404, "/api/v1/users/" .. eve_id .. "/orders", { token = token })
      refuses(401, "/api/v1/users/" .. eve_id .. "/orders")
    end)
  end)

  it("answers 404 for unknown paths and 405 with Allow for known ones", function()
    refuses(404, "/")
    refuses(404, "/api/nothing")
    refuses(404, "/api/v1/products/1/")
    refuses(405, "/api/login")
    local status, _, headers = request(shop, "/api/v1/products", { method = "DELETE" })
    assert.equal(405, status)
    assert.truthy(headers:find "Allow: GET, HEAD")
  end)

  it("counts every reply by method, route and status", function()
    local before = requests_total(shop, "GET", "/api/v1/products/:id", 200)
    local missing = requests_total(shop, "GET", "/api/v1/products/:id", 404)
    statuses(shop, 310)
    assert.equal(before + 300, requests_total(shop, "GET", "/api/v1/products/:id", 200))
    assert.equal(missing + 10, requests_total(shop, "GET", "/api/v1/products/:id", 404))
    assert.equal(2, metric(shop, "shop_pool_capacity"))
    assert.equal(0, metric(shop, "shop_pool_in_use"))
    assert.equal(0, metric(shop, "shop_queue_length"))
    assert.equal(0, metric(shop, "shop_queue_timeouts_total"))
    assert.is_true(metric(shop, "process_resident_memory_bytes") > 1e6)
    assert.is_true(metric(shop, "process_open_fds") >= 5)
    assert.is_true(metric(shop, "shop_connections") >= 1)
    local _, health = request(shop, "/healthz")
    assert.same({ status = "ok" }, health)
  end)
end)

describe("the demo shop's pool", function()
  local shop

  after_each(function()
    shop:stop()
  end)

  it("serves everybody in time as long as nobody waits too long", function()
    shop = server.shop { "--pool", "3", "--service-time", "20ms", "--queue-timeout", "20s" }
    assert.same({ ["200"] = 30 }, start_burst(shop, 30)())
    assert.equal(0, metric(shop, "shop_queue_timeouts_total"))
  end)

  it("turns away with 503 whoever waited for the queue timeout", function()
    shop = server.shop { "--pool", "2", "--service-time", "1500ms", "--queue-timeout", "100ms" }
    assert.same({ ["200"] = 2, ["503"] = 8 }, start_burst(shop, 10)())
    assert.equal(8, metric(shop, "shop_queue_timeouts_total"))
    assert.equal(8, requests_total(shop, "GET", "/api/v1/products/:id", 503))
  end)

  it("never serves more than its capacity, and lets go of everybody at the end", function()
    shop = server.shop { "--pool", "2", "--service-time", "1h", "--queue-timeout", "1h" }
    local finish = start_burst(shop, 6)
    assert.truthy(process.wait_until(function()
      return metric(shop, "shop_queue_length") == 4
    end, 10))
    assert.equal(2, metric(shop, "shop_pool_in_use"))
    shop:stop()
    assert.same({ ["503"] = 6 }, finish())
  end)

  it("takes a slot for refused requests too, but not for health and metrics", function()
    shop = server.shop { "--pool", "1", "--service-time", "1h", "--queue-timeout", "0" }
    local holding = start_curl { shop.url .. "/api/no/such/path" }
    assert.truthy(process.wait_until(function()
      return metric(shop, "shop_pool_in_use") == 1
    end, 10))
    assert.equal(503, (request(shop, "/api/v1/products/1")))
    assert.equal(200, (request(shop, "/healthz")))
    holding:kill()
  end)

  it("fails the share it was told to, and the same ones for the same seed", function()
    local seen = {}
    for i, seed in ipairs { "7", "7", "8" } do
      shop = server.shop { "--service-time", "0", "--error-rate", "0.5", "--seed", seed }
      seen[i] = statuses(shop, 100)
      shop:stop()
    end
    assert.equal(seen[1], seen[2])
    assert.are_not.equal(seen[1], seen[3])
    local _, failures = seen[1]:gsub("500", "")
    assert.is_true(failures > 20 and failures < 80)
  end)

  it("slows down with each request served when it leaks", function()
    shop = server.shop { "--pool", "1", "--service-time", "0", "--queue-timeout", "50ms",
      "--leak", "1h" }
    assert.equal("200 000 503 ", statuses(shop, 1) .. statuses(shop, 1, 1) .. statuses(shop, 1))
  end)

  it("serves nothing while it stalls", function()
    shop = server.shop { "--pool", "1", "--service-time", "0", "--queue-timeout", "50ms",
      "--stall", "0s:1h" }
    assert.equal("000 503 ", statuses(shop, 1, 1) .. statuses(shop, 1))
  end)

  it("takes longer for the endpoints that it was told of, and for no other", function()
    for _, more in ipairs { "1h", "10000%" } do
      shop = server.shop { "--pool", "2", "--service-time", "40ms",
        "--slow=GET /api/v1/products/:id=+" .. more, "--slow", "POST /api/login=+0" }
      assert.equal(200, (request(shop, "/api/v1/products")))
      login(shop, "ada@example.com")
      assert.equal("000 ", statuses(shop, 1, 2))
      assert.equal(200, (request(shop, "/api/v1/products")))
      shop:stop()
    end
  end)

  it("does not accept a token that has expired", function()
    shop = server.shop { "--token-ttl", "0" }
    local token = login(shop, "ada@example.com")
    assert.equal(401, (request(shop, "/api/orders/1", { token = token })))
  end)
end)

describe("the demo shop's command line", function()
  it("says in one line what is wrong and exits 2", function()
    for _, args in ipairs { { "--nonsense" }, { "--pool" }, { "--pool", "0" },
      { "--port", "65536" }, { "--service-time", "5" }, { "--queue-timeout", "-1s" },
      { "--jitter", "101%" }, { "--jitter", "6ms" }, { "--error-rate", "2" },
      { "--leak", "x" }, { "--stall", "5s" }, { "--slow", "GET /nowhere=+5ms" },
      { "--slow", "GET /healthz=+5ms" }, { "--slow", "GET /api/v1/products" },
      { "--slow", "GET /api/v1/products=+5" }, { "--slow", "POST /api/v1/products=+5%" },
      { "--slow", "GET /api/v1/products=+-5%" }, { "--slow", "GET /api/v1/products=+10001%" },
      { "--seed", "-1" }, { "--listen", "nowhere" },
      { "stray" } } do
      local run = cli.program { binaries.shop(), unpack(args) }
      assert.equal(2, run.code, table.concat(args, " "))
      assert.truthy(run.stderr:match "^lload%-shop: [^\n]+\n$", run.stderr)
      assert.equal("", run.stdout)
    end
  end)

  it("exits 1 when the port is taken", function()
    local shop = server.shop()
    local run = cli.program { binaries.shop(), "--port=" .. shop.port }
    shop:stop()
    assert.equal(1, run.code)
    assert.truthy(run.stderr:find("cannot listen on 127.0.0.1 port " .. shop.port, 1, true))
  end)

  it("lists every option in its help and in its README", function()
    local run = cli.program { binaries.shop(), "--help" }
    local readme = assert(tmp.read "examples/shop/README.md")
    assert.equal(0, run.code)
    local options = 0
    for name in run.stdout:gmatch "\n  (%-%-[%a-]+)" do
      options = options + 1
      assert.truthy(readme:find("`" .. name, 1, true), name .. " is not in the README")
    end
    assert.equal(13, options)
  end)

  it("ends well on SIGINT and prints one line", function()
    local run = cli.start_program { binaries.shop(), "--port", "0" }
    assert.truthy(process.wait_until(function()
      return run:stdout():find "\n"
    end, 10))
    run:signal "INT"
    local ended = run:wait()
    assert.equal(0, ended.code)
    assert.truthy(ended.stdout:match "^lload%-shop listening on http://127%.0%.0%.1:%d+\n$")
  end)
end)
