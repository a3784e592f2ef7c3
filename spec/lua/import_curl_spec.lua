--- `lload import curl`: words as a shell reads them, options as curl does.

local fake_core = require "spec.support.fake_core"
local imported = require "spec.support.imported"

describe("words of a shell", function()
  local shell

  before_each(function()
    fake_core.install()
    shell = require "lload.import.shell"
  end)

  after_each(fake_core.remove)

  for source, expected in pairs {
    ["curl a 'b c' \"d \\\"e\\\" \\x\""] = { { "curl", "a", "b c", 'd "e" \\x' } },
    ["curl a\\ b''c"] = { { "curl", "a bc" } },
    ["curl \\\n  -X \\\r\n  POST"] = { { "curl", "-X", "POST" } },
    ["curl a; curl b && curl c\ncurl d | jq"] = {
      { "curl", "a" }, { "curl", "b" }, { "curl", "c" }, { "curl", "d" }, { "jq" },
    },
    ["# a remark\ncurl a # another\n"] = { { "curl", "a" } },
    ["curl $'a\\n\\'b\\x41\\u00e4\\\\'"] = { { "curl", "a\n'bA\195\164\\" } },
    ["curl ''"] = { { "curl", "" } },
    ["curl 'a\nb'"] = { { "curl", "a\nb" } },
    ["curl http://x/?a=$HOME"] = { { "curl", "http://x/?a=$HOME" } },
  } do
    it("of " .. source:gsub("%c", "·"), function()
      local commands = assert(shell.commands(source))
      for index, command in ipairs(commands) do
        command.line = nil
        assert.same(expected[index], command)
      end
      assert.equal(#expected, #commands)
    end)
  end

  it("tell where a quote has no end", function()
    for _, source in ipairs { "curl a\ncurl 'b", 'curl a\ncurl "b', "curl a\ncurl $'b\\'" } do
      assert.same({ nil, "line 2: a quote has no end" }, { shell.commands(source) })
    end
  end)
end)

describe("lload import curl", function()
  before_each(fake_core.install)
  after_each(fake_core.remove)

  -- The only request of a command.
  local function request(command, options)
    local text, message = imported.import("curl", command, options)
    assert(text, message)
    local sent = imported.run(text)
    return sent[1], text, sent
  end

  it("reads method, headers, body and query", function()
    local sent, text = request(
      "curl -XPATCH 'http://shop.test/a?b=1&c=a%20b' -H 'X-A: 1'"
        .. " -H 'Content-Type: application/json' --data-raw '{\"a\":[],\"b\":null}'")
    assert.same({ "PATCH", "/a" }, { sent.method, sent.url })
    assert.same({ b = "1", c = "a b" }, sent.options.query)
    assert.same({ ["X-A"] = "1" }, sent.options.headers)
    assert.same({ a = {}, b = require("cjson").null }, sent.options.json)
    assert.truthy(text:find('lload.env("BASE_URL", "http://shop.test")', 1, true))
  end)

  for command, expected in pairs {
    ["curl http://x.test"] = { method = "GET", url = "/" },
    ["curl -I x.test/a"] = { method = "HEAD", url = "/a" },
    ["curl -d a=1 -d 'b=x+y' http://x.test"] = { method = "POST", form = { a = "1", b = "x y" } },
    ["curl -G -d a=1 -d b=2 http://x.test"] = { method = "GET", query = { a = "1", b = "2" } },
    ["curl --json '{\"a\":1}' http://x.test"] = {
      method = "POST", json = { a = 1 }, headers = { Accept = "application/json" },
    },
    ["curl --json '{\"id\":12345678901234567890}' http://x.test"] = {
      body = '{"id":12345678901234567890}',
      headers = { Accept = "application/json", ["Content-Type"] = "application/json" },
    },
    ["curl -d 'not a form' http://x.test"] = {
      body = "not a form", headers = { ["Content-Type"] = "application/x-www-form-urlencoded" },
    },
    ["curl --data-urlencode 'a=b c' http://x.test"] = { form = { a = "b c" } },
    ["curl -d @f http://x.test"] = { form = { a = "12" } },
    ["curl -F a=1 -F 'b=2;type=text/x' http://x.test"] = {
      multipart = { { "a", "1" }, { "b", "2", type = "text/x" } },
    },
    ["curl -F a=@pic.png http://x.test"] = { multipart = { { "a", { file = "pic.png" } } } },
    ["curl -T pic.png http://x.test/up"] = { method = "PUT", body = { file = "pic.png" } },
    ["curl -u ada:secret http://x.test"] = { basic = { "ada", "" } },
    ["curl --digest -uada:secret http://x.test"] = { digest = { "ada", "" } },
    ["curl -H 'Authorization: Bearer abc' http://x.test"] = { bearer = "" },
    ["curl -b 'lang=de; session=abc' http://x.test"] = { cookies = { lang = "de", session = "" } },
    ["curl --max-time 5 -sSLk http://x.test"] = { timeout = 5 },
    ["/usr/bin/curl --url http://x.test/z"] = { url = "/z" },
  } do
    it("reads " .. command, function()
      local sent = request(command, { files = { f = "a=1\n2\n", ["pic.png"] = "PNG" } })
      for key, value in pairs(expected) do
        local found = (key == "method" or key == "url") and sent[key] or sent.options[key]
        assert.same(value, found, key)
      end
    end)
  end

  it("keeps no secret", function()
    local _, text = request(
      "curl -u ada:s3cr3t1 -H 'X-Api-Key: s3cr3t2' http://x.test -b 'sid=s3cr3t3'"
      .. "; curl -H 'Authorization: Bearer s3cr3t4' http://x.test"
      .. "; curl -d 'user=ada&password=s3cr3t7' 'http://ada:s3cr3t8@x.test/?api_key=s3cr3t9'"
      .. "; curl --json '{\"a\":{\"clientSecret\":\"s3cr3t10\"}}' http://x.test"
      .. "; curl -F password=s3cr3t11 http://x.test"
      .. "; curl -H 'Authorization: Custom s3cr3t5' -H 'Cookie: token=s3cr3t6' http://x.test")
    assert.is_nil(text:find "s3cr3t")
    for _, name in ipairs {
      "PASSWORD", "API_KEY", "COOKIE_SID", "TOKEN", "AUTHORIZATION", "CLIENT_SECRET",
    } do
      assert.truthy(text:find('lload.env("' .. name .. '", "")', 1, true), name)
    end
  end)

  it("keeps the hosts of several commands apart", function()
    local _, text, sent = request(
      "curl http://a.test/1\ncurl http://b.test/2\ncurl http://a.test/3")
    assert.same({ "/1", "http://b.test/2", "/3" }, { sent[1].url, sent[2].url, sent[3].url })
    assert.truthy(text:find('"http://a.test"', 1, true))
  end)

  it("sends files beside the scenario", function()
    local command = "curl -F a=@d/x.bin -F b=@e/x.bin -F c=@d/x.bin http://x"
    local _, _, model = imported.import("curl", command,
      { files = { ["d/x.bin"] = "one", ["e/x.bin"] = "two" } })
    assert.same({ "x.bin", "1-x.bin" }, { model.data[1].file, model.data[2].file })
    assert.same({ "one", "two" }, { model.data[1].content, model.data[2].content })
  end)

  it("tells what it left out", function()
    local _, text = request(
      "curl -x http://proxy -r 0-5 -H 'Content-Length: 5' http://x.test | jq .")
    for _, word in ipairs {
      "curl's option -r", "curl's option -x", "header Content-Length", "jq",
    } do
      assert.truthy(text:find("-- * " .. word, 1, true), word)
    end
  end)

  for command, message in pairs {
    ["curl --frobnicate http://x"] = "line 1: unknown option --frobnicate",
    ["\ncurl -H"] = "line 2: option -H needs a value",
    ["curl -s"] = "line 1: the command has no URL",
    ["curl ftp://x/y"] = 'line 1: "ftp://x/y" is no http:// or https:// address',
    ["curl -d @nowhere http://x"] = "line 1: nowhere: cannot read: No such file or directory",
    ["curl -F nothing http://x"] = 'line 1: -F "nothing" is not NAME=VALUE',
    ["wget http://x"] = "there is no curl command in it",
    ["curl 'http://x"] = "line 1: a quote has no end",
  } do
    it("refuses " .. command:gsub("\n", ""), function()
      assert.same({ nil, message }, { imported.import("curl", command) })
    end)
  end
end)
