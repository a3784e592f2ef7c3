--- The servers the specs talk to: httpd (ours, awkward), the demo shop and nginx.
local cjson = require "cjson"
local binaries = require "spec.support.binaries"
local process = require "spec.support.process"
local sanitizer = require "spec.support.sanitizer"
local tmp = require "spec.support.tmp"

local READY_S = 20
local NGINX = "/usr/sbin/nginx"

local M = {}

local Server = {}
Server.__index = Server

-- Servers end with a signal they handle, so that a sanitizer can still report leaks.
local function spawn(name, argv)
  local dir = tmp.dir()
  local self = { name = name, stdout = dir .. "/stdout", stderr = dir .. "/stderr" }
  self.child = process.spawn(argv, {
    env = sanitizer.env,
    stdout = self.stdout,
    stderr = self.stderr,
    dies_with = "TERM",
  })
  return setmetatable(self, Server)
end

local function assert_started(self, ready)
  local ok = process.wait_until(function()
    return self.child:has_ended() or ready()
  end, READY_S)
  if ok and not self.child:has_ended() then
    return self
  end
  self.child:kill()
  error(("%s did not start:\n%s"):format(self.name, tmp.read(self.stderr) or ""), 3)
end

-- Our own servers say where they listen.
local function wait_for_url(self)
  return assert_started(self, function()
    self.url, self.port = (tmp.read(self.stdout) or ""):match "(https?://127%.0%.0%.1:(%d+))"
    return self.url
  end)
end

--- Stops it; raises if it did not end well or a sanitizer reported.
function Server:stop()
  if self.child.ended then
    return
  end
  local was_running = not self.child:has_ended()
  self.child:send_signal "TERM"
  if not self.child:wait(20) then
    self.child:kill()
    error(self.name .. " did not end after SIGTERM", 2)
  end
  local stderr = tmp.read(self.stderr) or ""
  sanitizer.assert_clean(self.name, stderr)
  if not was_running or self.child.code ~= 0 then
    local how = tostring(self.child.code or self.child.signal)
    error(("%s ended with %s:\n%s"):format(self.name, how, stderr), 2)
  end
end

local function curl(...)
  local dir = tmp.dir()
  local argv = { "curl", "--silent", "--show-error", "--insecure", "--max-time", "10", ... }
  local child = process.spawn(argv, { stdout = dir .. "/stdout", stderr = dir .. "/stderr" })
  child:wait(15)
  child:kill()
  return child.code == 0 and tmp.read(dir .. "/stdout") or nil, tmp.read(dir .. "/stderr")
end

--- What curl gets from a path of this server.
function Server:get(path)
  local body, message = curl(self.url .. path)
  return body or error(message, 2)
end

--- httpd: the requests it has seen, { total, connections, paths = { [path] = n }, methods }.
function Server:counts()
  return cjson.decode(self:get "/counts")
end

--- httpd: starts counting anew.
function Server:reset_counts()
  assert(curl("--request", "POST", self.url .. "/counts/reset"))
end

--- httpd: waits until it has seen at least n requests of `run` (from cli.start).
function Server:wait_for_requests(n, run)
  local seen = process.wait_until(function()
    return self:counts().total >= n or not run:is_running()
  end, 30)
  if not seen or self:counts().total < n then
    run:kill()
    error(("%s has not seen %d requests:\n%s"):format(self.name, n, run:stderr()), 2)
  end
end

--- The fixture server of spec/support/httpd.c.
function M.httpd()
  return wait_for_url(spawn("httpd", { binaries.httpd(), "--port", "0" }))
end

--- The demo shop. opts: a list of its options, e.g. { "--pool", "4" }
function M.shop(opts)
  local argv = { binaries.shop(), "--port", "0" }
  for _, word in ipairs(opts or {}) do
    argv[#argv + 1] = word
  end
  return wait_for_url(spawn("lload-shop", argv))
end

-- One process, so that one pid is all there is to stop. log_format: see Server:requests.
local NGINX_CONF = [[
daemon off;
master_process off;
worker_processes 1;
worker_rlimit_nofile 15000;
pid @DIR@/nginx.pid;
error_log @DIR@/error.log warn;
events { worker_connections 10000; }
http {
  log_format counted '$connection $request_method $uri $status $body_bytes_sent';
  access_log @DIR@/access.log counted;
  client_body_temp_path @DIR@/body;
  proxy_temp_path @DIR@/proxy;
  fastcgi_temp_path @DIR@/fastcgi;
  uwsgi_temp_path @DIR@/uwsgi;
  scgi_temp_path @DIR@/scgi;
  default_type text/plain;
  keepalive_requests 100000000;
  keepalive_timeout 300s;
  root @DIR@/www;
  server {
    listen 127.0.0.1:@PORT@ backlog=4096;
    listen 127.0.0.1:@TLS_PORT@ ssl backlog=4096;
    ssl_certificate @DIR@/cert.pem;
    ssl_certificate_key @DIR@/key.pem;
    location = /return { return 200 "returned\n"; }
    location = /ready { access_log off; return 200 "ready\n"; }
    location = /missing { return 404 "missing\n"; }
    location = /secrets { return 200 "$http_authorization|$http_cookie"; }
    location = /same { return 302 /secrets; }
    location = /down { return 302 http://127.0.0.1:@PORT@/secrets; }
    location = /up { return 302 https://127.0.0.1:@TLS_PORT@/secrets; }
    location /gzip/ {
      alias @DIR@/www/;
      gzip on;
      gzip_min_length 1;
      gzip_types *;
    }
    location / { }
  }
  @MORE@
}
]]

--- One line of text of the static files: specs compare what they got.
M.LINE = "the quick brown fox jumps over the lazy dog\n"

-- A port that was free a moment ago: the kernel hands out ephemeral ports in no order, so nobody
-- else gets this one soon.
local function free_ports(n)
  local found = {}
  local held = {}
  for i = 1, n do
    held[i] = M.httpd()
    found[i] = held[i].port
  end
  for _, server in ipairs(held) do
    server:stop()
  end
  return unpack(found)
end
M.free_ports = free_ports

local function make_certificate(dir)
  local child = process.spawn({
    "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
    "-nodes", "-days", "2", "-subj", "/CN=localhost",
    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
    "-keyout", dir .. "/key.pem", "-out", dir .. "/cert.pem",
  }, { stderr = dir .. "/openssl.err" })
  assert(child:wait(20) and child.code == 0, "openssl: " .. (tmp.read(dir .. "/openssl.err") or ""))
end

--- Debian's nginx: /return, /small.txt, /large.txt (200 kB), /gzip/small.txt and /gzip/large.txt
--- (compressed while they are sent, hence chunked, when Accept-Encoding asks for it), /missing,
--- /secrets (the request's Authorization|Cookie), /same, /down and /up that redirect to it there,
--- over plain HTTP and over TLS; the same over TLS at `tls_url` with a certificate that only `cert`
--- vouches for. It serves what is in the folder `www`, new files too.
---
--- opts: servers, more of the configuration, with @DIR@, @PORT_A@ and @PORT_B@, which are then
--- `port_a` and `port_b`; prepare(dir), called before it starts.
function M.nginx(opts)
  opts = opts or {}
  local port, tls_port, port_a, port_b = free_ports(opts.servers and 4 or 2)
  local dir = tmp.dir()
  make_certificate(dir)
  if opts.prepare then
    opts.prepare(dir)
  end
  tmp.write(dir, "www/small.txt", M.LINE)
  tmp.write(dir, "www/large.txt", M.LINE:rep(5000))
  local values = { DIR = dir, PORT = port, TLS_PORT = tls_port, PORT_A = port_a, PORT_B = port_b }
  local text = NGINX_CONF:gsub("@MORE@", function()
    return opts.servers or ""
  end)
  local conf = tmp.write(dir, "nginx.conf", (text:gsub("@([A-Z_]+)@", values)))
  local self = spawn("nginx", { NGINX, "-p", dir, "-c", conf, "-e", dir .. "/error.log" })
  self.url = "http://127.0.0.1:" .. port
  self.tls_url = "https://127.0.0.1:" .. tls_port
  self.cert, self.dir = dir .. "/cert.pem", dir
  self.port_a, self.port_b = port_a, port_b
  self.log = dir .. "/access.log"
  self.www = dir .. "/www"
  return assert_started(self, function()
    return curl(self.url .. "/ready") == "ready\n"
  end)
end

local PYTHON = "/usr/bin/python3"

-- Ends well with the signal that ends servers here.
local HTTPBIN = [[
import signal, sys
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
from httpbin import app
app.run(host="127.0.0.1", port=int(sys.argv[1]), threaded=True)
]]

--- A small part of GitHub's API, see github_api.py. `state` is what it starts with.
function M.github_api(state)
  local path = tmp.write(tmp.dir(), "state.json", cjson.encode(state or {}))
  return wait_for_url(spawn("github_api", { PYTHON, "spec/support/github_api.py", path }))
end

--- github_api: what became of it, { comments, requests }.
function Server:state()
  return cjson.decode(self:get "/state")
end

--- Debian's python3-httpbin; nil and why if it is not installed.
function M.httpbin()
  local dir = tmp.dir()
  local probe = process.spawn({ PYTHON, "-c", "import httpbin" }, { stderr = dir .. "/stderr" })
  if not (probe:wait(20) and probe.code == 0) then
    probe:kill()
    return nil, "python3-httpbin is not installed; scripts/install-deps does it"
  end
  local port = free_ports(1)
  local self = spawn("httpbin", { PYTHON, "-c", HTTPBIN, tostring(port) })
  self.url, self.port = "http://127.0.0.1:" .. port, port
  return assert_started(self, function()
    return curl(self.url .. "/status/200")
  end)
end

--- A server of raw HTTP/2 over TLS that misbehaves as `mode` says, see h2_server.py.
function M.raw_h2(mode)
  local dir = tmp.dir()
  make_certificate(dir)
  local self = spawn("h2_server.py", {
    PYTHON, "spec/support/h2_server.py", mode, dir .. "/cert.pem", dir .. "/key.pem",
  })
  return assert_started(self, function()
    self.port = (tmp.read(self.stdout) or ""):match "^(%d+)\n"
    self.url = self.port and "https://127.0.0.1:" .. self.port
    return self.url
  end)
end

--- Somebody for sinks to talk to: `url`, `udp_port`, and :received(); see receiver.py.
function M.receiver()
  local log = tmp.dir() .. "/received"
  local self = spawn("receiver.py", { PYTHON, "spec/support/receiver.py", log })
  self.received_log = log
  wait_for_url(self)
  self.udp_port = tonumber(tmp.read(self.stdout):match "udp (%d+)")
  return self
end

--- receiver: what came since it was last asked: { path, headers, body } or { datagram }.
function Server:received()
  local text, list = tmp.read(self.received_log) or "", {}
  local from = (self.received_to or 0) + 1
  for line in text:sub(from):gmatch "([^\n]+)\n" do
    list[#list + 1] = cjson.decode(line)
    self.received_to = (self.received_to or 0) + #line + 1
  end
  return list
end

-- Debian's node finds its packages by itself, others do not.
local NODE = { "env", "NODE_PATH=/usr/share/nodejs", "nodejs" }

local function node(...)
  local argv = { NODE[1], NODE[2], NODE[3] }
  for _, word in ipairs { ... } do argv[#argv + 1] = word end
  return argv
end

--- A server that is a script for node and says where it listens; nil and why not where node or its
--- package `ws` is missing.
function M.node(script, ...)
  local probe = process.spawn(node("-e", "require('ws')"), { stderr = tmp.dir() .. "/stderr" })
  if not (probe:wait(20) and probe.code == 0) then
    probe:kill()
    return nil, "node-ws is not installed; scripts/install-deps does it"
  end
  return wait_for_url(spawn(script, node(binaries.root .. "/" .. script, ...)))
end

--- The WebSocket server of spec/support/ws_server.js. With a certificate and its key, files of PEM,
--- over TLS.
function M.websocket(certificate, key)
  return M.node("spec/support/ws_server.js", certificate, key)
end

-- nginx writes a line when the answer is out, which may be just after the client has it.
local function settled_log(self)
  local before, text
  repeat
    before, text = text, tmp.read(self.log) or ""
    process.sleep(0.03)
  until before == text
  return text
end

--- nginx: what its access log says since `from` (a mark from :mark), { total, connections,
--- paths = { [path] = n }, statuses = { ["200"] = n }, methods }.
function Server:requests(from)
  local seen = { total = 0, connections = 0, paths = {}, statuses = {}, methods = {} }
  local known = {}
  local function add(list, key)
    list[key] = (list[key] or 0) + 1
  end
  for line in settled_log(self):sub((from or 0) + 1):gmatch "[^\n]+" do
    local connection, method, uri, status = line:match "^(%d+) (%S+) (%S+) (%d+)"
    seen.total = seen.total + 1
    seen.connections = seen.connections + (known[connection] and 0 or 1)
    known[connection] = true
    add(seen.methods, method)
    add(seen.paths, uri)
    add(seen.statuses, status)
  end
  return seen
end

--- nginx: the end of the access log as it is now.
function Server:mark()
  return #settled_log(self)
end

return M
