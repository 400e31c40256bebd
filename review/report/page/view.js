// Which events are shown, and in what order.
const order = { column: 0, down: true };
const filter = { words: [], decision: "", process: -1, name: -1, from: -Infinity, to: Infinity };
let sorted = new Int32Array(size);
let view = sorted;

const columns = [
	{ title: "Time (UTC)", key: row => row, show: row => clock(events.time[row]) },
	{ title: "Decision", key: row => events.decision[row], show: row => decisions[events.decision[row]].mark + decisions[events.decision[row]].word },
	{ title: "Name", key: row => events.name[row], show: row => text("name", row) },
	{ title: "Type", key: row => events.type[row], show: row => text("type", row) },
	{ title: "Program", key: row => processes.executable[events.process[row]], show: row => program(events.process[row]) },
	{ title: "Why", key: row => events.why[row], show: row => text("why", row) },
	{ title: "Response", key: row => events.response[row], show: row => text("response", row) },
	{ title: "Times", key: row => events.count[row], show: row => number.format(events.count[row]), look: "number" },
	{ title: "Took", key: row => events.took[row], show: row => took(events.took[row]), look: "number" },
];

// A key and its row are one number, which numbers sort faster by than a function: rows take 17 bits of its 53.
const rows = 1 << 17;
function sort() {
	const key = columns[order.column].key;
	const keys = new Float64Array(size);
	for (let row = 0; row < size; row++) keys[row] = Math.min(key(row), 2 ** 35) * rows + row;
	keys.sort();
	if (order.down) keys.reverse();
	sorted = Int32Array.from(keys, k => k % rows);
}

// All texts in lower case, a line for each, and where each line begins: one long text is searched faster than many short ones.
let lower = null, starts = null;
function fold() {
	lower = texts.join("\n").toLowerCase() + "\n";
	starts = new Uint32Array(texts.length + 1);
	for (let t = 1; t <= texts.length; t++) starts[t] = lower.indexOf("\n", starts[t - 1]) + 1;
}

// The texts and the processes that hold a word.
function found(word) {
	if (lower === null) fold();
	const inText = new Uint8Array(texts.length);
	let t = 0;
	for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, starts[t])) {
		while (starts[t + 1] <= at) t++;
		inText[t++] = 1;
	}
	const inProcess = new Uint8Array(processes.pid.length);
	for (let p = 0; p < inProcess.length; p++) inProcess[p] = inText[processes.executable[p]] | inText[processes.command[p]] | (String(processes.pid[p]) === word);
	return { inText, inProcess };
}

const searched = ["name", "type", "why", "response", "answers", "session", "event", "server", "client"];
function matcher() {
	const words = filter.words.map(found);
	const searchedColumns = searched.map(c => events[c]);
	const inTree = filter.process < 0 ? null : below(filter.process);
	const decision = filter.decision === "" || filter.decision === "not" ? -1 : Number(filter.decision);
	return row =>
		(decision < 0 || events.decision[row] === decision) && (filter.decision !== "not" || denied(row)) &&
		(filter.name < 0 || events.name[row] === filter.name) &&
		events.time[row] >= filter.from && events.time[row] < filter.to &&
		(inTree === null || inTree[events.process[row]] === 1) &&
		words.every(w => w.inProcess[events.process[row]] || searchedColumns.some(c => w.inText[c[row]]));
}

// A process and what it started. Parents come before their children.
function below(process) {
	const marks = new Uint8Array(processes.pid.length);
	marks[process] = 1;
	for (let p = process + 1; p < marks.length; p++) marks[p] = processes.parent[p] >= 0 && marks[processes.parent[p]];
	return marks;
}

function select() {
	view = sorted.filter(matcher());
	place("status").textContent = view.length === size ? amount(size, "event", "events") : number.format(view.length) + " of " + amount(size, "event", "events");
	grid.reset();
	showChosen();
}

// What was chosen elsewhere than in the form.
function showChosen() {
	const chosen = [];
	if (filter.name >= 0) chosen.push(texts[filter.name]);
	if (filter.process >= 0) chosen.push(program(filter.process) + " (" + processes.pid[filter.process] + ") and below");
	if (filter.from > -Infinity) chosen.push(clock(filter.from) + " – " + clock(filter.to));
	place("chosen").replaceChildren(...chosen.map(c => element("span", { class: "data" }, c)));
	for (const bar of place("line").children) bar.setAttribute("aria-pressed", String(Number(bar.dataset.from) === filter.from));
}

function choose(change) {
	Object.assign(filter, change);
	select();
}

function clear() {
	place("search").value = place("decision").value = "";
	choose({ words: [], decision: "", process: -1, name: -1, from: -Infinity, to: Infinity });
}
