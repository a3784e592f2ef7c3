--- Segments: which part of the load is this machine's.

local segment = require "lload.segment"

describe("a segment", function()
  for text, expected in pairs {
    ["1/1"] = { 1, { 1 } }, ["1/2"] = { 1, { 1, 1 } }, [" 2/3 "] = { 2, { 1, 1, 1 } },
    ["1:1/2,1/4,1/4"] = { 1, { 2, 1, 1 } }, ["3:1/2,1/4,1/4"] = { 3, { 2, 1, 1 } },
    ["2:1/3,2/3"] = { 2, { 1, 2 } }, ["1:1/2, 1/3 ,1/6"] = { 1, { 3, 2, 1 } },
    ["2:2/8,3/4"] = { 2, { 2, 6 } }, ["1:1/1"] = { 1, { 1 } },
  } do
    it(("reads %q"):format(text), function()
      local read = assert(segment.parse(text))
      assert.same(expected, { read.own, read.shares })
    end)
  end

  it("may be one of ten thousand", function()
    assert.equal(10000, #segment.parse("10000/10000").shares)
    assert.same({ 9999, 1 }, segment.parse("2:9999/10000,1/10000").shares)
  end)

  -- what is written → what is said about it
  for text, words in pairs {
    [""] = 'is no segment; write "2/3" for the second of three equal parts, or "2:1/2,1/4,1/4"',
    ["half"] = "is no segment", ["1"] = "is no segment", ["1/"] = "is no segment",
    ["/2"] = "is no segment", ["-1/2"] = "is no segment", ["1.5/2"] = "is no segment",
    ["1/2/3"] = "is no segment", ["1:"] = "is no segment", ["1:1/2,"] = "is no segment",
    ["1:1/2,x"] = "is no segment", ["1:0/2,2/2"] = "is no segment", ["1:1/0"] = "is no segment",
    ["0/2"] = '"0/2": the parts are numbered from 1 to 2',
    ["3/2"] = '"3/2": the parts are numbered from 1 to 2',
    ["1/0"] = "the parts are numbered from 1 to 0",
    ["1/10001"] = "at most 10,000 parts are possible",
    ["1:1/2,1/4"] = '"1:1/2,1/4": the parts do not add up to 1',
    ["1:1/2,3/4"] = "the parts do not add up to 1",
    ["0:1/2,1/2"] = "there are 2 parts, numbered from 1",
    ["3:1/2,1/2"] = "there are 2 parts, numbered from 1",
    ["1:1/9973,9972/9973,1/7"] = "no common denominator up to 10,000",
  } do
    it(("refuses %q"):format(text), function()
      local read, message = segment.parse(text)
      assert.is_nil(read)
      assert.matches(words, message, 1, true)
    end)
  end
end)
