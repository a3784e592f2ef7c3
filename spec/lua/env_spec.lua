--- Where a setting comes from: the profile, the command line, the environment, the default.

local fake_core = require "spec.support.fake_core"

describe("lload.env", function()
  local core, env, getenv

  before_each(function()
    core = fake_core.install()
    env = require "lload.env"
    getenv = stub(os, "getenv", function(name) return name:match "^IN_OS" and "os" or nil end)
  end)

  after_each(function()
    getenv:revert()
    fake_core.remove()
  end)

  it("prefers the narrower source", function()
    local rows = {
      { "IN_OS_PROFILE_OPTION", profile = "profile", option = "option", expected = "profile" },
      { "IN_OS_OPTION", option = "option", expected = "option" },
      { "IN_OS", expected = "os" },
      { "NOWHERE", expected = "default" },
      { "EMPTY", option = "", expected = "" },
      { "PROFILE_EMPTY", profile = "", option = "option", expected = "" },
    }
    for _, row in ipairs(rows) do
      core.profile = { [row[1]] = row.profile }
      env.set { [row[1]] = row.option }
      assert.equal(row.expected, env.get(row[1], "default"), row[1])
    end
  end)

  it("is nil without a default", function()
    env.set {}
    assert.is_nil(env.get "NOWHERE")
  end)

  it("knows only the latest options", function()
    env.set { A = "1", B = "2" }
    env.set { A = "3" }
    assert.same({ "3" }, { env.get "A", env.get "B" })
  end)
end)
