--- Pages of metrics: the format, and what is none of it.

local noise_of = require "spec.support.noise"
local prometheus = require "lload.analysis.prometheus"

local PAGE = [[
# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_time{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\""} 1.458255915e9

# Minimalistic line:
metric_without_timestamp_and_labels 12.47

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045

# A histogram:
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320
]]

describe("a page of metrics", function()
  it("is read as its specification shows it", function()
    local page = prometheus.parse(PAGE)
    assert.same({ 9, 0, false }, { #page.samples, page.unreadable, page.truncated })
    assert.same({ name = "http_requests_total", value = 1027,
      labels = { method = "post", code = "200" } }, page.samples[1])
    assert.same({ path = "C:\\DIR\\FILE.TXT", error = 'Cannot find file:\n"FILE.TXT"' },
      page.samples[3].labels)
    assert.equal(1458255915, page.samples[3].value)
    assert.same({ name = "metric_without_timestamp_and_labels", value = 12.47, labels = {} },
      page.samples[4])
    assert.equal(math.huge, page.samples[5].value)
    assert.equal("counter", prometheus.type_of(page, "http_requests_total"))
    assert.equal("histogram", prometheus.type_of(page, "http_request_duration_seconds_count"))
    assert.is_nil(prometheus.type_of(page, "something_weird"))
  end)

  it("may be OpenMetrics", function()
    local page = prometheus.parse('# TYPE foo counter\r\n# UNIT foo seconds\r\n'
      .. 'foo_total{a="b"} 17.0 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67\r\n'
      .. 'foo_created{a="b"} 1520430000.123\r\n# EOF\r\n')
    assert.same({ 2, 0 }, { #page.samples, page.unreadable })
    assert.same({ 17, "counter" },
      { page.samples[1].value, prometheus.type_of(page, "foo_total") })
  end)

  for line, value in pairs {
    ["a 1"] = 1, ["a -1.5e-3"] = -0.0015, ["  a\t{ } \t2 "] = 2, ["a{} 3"] = 3, ["a +4"] = 4,
    ["a .5"] = 0.5, ['a{b="c",} 6'] = 6, ['a{ b = "c" , d="}" } 7'] = 7, ["a:b:c 8"] = 8,
    ['a{b="\\\\"} 9'] = 9, ['a{b="\\x"} 10'] = 10, ["a -Inf"] = -math.huge, ["a 1e400"] = math.huge,
  } do
    it(("reads %q"):format(line), function()
      assert.equal(value, assert(prometheus.sample(line)).value)
    end)
  end

  it("reads NaN", function()
    local value = prometheus.sample("a NaN").value
    assert.are_not.equal(value, value)
  end)

  for _, line in ipairs {
    "a", "a{", 'a{b="c} 1', 'a{b="c\\"} 1', "a{b=c} 1", 'a{b "c"} 1', "1a 1", "a x", "a 0x10",
    "a 1.2.3", "a --1", "<html>", "a{}", '{"a"} 1', "a 1e", "=", "a " .. ("1"):rep(65), "a e5",
    "a 1-1", "\0",
  } do
    it(("passes %q over"):format(line:sub(1, 20)), function()
      local page = prometheus.parse(line .. "\nb 1\n")
      assert.same({ 1, 1 }, { #page.samples, page.unreadable })
    end)
  end

  it("may be anything else", function()
    for _, body in ipairs { false, true, 5, {}, "", "\n\n\n", "#", "# TYPE", "# TYPE a" } do
      assert.same({ samples = {}, types = {}, unreadable = 0, truncated = false },
        prometheus.parse(body))
    end
    assert.same(0, #prometheus.parse(nil).samples)
  end)

  it("is read in a time that its size allows, whatever is on it", function()
    local long = 1024 * 1024
    local started = os.clock()
    for _, body in ipairs {
      ("a"):rep(long), ("a 1\n"):rep(long / 4), ("\n"):rep(long), 'a{b="' .. ("\\"):rep(long),
      ("a" .. ("{"):rep(16000) .. "\n"):rep(60), ("a{" .. (" "):rep(16000) .. "\n"):rep(60),
      ('a{' .. ('b="",'):rep(3000) .. "} 1\n"):rep(60), ("a " .. ("1"):rep(16000) .. "x\n"):rep(60),
      ("# TYPE " .. ("\t"):rep(16000) .. "\n"):rep(60), ("a" .. (" "):rep(16000) .. "\n"):rep(60),
      ('a{b="' .. ('\\"'):rep(8000) .. "\n"):rep(60), ("a{" .. ("b"):rep(16000) .. "\n"):rep(60),
    } do
      prometheus.parse(body)
    end
    assert.is_true(os.clock() - started < 5, os.clock() - started)
  end)

  it("is read as far as it is not too much", function()
    local page = prometheus.parse(("a 1\n"):rep(300000))
    assert.same({ 200000, true }, { #page.samples, page.truncated })
    page = prometheus.parse('a{b="' .. ("c"):rep(20000) .. '"} 1\nb 1')
    assert.same({ 1, 1, false }, { #page.samples, page.unreadable, page.truncated })
  end)

  it("never raises", function()
    local noise = noise_of.new(42)
    local pieces = { "a", "{", "}", '"', "\\", "=", ",", " ", "\n", "1", "NaN", "#",
      "# TYPE a gauge", "\0", "\255", "e", ".", "-", "\r", "le", "+Inf", "_total" }
    for _ = 1, 2000 do
      local parts = {}
      for i = 1, 30 do parts[i] = pieces[math.floor(noise:uniform() * #pieces) + 1] end
      local page = prometheus.parse(table.concat(parts))
      for _, sample in ipairs(page.samples) do
        assert.equal("number", type(sample.value))
        prometheus.type_of(page, sample.name)
      end
    end
  end)
end)
