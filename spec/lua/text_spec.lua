--- Text: always valid UTF-8, no control characters where they hurt, widths that hold.

local text = require "lload.text"

local REPLACED = "\239\191\189"

describe("text", function()
  it("keeps valid UTF-8 and replaces every byte that is none", function()
    assert.equal("é € 😀", text.utf8("é € 😀"))
    for _, bad in ipairs {
      "\255", "\192\175", "\237\160\128", "\240\128\128\128", "\128", "\226\130",
    } do
      local clean = text.utf8("a" .. bad .. "b")
      assert.equal("a" .. REPLACED:rep(#bad) .. "b", clean)
    end
  end)

  it("drops what XML does not allow", function()
    assert.equal("a\tb\nc" .. REPLACED:rep(2), text.xml_safe("a\tb\nc\1\27"))
    assert.equal(REPLACED, text.xml_safe("\239\191\191"))
    assert.equal(REPLACED, text.xml_safe("\0"))
  end)

  it("makes one line that cannot move a cursor", function()
    assert.equal("a b" .. REPLACED .. "[31m", text.one_line("a\r\nb\27[31m"))
    assert.equal(REPLACED, text.one_line("\194\155")) -- CSI as one character
  end)

  it("masks the passwords of addresses, and nothing else", function()
    for given, masked in pairs {
      ["http://user:secret@host:80/a:b@c"] = "http://user:***@host:80/a:b@c",
      ["https://a@b:se:cr@et@host"] = "https://a@b:***@host",
      ["GET http://:p@[::1]:80/: no, a@b"] = "GET http://:***@[::1]:80/: no, a@b",
    } do
      assert.equal(masked, text.without_passwords(given))
    end
    for _, given in ipairs { "http://host:80/a@b", "http://user@host:80", "http://[::1]:80",
      "host:80", "http://host?a:b@c", "GET http://host:80 a@b", "" } do
      assert.equal(given, text.without_passwords(given))
    end
  end)

  it("knows how wide characters are", function()
    assert.equal(3, text.width("abc"))
    assert.equal(2, text.width("é€"))
    assert.equal(4, text.width("日本"))
    assert.equal(2, text.width("😀"))
    assert.equal(1, text.width("e\204\129"))
  end)

  it("cuts to a width and says so", function()
    assert.equal("abc", text.cut("abc", 3))
    assert.equal("ab…", text.cut("abcd", 3))
    assert.equal("日…", text.cut("日本語", 4))
    assert.equal("", text.cut("abc", 0))
  end)

  it("shortens a name in its middle", function()
    assert.equal("GET /a/b", text.shorten("GET /a/b", 8))
    assert.equal("abc…hij", text.shorten("abcdefghij", 7))
    assert.equal("abc…ij", text.shorten("abcdefghij", 6))
    assert.equal("abc…", text.shorten("abcdefghij", 4))
    assert.equal("", text.shorten("abc", 0))
  end)

  it("never breaks a character, nor takes more room than there is", function()
    for _, name in ipairs {
      "日本語のとても長い名前です", ("e\204\129"):rep(12),
      "GET /😀/😀/😀/😀/😀/😀", ("é"):rep(40), "\255\254" .. ("x"):rep(30),
    } do
      for columns = 0, text.width(name) + 1 do
        local short = text.shorten(name, columns)
        assert.is_true(text.width(short) <= columns)
        assert.is_true(text.width(short) >= math.min(columns, text.width(name)) - 2)
        if text.utf8(name) == name then assert.equal(short, text.utf8(short)) end
      end
    end
  end)

  it("pads on either side", function()
    assert.equal("é  ", text.left("é", 3))
    assert.equal("  é", text.right("é", 3))
  end)
end)
