--- Data files: how they are read, and who gets which row. What users got is counted at the server.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

local function csv_of(n)
  local lines = { "id" }
  for i = 1, n do
    lines[#lines + 1] = tostring(i)
  end
  return table.concat(lines, "\n") .. "\n"
end

describe("data", function()
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

  local function run(files, text, args, code)
    local path, dir = cli.scenario(text)
    for name, content in pairs(files) do
      tmp.write(dir, name, content)
    end
    local all = { "run", path, "--base-url", httpd.url, "--json", dir .. "/result.json" }
    for _, word in ipairs(args or {}) do
      all[#all + 1] = word
    end
    local r = cli.run(all)
    r.result = cli.read_json(dir .. "/result.json")
    expect.code(r, code or 0)
    return r
  end

  -- How often each /any/ID was asked for: { [id] = n }, and how many ids there are.
  local function asked()
    local seen, n = {}, 0
    for path, count in pairs(httpd:counts().paths) do
      local id = path:match "^/any/(.*)$"
      if id then
        seen[id], n = count, n + 1
      end
    end
    return seen, n
  end

  local function assert_each(n, times)
    local seen, different = asked()
    assert.equal(n, different)
    for i = 1, n do
      assert.equal(times, seen[tostring(i)], "row " .. i)
    end
  end

  describe("files", function()
    local function check_rows(files, open, body)
      run(files, "local rows = lload." .. open .. [[

local function same(got, wanted)
  if got ~= wanted then error(tostring(got) .. " is not " .. tostring(wanted), 2) end
end
return { journey = function()
]] .. body .. [[

  http.get "/ok"
end }]])
    end

    it("of CSV are read as the options say", function()
      check_rows({ ["d.csv"] = "\239\187\191# list\nid;note\n1;a,b\n#2;x\n" },
        'csv("d.csv", { delimiter = ";", comment = "#" })',
        'same(#rows, 1) same(rows[1].id, "1") same(rows[1].note, "a,b")')
      check_rows({ ["d.tsv"] = "1\t\"x\ty\"\r\n2\t\r\n" },
        'csv("d.tsv", { delimiter = "\\t", header = false })',
        'same(#rows, 2) same(rows[1][2], "x\\ty") same(rows[2][2], "") same(#rows[2], 2)')
      check_rows({ ["d.csv"] = "1,x\n2,y\n" }, 'csv("d.csv", { header = { "id", "name" } })',
        'same(#rows, 2) same(rows[1].id, "1") same(rows[2].name, "y") same(rows[3], nil)')
    end)

    it("are told apart by the way they are read", function()
      run({ ["d.csv"] = "id\n1\n2\n" }, [[
local named, plain = lload.csv "d.csv", lload.csv("d.csv", { header = false })
local again = lload.csv("d.csv", { delimiter = ",", header = true })
return { journey = function()
  assert(#named == 2 and #plain == 3 and plain[1][1] == "id")
  assert(named:next().id == "1" and again:next().id == "2" and plain:next()[1] == "id")
  http.get "/ok"
end }]])
    end)

    it("of JSON lines have a row for each line", function()
      check_rows({ ["d.jsonl"] = '{"id":1,"tags":["x"]}\r\n\n [2] \n"three"\n4' },
        'jsonl "d.jsonl"', [[
same(#rows, 4) same(rows[1].tags[1], "x") same(rows[2][1], 2) same(rows[3], "three")
same(rows[4], 4) same(rows[5], nil)
local n = 0
for i, row in rows:rows() do n = n + 1 same(i, n) assert(row) end
same(n, 4)]])
    end)

    local BROKEN = {
      { { ["d.csv"] = "a\nx\0y\n" }, 'csv "d.csv"', "d.csv: line 2: a zero byte" },
      { { ["d.csv"] = "a,b\n1\n" }, 'csv "d.csv"', "d.csv: line 2 has 1 fields" },
      { { ["d.jsonl"] = "1\n{\n" }, 'jsonl "d.jsonl"', "d.jsonl: line 2: not valid JSON" },
      { { ["d.jsonl"] = "\n" }, 'jsonl "d.jsonl"', "there are no rows" },
      { {}, 'jsonl "none.jsonl"', "none.jsonl: cannot read" },
      { { d = "a" }, 'csv("d", { delim = ";" })', "csv: unknown option 'delim'; it takes" },
      { { d = "a" }, 'csv("d", { delimiter = ";;" })', "csv: delimiter is one character" },
      { { d = "a" }, 'csv("d", { comment = \'"\' })', "csv: comment is one character" },
      { { d = "a" }, 'csv("d", { delimiter = "#", comment = "#" })', "the same character" },
      { { d = "a" }, 'csv("d", { header = "id" })', "csv: header is a list of texts" },
      { { d = "a" }, 'csv("d", { header = {} })', "csv: header is a list of texts" },
      { { d = "a" }, 'csv("d", { header = { "a", "a" } })', "names two columns 'a'" },
      { { d = "1,2" }, 'csv("d", { header = { "a" } })', "line 1 has 2 fields, the names are 1" },
      { { d = "[1]" }, 'json("d", {})', "only csv takes options" },
    }

    for _, row in ipairs(BROKEN) do
      it("say what is wrong: " .. row[3], function()
        local r = run(row[1], "\nlocal rows = lload." .. row[2]
          .. "\nreturn { journey = function() http.get '/ok' end }", {}, 104)
        expect.line(r, "scenario.lua:2", row[3])
        assert.equal(0, httpd:counts().total)
      end)
    end
  end)

  describe("next", function()
    local TEXT = [[
local rows = lload.csv "ids.csv"
return { journey = function()
  http.get("/any/:id", { params = { id = rows:next(OPTIONS).id } })
end }]]

    for threads = 1, 3 do
      it("hands out each row once over all users of " .. threads .. " threads", function()
        run({ ["ids.csv"] = csv_of(300) }, TEXT:gsub("OPTIONS", ""),
          { "-u", "10", "-i", "300", "--threads", tostring(threads) })
        assert_each(300, 1)
      end)
    end

    it("begins again after the last row", function()
      run({ ["ids.csv"] = csv_of(20) }, TEXT:gsub("OPTIONS", ""),
        { "-u", "5", "-i", "60", "--threads", "2" })
      assert_each(20, 3)
    end)

    it("ends users, and the run, when the rows are over and that is wanted", function()
      local r = run({ ["ids.csv"] = csv_of(50) }, TEXT:gsub("OPTIONS", '{ on_end = "stop" }'),
        { "-u", "8", "-d", "30s", "--threads", "2" })
      assert_each(50, 1)
      assert.equal(50, expect.count(r, "iterations"))
      assert.equal(0, expect.count(r, "iterations_failed"))
      expect.that(r, r.elapsed < 15, "it did not end early")
    end)

    it("ends an open model as well", function()
      local r = run({ ["ids.csv"] = csv_of(30) }, TEXT:gsub("OPTIONS", '{ on_end = "stop" }'),
        { "-r", "200/s", "-u", "5", "-d", "30s", "--threads", "2" })
      assert_each(30, 1)
      expect.that(r, r.elapsed < 15, "it did not end early")
    end)

    it("fails iterations when the rows are over and that is wanted", function()
      local r = run({ ["ids.csv"] = csv_of(5) }, TEXT:gsub("OPTIONS", '{ on_end = "error" }'),
        { "-u", "2", "-i", "8" })
      assert_each(5, 1)
      assert.equal(8, expect.count(r, "iterations"))
      assert.equal(3, expect.count(r, "iterations_failed"))
      local reason = r.result.iteration_failures[1].reason
      assert.truthy(reason:find("ids.csv: all 5 rows are used up (data:next)", 1, true), reason)
    end)

    it("never gives two machines the same row", function()
      local path, dir = cli.scenario((TEXT:gsub("OPTIONS", "")))
      tmp.write(dir, "ids.csv", csv_of(120))
      for _, part in ipairs { "1:1/4,3/4", "2:1/4,3/4" } do
        local r = cli.run { "run", path, "--base-url", httpd.url, "-u", "8", "-i", "120",
          "--segment", part, "--threads", "2" }
        expect.code(r, 0)
      end
      assert_each(120, 1)
    end)

    it("works in setup, and not while the file loads", function()
      run({ ["ids.csv"] = csv_of(3) }, [[
local rows = lload.csv "ids.csv"
local ok, why = pcall(rows.next, rows)
assert(not ok and why:find("data:next cannot be used while the file loads", 1, true), why)
return {
  setup = function() return rows:next().id end,
  journey = function(vu)
    http.get("/any/:id", { params = { id = vu.data } })
    http.get("/any/:id", { params = { id = rows:next().id } })
  end,
}]])
      assert.same({ ["1"] = 1, ["2"] = 1 }, (asked()))
    end)

    it("takes no other options", function()
      run({ ["ids.csv"] = csv_of(3) }, [[
local rows = lload.csv "ids.csv"
local function raises(words, f, ...)
  local ok, why = pcall(f, ...)
  assert(not ok and why:find(words, 1, true), why)
end
return { journey = function()
  raises("data:next: unknown option; it takes on_end", rows.next, rows, { at_end = "stop" })
  raises('on_end is "stop", "wrap" or "error"', rows.next, rows, { on_end = "halt" })
  raises("data:unique takes a table", rows.unique, rows, "stop")
  http.get("/any/:id", { params = { id = rows:next().id } })
end }]])
      assert.same({ ["1"] = 1 }, (asked()))
    end)
  end)

  describe("unique", function()
    local TEXT = [[
local rows = lload.csv "ids.csv"
return {
  on_start = function(vu) vu.own = rows:unique(OPTIONS).id end,
  journey = function(vu)
    assert(rows:unique(OPTIONS).id == vu.own)
    http.get("/any/:id", { params = { id = vu.own } })
  end,
  stages = { all = { executor = "per-vu-iterations", vus = 12, iterations = 3 } },
}]]

    for threads = 1, 3 do
      it("gives each of the users of " .. threads .. " threads a row of its own", function()
        run({ ["ids.csv"] = csv_of(12) }, TEXT:gsub("OPTIONS", ""),
          { "--threads", tostring(threads) })
        assert_each(12, 3)
      end)
    end

    it("shares rows when there are too few and that is wanted", function()
      run({ ["ids.csv"] = csv_of(4) }, TEXT:gsub("OPTIONS", '{ on_end = "wrap" }'),
        { "--threads", "2" })
      assert_each(4, 9)
    end)

    it("ends the users that get none when that is wanted", function()
      local r = run({ ["ids.csv"] = csv_of(5) }, TEXT:gsub("OPTIONS", '{ on_end = "stop" }'),
        { "--threads", "2" })
      assert_each(5, 3)
      assert.equal(15, expect.count(r, "iterations"))
      assert.equal(0, expect.count(r, "iterations_failed"))
    end)

    it("fails the iterations of users that get none", function()
      local r = run({ ["ids.csv"] = csv_of(5) }, [[
local rows = lload.csv "ids.csv"
return {
  journey = function() http.get("/any/:id", { params = { id = rows:unique().id } }) end,
  stages = { all = { executor = "per-vu-iterations", vus = 7, iterations = 2 } },
}]], { "--threads", "2" })
      assert_each(5, 2)
      assert.equal(4, expect.count(r, "iterations_failed"))
      local reason = r.result.iteration_failures[1].reason
      assert.truthy(reason:find("ids.csv: all 5 rows are used up (data:unique)", 1, true), reason)
    end)

    it("gives a user that comes back the row it had", function()
      run({ ["ids.csv"] = csv_of(3) }, [[
local rows = lload.csv "ids.csv"
return {
  journey = function()
    http.get("/any/:id", { params = { id = rows:unique().id } })
    lload.sleep "20ms"
  end,
  stages = { all = { executor = "ramping-vus", start_vus = 3, steps = {
    { duration = "300ms", target = 3 }, { duration = 0, target = 0 },
    { duration = "300ms", target = 0 }, { duration = 0, target = 3 },
    { duration = "300ms", target = 3 } } } },
}]], { "--threads", "2" })
      assert.equal(3, (select(2, asked())))
    end)

    it("never gives two machines the same row", function()
      local path, dir = cli.scenario((TEXT:gsub("OPTIONS", "")))
      tmp.write(dir, "ids.csv", csv_of(12))
      for _, part in ipairs { "1/3", "2/3", "3/3" } do
        local r = cli.run { "run", path, "--base-url", httpd.url, "--segment", part }
        expect.code(r, 0)
      end
      assert_each(12, 3)
    end)
  end)

  describe("weighted and zipf", function()
    local function draw(call, file, content)
      run({ [file] = content }, [[
local rows = lload.]] .. (file:find "json" and "json" or "csv") .. [[("]] .. file .. [[")
return { journey = function()
  for _ = 1, 100 do
    local row = rows:]] .. call .. [[

    http.get("/any/:id", { params = { id = row.id } })
  end
end }]], { "-u", "4", "-i", "20", "--threads", "2", "--seed", "1" })
      return (asked())
    end

    it("draw rows by a column of CSV", function()
      local seen = draw('weighted "share"', "d.csv", "id,share\na,1\nb,0\nc,9.0\n")
      assert.equal(2000, seen.a + seen.c)
      assert.truthy(seen.a > 140 and seen.a < 260, seen.a)
    end)

    it("draw rows by a value in JSON", function()
      local seen = draw('weighted "meta.share"', "d.json",
        '[{"id":"a","meta":{"share":3}},{"id":"b","meta":{"share":1}}]')
      assert.equal(2000, seen.a + seen.b)
      assert.truthy(seen.b > 400 and seen.b < 600, seen.b)
    end)

    it("prefer the first rows", function()
      local seen = draw("zipf(1)", "d.csv", csv_of(4)) -- 12 : 6 : 4 : 3 of 25
      assert.equal(2000, seen["1"] + seen["2"] + seen["3"] + seen["4"])
      assert.truthy(seen["1"] > 860 and seen["1"] < 1060, seen["1"])
      assert.truthy(seen["4"] > 180 and seen["4"] < 300, seen["4"])
    end)

    it("say what is no weight", function()
      run({ ["d.csv"] = "id,share,zero\na,1,0\nb,x,0\n", ["d.json"] = '[{"n":1},{"m":2}]' }, [[
local rows, list = lload.csv "d.csv", lload.json "d.json"
local function raises(words, f, ...)
  local ok, why = pcall(f, ...)
  assert(not ok and why:find(words, 1, true), why)
end
return { journey = function()
  raises("d.csv, row 2: 'x' in 'share' is no weight", rows.weighted, rows, "share")
  raises("d.csv has no column 'shares'", rows.weighted, rows, "shares")
  raises("all weights in 'zero' together are 0", rows.weighted, rows, "zero")
  raises("d.json, row 2: 'nothing' in 'n' is no weight", list.weighted, list, "n")
  raises("the exponent is above 0", rows.zipf, rows, 0)
  http.get "/ok"
end }]])
    end)
  end)
end)
