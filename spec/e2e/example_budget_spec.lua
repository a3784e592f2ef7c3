--- examples/performance-budget, as its README tells it, with shorter runs.
local tutorial = require "spec.support.tutorial"

describe("examples/performance-budget", function()
  it("meets its budget by the changes that the measurements call for", function()
    local commands, ran = tutorial.run("examples/performance-budget/README.md",
      { DURATION = "1s" }, { ["--max 10"] = "--max 3" })
    tutorial.assert_codes(commands, ran)
    local by_text = {}
    for _, one in ipairs(commands) do by_text[one.text] = one end
    local options = assert(by_text["cat shop-state/options"], "the README shows no options")
    assert.falsy(options.stdout:find("--slow", 1, true), ran.stdout)
    local story = ran.stderr:match "^(.-)@@ 4\n" or ran.stderr
    local first = assert(story:find("an index for GET /api/v1/products\n", 1, true), story)
    local second = assert(story:find("an index for GET /api/v1/products/:id\n", first, true), story)
    assert.truthy(story:find("alike: a pool of 20", second, true), story)
    assert.matches("\n  1 .*not met.*\n  2 .*not met.*\n  3 .*not met.*met, confirmed", ran.stdout)
  end)
end)
