--- Addresses: taken apart, put together, and led on from page to page.

local fake_core = require "spec.support.fake_core"

describe("lload.url", function()
  local url

  before_each(function()
    fake_core.install()
    url = require "lload.url"
  end)

  after_each(fake_core.remove)

  it("takes addresses apart", function()
    local rows = {
      { "http://api.test/a/b", { scheme = "http", host = "api.test", path = "/a/b" } },
      { "HTTPS://API.Test:8443", { scheme = "https", host = "api.test", port = 8443, path = "" } },
      { "http://u:p@h:1/?", {
        scheme = "http", userinfo = "u:p", host = "h", port = 1, path = "/", query = {},
      } },
      { "http://a@b@c/", { scheme = "http", userinfo = "a@b", host = "c", path = "/" } },
      { "http://[2001:DB8::7]:80/c", {
        scheme = "http", host = "2001:db8::7", port = 80, path = "/c",
      } },
      { "http://h:/x", { scheme = "http", host = "h", path = "/x" } },
      { "/p?a=1&b=x%20y+z&a=2&c&=d&a=3#f?#", {
        path = "/p", fragment = "f?#",
        query = { a = { "1", "2", "3" }, b = "x y z", c = "", [""] = "d" },
      } },
      { "//host/p", { host = "host", path = "/p" } },
      { "mailto:a@b.test", { scheme = "mailto", path = "a@b.test" } },
      { "urn:example:animal:ferret:nose", { scheme = "urn", path = "example:animal:ferret:nose" } },
      { "file:///etc/hosts", { scheme = "file", host = "", path = "/etc/hosts" } },
      { "a/b;c=1", { path = "a/b;c=1" } },
      { "#top", { path = "", fragment = "top" } },
      { "?x=%", { path = "", query = { x = "%" } } },
      { "", { path = "" } },
    }
    for _, row in ipairs(rows) do assert.same(row[2], url.parse(row[1]), row[1]) end
  end)

  it("gives nil and a message for hosts and ports that are none", function()
    for _, text in ipairs {
      "http://h:99999/", "http://h:x/", "http://h:-1/", "http://a b/", "http://[::1/",
      "http://[::1]x/",
      "http://h\0/", "http://<h>/", "http://a]b/",
    } do
      local parts, message = url.parse(text)
      assert.is_nil(parts, text)
      assert.matches("is not valid", message, 1, true)
    end
    assert.same({ nil, "an address is text, this is nil" }, { url.parse(nil) })
  end)

  it("puts addresses together", function()
    local rows = {
      { { scheme = "http", host = "h", path = "/a b/ä?#" }, "http://h/a%20b/%C3%A4%3F%23" },
      { { scheme = "http", host = "h", port = 81, path = "x" }, "http://h:81/x" },
      { { scheme = "http", host = "::1", port = 81, path = "" }, "http://[::1]:81" },
      { { host = "h", path = "/" }, "//h/" },
      { { path = "/a", query = { b = 2, a = { "x", true }, c = "1&2=3" } },
        "/a?a=x&a=true&b=2&c=1%262%3D3" },
      { { path = "/a", query = {} }, "/a" },
      { { path = "/a", query = "x=1&y={}", fragment = "a b" }, "/a?x=1&y=%7B%7D#a%20b" },
      { { path = "/a%20b" }, "/a%20b" },
      { { path = "//no-host/x" }, "/.//no-host/x" },
      { { scheme = "http", userinfo = "u:p", host = "h" }, "http://u:p@h" },
      { {}, "" },
    }
    for _, row in ipairs(rows) do assert.equal(row[2], url.build(row[1])) end
  end)

  it("builds again what it has parsed", function()
    for _, text in ipairs {
      "http://h/a/b?x=1&y=2#z", "https://u@h:8443/", "http://[::1]:80/%41?a=b%20c", "//h", "/a/b",
      "",
      "mailto:a@b.test", "a?b=c", "http://h/?a=1&a=2&b=",
    } do assert.equal(text, url.build(url.parse(text))) end
  end)

  it("writes queries in the order of their names, numbers unchanged", function()
    assert.equal("a=1&b=9007199254740992&c=0.5&d=-3&e=false",
      url.query { e = false, d = -3, c = 0.5, b = 2 ^ 53, a = 1 })
    assert.equal("t%5B%5D=1&t%5B%5D=2", url.query { ["t[]"] = { 1, 2 } })
    assert.equal("", url.query { a = {} })
  end)

  it("encodes and decodes", function()
    assert.equal("a%20b%2Fc~d_e-f.g%25", url.encode "a b/c~d_e-f.g%")
    assert.equal("a b+c", url.decode "a%20b+c")
  end)

  -- RFC 3986, 5.4.1 and 5.4.2.
  local BASE = "http://a/b/c/d;p?q"
  local EXAMPLES = [[
g:h g:h|g http://a/b/c/g|./g http://a/b/c/g|g/ http://a/b/c/g/|/g http://a/g|//g http://g
?y http://a/b/c/d;p?y|g?y http://a/b/c/g?y|#s http://a/b/c/d;p?q#s|g#s http://a/b/c/g#s
g?y#s http://a/b/c/g?y#s|;x http://a/b/c/;x|g;x http://a/b/c/g;x|g;x?y#s http://a/b/c/g;x?y#s
 http://a/b/c/d;p?q|. http://a/b/c/|./ http://a/b/c/|.. http://a/b/|../ http://a/b/
../g http://a/b/g|../.. http://a/|../../ http://a/|../../g http://a/g
../../../g http://a/g|../../../../g http://a/g|/./g http://a/g|/../g http://a/g
g. http://a/b/c/g.|.g http://a/b/c/.g|g.. http://a/b/c/g..|..g http://a/b/c/..g
./../g http://a/b/g|./g/. http://a/b/c/g/|g/./h http://a/b/c/g/h|g/../h http://a/b/c/h
g;x=1/./y http://a/b/c/g;x=1/y|g;x=1/../y http://a/b/c/y|g?y/./x http://a/b/c/g?y/./x
g?y/../x http://a/b/c/g?y/../x|g#s/./x http://a/b/c/g#s/./x|g#s/../x http://a/b/c/g#s/../x
http:g http:g]]

  it("follows references as RFC 3986 does", function()
    local count = 0
    for example in EXAMPLES:gmatch "[^|\n]+" do
      local reference, target = example:match "^(%S*) (.*)$"
      assert.equal(target, url.resolve(BASE, reference), reference)
      count = count + 1
    end
    assert.equal(42, count)
    assert.equal("http://h/x", url.resolve("http://h", "x"))
    assert.equal("http://h/x", url.resolve("http://h?q", "./x"))
    assert.equal("http://h/a//b", url.resolve("http://h/", "a//b"))
    assert.equal("http://h/a/x", url.resolve("http://h/a/b?p=/c/d", "x"))
  end)

  it("gives nil and a message where a reference leads nowhere", function()
    assert.same({ nil, "an address is text, this is nil" }, { url.resolve(BASE, nil) })
    assert.same({ nil, "'/a' has no scheme" }, { url.resolve("/a", "b") })
  end)

  it("is done soon with hostile paths", function()
    for _, text in ipairs {
      ("../"):rep(100000), ("a/"):rep(100000), ("/."):rep(100000), ("@"):rep(100000),
      ("?"):rep(100000), ("//"):rep(100000) .. ":", ("&="):rep(100000), ("%"):rep(100000),
    } do
      assert.equal("string", type(url.resolve(BASE, text)))
      url.parse(text)
      url.parse("http://" .. text)
      url.parse("?" .. text)
    end
  end)

  it("blames the caller for misuse", function()
    local rows = {
      { function() url.build "http://h/" end, "url.build: a table is wanted" },
      { function() url.build { hots = "h" } end, "url.build: unknown part 'hots'" },
      { function() url.build { port = "80" } end, "url.build: port is no number" },
      { function() url.build { query = { a = print } } end, "url.query: values are text" },
      { function() url.build { query = print } end, "url.query: values are text" },
      { function() return (url.query "a") end, "url.query: a table is wanted" },
      { function() return (url.query { "a" }) end, "url.query: names are text" },
      { function() return (url.query { a = 0 / 0 }) end, "url.query: values are text, finite" },
      { function() return (url.query { a = { {} } }) end, "url.query: values are text" },
    }
    for _, row in ipairs(rows) do
      local ok, message = pcall(row[1])
      assert.is_false(ok)
      assert.matches("url_spec.lua:%d+: ", message)
      assert.matches(row[2], message, 1, true)
    end
  end)
end)
