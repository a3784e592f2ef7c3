/* How numbers are placed on the axes of charts, marked and written. */
"use strict";
const ReportScales = (function () {
  function significant(value) {
    const size = Math.abs(value);
    if (size >= 99.95) return Math.round(value).toLocaleString("en");
    if (size >= 9.995 || value === Math.round(value)) return String(+value.toFixed(1));
    return String(+value.toPrecision(3));
  }

  function milliseconds(value) {
    return value < 999.5 ? significant(value) + " ms" : significant(value / 1000) + " s";
  }

  function clock(seconds) {
    const sign = seconds < 0 ? "−" : "";
    const whole = Math.abs(seconds);
    if (whole < 60) return sign + +whole.toFixed(1) + " s";
    const pad = (n) => String(Math.floor(n)).padStart(2, "0");
    const rest = pad(whole % 60);
    if (whole < 3600) return sign + Math.floor(whole / 60) + ":" + rest;
    return sign + Math.floor(whole / 3600) + ":" + pad((whole % 3600) / 60) + ":" + rest;
  }

  const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200,
    86400];
  const NINES = [0, 50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 99.9999, 99.99999];

  // Each nine more has the same room: 90 % is at 1, 99 % at 2, 99.9 % at 3.
  function placePercentile(percentile) {
    return percentile < 100 ? -Math.log10(1 - percentile / 100) : NaN;
  }

  const SCALES = {
    time: {
      place: (value) => value,
      write: clock,
      ticker(from, to, pixels) {
        const most = Math.max(2, pixels / 90);
        const step = TIME_STEPS.find((s) => (to - from) / s <= most) || 86400;
        const ticks = [];
        for (let v = Math.ceil(from / step) * step; v <= to; v += step) {
          ticks.push({ v, label: clock(v) });
        }
        return ticks;
      },
    },
    percentile: {
      place: placePercentile,
      write: (value) => +(100 - 100 * Math.pow(10, -value)).toPrecision(7) + " %",
      ticker(from, to, pixels) {
        const ticks = NINES.map((p) => ({ v: placePercentile(p), label: p + " %" }))
          .filter((tick) => tick.v >= from && tick.v <= to);
        const room = pixels / (to - from); // of one nine
        return room > 160 ? ticks : ticks.filter((tick) => Math.abs(tick.v % 1) < 1e-9
          || (room > 100 && tick.label === "50 %"));
      },
    },
    plain: { place: (value) => value, write: significant },
  };

  return { SCALES, milliseconds, significant };
}());
