--- What lload import har takes over from answers, and what it leaves as it was.
local cjson = require "cjson"
local fake = require "spec.support.fake_core"

describe("import har", function()
  local har, model

  setup(function()
    local core = fake.install()
    core.digest = function() return ("0"):rep(64) end
    core.base64_decode = function() return nil end
    for name in pairs(package.loaded) do
      if name:find "^lload%.import" or name == "lload.url" or name == "lload.time" then
        package.loaded[name] = nil
      end
    end
    har, model = require "lload.import.har", require "lload.import.model"
  end)

  teardown(function()
    for name in pairs(package.loaded) do
      if name:find "^lload%.import" or name == "lload.url" or name == "lload.time" then
        package.loaded[name] = nil
      end
    end
    fake.remove()
  end)

  local function entry(method, path, sent, answer)
    local headers, body, kind = sent.headers or {}, nil, "application/json"
    if sent.json then body = { mimeType = kind, text = cjson.encode(sent.json) } end
    if sent.form then
      body = { mimeType = "application/x-www-form-urlencoded", text = sent.form }
    end
    local text = answer.html or answer.json and cjson.encode(answer.json)
    return {
      startedDateTime = "2027-01-01T00:00:00.000Z", time = 10,
      request = {
        method = method, url = "https://shop.test" .. path, headers = headers, postData = body,
      },
      response = {
        status = answer.status or 200, headers = answer.headers or {},
        redirectURL = answer.to or "",
        content = { mimeType = answer.html and "text/html" or kind, text = text },
      },
    }
  end

  local function read(...)
    for index, one in ipairs { ... } do
      one.startedDateTime = ("2027-01-01T00:00:%02d.000Z"):format(index)
    end
    local found = assert(har.read(cjson.encode { log = { entries = { ... } } },
      { name = "x.har", option = function() end }))
    return found.journeys[1].groups[1].steps, found
  end

  local function assert_variable(name, value)
    assert.is_true(model.is_expression(value))
    assert.same({ "variable", name }, { value.kind, value.name })
  end

  it("takes the shortest path, not one through a list", function()
    local steps = read(
      entry("POST", "/login", { json = {} }, { json = {
        all = { { deep = { token = "abcd1234efgh" } } }, auth = { token = "abcd1234efgh" },
      } }),
      entry("GET", "/me", {
        headers = { { name = "Authorization", value = "Bearer abcd1234efgh" } },
      }, { json = {} }))
    assert.same({ { variable = "token", from = "json", path = "auth.token" } }, steps[1].extract)
    assert_variable("token", steps[2].auth.value)
  end)

  it("takes headers, hidden fields, metas and cookies", function()
    local steps = read(
      entry("GET", "/form", {}, {
        html = '<meta name="csrf-token" content="meta1234meta">'
          .. "<form><input type='hidden' name='state' value=\"hide1234hide\"></form>",
        headers = {
          { name = "X-Request-Key", value = "head1234head" },
          { name = "Set-Cookie", value = "xsrf=cook1234cook; Path=/" },
        },
      }),
      entry("POST", "/form", {
        form = "state=hide1234hide&name=Ada",
        headers = {
          { name = "X-CSRF-Token", value = "meta1234meta" },
          { name = "X-Key", value = "head1234head" },
          { name = "X-XSRF", value = "cook1234cook" },
          { name = "Cookie", value = "xsrf=cook1234cook" },
        },
      }, { json = {} }))
    assert_variable("state", steps[2].body.value.state)
    assert.equal("Ada", steps[2].body.value.name)
    assert_variable("csrf_token", steps[2].headers["X-CSRF-Token"])
    assert_variable("x_request_key", steps[2].headers["X-Key"])
    assert_variable("xsrf", steps[2].headers["X-XSRF"])
    assert.is_nil(steps[2].headers.Cookie)
    assert.is_nil(steps[2].options)
    local from = {}
    for _, extract in ipairs(steps[1].extract) do from[extract.variable] = extract end
    assert.equal("form", from.state.from)
    assert.equal("header", from.x_request_key.from)
    assert.equal("cookie", from.xsrf.from)
    assert.equal('<meta name="csrf\\-token" content="([^"]+)', from.csrf_token.path)
  end)

  it("takes small numbers only where the names agree", function()
    local steps = read(
      entry("POST", "/api/orders", { json = { quantity = 3 } },
        { json = { id = 7, lines = 3, page = 2 } }),
      entry("GET", "/api/orders/7", {}, { json = {} }),
      entry("GET", "/api/things/7?page=2", {}, { json = {} }),
      entry("POST", "/api/pay", { json = { orderId = 7, lines = 3 } }, { json = {} }))
    assert.equal("/api/orders/:order_id", steps[2].path)
    assert_variable("order_id", steps[2].params.order_id)
    assert.equal("/api/things/7", steps[3].path)
    assert.equal("2", steps[3].query.page)
    assert_variable("order_id", steps[4].body.value.orderId)
    assert.equal(3, steps[4].body.value.lines)
  end)

  it("leaves what the client said first as it is", function()
    local steps = read(
      entry("POST", "/register", { json = { device = "dev1234dev" } },
        { json = { device = "dev1234dev" } }),
      entry("POST", "/use", { json = { device = "dev1234dev" } }, { json = {} }))
    assert.is_nil(steps[1].extract)
    assert.equal("dev1234dev", steps[2].body.value.device)
  end)

  it("never copies secrets", function()
    local steps, found = read(entry("POST", "/login?api_key=q1q1q1q1", {
      json = { user = "ada", profile = { newPassword = "p2p2p2p2" }, pin = 1234 },
      headers = {
        { name = "Authorization", value = "Basic YWRhOnAzcDM=" },
        { name = "X-Api-Key", value = "k4k4k4k4" },
        { name = "Cookie", value = "sid=c5c5c5c5; _ga=GA1.2" },
      },
    }, { json = {} }))
    local text = cjson.encode { steps[1].body.value.user }
    assert.equal('["ada"]', text)
    for _, place in ipairs {
      { "API_KEY", steps[1].query.api_key },
      { "NEW_PASSWORD", steps[1].body.value.profile.newPassword },
      { "PIN", steps[1].body.value.pin }, { "PASSWORD", steps[1].auth.password },
      { "X_API_KEY", steps[1].headers["X-Api-Key"] },
      { "COOKIE_SID", steps[1].options.cookies.sid },
    } do
      assert.same({ "env", place[1] }, { place[2].kind, place[2].name })
    end
    assert.is_nil(steps[1].options.cookies._ga)
    assert.equal(7, #found.todos)
  end)

  it("lets lload follow redirects, and reads the last answer", function()
    local steps, found = read(
      entry("POST", "/login", { form = "user=ada" }, { status = 302, to = "/home" }),
      entry("GET", "/home", {}, {
        html = '<input type=hidden name=csrf value="abcd1234abcd">',
      }),
      entry("POST", "/go", { form = "csrf=abcd1234abcd" }, { json = {} }))
    assert.equal(2, #steps)
    assert.same({ 200 }, steps[1].checks.status)
    assert.equal("csrf", steps[1].extract[1].variable)
    assert_variable("csrf", steps[2].body.value.csrf)
    assert.equal("requests that redirects lead to", found.dropped[1].what)
  end)

  it("waits from the end of one request to the start of the next", function()
    local steps = read(entry("GET", "/a", {}, {}), entry("GET", "/b", {}, {}))
    assert.is_nil(steps[1].think)
    assert.same({ 0.99, 0.99 }, steps[2].think)
  end)
end)
