--- Is 50 ms measured as 50 ms? lload's median beside curl's own time_total, in the same run.

local measure = require "spec.bench.measure"
local tmp = require "spec.support.tmp"

local M = {}

local CURL_REQUESTS = 20

local SCENARIO = [[
local http = require "lload".http
return { journey = function() http.get("/api/v1/products/7") end }
]]

local function curl_median_ms(url)
  local times = {}
  for i = 1, CURL_REQUESTS do
    local run = measure.generate { "curl", "-s", "-o", "/dev/null", "-w", "%{time_total}",
      url .. "/api/v1/products/7" }
    times[i] = tonumber(run.stdout) * 1000
  end
  return measure.median(times)
end

--- Medians of an endpoint whose service time is 50 ms by construction.
function M.run()
  local shop = measure.serve({ measure.SHOP, "--port", "0", "--service-time", "50ms" },
    function(child) return (tmp.read(child.out) or ""):find "http" end)
  local url = tmp.read(shop.out):match "(http%S+)"
  local _, result = measure.lload(SCENARIO, { "--base-url", url, "-u", "4", "-d", "3s" })
  local figures = { lload = result.metrics.http_req_duration.med, curl = curl_median_ms(url) }
  measure.stop(shop)
  return figures
end

return M
