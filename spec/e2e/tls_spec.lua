--- http.tls: whom to trust, what to show, and which versions and ciphers, against nginx.
local cli = require "spec.support.cli"
local expect = require "spec.support.expect"
local process = require "spec.support.process"
local server = require "spec.support.server"
local tmp = require "spec.support.tmp"

-- A wants a certificate of the client and says what it got; B knows TLS 1.2 only.
local SERVERS = [[
  server {
    listen 127.0.0.1:@PORT_A@ ssl;
    ssl_certificate @DIR@/cert.pem;
    ssl_certificate_key @DIR@/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_client_certificate @DIR@/ca.pem;
    ssl_verify_client on;
    location / { return 200 "$ssl_client_s_dn $ssl_protocol $ssl_cipher\n"; }
  }
  server {
    listen 127.0.0.1:@PORT_B@ ssl;
    ssl_protocols TLSv1.2;
    ssl_certificate @DIR@/cert.pem;
    ssl_certificate_key @DIR@/key.pem;
    location / { return 200 "$ssl_protocol $ssl_cipher\n"; }
  }
]]

local function openssl(dir, ...)
  local child = process.spawn({ "openssl", ... }, { cwd = dir, stderr = dir .. "/openssl.err" })
  assert(child:wait(20) and child.code == 0, tmp.read(dir .. "/openssl.err"))
end

local EC = { "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes" }

-- An authority, a client's certificate of an authority in between, its keys, and what is broken.
local function make_files(dir)
  local function request(name, ...)
    openssl(dir, "req", EC[1], EC[2], EC[3], EC[4], EC[5], "-subj", "/CN=" .. name,
      "-keyout", name .. ".key", ...)
  end
  local function sign(name, by, ...)
    request(name, "-out", name .. ".csr")
    openssl(dir, "x509", "-req", "-in", name .. ".csr", "-CA", by .. ".pem", "-CAkey",
      by .. ".key", "-CAcreateserial", "-days", "2", "-out", name .. ".pem", ...)
  end
  tmp.write(dir, "ca.ext", "basicConstraints=CA:TRUE\n")
  request("ca", "-x509", "-days", "2", "-out", "ca.pem")
  sign("between", "ca", "-extfile", "ca.ext")
  sign("client", "between")
  openssl(dir, "ec", "-in", "client.key", "-aes128", "-passout", "pass:sesame", "-out",
    "locked.key")
  local chain = tmp.read(dir .. "/client.pem") .. tmp.read(dir .. "/between.pem")
  tmp.write(dir, "chain.pem", chain)
  tmp.write(dir, "both.pem", chain .. tmp.read(dir .. "/client.key"))
  tmp.write(dir, "rubbish.pem", "no PEM at all\n")
end

describe("http.tls", function()
  local nginx

  setup(function()
    nginx = server.nginx { servers = SERVERS, prepare = make_files }
  end)

  teardown(function()
    nginx:stop()
  end)

  -- A scenario beside the files; `url` is asked twice by two users.
  local function run(tls, url, body, command)
    local path = tmp.write(nginx.dir, "scenario.lua", ([[
local http = require("lload").http
return {
  http = { tls = %s },
  journey = function()
    for _ = 1, 2 do
      local r = http.get %q
      %s
    end
  end,
}]]):format(tls, url, body or ""))
    local args = { command or "run", path }
    if not command then
      for _, word in ipairs { "-u", "2", "-i", "2", "--json", nginx.dir .. "/result.json" } do
        args[#args + 1] = word
      end
    end
    local r = cli.run(args)
    r.result = not command and cli.read_json(nginx.dir .. "/result.json") or nil
    return r
  end

  local function said(words)
    return ('assert(r.status == 200 and r.body:find %q, r.error_message or r.body)'):format(words)
  end

  local function wants_client() return "https://127.0.0.1:" .. nginx.port_a .. "/" end
  local function old() return "https://localhost:" .. nginx.port_b .. "/" end

  it("trusts the authorities of a file, and those alone", function()
    expect.code(run('{ ca = "cert.pem" }', nginx.tls_url .. "/return", said "returned"), 0)
    local r = run('{ ca = "ca.pem" }', nginx.tls_url .. "/return", 'assert(r.error == "tls")')
    expect.code(r, 99)
    assert.equal(4, expect.errors(r, "tls"))
  end)

  it("shows a certificate with its chain", function()
    expect.code(run('{ ca = "cert.pem", cert = "chain.pem", key = "client.key" }',
      wants_client(), said "^CN=client TLSv1.3"), 0)
    expect.code(run('{ ca = "cert.pem", cert = "both.pem" }', wants_client(), said "CN=client"), 0)
    expect.code(run([[{ ca = "cert.pem", cert = "chain.pem", key = "locked.key",
      key_password = "sesame" }]], wants_client(), said "CN=client"), 0)
    expect.code(run(('{ ca = %q, cert = "both.pem" }'):format(nginx.dir .. "/cert.pem"),
      wants_client(), said "CN=client"), 0)
  end)

  it("shows none unless told to", function()
    run('{ ca = "cert.pem" }', wants_client(),
      'assert(r.status == 400 and r.body:find "No required SSL certificate", r.error_message)')
    local r = run('{ ca = "cert.pem", cert = "client.pem", key = "client.key" }', wants_client(),
      'assert(r.status == 400 and r.body:find "SSL certificate error", r.error_message)')
    assert.equal(4, expect.request(r, "GET /").count)
  end)

  it("chooses versions and ciphers", function()
    local tls = '{ ca = "cert.pem", cert = "both.pem", %s }'
    local function shows(options, words)
      expect.code(run(tls:format(options), wants_client(), said(words)), 0)
    end
    shows('max_version = "1.2"', "TLSv1.2")
    shows('min_version = "1.3"', "TLSv1.3")
    shows('ciphers = "TLS_CHACHA20_POLY1305_SHA256"', "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256")
    shows('ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256", max_version = "1.2"',
      "TLSv1.2 ECDHE%-ECDSA%-AES128%-GCM%-SHA256")
    shows('ciphers = "TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256"',
      "TLSv1.3 TLS_AES_128_GCM_SHA256")
    expect.code(run('{ ca = "cert.pem" }', old(), said "^TLSv1.2"), 0)
    local r = run('{ ca = "cert.pem", min_version = "1.3" }', old(), 'assert(r.error == "tls")')
    expect.code(r, 99)
  end)

  it("is checked before the run, file by file", function()
    for tls, words in pairs {
      ['{ ca = "none.pem" }'] = "http.tls.ca: DIR/none.pem: cannot read: No such file",
      ['{ ca = "rubbish.pem" }'] = "http.tls.ca: DIR/rubbish.pem: holds no certificate",
      ['{ cert = "rubbish.pem" }'] = "http.tls.cert: DIR/rubbish.pem: holds no certificate",
      ['{ cert = "chain.pem" }'] = "http.tls.cert: DIR/chain.pem: holds no private key",
      ['{ cert = "chain.pem", key = "none.key" }'] = "http.tls.key: DIR/none.key: cannot read",
      ['{ cert = "chain.pem", key = "ca.key" }'] =
        "http.tls.key: DIR/ca.key: is not the key of the certificate DIR/chain.pem",
      ['{ cert = "chain.pem", key = "locked.key" }'] =
        "http.tls.key: DIR/locked.key: is encrypted; give its key_password",
      ['{ cert = "chain.pem", key = "locked.key", key_password = "open" }'] =
        "http.tls.key: DIR/locked.key: key_password does not open it",
      ['{ ciphers = "NONE-SUCH" }'] = 'http.tls.ciphers: none is known in "NONE-SUCH"',
      ['{ ciphers = "TLS_NONE_SUCH" }'] = "http.tls.ciphers: none is known",
      ['{ key = "client.key" }'] = "http.tls.key: belongs to a certificate",
      ['{ cert = 1 }'] = "http.tls.cert: must be text",
      ['{ min_version = "1.3", max_version = "1.2" }'] =
        "http.tls.min_version: is above max_version",
      ['{ min_version = "1.1" }'] = "http.tls.min_version: 1.1 is none of",
      ['{ pem = "x" }'] = 'http.tls: unknown key "pem"',
      ["true"] = "http.tls: must be a table",
    } do
      for _, command in ipairs { false, "check" } do
        local r = run(tls, nginx.url .. "/return", "", command or nil)
        expect.code(r, 104)
        local text = words:gsub("DIR", function() return nginx.dir end)
        assert.truthy(r.stderr:find(text, 1, true), tls .. "\n" .. r.stderr)
        assert.is_nil(r.stderr:find("sesame", 1, true))
      end
    end
  end)
end)
