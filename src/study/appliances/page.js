(() => {
  "use strict";
  const { study } = JSON.parse(document.getElementById("data").textContent);
  const figure = document.querySelector("figure.knob");
  const most = figure.dataset.most.split(" ").map(Number);
  const shown = (value, digits) => value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
  const show = (input) => {
    const rows = [...figure.querySelector("tbody").rows];
    study[input.value].forEach(([cost, peak, delay, loss, regret], row) => {
      const cells = rows[row].cells;
      [[cost, 2], [peak, 0], [delay, 1]].forEach(([value, digits], place) => {
        const cell = cells[place + 1];
        cell.querySelector("span").textContent = shown(value, digits);
        cell.querySelector("b").style.width = `${100 * Math.max(value, 0) / most[place]}%`;
      });
      cells[4].textContent = shown(loss, 3);
      cells[5].textContent = shown(100 * regret, 1);
    });
    figure.querySelector(".chosen b").textContent = input.getAttribute("aria-label").replaceAll(" %", "\u00a0%");
  };
  const triangle = figure.querySelector("fieldset");
  triangle.addEventListener("change", (event) => show(event.target));
  triangle.hidden = false;
  // A browser may keep an earlier choice when a page is loaded again.
  show(triangle.querySelector("input:checked"));
})();
