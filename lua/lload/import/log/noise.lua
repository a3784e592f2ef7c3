--- What is no visitor's work: robots, health checks, and the files that browsers fetch by
--- themselves.

local M = {}

local ROBOTS = {
  "bot", "crawl", "spider", "slurp", "facebookexternalhit", "bingpreview", "mediapartners",
  "headlesschrome", "lighthouse", "scrapy", "archiver", "feedfetcher", "masscan", "nmap", "nikto",
  "zgrab", "censys", "semrush", "ahrefs",
}

local PROBES = {
  "kube-probe", "healthcheck", "health check", "googlehc", "uptime", "pingdom", "statuscake",
  "site24x7", "nagios", "check_http", "zabbix", "prometheus", "blackbox", "newrelicpinger",
  "datadog", "haproxy", "consul",
}

local HEALTH = {}
for path in ([[/health /healthz /livez /readyz /ready /live /alive /ping /status /metrics /_health
  /-/healthy /-/ready /actuator/health /actuator/prometheus /healthcheck /health-check /heartbeat
  /server-status /nginx_status /stub_status]]):gmatch "%S+" do HEALTH[path] = true end

local FOR_ROBOTS = {
  ["/robots.txt"] = true, ["/sitemap.xml"] = true, ["/ads.txt"] = true, ["/security.txt"] = true,
}

local ASSETS = {}
for extension in ([[css js mjs map png jpg jpeg gif svg webp avif ico bmp woff woff2 ttf otf eot
  mp4 webm mp3 ogg wav wasm webmanifest]]):gmatch "%S+" do ASSETS[extension] = true end

local function names_any(text, words)
  for _, word in ipairs(words) do
    if text:find(word, 1, true) then return true end
  end
  return false
end

--- What kind of program an agent is: "robots", "health checks", or nil.
---@param agent string as the log has it
---@return string|nil
function M.agent(agent)
  local lower = agent:lower()
  if names_any(lower, PROBES) then return "health checks" end
  return names_any(lower, ROBOTS) and "robots" or nil
end

--- Whether the extension is that of a file which pages bring with them.
---@param path string without its query
---@return boolean
function M.is_asset(path)
  local extension = path:match "%.(%w+)$"
  return extension ~= nil and ASSETS[extension:lower()] == true
end

--- What kind of path it is: "health checks", "robots", "assets", or nil.
---@param path string without its query
---@return string|nil
function M.path(path)
  if HEALTH[path] then return "health checks" end
  if FOR_ROBOTS[path] or path:find("/.well-known/", 1, true) == 1 then return "robots" end
  return M.is_asset(path) and "assets" or nil
end

return M
