--- Did-you-mean: near enough to be meant, and nothing when nothing is near.

local suggest = require "lload.suggest"

describe("suggest", function()
  local stages = { "smoke", "ramp", "spike", "soak" }

  it("finds the nearest word", function()
    assert.equal("spike", suggest.nearest("spkie", stages))
    assert.equal("spike", suggest.nearest("spik", stages))
    assert.equal("smoke", suggest.nearest("SMOKE", stages))
    assert.equal("--base-url", suggest.nearest("--base_url", { "--base-url", "--seed" }))
    assert.equal("thresholds", suggest.nearest("treshold", { "thresholds", "teardown" }))
  end)

  it("says nothing when nothing is near", function()
    assert.is_nil(suggest.nearest("breakfast", stages))
    assert.is_nil(suggest.nearest("", stages))
    assert.equal("", suggest.hint("breakfast", stages))
  end)

  it("does not depend on the order of the candidates", function()
    assert.equal("ab", suggest.nearest("ax", { "ac", "ab" }))
    assert.equal("ab", suggest.nearest("ax", { "ab", "ac" }))
  end)
end)
