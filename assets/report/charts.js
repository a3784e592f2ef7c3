/* The charts: drawn with dygraphs from the tables of the page, read, zoomed and coloured. */
"use strict";
const ReportCharts = (function () {
  const { SCALES, milliseconds, significant } = ReportScales;
  const all = []; // { graph, figure, plot, chart, axis, rows, row, shown, outputs, … }

  function make(name, className, text) {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function makeButton(className, pressed) {
    const button = make("button", className);
    button.type = "button";
    button.setAttribute("aria-pressed", String(pressed));
    return button;
  }

  /* ---- data: what a chart shows stands in tables ---- */

  function readTable(id) {
    const table = document.getElementById(id);
    if (!table) return { keys: [], rows: [] };
    const keys = Array.from(table.tHead.rows[0].cells, (cell) => cell.dataset.key);
    const rows = Array.from(table.tBodies[0].rows, (row) =>
      Array.from(row.cells, (cell) => parseFloat(cell.textContent)));
    return { keys, rows };
  }

  // One row for each row of each table, in the order of x; a series of another table is null there.
  // A table may be another one for each axis.
  function collect(series, axis) {
    const place = (SCALES[axis.scale] || SCALES.plain).place;
    const ids = series.map((s) => s.table.replace("{x}", axis.key));
    const rows = [];
    for (const id of new Set(ids)) {
      const table = readTable(id);
      const at = table.keys.indexOf(axis.key);
      if (at < 0) continue;
      const columns = series.map((s, index) => ids[index] === id ? table.keys.indexOf(s.key) : -1);
      for (const cells of table.rows) {
        const x = place(cells[at]);
        if (!Number.isFinite(x)) continue;
        const values = columns.map((c) => c >= 0 && Number.isFinite(cells[c]) ? cells[c] : null);
        rows.push([x].concat(values));
      }
    }
    return rows.sort((a, b) => a[0] - b[0]);
  }

  /* ---- colours: page.css has them, for light and for dark ---- */

  const probe = make("span");
  probe.hidden = true;

  function colour(name) {
    probe.className = "colour-" + name;
    return getComputedStyle(probe).color;
  }

  /* ---- drawing ---- */

  const CLEAR_DOTS = 60; // more of them must be fainter, or the lines between them are not seen

  function drawDot(most, least, radius) {
    return function (graph, name, context, x, y, fill) {
      context.globalAlpha = Math.max(least, Math.min(most, CLEAR_DOTS / graph.numRows()));
      context.fillStyle = fill;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
      context.globalAlpha = 1;
    };
  }

  const LONELY_PX = 3; // the radius of a value without neighbours, which no line shows

  const STYLES = {
    line: { strokeWidth: 1.8, pointSize: LONELY_PX },
    area: { strokeWidth: 1.6, fillGraph: true, pointSize: LONELY_PX },
    steps: { strokeWidth: 1.2, stepPlot: true, pointSize: LONELY_PX },
    dashed: { strokeWidth: 1.4, strokePattern: [5, 4], pointSize: LONELY_PX },
    dots: { strokeWidth: 0, drawPoints: true, pointSize: 2.5,
      drawPointCallback: drawDot(0.5, 0.12, 2.5) },
    marks: { strokeWidth: 0, drawPoints: true, pointSize: 5, drawPointCallback: drawDot(1, 1, 5) },
  };

  const LABELS_PX = 16; // above the plot, for those of the bands
  const LEAST_LABEL_PX = 12;
  const RIGHT_AXIS_PX = 46;
  const TICKS_PX = 6; // beside the labels of an axis

  // A dygraphs plugin: room for labels, and on the right as if there were an axis, so that the
  // charts of a group stand exactly below each other.
  function makeRoom(chart) {
    const hasRight = chart.series.some((s) => s.axis === "right");
    return {
      activate: () => ({
        layout(event) {
          if (chart.bands) event.reserveSpaceTop(LABELS_PX);
          if (chart.group && !hasRight) event.reserveSpaceRight(RIGHT_AXIS_PX + TICKS_PX);
        },
      }),
    };
  }

  // Where a band stands in the stretch that is shown; null when it is outside.
  function placeBand(band, graph) {
    const area = graph.getArea();
    const left = Math.max(graph.toDomXCoord(band.from), area.x);
    const right = Math.min(graph.toDomXCoord(band.to), area.x + area.w);
    return right > left ? { left, width: right - left } : null;
  }

  // Steps and warm-up; every other step stands out.
  function shadeBands(bands, context, area, graph) {
    bands.forEach((band, index) => {
      const place = placeBand(band, graph);
      if (!place || (band.kind === "step" && index % 2 === 1)) return;
      context.fillStyle = colour(band.kind);
      context.fillRect(place.left, area.y, place.width, area.h);
    });
  }

  // Their names, above the plot.
  function labelBands(bands, graph) {
    const plot = graph.graphDiv;
    for (const old of plot.querySelectorAll(".band-label")) old.remove();
    for (const band of bands) {
      const place = placeBand(band, graph);
      if (!place || place.width < LEAST_LABEL_PX) continue;
      const label = make("span", "band-label", band.label);
      label.title = band.label;
      label.style.left = place.left + "px";
      label.style.width = place.width + "px";
      plot.append(label);
    }
  }

  function optionsOf(chart, axis) {
    const scale = SCALES[axis.scale] || SCALES.plain;
    const write = chart.unit === "ms" ? milliseconds : significant;
    const series = {};
    chart.series.forEach((s, index) => {
      series["s" + index] = Object.assign(
        { axis: s.axis === "right" ? "y2" : "y", connectSeparatedPoints: !axis.scale },
        STYLES[s.style || "line"]);
    });
    const x = { axisLabelFormatter: scale.write, drawGrid: false, pixelsPerLabel: 60 };
    if (scale.ticker) x.ticker = scale.ticker;
    return {
      labels: ["x"].concat(chart.series.map((s, index) => "s" + index)),
      series,
      axes: {
        x,
        y: { axisLabelFormatter: write, axisLabelWidth: 58, pixelsPerLabel: 36 },
        y2: { axisLabelFormatter: significant, axisLabelWidth: RIGHT_AXIS_PX, drawGrid: false,
          independentTicks: true },
      },
      includeZero: true, xRangePad: axis.scale ? 2 : 12, yRangePad: 6,
      plugins: [makeRoom(chart)],
      highlightCircleSize: 4, fillAlpha: 0.14, axisLineWidth: 1,
      drawAxesAtZero: false, labelsKMB: false,
      underlayCallback: (context, area, graph) =>
        shadeBands(chart.bands || [], context, area, graph),
      drawCallback: (graph) => labelBands(chart.bands || [], graph),
    };
  }

  function coloursOf(chart) {
    return { colors: chart.series.map((s) => colour(s.colour)), gridLineColor: colour("grid"),
      axisLineColor: colour("grid") };
  }

  /* ---- one chart: its tools, its readings, its zoom ---- */

  function seriesButton(item, index) {
    const series = item.chart.series[index];
    const button = makeButton("series", item.shown[index]);
    const swatch = make("i", (series.style || "line") + " colour-" + series.colour);
    const output = make("output");
    button.append(swatch, series.label, output);
    button.addEventListener("click", () => {
      item.shown[index] = !item.shown[index];
      button.setAttribute("aria-pressed", String(item.shown[index]));
      item.graph.setVisibility(index, item.shown[index]);
    });
    item.outputs[index] = output;
    return button;
  }

  function logButton(item) {
    const button = makeButton("choice", false);
    button.textContent = "log";
    button.title = "Logarithmic scale";
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      item.graph.updateOptions({ axes: { y: { logscale: on } } });
    });
    return button;
  }

  function axisButtons(item) {
    if (item.chart.x.length < 2) return [];
    return item.chart.x.map((axis, index) => {
      const button = makeButton("choice", index === 0);
      button.textContent = "by " + axis.label;
      button.addEventListener("click", () => {
        for (const other of button.parentNode.querySelectorAll("[data-axis]")) {
          other.setAttribute("aria-pressed", String(other === button));
        }
        item.axis = axis;
        item.draw();
      });
      button.dataset.axis = axis.key;
      return button;
    });
  }

  function read(item, row) {
    const scale = SCALES[item.axis.scale] || SCALES.plain;
    const values = item.rows[row];
    item.where.textContent = values ? scale.write(values[0]) : "";
    item.chart.series.forEach((series, index) => {
      const value = values && values[index + 1];
      const isTime = item.chart.unit === "ms" && series.axis !== "right";
      const write = isTime ? milliseconds : significant;
      item.outputs[index].textContent = value === null || value === undefined ? "" : write(value);
    });
  }

  // Charts of a group show the same stretch of time and the same moment.
  function others(item) {
    return item.chart.group
      ? all.filter((c) => c !== item && c.chart.group === item.chart.group) : [];
  }

  function select(item, row) {
    item.row = row;
    for (const one of [item].concat(others(item))) {
      read(one, row);
      if (one !== item) one.graph.setSelection(row);
    }
  }

  function unselect(item) {
    for (const one of [item].concat(others(item))) {
      read(one, -1);
      if (one !== item) one.graph.clearSelection();
    }
  }

  function zoom(item, range) {
    for (const one of [item].concat(others(item))) {
      one.graph.updateOptions({ dateWindow: range, valueRange: null });
    }
  }

  function followZoom(item) {
    return function (from, to) {
      const range = item.graph.isZoomed("x") ? [from, to] : null;
      for (const one of others(item)) one.graph.updateOptions({ dateWindow: range });
    };
  }

  // Half or twice the stretch that is shown, around the selected moment.
  function scaleZoom(item, factor) {
    const [from, to] = item.graph.xAxisRange();
    const [low, high] = item.graph.xAxisExtremes();
    const middle = item.rows[item.row] ? item.rows[item.row][0] : (from + to) / 2;
    const half = (to - from) * factor / 2;
    const range = [Math.max(low, middle - half), Math.min(high, middle + half)];
    zoom(item, range[0] <= low && range[1] >= high ? null : range);
  }

  const KEYS = {
    ArrowLeft: (item) => Math.max(0, item.row - 1),
    ArrowRight: (item) => Math.min(item.rows.length - 1, item.row + 1),
    Home: () => 0,
    End: (item) => item.rows.length - 1,
  };

  function onKey(item, event) {
    if (KEYS[event.key]) {
      item.row = KEYS[event.key](item);
      item.graph.setSelection(item.row);
      select(item, item.row);
    } else if (event.key === "+" || event.key === "-") {
      scaleZoom(item, event.key === "+" ? 0.5 : 2);
    } else if (event.key === "Escape") {
      zoom(item, null);
    } else {
      return;
    }
    event.preventDefault();
  }

  function draw(item) {
    if (item.graph) item.graph.destroy();
    item.rows = collect(item.chart.series, item.axis);
    item.row = -1;
    item.below.textContent = item.axis.label;
    const options = Object.assign(optionsOf(item.chart, item.axis), coloursOf(item.chart), {
      visibility: item.shown,
      highlightCallback: (event, x, points, row) => select(item, row),
      unhighlightCallback: () => unselect(item),
      zoomCallback: followZoom(item),
    });
    // dygraphs leaves a lone value no room: it would be half hidden by the axis.
    if (item.rows.length === 1) options.dateWindow = [item.rows[0][0] - 0.05, item.rows[0][0] + 1];
    item.graph = new Dygraph(item.plot, item.rows, options);
  }

  function addChart(figure) {
    const chart = JSON.parse(figure.dataset.chart);
    const caption = figure.querySelector("figcaption");
    const tools = make("div", "tools");
    const plot = make("div", "plot");
    const above = make("div", "axis");
    const below = make("div", "axis");
    const item = {
      chart, figure, plot, outputs: [], axis: chart.x[0], below: make("span"),
      where: make("span", "where"), shown: chart.series.map((s) => !s.hidden),
    };
    item.draw = () => draw(item);
    item.where.setAttribute("aria-live", "polite");
    caption.append(make("span", "choices"));
    caption.lastChild.append(...axisButtons(item), logButton(item));
    tools.append(...chart.series.map((s, index) => seriesButton(item, index)), item.where);
    above.append(make("span", "", chart.y), make("span", "", chart.y2 || ""));
    below.append(make("span"), item.below, make("span"));
    plot.tabIndex = 0;
    plot.setAttribute("role", "group");
    plot.setAttribute("aria-label", caption.firstChild.textContent
      + ": arrow keys read values, plus and minus zoom, Escape shows all; its data are in the"
      + " table below");
    plot.title = "Drag to zoom, double click to show all";
    plot.addEventListener("keydown", (event) => onKey(item, event));
    figure.append(tools, above, plot, below);
    draw(item);
    all.push(item);
  }

  function recolour() {
    for (const item of all) item.graph.updateOptions(coloursOf(item.chart));
  }

  // Of every figure that says what it shows. The readings stand above a chart, not in a legend of
  // its own.
  function drawAll() {
    Dygraph.PLUGINS = [Dygraph.Plugins.Axes, Dygraph.Plugins.Grid];
    document.body.append(probe);
    for (const figure of document.querySelectorAll("figure[data-chart]")) addChart(figure);
  }

  return { all, drawAll, recolour };
}());
