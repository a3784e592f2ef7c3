--- lload import har on what Chromium recorded: the demo shop's flow, run by a page's script.
--- `make html-check` runs it.
local browser = require "spec.support.browser"
local browser_har = require "spec.support.browser_har"
local cli = require "spec.support.cli"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local FLOW = [[(async () => {
  const send = async (method, path, body, token) => {
    const headers = body ? { "Content-Type": "application/json" } : {};
    if (token) headers.Authorization = "Bearer " + token;
    const r = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    return r.json();
  };
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const login = await send("POST", "/api/login",
    { email: "ada@example.com", password: "secret9876" });
  await wait(300);
  const page = await send("GET", "/api/v1/products?page=3");
  const cart = await send("POST", "/api/cart/add",
    { productId: page.products[4].id, quantity: 1 }, login.token);
  const order = await send("POST", "/api/orders/create", { cartId: cart.cartId }, login.token);
  await send("GET", "/api/v1/users/" + login.userId + "/orders", undefined, login.token);
  return order.orderId || order.id;
})()]]

describe("a recording of Chromium", function()
  local chromium

  setup(function() chromium = browser.open() end)
  teardown(function() if chromium then chromium:close() end end)

  local function record(shop)
    local page = chromium:page()
    page:visit(shop.url .. "/api/v1/products")
    page:record()
    assert.is_number(page:evaluate(FLOW))
    return browser_har.text(page)
  end

  it("runs again on another server", function()
    if not chromium then return pending "chromium is not installed" end
    local shop = server.shop { "--service-time", "1ms" }
    local text = record(shop)
    shop:stop()
    local dir = tmp.dir()
    local path = tmp.write(dir, "shop.har", text)
    shop = server.shop { "--service-time", "1ms" }
    local run = cli.run({
      "import", "har", path, "-o", dir .. "/shop.lua", "--confirm", shop.url,
    }, { env = { PASSWORD = "any" } })
    shop:stop()
    assert.equal(0, run.code, run.stderr .. run.stdout)
    assert.matches("\n5 requests in 1 journey", "\n" .. run.stderr)
    for _, variable in ipairs { "token", "product_id", "cart_id", "user_id" } do
      assert.matches("\n  " .. variable .. " ", run.stderr)
    end
    local scenario = tmp.read(dir .. "/shop.lua")
    assert.is_nil(scenario:find("secret9876", 1, true))
    assert.matches("pause%(0%.[23]", scenario)
  end)
end)
