--- lload.ws.connect: addresses, options and subprotocols, before anything is sent.
local fake_core = require "spec.support.fake_core"

describe("ws.connect", function()
  local core, ws, asked

  before_each(function()
    core = fake_core.install()
    asked = nil
    function core.ws_connect(url, options, protocols)
      asked = { url = url, options = options, protocols = protocols }
      return "socket"
    end
    ws = require "lload.ws"
  end)

  after_each(fake_core.remove)

  local function address(url)
    assert.equal("socket", ws.connect(url))
    return asked.url
  end

  it("takes an address for that of the handshake", function()
    assert.equal("http://a.test/b", address "ws://a.test/b")
    assert.equal("https://a.test:1/", address "wss://a.test:1/")
    assert.equal("https://a.test", address "WSS://a.test")
    assert.equal("/ws/:room", address "/ws/:room")
    assert.equal("https://a.test/", address "https://a.test/")
    assert.equal("ws/path", address "ws/path")
  end)

  it("hands on what a request takes", function()
    ws.connect("/", { headers = { A = "b" }, bearer = "t", timeout = "1s", max_message = 5 })
    assert.same({ headers = { A = "b" }, bearer = "t", timeout = "1s", max_body = 5 },
      asked.options)
    assert.is_nil(asked.protocols)
  end)

  it("lists subprotocols as the header has them", function()
    ws.connect("/", { protocols = { "chat.v2", "chat.v1" } })
    assert.equal("chat.v2, chat.v1", asked.protocols)
    ws.connect("/", { protocols = "soap" })
    assert.equal("soap", asked.protocols)
  end)

  it("refuses what makes no sense", function()
    local function refuses(message, ...)
      local ok, why = pcall(ws.connect, ...)
      assert.is_false(ok)
      assert.truthy(why:find(message, 1, true), why)
    end
    refuses("an address is wanted, got a nil")
    refuses("options are a table, got a string", "/", "x")
    refuses("unknown option 'protocol'; did you mean 'protocols'?", "/", { protocol = "a" })
    refuses("unknown option 'json'", "/", { json = {} })
    refuses("lload sets the header Connection itself", "/", { headers = { Connection = "x" } })
    refuses("use protocols = { … }", "/", { headers = { ["Sec-WebSocket-Protocol"] = "x" } })
    refuses("protocols is a name or a list of names", "/", { protocols = {} })
    refuses("protocols is a name or a list of names", "/", { protocols = 7 })
    for _, name in ipairs { "a b", "a,b", "", ("x"):rep(64), "a\r\nX: y" } do
      refuses("is no name of a subprotocol", "/", { protocols = { name } })
    end
    refuses("given twice", "/", { protocols = { "a", "a" } })
    assert.is_nil(asked)
  end)
end)
