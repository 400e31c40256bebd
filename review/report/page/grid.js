// The table of events: of all rows those in sight are in the document, in a ring of elements that scrolling fills anew.
const grid = {
	box: place("grid"), body: place("body"), ring: [], height: 28, active: -1,

	start() {
		const head = element("div", { role: "row", "aria-rowindex": "1" });
		columns.forEach((column, c) => {
			const button = element("button", { type: "button" }, column.title);
			button.addEventListener("click", () => this.sortBy(c));
			head.append(element("div", { role: "columnheader", "aria-colindex": String(c + 1), class: column.look || "" }, button));
		});
		place("head").append(head);
		this.box.setAttribute("aria-colcount", String(columns.length));
		this.box.addEventListener("scroll", () => this.draw(), { passive: true });
		this.box.addEventListener("keydown", e => this.key(e));
		this.body.addEventListener("click", e => {
			const row = e.target.closest("[role=row]");
			if (row) this.activate(Number(row.getAttribute("aria-rowindex")) - 2, true);
		});
		addEventListener("resize", () => this.draw());
		this.showOrder();
	},

	sortBy(column) {
		order.down = order.column === column ? !order.down : false;
		order.column = column;
		this.showOrder();
		sort();
		select();
	},

	showOrder() {
		place("head").querySelectorAll("[role=columnheader]").forEach((header, c) => {
			header.setAttribute("aria-sort", c !== order.column ? "none" : order.down ? "descending" : "ascending");
		});
	},

	reset() {
		this.active = -1;
		this.box.removeAttribute("aria-activedescendant");
		this.box.setAttribute("aria-rowcount", String(view.length + 1));
		this.body.style.height = view.length * this.height + "px";
		this.box.scrollTop = 0;
		for (const slot of this.ring) slot.at = -1;
		this.draw();
	},

	draw() {
		const inSight = Math.ceil((this.box.clientHeight || 544) / this.height) + 8;
		const first = Math.max(0, Math.floor(this.box.scrollTop / this.height) - 4);
		while (this.ring.length < inSight) this.ring.push(this.slot());
		for (let at = first; at < first + this.ring.length; at++) this.fill(this.ring[at % this.ring.length], at);
	},

	slot() {
		const cells = columns.map((column, c) => element("div", { role: "gridcell", "aria-colindex": String(c + 1), class: "data " + (column.look || "") }));
		const row = element("div", { role: "row", id: "row" + this.ring.length, hidden: "" }, ...cells);
		this.body.append(row);
		return { row, cells, at: -1 };
	},

	fill(slot, at) {
		slot.row.hidden = at >= view.length;
		slot.row.style.display = slot.row.hidden ? "none" : "";
		slot.row.setAttribute("aria-selected", String(at === this.active));
		if (slot.at === at || slot.row.hidden) return;
		slot.at = at;
		const event = view[at];
		slot.row.setAttribute("aria-rowindex", String(at + 2));
		slot.row.style.transform = "translateY(" + at * this.height + "px)";
		columns.forEach((column, c) => { slot.cells[c].textContent = column.show(event); });
		slot.cells[1].className = "data " + decisions[events.decision[event]].look;
	},

	key(e) {
		if (e.target !== this.box || view.length === 0) return;
		const page = Math.max(1, Math.floor(this.box.clientHeight / this.height) - 2);
		const steps = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page, PageUp: this.active - page, Home: 0, End: view.length - 1, Enter: this.active };
		if (!(e.key in steps)) return;
		e.preventDefault();
		this.activate(Math.min(Math.max(steps[e.key], 0), view.length - 1), e.key === "Enter");
	},

	// Chooses a row and brings it into sight, below the header, which stays there.
	activate(at, open) {
		this.active = at;
		const above = at * this.height, head = place("head").offsetHeight;
		if (above < this.box.scrollTop) this.box.scrollTop = above;
		if (above + this.height + head > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = above + this.height + head - this.box.clientHeight;
		this.draw();
		this.box.setAttribute("aria-activedescendant", this.ring[at % this.ring.length].row.id);
		if (open) showDetail(view[at]);
	},
};

// All that is known of one event.
function showDetail(row) {
	const p = events.process[row];
	const chain = [];
	for (let q = p; q >= 0 && chain.length < 64; q = processes.parent[q]) chain.unshift(program(q) + " (" + processes.pid[q] + ")");
	const fields = [
		["Event", text("event", row)], ["Time", clock(events.time[row])], ["Decision", decisions[events.decision[row]].word], ["Name", text("name", row)],
		["Port", events.port[row] || ""], ["Type", text("type", row)], ["Why", text("why", row)], ["Response", text("response", row)], ["Answers", text("answers", row)],
		["Asked of", text("server", row)], ["From", text("client", row)], ["Session", text("session", row)],
		["Process", processes.pid[p] ? chain.join(" → ") : ""], ["Command", texts[processes.command[p]]],
		["Took", took(events.took[row])], ["Times", number.format(events.count[row])],
	];
	const list = element("dl");
	for (const [name, value] of fields) if (value !== "") list.append(element("dt", {}, name), element("dd", { class: "data" }, String(value)));
	place("detail").replaceChildren(list);
}
