// What the page shows. Texts are sorted, so that the order of their indices is their own; events are sorted by time.
const data = JSON.parse(document.getElementById("data").textContent);
const texts = data.texts;
const events = data.events;
const processes = data.processes;
const size = events.time.length;
// A column of one number has it in each row.
for (const [name, column] of Object.entries(events)) if (typeof column === "number") events[name] = new Float64Array(size).fill(column);
for (let i = 1; i < size; i++) events.time[i] += events.time[i - 1];

// The decisions, by their numbers: their words, and the classes of their colours.
const decisions = [
	{ word: "denied", mark: "✕ ", look: "deny" },
	{ word: "would be denied", mark: "! ", look: "would" },
	{ word: "allowed", mark: "✓ ", look: "allow" },
	{ word: "", mark: "", look: "" },
];
const denied = row => events.decision[row] < 2;

const number = new Intl.NumberFormat("en");
const amount = (n, one, many) => number.format(n) + " " + (n === 1 ? one : many);
const clock = time => new Date(time).toISOString().replace("T", " ").replace("Z", "");
const text = (column, row) => texts[events[column][row]];
const program = p => texts[processes.executable[p]] || (processes.pid[p] ? "?" : "");
const took = micros => micros === 0 ? "" : micros < 1000 ? micros + " µs" : micros < 1e6 ? (micros / 1000).toFixed(1) + " ms" : (micros / 1e6).toFixed(1) + " s";

// Makes an element of the document. What is given as a child is text, whatever it holds.
function element(tag, attributes = {}, ...children) {
	const made = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
	made.append(...children);
	return made;
}
const place = id => document.getElementById(id);
