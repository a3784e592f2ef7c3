--- lload.shared: what users of a run share, over all threads. What happened is counted at the
--- server.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"

-- On the first line of every scenario, so that line numbers stay.
local HELPERS = ([[
local function same(got, wanted)
  if got ~= wanted then error(tostring(got) .. " is not " .. tostring(wanted), 2) end
end
local function raises(words, f)
  local line = ("scenario.lua:%d: "):format(debug.getinfo(2, "l").currentline)
  local ok, message = pcall(f)
  same(ok, false)
  if not (message:find(line, 1, true) and message:find(words, 1, true)) then
    error(("%q does not name %s and %s"):format(message, line, words), 2)
  end
end
]]):gsub("\n", " ")

describe("shared state", function()
  local httpd

  setup(function()
    httpd = server.httpd()
  end)

  teardown(function()
    httpd:stop()
  end)

  before_each(function()
    httpd:reset_counts()
  end)

  local function start(text, args)
    return cli.start_scenario(HELPERS .. text, args, { base_url = httpd.url })
  end

  local function run(text, args, code)
    local r = cli.run_scenario(HELPERS .. text, args, { base_url = httpd.url })
    expect.code(r, code or 0)
    return r
  end

  -- How often /any/NAME was asked for.
  local function asked(name)
    return httpd:counts().paths["/any/" .. name] or 0
  end

  local function assert_each(n)
    local seen = 0
    for path, count in pairs(httpd:counts().paths) do
      if path:find "^/any/%d+$" then
        assert.equal(1, count, path)
        seen = seen + 1
      end
    end
    assert.equal(n, seen)
  end

  for threads = 1, 3 do
    describe("over " .. threads .. " threads", function()
      local THREADS = { "--threads", tostring(threads) }
      local function with_threads(args)
        return { THREADS[1], THREADS[2], unpack(args or {}) }
      end

      it("counts every user once", function()
        run([[
local n = lload.shared.counter "n"
return {
  journey = function() http.get("/any/:n", { params = { n = n:add() } }) end,
  teardown = function() same(n:get(), 200) same(n:add(-50), 150) same(n:add(0), 150) end,
}]], with_threads { "-u", "9", "-i", "200" })
        assert_each(200)
      end)

      it("hands each value of a queue to one user", function()
        run([[
local q = lload.shared.queue "q"
return {
  stages = { all = {
    { executor = "per-vu-iterations", vus = 3, iterations = 50, journey = "produce" },
    { executor = "per-vu-iterations", vus = 5, iterations = 30, journey = "consume" },
  } },
  journeys = {
    produce = function(vu)
      same(q:push { id = vu.id * 1000 + vu.iteration, tags = { "x" } }, true)
      think(0.001)
    end,
    consume = function()
      local value = q:pop "10s"
      same(value.tags[1], "x")
      http.get("/any/:id", { params = { id = value.id } })
    end,
  },
  teardown = function() same(q:pop(), nil) same(#q, 0) end,
}]], with_threads())
        assert_each(150)
      end)

      it("makes what is made once by one user, while the others wait", function()
        run([[
return {
  stages = { all = { executor = "per-vu-iterations", vus = 12, iterations = 3 } },
  journey = function()
    local login = lload.shared.once("login", function()
      http.get "/any/login"
      think(0.05)
      return { token = "t", list = { 1, 2, 3 } }
    end)
    same(login.token, "t") same(login.list[3], 3)
    login.token = "mine"
    http.get "/any/use"
  end,
}]], with_threads())
        assert.equal(1, asked "login")
        assert.equal(36, asked "use")
      end)

      it("lets another user make what one could not", function()
        local r = run([[
local tries = lload.shared.counter "tries"
return {
  stages = { all = { executor = "per-vu-iterations", vus = 6, iterations = 1 } },
  journey = function()
    local value = lload.shared.once("value", function()
      think(0.02)
      local try = tries:add()
      if try < 3 then error("not yet " .. try) end
      return false
    end)
    same(value, false)
    http.get "/any/made"
  end,
  teardown = function() same(tries:get(), 3) end,
}]], with_threads(), 107)
        assert.equal(4, asked "made")
        assert.equal(2, expect.count(r, "iteration_errors"))
        expect.says(r, "scenario.lua:8: not yet 1", "scenario.lua:8: not yet 2")
      end)

      it("cuts off users that wait, and loses nothing", function()
        run([[
local q = lload.shared.queue "q"
return {
  stages = { all = {
    { executor = "constant-vus", vus = 6, duration = "200ms", graceful_stop = "50ms",
      journey = "wait" },
    { executor = "per-vu-iterations", vus = 1, iterations = 1, start_time = "600ms",
      journey = "look" },
  } },
  journeys = {
    wait = function(vu)
      if vu.id <= 3 then
        lload.shared.once("never", function() lload.sleep "1h" end)
      else
        q:pop "1h"
        error "there was nothing"
      end
    end,
    look = function()
      same(#q, 0)
      same(lload.shared.once("never", function() return "at last" end), "at last")
      same(q:push(1), true) same(#q, 1) same(q:pop(), 1)
      http.get "/any/look"
    end,
  },
}]], with_threads(), nil)
        assert.equal(1, asked "look")
      end)

      it("survives users that leave at any moment", function()
        run([[
local a, b = lload.shared.queue "a", lload.shared.queue("b", { limit = 5 })
return {
  stages = { all = { executor = "ramping-vus", start_vus = 20, graceful_ramp_down = "5ms",
    graceful_stop = "5ms", steps = { { duration = "300ms", target = 2 },
      { duration = "300ms", target = 20 }, { duration = "300ms", target = 0 } } } },
  journey = function(vu)
    if lload.random.int(1, 3) == 1 then a:push(vu.id) else b:push { vu.id } end
    if vu.id % 3 == 0 then b:pop "10ms" else a:pop(lload.random.float(0.001, 0.01)) end
    lload.shared.once("o" .. vu.iteration, function()
      think(0.001, 0.01)
      return lload.shared.once("i" .. vu.iteration % 7, function() think(0.01) return 1 end)
    end)
  end,
  teardown = function() http.get "/any/end" end,
}]], with_threads())
        assert.equal(1, asked "end")
      end)
    end)
  end

  it("answers one another on a thread without starving it", function()
    run([[
local ping, pong = lload.shared.queue "ping", lload.shared.queue "pong"
return {
  stages = { all = { executor = "constant-vus", vus = 2, duration = "300ms",
    graceful_stop = "1s" } },
  on_start = function(vu) if vu.id == 1 then ping:push(0) end end,
  journey = function(vu)
    local from, to = ping, pong
    if vu.id == 1 then from, to = pong, ping end
    local n = from:pop "50ms"
    if n then to:push(n + 1) end
  end,
  teardown = function() http.get "/any/done" end,
}]], { "--threads", "1" })
    assert.equal(1, asked "done")
  end)

  it("serves hundreds that wait for the same", function()
    local r = run([[
return {
  stages = { all = { executor = "per-vu-iterations", vus = 700, iterations = 1 } },
  journey = function()
    lload.shared.once("slow", function() lload.sleep "300ms" return 1 end)
    http.get "/any/x"
  end,
}]], { "--threads", "2" })
    assert.equal(700, asked "x")
    expect.that(r, r.elapsed < 15, "it took too long")
  end)

  it("wakes who waits, at once, from another thread", function()
    local r = run([[
local q = lload.shared.queue "q"
local waited = lload.trend "waited"
return {
  stages = { all = { executor = "per-vu-iterations", vus = 2, iterations = 10 } },
  journey = function(vu)
    if vu.id == 1 then
      think(0.03)
      q:push(1)
    else
      same(q:pop "5s", 1)
    end
    http.get "/any/x"
  end,
  teardown = function() same(#q, 0) end,
}]], { "--threads", "2" })
    expect.that(r, r.elapsed < 4, "waiting took too long")
  end)

  it("waits for a queue no longer than it should", function()
    run([[
local q = lload.shared.queue "q"
return { journey = function()
  same(q:pop(), nil)
  same(q:pop "20ms", nil)
  same(q:pop(0), nil)
  http.get "/any/x"
end }]], { "--threads", "1" })
    assert.equal(1, asked "x")
  end)

  it("refuses a value when a queue is full", function()
    run([[
local q = lload.shared.queue("q", { limit = 2 })
return { journey = function()
  same(q:push(1), true) same(q:push "two", true) same(q:push { 3 }, false)
  same(#q, 2) same(q:pop(), 1) same(q:push(false), true)
  same(q:pop(), "two") same(q:pop(), false) same(q:pop(), nil)
  http.get "/any/x"
end }]])
    assert.equal(1, asked "x")
  end)

  it("raises for misuse, at the caller's line", function()
    run([[
local shared = lload.shared
local n, q = shared.counter "n", shared.queue("q", { limit = 3 })
raises("counter:add cannot be used while the file loads", function() n:add() end)
raises("queue:push cannot be used while the file loads", function() q:push(1) end)
raises("queue:pop with a timeout cannot be used while the file", function() q:pop(1) end)
raises("once cannot be used", function() local value = shared.once("o", print) return value end)
return { journey = function()
  raises("a whole number", function() n:add(0.5) end)
  raises("nil is no value", function() q:push(nil) end)
  raises("queue:push: the value.f is a function", function() q:push { f = print } end)
  raises("shared.counter: the name is text", function() local c = shared.counter(1) return c end)
  raises("unknown option", function() local c = shared.queue("p", { max = 1 }) return c end)
  raises("is a whole number", function() local c = shared.queue("p", { limit = 0 }) return c end)
  raises("has another limit", function() local c = shared.queue("q", { limit = 4 }) return c end)
  raises("(name, function) is wanted", function() local c = shared.once("x") return c end)
  local function again() local c = shared.once("y", print) return c end
  local function give_print() return print end
  raises("'x' is a function", function() local c = shared.once("x", give_print) return c end)
  local ok, why = pcall(shared.once, "y", again)
  assert(not ok and why:find("the function that makes 'y' asks for it itself", 1, true), why)
  same(shared.once("x", function() return 1 end), 1)
  same(shared.once("none", function() end), nil)
  same(shared.once("none", error), nil)
  same(shared.once("outer", function()
    return shared.once("inner", function() return 2 end) + 1
  end), 3)
  local co = coroutine.wrap(function() q:pop(1) end)
  ok, why = pcall(co)
  assert(not ok and why:find("from the journey itself", 1, true), why)
  http.get "/any/x"
end }]])
    assert.equal(1, asked "x")
  end)

  it("ends a once that a request's failure broke off, and lets the next try", function()
    local r = run([[
return {
  stages = { all = { executor = "per-vu-iterations", vus = 3, iterations = 1 } },
  journey = function()
    lload.shared.once("login", function() return http.get("/fail-first/1"):expect(200).status end)
    http.get "/any/in"
  end,
}]], { "--threads", "2" })
    assert.equal(2, asked "in")
    assert.equal(1, expect.count(r, "iterations_failed"))
  end)

  it("is there in setup and teardown, and ends with the run", function()
    local run_it = start([[
local q = lload.shared.queue "q"
return {
  setup = function()
    for i = 1, 20 do q:push(i) end
    return lload.shared.once("made", function() return "in setup" end)
  end,
  journey = function(vu)
    same(vu.data, "in setup")
    same(lload.shared.once("made", error), "in setup")
    http.get("/any/:id", { params = { id = q:pop() } })
  end,
  teardown = function() same(#q, 5) end,
}]], { "-u", "3", "-i", "15" })
    expect.code(run_it.finish(), 0)
    assert_each(15)
  end)
end)
