std = "luajit"
max_line_length = 100
files["spec/**"] = { std = "+busted" }
-- Declarations without bodies: nothing there uses its arguments.
files["lua/lload/types/**"] = { ignore = { "212", "241" } }
