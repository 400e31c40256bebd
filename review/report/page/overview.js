// What was decided in all, when, and of which names most was denied.
function showTotals() {
	const t = data.total;
	const counts = [["deny", t.denied, "denied"], ["would", t.would, "would be denied"], ["allow", t.allowed, "allowed"]];
	const first = element("p", {}, amount(t.lines, "event", "events") + ": ");
	counts.forEach(([look, n, word], i) => first.append(i > 0 ? ", " : "", element("span", { class: look }, number.format(n) + " × " + word)));
	const lines = [first];
	const left = t.lines - size;
	if (left > 0) {
		lines.push(element("p", { class: "note" }, "Of these " + amount(size, "event is", "events are") + " on this page, the newest ones, and those that were denied before all others; " +
			number.format(left) + (left === 1 ? " is" : " are") + " counted in the time line alone."));
	}
	if (data.skipped > 0) lines.push(element("p", { class: "note" }, amount(data.skipped, "line", "lines") + " could not be read."));
	lines.push(element("p", { class: "help" }, "Made by " + data.made.by + " at " + clock(data.made.at) + " UTC."));
	place("totals").replaceChildren(...lines);
}

function showLine() {
	const line = data.line;
	const most = Math.max(1, ...line.denied.map((d, i) => d + line.would[i] + line.allowed[i]));
	place("span").textContent = line.denied.length === 0 ? "" : clock(line.start) + " – " + clock(line.start + line.denied.length * line.width) + " UTC, " + interval(line.width) + " a bar, " + number.format(most) + " at most";
	const bars = line.denied.map((d, i) => {
		const from = line.start + i * line.width;
		const bar = element("button", { type: "button", tabindex: i === 0 ? "0" : "-1", "aria-pressed": "false", "data-from": String(from),
			"aria-label": clock(from) + ": " + number.format(d) + " denied, " + number.format(line.would[i]) + " would be denied, " + number.format(line.allowed[i]) + " allowed" });
		for (const [look, n] of [["allow", line.allowed[i]], ["would", line.would[i]], ["deny", d]]) {
			if (n === 0) continue;
			const piece = element("span", { class: look });
			piece.style.height = "max(2px, " + 100 * n / most + "%)";
			bar.append(piece);
		}
		bar.addEventListener("click", () => choose(filter.from === from ? { from: -Infinity, to: Infinity } : { from, to: from + line.width }));
		return bar;
	});
	place("line").replaceChildren(...bars);
	place("line").addEventListener("keydown", walk);
}

// Arrow keys go along the bars, of which one can be reached by Tab.
function walk(e) {
	const bars = [...place("line").children], at = bars.indexOf(document.activeElement);
	const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: bars.length - 1 }[e.key];
	if (to === undefined || at < 0 || !bars[to]) return;
	e.preventDefault();
	bars[at].tabIndex = -1;
	bars[to].tabIndex = 0;
	bars[to].focus();
}

function interval(millis) {
	for (const [unit, length] of [["d", 86400000], ["h", 3600000], ["min", 60000], ["s", 1000]]) {
		if (millis >= length && millis % length === 0) return millis / length + " " + unit;
	}
	return millis + " ms";
}

const mostDenied = 12;
function showTop() {
	const times = new Float64Array(texts.length), reason = new Int32Array(texts.length), programs = new Map(), top = [];
	for (let row = 0; row < size; row++) {
		if (!denied(row)) continue;
		const name = events.name[row];
		if (times[name] === 0) top.push(name);
		times[name] += events.count[row];
		reason[name] = events.why[row];
	}
	top.sort((a, b) => times[b] - times[a] || a - b);
	if (top.length === 0) {
		place("top").replaceChildren(element("p", {}, "Nothing was denied."));
		return;
	}
	const shown = top.slice(0, mostDenied);
	for (const name of shown) programs.set(name, new Set());
	for (let row = 0; row < size; row++) if (denied(row)) programs.get(events.name[row])?.add(program(events.process[row]));
	const body = element("tbody");
	for (const name of shown) {
		const button = element("button", { type: "button", class: "plain data" }, texts[name] || "(none)");
		button.addEventListener("click", () => { choose({ name, decision: "" }); grid.box.focus(); });
		body.append(element("tr", {}, element("td", {}, button), element("td", { class: "number" }, number.format(times[name])),
			element("td", { class: "data" }, [...programs.get(name)].slice(0, 2).join(", ") + (programs.get(name).size > 2 ? ", …" : "")), element("td", { class: "data" }, texts[reason[name]])));
	}
	const head = element("tr", {}, ...["Name", "Times", "Programs", "Why"].map((h, i) => element("th", i === 1 ? { scope: "col", class: "number" } : { scope: "col" }, h)));
	place("top").replaceChildren(element("table", {}, element("thead", {}, head), body));
	if (top.length > shown.length) place("top").append(element("p", { class: "help" }, "and " + amount(top.length - shown.length, "name", "names") + " more"));
}
