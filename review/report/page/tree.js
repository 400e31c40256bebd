// The tree of processes. What is below one is made when it is opened: there may be a hundred thousand.
const tree = {
	step: 40, names: 12,

	start() {
		const n = processes.pid.length;
		this.own = Array.from({ length: 4 }, () => new Float64Array(n));
		for (let row = 0; row < size; row++) this.own[events.decision[row]][events.process[row]] += events.count[row];
		this.denied = new Float64Array(n);
		this.would = new Float64Array(n);
		this.all = new Float64Array(n);
		this.children = new Map();
		for (let p = n - 1; p >= 0; p--) {
			this.denied[p] += this.own[0][p];
			this.would[p] += this.own[1][p];
			this.all[p] += this.own[0][p] + this.own[1][p] + this.own[2][p] + this.own[3][p];
			const parent = processes.parent[p];
			if (!this.children.has(parent)) this.children.set(parent, []);
			this.children.get(parent).push(p);
			if (parent >= 0) {
				this.denied[parent] += this.denied[p];
				this.would[parent] += this.would[p];
				this.all[parent] += this.all[p];
			}
		}
		this.list(place("tree"), -1, 0);
	},

	// Puts some of the children of a process into a place, and a button for more.
	list(into, parent, from) {
		const children = this.children.get(parent) || [];
		if (from === 0) children.sort((a, b) => this.denied[b] - this.denied[a] || this.would[b] - this.would[a] || this.all[b] - this.all[a] || a - b);
		for (const p of children.slice(from, from + this.step)) into.append(this.node(p));
		const left = children.length - from - this.step;
		if (left <= 0) return;
		const more = element("button", { type: "button" }, number.format(left) + " more");
		more.addEventListener("click", () => {
			more.remove();
			const before = into.childElementCount;
			this.list(into, parent, from + this.step);
			into.children[before].querySelector("summary").focus();
		});
		into.append(more);
	},

	node(p) {
		const summary = element("summary", {}, element("span", { class: "data" }, program(p) || "(unknown)"), processes.pid[p] ? " " + processes.pid[p] : "", " ");
		for (const [look, n, word] of [["deny", this.denied[p], "denied"], ["would", this.would[p], "would be denied"]]) {
			if (n > 0) summary.append(element("span", { class: look }, number.format(n) + " " + word), ", ");
		}
		summary.append(amount(this.all[p], "event", "events"));
		const details = element("details", {}, summary);
		details.addEventListener("toggle", () => { if (details.open && details.childElementCount === 1) this.open(details, p); });
		return details;
	},

	open(details, p) {
		const command = texts[processes.command[p]];
		if (command !== "") details.append(element("p", { class: "data" }, command));
		const show = element("button", { type: "button" }, "Show its events");
		show.addEventListener("click", () => { choose({ process: p }); grid.box.focus(); });
		details.append(this.asked(p), show);
		this.list(details, p, 0);
	},

	// The names that a process itself asked for, the denied ones first.
	asked(p) {
		const names = new Map();
		for (let row = 0; row < size; row++) {
			if (events.process[row] !== p) continue;
			const key = events.decision[row] * texts.length + events.name[row];
			names.set(key, (names.get(key) || 0) + events.count[row]);
		}
		const all = [...names].sort((a, b) => Math.floor(a[0] / texts.length) - Math.floor(b[0] / texts.length) || b[1] - a[1] || a[0] - b[0]);
		const list = element("ul");
		for (const [key, times] of all.slice(0, this.names)) {
			const decision = decisions[Math.floor(key / texts.length)];
			list.append(element("li", {}, element("span", { class: decision.look }, decision.mark + decision.word), " ", element("span", { class: "data" }, texts[key % texts.length]), times > 1 ? " ×" + number.format(times) : ""));
		}
		if (all.length > this.names) list.append(element("li", { class: "help" }, "and " + number.format(all.length - this.names) + " more"));
		return list;
	},
};
