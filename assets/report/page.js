/* The page: it knows light from dark, is printed on paper, and its tables can be sorted. Without
   scripts it is complete but for the charts. */
"use strict";
(function () {
  const root = document.documentElement;

  /* ---- light and dark: the system's choice, or that of the button ---- */

  const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark.matches;
  }

  // Pages opened from a disk may have no storage.
  function remembered(value) {
    try {
      if (value) localStorage.setItem("lload-theme", value);
      return localStorage.getItem("lload-theme");
    } catch {
      return null;
    }
  }

  function setUpTheme() {
    const button = document.getElementById("theme");
    const label = () => { button.textContent = isDark() ? "Light" : "Dark"; };
    const chosen = remembered();
    if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
    button.hidden = false;
    label();
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      remembered(root.dataset.theme);
      label();
      ReportCharts.recolour();
    });
    systemIsDark.addEventListener("change", () => { label(); ReportCharts.recolour(); });
  }

  /* ---- paper is light, and as wide as it is ---- */

  const PAPER_PX = 690; // what A4 and Letter leave between their margins

  // Browsers print what was drawn before: a chart that is drawn anew now would be blank. So it is
  // made smaller as it stands, and the colours of a dark one are turned round by page.css.
  function setUpPrinting() {
    addEventListener("beforeprint", () => {
      root.classList.toggle("dark-charts", isDark());
      for (const { plot } of ReportCharts.all) {
        const width = plot.clientWidth;
        plot.style.width = width + "px";
        plot.style.zoom = Math.min(1, PAPER_PX / width);
      }
    });
    addEventListener("afterprint", () => {
      root.classList.remove("dark-charts");
      for (const { plot } of ReportCharts.all) plot.style.width = plot.style.zoom = "";
    });
  }

  /* ---- tables that can be sorted ---- */

  function keyOf(row, column, isNumber) {
    const cell = row.cells[column];
    const text = cell.dataset.sort || cell.textContent;
    if (!isNumber) return text.toLowerCase();
    return text === "" ? NaN : parseFloat(text);
  }

  // What is no number comes last, in both directions.
  function compare(a, b, direction) {
    if (typeof a === "string") return a.localeCompare(b) * direction;
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
    return (a - b) * direction;
  }

  function sortBy(table, header) {
    const isNumber = header.classList.contains("number");
    const before = header.getAttribute("aria-sort");
    const ascending = before === "none" ? !isNumber : before === "descending";
    for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
    header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) =>
      ({ row, key: keyOf(row, header.cellIndex, isNumber) }));
    rows.sort((a, b) => compare(a.key, b.key, ascending ? 1 : -1));
    body.append(...rows.map((entry) => entry.row));
  }

  function setUpSorting() {
    for (const table of document.querySelectorAll("table.sortable")) {
      for (const header of table.tHead.rows[0].cells) {
        const button = header.querySelector("button");
        if (button) button.addEventListener("click", () => sortBy(table, header));
      }
    }
  }

  root.classList.add("scripted");
  setUpTheme();
  setUpSorting();
  ReportCharts.drawAll();
  setUpPrinting();
}());
