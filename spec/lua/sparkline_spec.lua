--- Sparklines: a bar for each value, between 0 and the highest that is shown.

local sparkline = require "lload.sparkline"

describe("a sparkline", function()
  it("has a bar for each value, the highest one full", function()
    assert.same({ "▁▂▃▄▅▆▇█", 8 }, { sparkline.of({ 1, 2, 3, 4, 5, 6, 7, 8 }, 60, true) })
    assert.same({ "▁█▄", 100 }, { sparkline.of({ 0, 100, 50 }, 60, true) })
  end)

  it("is ASCII where nothing else can be shown", function()
    assert.same({ "_.-=+*#@", 8 }, { sparkline.of({ 1, 2, 3, 4, 5, 6, 7, 8 }, 60, false) })
  end)

  it("shows the last ones, against the highest of those", function()
    assert.same({ "▄█", 10 }, { sparkline.of({ 1000, 5, 10 }, 2, true) })
  end)

  it("leaves a gap for what is not known", function()
    assert.same({ "█ ▄", 4 }, { sparkline.of({ 4, false, 2 }, 60, true) })
    assert.same({ "  ", 0 }, { sparkline.of({ false, false }, 60, true) })
    assert.same({ "▁▁", 0 }, { sparkline.of({ 0, 0 }, 60, true) })
    assert.same({ "", 0 }, { sparkline.of({}, 60, true) })
  end)
end)
