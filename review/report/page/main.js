// Starts the page. On paper there are the first rows of what is shown.
const printed = 500;
function showPrint() {
	const body = element("tbody");
	for (const row of view.subarray(0, printed)) {
		body.append(element("tr", {}, ...columns.map(c => element("td", { class: "data" }, c.show(row)))));
	}
	const head = element("tr", {}, ...columns.map(c => element("th", { scope: "col" }, c.title)));
	const note = view.length > printed ? "The first " + number.format(printed) + " of " + amount(view.length, "event", "events") + "; the file has the others." : "";
	place("print").replaceChildren(element("p", { class: "note" }, note), element("table", {}, element("thead", {}, head), body));
}

showTotals();
showLine();
grid.start();
sort();
select();
showTop();
tree.start();

let waiting = false;
place("search").addEventListener("input", () => {
	if (waiting) return;
	waiting = true;
	requestAnimationFrame(() => {
		waiting = false;
		choose({ words: place("search").value.toLowerCase().split(/\s+/).filter(w => w !== "") });
	});
});
place("decision").addEventListener("change", () => choose({ decision: place("decision").value }));
place("filters").addEventListener("submit", e => e.preventDefault());
place("clear").addEventListener("click", clear);
place("theme").addEventListener("change", () => { document.documentElement.dataset.theme = place("theme").value; });
addEventListener("beforeprint", showPrint);
addEventListener("afterprint", () => place("print").replaceChildren());
