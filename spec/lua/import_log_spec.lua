--- What lload import log makes of paths, times, visits and formats, without a log.
local fake = require "spec.support.fake_core"

describe("import log", function()
  local format, json_lines, noise, paths, rate, routes, segment, states, visits, when

  setup(function()
    local core = fake.install()
    core.json_decode = require("cjson").decode
    local function load(name)
      package.loaded["lload.import.log." .. name] = nil
      return require("lload.import.log." .. name)
    end
    format, json_lines, noise = load "format", load "json_lines", load "noise"
    segment, states, paths = load "segment", load "state", load "paths"
    rate, routes, visits, when = load "rate", load "routes", load "visits", load "when"
  end)

  teardown(function() fake.remove() end)

  describe("segments", function()
    it("tells words from values", function()
      for class, list in pairs {
        word = {
          "users", "sign-in", "add_to_cart", "index.html", "v1", "v2.1", "caf%C3%A9", "addToCart",
          "~ada", "", "a-b-c",
        },
        number = { "0", "17", "-3", "9007199254740993" },
        uuid = { "0b5f2a3e-1c2d-4e5f-8a9b-0c1d2e3f4a5b" },
        date = { "2026-11-21" },
        email = { "ada@example.com", "ada%40example.com" },
        hex = { "deadbeef01", "5f3759df" },
        token = { "01ARZ3NDEKTSV4RRFFQ69G5FAV", "a1b2c3d4e5f6g7h8" },
        mixed = {
          "sku-42", "article-of-2024-and-more", "oauth2", "a-long-title-of-words", "12.jpg",
        },
      } do
        for _, text in ipairs(list) do assert.equal(class, segment.class(text), text) end
      end
    end)

    it("names values after the words before them", function()
      local taken = {}
      assert.equal("id", segment.name("number", "users", taken))
      assert.equal("order_id", segment.name("number", "orders", taken))
      assert.equal("category_id", segment.name("uuid", "categories", taken))
      assert.equal("address_id", segment.name("number", "addresses", taken))
      assert.equal("id_2", segment.name("number", nil, taken))
      assert.equal("date", segment.name("date", "on", taken))
    end)
  end)

  describe("paths", function()
    local function templates(list, known)
      local tree = paths.new(known)
      for _, path in ipairs(list) do
        local state = tree:state("GET", path, false)
        if state then states.add(state, path, 200) end
      end
      local found = {}
      for _, endpoint in ipairs(tree:endpoints()) do
        found[endpoint.path] = endpoint.state.count
      end
      return found, tree
    end

    it("merges values by their type, never words", function()
      local list = {}
      for i = 1, 100 do
        list[#list + 1] = "/users/" .. i
        list[#list + 1] = ("/users/%d/orders/%d"):format(i, i * 7)
        list[#list + 1] = "/tags/" .. string.char(97 + i % 26, 97 + math.floor(i / 26))
      end
      list[#list + 1] = "/users/me"
      local found = templates(list)
      assert.equal(100, found["/users/:id"])
      assert.equal(100, found["/users/:id/orders/:order_id"])
      assert.equal(1, found["/users/me"])
      local tags = 0
      for path in pairs(found) do tags = tags + (path:find "^/tags/%a%a$" and 1 or 0) end
      assert.equal(100, tags)
    end)

    it("merges what is neither by the number of siblings, with all that was before", function()
      local few, many = {}, {}
      for i = 1, 30 do few[i] = "/items/sku-" .. i end
      for i = 1, 31 do
        many[i], many[31 + i] = "/items/sku-" .. i, ("/items/sku-%d/more"):format(i)
      end
      local found = templates(few)
      assert.equal(1, found["/items/sku-7"])
      found = templates(many)
      assert.same({ ["/items/:id"] = 31, ["/items/:id/more"] = 31 }, found)
    end)

    it("keeps a number that never changes", function()
      local list = {}
      for i = 1, 60 do list[i] = "/api/2/things/" .. i end
      assert.same({ ["/api/2/things/:id"] = 60 }, (templates(list)))
      assert.same({ ["/api/:id"] = 1 }, (templates { "/api/2" }))
    end)

    it("adds nothing for what is not there, and stops at a limit", function()
      local tree = paths.new()
      assert.is_nil(tree:state("GET", "/wp-login", true))
      assert.same({}, tree:endpoints())
      for i = 1, 6000 do
        local word = ("%04d"):format(i):gsub("%d", function(d) return string.char(97 + d) end)
        tree:state("GET", "/" .. word, false)
      end
      assert.equal(5000, tree.count)
    end)

    it("puts the literal routes of a document first", function()
      local known = routes.new { "/users/{user-id}", "/users/me", "/v1/files/{name}" }
      local found = templates({ "/users/me", "/users/17", "/users/ada", "/v1/files/a", "/other" },
        known)
      assert.same({
        ["/users/me"] = 1, ["/users/:user_id"] = 2, ["/v1/files/:name"] = 1, ["/other"] = 1,
      }, found)
    end)
  end)

  it("bounds the addresses of an endpoint and keeps the popular ones", function()
    local state = states.new "GET"
    for i = 1, 20000 do
      states.add(state, "/p/" .. i, 200)
      if i % 10 == 0 then states.add(state, "/p/1", 200) end
    end
    local kept = 0
    for _ in pairs(state.addresses) do kept = kept + 1 end
    assert.is_true(kept <= 2000)
    assert.equal(2001, state.addresses["/p/1"])
    assert.equal(22000, state.count)
  end)

  it("gives quantiles of waiting times", function()
    local state = states.new "GET"
    for i = 1, 1000 do states.follow(state, state, i / 100) end
    local found = states.quantiles(state.waits, { 0.1, 0.5, 0.9 })
    for index, expected in ipairs { 1, 5, 9 } do
      assert.near(expected, found[index], expected * 0.1)
    end
    assert.is_nil(states.quantiles({}, { 0.5 }))
  end)

  it("reads times of all kinds", function()
    local read = when.reader()
    assert.same({ 1795282484, 0 }, { read "21/Nov/2026:17:34:44 +0000" })
    assert.same({ 1795282484, 7200 }, { read "21/Nov/2026:19:34:44 +0200" })
    assert.same({ 1795282484, -19800 }, { read "2026-11-21T12:04:44-05:30" })
    assert.same({ 1795282484.5, 0 }, { read "1795282484.5" })
    assert.same({ 1795282484.5, 0 }, { read "1795282484500" })
    for _, text in ipairs {
      "", "-", "yesterday", "99/Foo/2026:17:34:44 +0000", "2026-13-40T00:00:00Z",
    } do
      assert.is_nil(read(text))
    end
  end)

  it("tells visits apart by half an hour", function()
    local known = visits.new()
    assert.is_nil(known:find("a", 0))
    local first = known:begin("a", 0)
    assert.equal(first, known:find("a", 1800))
    first.at = 1800
    assert.is_nil(known:find("b", 1800))
    assert.is_nil(known:find("a", 3601))
    local second = known:begin("a", 3601)
    assert.equal(second, known:find("a", 3602))
    assert.is_nil(known:find("a", 90000))
  end)

  it("gives rates: the mean, at an hour, at a percentile", function()
    local found = rate.new()
    assert.is_nil(found:value())
    for day = 0, 1 do
      for second = 0, 7199, 10 do found:add(day * 86400 + 10 * 3600 + second) end
      for second = 0, 3599 do found:add(day * 86400 + 12 * 3600 + second) end
    end
    assert.near(0.1, (found:value { hour = 10 }), 0.001)
    assert.near(1, (found:value { hour = 12 }), 0.001)
    assert.is_nil((found:value { hour = 3 }))
    assert.near(1, (found:value { percentile = 99 }), 0.02)
    local short = rate.new()
    for second = 0, 59 do short:add(second) end
    assert.near(1, (short:value()), 0.001)
    assert.matches("needs 20 minutes", select(2, short:value { percentile = 95 }))
  end)

  it("compiles formats of nginx", function()
    local found = format.compile('$remote_addr [$time_local] "$request" ${status}b "$cookie_sid"')
    assert.same({ "", 1, " [", 2, '] "', 3, " ", 4, " ", false, '" ', 5, 'b "', 8, '"' },
      found.strict)
    assert.same({ "", 1, " [", 2, '] "', 11, '" ', 5, 'b "', 8, '"' }, found.lenient)
    assert.equal("cookie_sid", found.session)
    for text, why in pairs {
      ["no variables"] = "has no variables", ["$request $status"] = "has no time",
      ["$msec $status"] = "has no %$request", ["$msec$status $request"] = "nothing between",
    } do
      assert.matches(why, select(2, format.compile(text)))
    end
    assert.matches("has no %$x", select(2, format.compile("$msec $request", "x")))
  end)

  it("reads JSON of several servers", function()
    local read = json_lines.reader()
    local function fields(line)
      local list = { read(line) }
      return { list[2], list[3], list[4], list[5], list[6] }
    end
    assert.same({ "1.2.3.4", "1795282484.5", "GET", "/a?b=1", "200" }, fields [[{"ts":1795282484.5,
      "request":{"remote_ip":"1.2.3.4","method":"GET","uri":"/a?b=1"},"status":200}]])
    assert.same({ "::1", "2026-11-21T17:34:44Z", "HEAD", "/", "304" }, fields [[{"ClientHost":"::1",
      "StartUTC":"2026-11-21T17:34:44Z","RequestMethod":"HEAD","RequestPath":"/",
      "DownstreamStatus":304}]])
    assert.is_false(read '{"level":"info"}')
    local own = json_lines.reader('{"t":"$msec","r":"$request","who":"$cookie_sid"}')
    local list = { own '{"t":"1.5","r":"GET / HTTP/1.1","who":"x"}' }
    assert.same({ "1.5", "x", "GET / HTTP/1.1" }, { list[3], list[9], list[12] })
  end)

  it("knows what is no visitor's", function()
    assert.equal("robots", noise.agent "Mozilla/5.0 (compatible; Googlebot/2.1)")
    assert.equal("health checks", noise.agent "kube-probe/1.29")
    assert.is_nil(noise.agent "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    assert.equal("assets", noise.path "/static/app.3f2a.JS")
    assert.equal("health checks", noise.path "/healthz")
    assert.is_nil(noise.path "/api/users.json")
  end)
end)
