// Merges the lines of an interval log by their tags, with HdrHistogram's own
// reader, and prints what it finds as JSON: { tag: { count, p50, …, max } } in
// the unit of the log.
const fs = require("fs");
const hdr = require("hdr-histogram-js");

const reader = new hdr.HistogramLogReader(fs.readFileSync(process.argv[2], "utf8"));
const sums = {};
let lines = 0;
for (let h = reader.nextIntervalHistogram(); h; h = reader.nextIntervalHistogram()) {
  const tag = h.tag === undefined ? "" : h.tag;
  if (sums[tag]) sums[tag].add(h);
  else sums[tag] = h;
  lines++;
}
const series = {};
for (const [tag, h] of Object.entries(sums)) {
  series[tag] = { count: h.totalCount };
  for (const p of [50, 90, 95, 99, 99.9]) series[tag]["p" + p] = h.getValueAtPercentile(p);
}
console.log(JSON.stringify({ lines, series }));
