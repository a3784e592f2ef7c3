--- The command line: words to a request, values with their precedence, help from the same table.

local cli = require "lload.cli"
local fake = require "spec.support.fake_engine"
local options = require "lload.options"
local settings = require "lload.settings"

local function parse(line)
  local argv = {}
  for word in line:gmatch("%S+") do argv[#argv + 1] = word end
  return cli.parse(argv)
end

describe("cli.parse", function()
  it("takes options and files in any order", function()
    local request = assert(parse "run a.lua --stage spike b.lua -u 5 --seed=7")
    assert.equal("run", request.command)
    assert.same({ "a.lua", "b.lua" }, request.files)
    assert.same({ stage = "spike", vus = "5", seed = "7" }, request.given)
  end)

  it("takes --opt=value, -uN, -u=N and flags together", function()
    local request = assert(parse "run a.lua --base-url=http://x?a=b -u5 -d=10s -qv")
    assert.same(
      { base_url = "http://x?a=b", vus = "5", duration = "10s", quiet = true, verbose = true },
      request.given)
  end)

  it("collects repeatable options and keeps the last of the others", function()
    local request = assert(parse "run a.lua -e A=1 --env B=2 --seed 1 --seed 2")
    assert.same({ env = { "A=1", "B=2" }, seed = "2" }, request.given)
  end)

  it("ends options at --", function()
    local request = assert(parse "run -q -- --stage -u")
    assert.same({ "--stage", "-u" }, request.files)
    assert.same({ quiet = true }, request.given)
  end)

  it("takes a value that begins with a minus, but not another option", function()
    assert.equal("-5s", parse("run a.lua -d -5s").given.duration)
    assert.equal("-", parse("run a.lua --json -").given.json)
    assert.matches("%-%-stage needs a value", select(2, parse "run a.lua --stage --json x"))
    assert.matches("%-%-stage needs a value", select(2, parse "run a.lua --stage --json=x"))
    assert.matches("%-d needs a value", select(2, parse "run a.lua -d"))
  end)

  it("names the nearest option, or the command that knows it", function()
    assert.equal('unknown option --stgae, did you mean "--stage"?',
      select(2, parse "run a.lua --stgae smoke"))
    assert.equal('unknown option --threads (an option of run, budget)',
      select(2, parse "check a.lua --threads 2"))
    assert.equal("unknown option -x", select(2, parse "run a.lua -x"))
    assert.matches("takes no value", select(2, parse "run a.lua --quiet=yes"))
  end)

  it("names the nearest command", function()
    assert.equal('unknown command rnu, did you mean "run"?', select(2, parse "rnu a.lua"))
    assert.equal('unknown command a.lua, did you mean "lload run a.lua"?', select(2, parse "a.lua"))
    for _, later in ipairs { "completion" } do
      assert.is_nil(parse(later .. " x"))
    end
    assert.matches("name a command", select(2, parse ""))
  end)

  it("wants the files a command needs, and no more", function()
    assert.matches("needs a file", select(2, parse "run"))
    assert.matches('unexpected argument "b"', select(2, parse "report a b"))
    assert.matches('unexpected argument "x"', select(2, parse "version x"))
    assert.same({}, parse("new").files)
  end)

  it("knows the customary shortcuts", function()
    assert.same("help", parse("--help").command)
    assert.same("version", parse("--version").command)
    assert.same({ "help", "run" }, { parse("run --help").command, parse("run -h").topic })
  end)
end)

describe("settings", function()
  local function read(line, env)
    return settings.read(assert(parse(line)), function(name) return (env or {})[name] end)
  end

  it("put the command line over LLOAD_* over the scenario over the default", function()
    local env = { LLOAD_STAGE = "from-env", LLOAD_SEED = "5", LLOAD_INSECURE = "yes" }
    local chosen, problems = read("run a.lua --stage from-line", env)
    assert.same({}, problems)
    assert.equal("from-line", chosen:value("stage", "from-file", "default"))
    assert.equal(5, chosen:value("seed", nil, 1))
    assert.equal("from-file", chosen:value("base_url", "from-file", "default"))
    assert.equal("default", chosen:value("out", nil, "default"))
    assert.is_true(chosen:value("insecure", false))
  end)

  it("keep a false of the scenario", function()
    assert.is_false(read("run a.lua"):value("insecure", false, true))
  end)

  it("join repeatable options, the command line last", function()
    local chosen = read("run a.lua -e A=line -e C=3", { LLOAD_ENV = "A=env\nB=2" })
    assert.same({ A = "line", B = "2", C = "3" }, chosen:map("env"))
  end)

  it("ignore empty variables, and variables for commands other than run", function()
    assert.is_nil(read("run a.lua", { LLOAD_STAGE = "" }):value("stage"))
    assert.is_nil(read("report r.json", { LLOAD_JSON = "x" }):value("json"))
  end)

  for given, message in pairs {
    ["-u many"] = '--vus: "many" is not a whole number', ["-u 0"] = "--vus: .*out of range",
    ["-d -5s"] = "--duration: .*negative", ["-d 0"] = "--duration: must be longer than 0",
    ["--seed 1.5"] = "--seed", ["-e NOPE"] = '--env: "NOPE" is not KEY=VALUE',
    ["-H nope"] = "--header: .*is not 'Name: value'", ["--tag =x"] = "--tag",
    ["--base-url shop.test"] = 'has no scheme; write "http://shop.test"',
    ["--base-url ftp://x"] = "write http:// or https://", ["--base-url http://"] = "has no host",
    ["--base-url http://x:99999"] = "port", ["--resolve a:b"] = "not host:port:address",
    ["--control example.com:80"] = '"example.com:80" is not an address and port like 127.0.0.1',
    ["--control ::1:6565"] = "is not an address and port", ["--control 127.0.0.1"] = "is not an",
    ["--control 127.0.0.1:http"] = "is not an address", ["--control :65536"] = "out of range",
    ["--control [localhost]:1"] = "is not an address", ["--control 1.2.3:1"] = "is not an address",
    ["--threshold p95"] = "write 'metric: expression'", ["--threads 0"] = "--threads",
  } do
    it("refuse " .. given, function()
      local _, problems = read("run a.lua " .. given)
      assert.equal(1, #problems)
      assert.matches(message:gsub("%-%-", "%%-%%-"), problems[1])
    end)
  end

  for given, expected in pairs {
    ["127.0.0.1:6565"] = { "127.0.0.1", 6565 }, ["[::1]:6565"] = { "::1", 6565 },
    [":6565"] = { "127.0.0.1", 6565 }, ["6565"] = { "127.0.0.1", 6565 },
    ["localhost:6565"] = { "127.0.0.1", 6565 }, ["0.0.0.0:80"] = { "0.0.0.0", 80 },
    ["0"] = { "127.0.0.1", 0 },
  } do
    it("read --control " .. given, function()
      local chosen, problems = read("run a.lua --control " .. given)
      assert.same({}, problems)
      assert.same({ address = expected[1], port = expected[2] }, chosen:value "control")
    end)
  end

  it("name the variable when its value is wrong", function()
    local _, problems = read("run a.lua", { LLOAD_VUS = "x", LLOAD_INSECURE = "perhaps" })
    assert.matches("LLOAD_VUS", problems[1])
    assert.matches("LLOAD_INSECURE", problems[2])
  end)
end)

describe("help", function()
  it("names every command and every option of each", function()
    local _, overview = fake.lload { "help" }
    for _, command in ipairs(options.commands) do
      assert.truthy(overview:find("  " .. command.name, 1, true), command.name)
      local code, page = fake.lload { "help", command.name }
      assert.equal(0, code)
      for _, option in ipairs(options.of(command.name)) do
        assert.truthy(page:find("--" .. option.name, 1, true), option.name)
      end
    end
  end)

  it("fits 100 columns", function()
    for _, topic in ipairs { "run", "check", "report", "new", "version", "help", "exit-codes" } do
      local _, page = fake.lload { "help", topic }
      for line in page:gmatch("[^\n]+") do
        assert.is_true(require("lload.text").width(line) <= 100, line)
      end
    end
  end)

  it("lists the exit codes", function()
    local code, page = fake.lload { "help", "exit-codes" }
    assert.equal(0, code)
    for _, row in ipairs(require("lload.exit_codes").table) do
      assert.truthy(page:find(("\n  %d "):format(row.code)), row.code)
    end
  end)

  it("refuses an unknown topic with 2", function()
    local code, _, err = fake.lload { "help", "runn" }
    assert.equal(2, code)
    assert.matches('did you mean "run"', err)
  end)

  it("stands in the README in full", function()
    local handle = io.open("README.md", "rb")
    if not handle then return pending("there is no README.md yet") end
    local readme = handle:read("*a")
    handle:close()
    assert.same({}, options.undocumented(readme))
  end)

  it("can tell which options a document leaves out", function()
    local words = {}
    for _, command in ipairs(options.commands) do words[#words + 1] = "lload " .. command.name end
    for _, option in ipairs(options.table) do
      if option.name ~= "seed" then words[#words + 1] = "--" .. option.name end
    end
    assert.same({ "--seed" }, options.undocumented(table.concat(words, " ")))
  end)
end)
