"use strict";
// Draws the plots of a page, in the page's colours, and filters tables. Nothing is fetched.
(function () {
  const STANDINS = ["ink", "line", "data", "spread", "accent", "second"];
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  function coloured(text) {
    const style = getComputedStyle(document.documentElement);
    STANDINS.forEach((name, i) => {
      const colour = style.getPropertyValue("--" + (name === "ink" ? "quiet" : name)).trim();
      text = text.replaceAll("#0100" + String(i + 1).padStart(2, "0"), colour);
    });
    return text;
  }

  function draw() {
    document.querySelectorAll("script.data").forEach((data) => {
      const place = data.previousElementSibling;
      place.replaceChildren();
      Bokeh.embed.embed_item(JSON.parse(coloured(data.textContent)), place);
    });
  }

  function matches(text, words) {
    const low = text.toLowerCase();
    return words.every((word) => low.includes(word));
  }

  function found(words) {
    const list = document.getElementById("found");
    if (!list) return;
    list.replaceChildren();
    if (!words.length) return;
    for (const [name, page] of window.TARGETS || []) {
      if (list.childElementCount >= 24) break;
      if (!matches(name, words)) continue;
      const link = document.createElement("a");
      link.href = "targets/" + (page || name.replaceAll(" ", "-")) + ".html";
      link.textContent = name;
      list.appendChild(document.createElement("li")).appendChild(link);
    }
  }

  function filter(event) {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    document.querySelectorAll("table.filtered tbody tr").forEach((row) => {
      row.hidden = !matches(row.textContent, words);
    });
    found(words);
  }

  document.addEventListener("DOMContentLoaded", () => {
    draw();
    document.querySelectorAll("input[type=search]").forEach((box) => box.addEventListener("input", filter));
  });
  dark.addEventListener("change", draw);
})();
