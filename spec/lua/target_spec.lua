--- What a soak follows of its target's metrics: which ones, restarts, what vanished.

local target = require "lload.analysis.target"

local function follow(...)
  local scrapes = {}
  for index, page in ipairs { ... } do
    scrapes[index] = { t_s = 10 * index }
    scrapes[index][type(page) == "table" and "error" or "body"] = page[1] or page
  end
  return target.follow(scrapes)
end

local function names(t)
  local list = {}
  for index, series in ipairs(t.series) do list[index] = series.metric .. " " .. series.kind end
  return list
end

local SHOP = [[
# TYPE shop_requests_total counter
shop_requests_total{method="GET",route="/",status="200"} %d
# TYPE shop_pool_capacity gauge
shop_pool_capacity 50
# TYPE shop_pool_in_use gauge
shop_pool_in_use 10
# TYPE shop_queue_timeouts_total counter
shop_queue_timeouts_total 0
process_resident_memory_bytes %d
process_open_fds 23
]]

describe("what is followed", function()
  it("is the shop's memory, descriptors and pool", function()
    local t = follow(SHOP:format(1, 5e6), SHOP:format(100, 6e6))
    assert.same({ "process_open_fds descriptors", "process_resident_memory_bytes memory",
      "shop_pool_in_use pool" }, names(t))
    assert.same({ 10, 20 }, t.series[2].ts)
    assert.same({ 5e6, 6e6 }, t.series[2].xs)
    assert.same({ 2, 0, {}, {} }, { t.pages, t.failed, t.restarts, t.vanished })
  end)

  it("is what Go, Java and Node tell", function()
    assert.same({ "go_goroutines threads", "go_memstats_heap_inuse_bytes memory",
      "go_sql_in_use_connections pool", "hikaricp_connections_active pool",
      "jvm_memory_used_bytes memory", "jvm_threads_live_threads threads",
      "nodejs_active_handles_total descriptors", "nodejs_heap_size_used_bytes memory" },
    names(follow [[
go_goroutines 12
go_memstats_heap_inuse_bytes 3e6
go_memstats_mallocs_total 1e9
go_sql_in_use_connections{db_name="shop"} 3
hikaricp_connections_active{pool="a"} 1
hikaricp_connections{pool="a"} 10
jvm_memory_used_bytes{area="heap",id="G1 Eden Space"} 1e6
jvm_memory_used_bytes{area="nonheap",id="Metaspace"} 5e6
jvm_threads_live_threads 20
# TYPE nodejs_active_handles_total gauge
nodejs_active_handles_total 4
nodejs_heap_size_used_bytes 1e6
]]))
  end)

  it("is summed over its labels", function()
    local t = follow [[
jvm_memory_used_bytes{area="heap",id="G1 Eden Space"} 1e6
jvm_memory_used_bytes{area="nonheap",id="Metaspace"} 5e6
jvm_memory_used_bytes{area="heap",id="G1 Old Gen"} 2e6
hikaricp_connections_active{pool="a"} 1
hikaricp_connections_active{pool="b"} 6
]]
    assert.same({ 7 }, t.series[1].xs)
    assert.same({ 3e6 }, t.series[2].xs)
  end)

  it("is not the heap's rest when that comes alone or first", function()
    assert.same({}, names(follow 'jvm_memory_used_bytes{area="nonheap"} 5e6\n'))
    assert.same({ 3 }, follow('jvm_memory_used_bytes{area="nonheap"} 5\n'
      .. 'jvm_memory_used_bytes{area="heap"} 3\n').series[1].xs)
  end)

  it("are pools, but for their sizes and counters", function()
    assert.same({ "db_pool_connections_active pool", "redis_pool_in_use pool",
      "x_pool_threads_busy pool" }, names(follow [[
db_pool_connections_active 1
db_pool_connections_max 10
db_pool_connections_idle 9
db_pool_used_total 9
# TYPE http_pool_waiting counter
http_pool_waiting 5
redis_pool_in_use 1
# TYPE x_pool_wait_used summary
x_pool_wait_used{quantile="0.5"} 3
x_pool_threads_busy 2
x_pool_activeness 2
]]))
  end)

  it("is bounded", function()
    local lines = {}
    for i = 1, 50 do lines[i] = ("a%d_pool_in_use 1"):format(i) end
    assert.equal(8, #follow(table.concat(lines, "\n")).series)
    assert.same({}, follow(("a"):rep(200) .. "_pool_in_use 1\n").series)
  end)

  it("stays small however long it is followed", function()
    local follower = target.follower()
    for t = 1, 10000 do follower:add(t, ("process_open_fds %d\n"):format(t)) end
    local series = follower:target().series[1]
    assert.is_true(#series.ts > 1024 and #series.ts <= 2048)
    for i = 1, #series.ts do
      assert.equal(series.ts[i], series.xs[i])
      assert.equal(4.5 + 8 * (i - 1), series.ts[i])
    end
  end)

  it("has no points where it is not a number", function()
    local t = follow("process_open_fds NaN\n", "process_open_fds 1e300\n", "process_open_fds 5\n")
    assert.same({ { 30 }, { 5 } }, { t.series[1].ts, t.series[1].xs })
    t = follow("process_open_fds 5\n", "process_open_fds NaN\n")
    assert.same({}, t.vanished)
  end)
end)

describe("a restart", function()
  it("is a counter that went down", function()
    local t = follow(SHOP:format(100, 5e6), SHOP:format(200, 5e6), SHOP:format(20, 1e6),
      SHOP:format(30, 1e6))
    assert.same({ 30 }, t.restarts)
  end)

  it("is no gauge that went down", function()
    assert.same({}, follow("# TYPE a_total gauge\na_total 5\nprocess_open_fds 9\n",
      "# TYPE a_total gauge\na_total 4\nprocess_open_fds 2\n").restarts)
  end)

  it("may show in a histogram", function()
    local page = "# TYPE a histogram\na_bucket{le=\"1\"} %d\na_sum 1\na_count %d\n"
    assert.same({ 20 }, follow(page:format(5, 9), page:format(2, 3)).restarts)
  end)

  it("is told by the start time where there is one", function()
    local page = "process_start_time_seconds %.2f\na_total %d\n"
    assert.same({ 30 }, follow(page:format(1000, 5), page:format(1000.4, 3), page:format(1042, 9),
      page:format(1042, 1)).restarts)
  end)

  it("is seen over failed scrapes", function()
    assert.same({ 40 }, follow("a_total 5\n", { "refused" }, { "refused" }, "a_total 1\n").restarts)
  end)

  it("is none when labels come and go, or in what is no sum of its own", function()
    assert.same({}, follow('a_total{b="1"} 5\n', 'a_total{b="2"} 1\n',
      'a_total{b="1"} 7\na_total{b="2"} 2\n').restarts)
  end)

  it("does not fill the result", function()
    local follower = target.follower()
    for t = 1, 1000 do follower:add(t, ("a_total %d\n"):format(t % 2)) end
    assert.equal(100, #follower:target().restarts)
  end)
end)

describe("a metric", function()
  it("has vanished when the last page lacks it", function()
    local both = "process_open_fds 5\ngo_goroutines 7\n"
    local t = follow(both, both, "process_open_fds 5\n", "process_open_fds 6\n")
    assert.same({ { metric = "go_goroutines", last_seen_s = 20 } }, t.vanished)
  end)

  it("may come back", function()
    assert.same({}, follow("go_goroutines 7\n", "a 1\n", "go_goroutines 7\n").vanished)
  end)

  it("has not vanished because the page could not be read", function()
    assert.same({}, follow("go_goroutines 7\n", { "timeout" }).vanished)
  end)
end)

describe("a page", function()
  it("is unreachable when that lasted to the end", function()
    local t = follow("a 1\n", { "timeout" }, "a 1\n", { "refused" }, { "refused by the host" })
    assert.same({ 2, 3, 40, "refused by the host" },
      { t.pages, t.failed, t.unreachable_s, t.problem })
  end)

  it("may be missed once, or at the very end", function()
    assert.is_nil(follow("a 1\n", { "x" }, { "x" }, "a 1\n").unreachable_s)
    assert.is_nil(follow("a 1\n", "a 1\n", { "x" }).unreachable_s)
  end)

  it("was never read when it never was", function()
    local t = follow({ "refused" }, { "refused" })
    assert.same({ 0, 2, "refused" }, { t.pages, t.failed, t.problem })
    assert.is_nil(t.unreachable_s)
  end)

  it("without metrics is none", function()
    local t = follow("<html>Not found</html>", "")
    assert.same({ 0, 2, "the page has no metrics" }, { t.pages, t.failed, t.problem })
  end)

  it("may not be there at all", function()
    local t = target.follow { { t_s = 1 }, { t_s = 2, body = 5 } }
    assert.same({ 2, "no answer" }, { t.failed, t.problem })
    assert.same({ pages = 0, failed = 0, restarts = {}, vanished = {}, series = {} },
      target.follow {})
  end)
end)
