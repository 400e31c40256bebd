//go:build clients

// Package report looks at the page of "audit report" with a real Chromium: what it shows, what it does not do, how fast it is.
package report

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// A page of 100,000 events, hostile ones among them, runs its own script alone, asks for nothing, and has in its document
// what its own script made.
func TestPageOfHostileEvents(t *testing.T) {
	b := newBrowser(t)
	file := write(t, b.dir, many, true)
	if info, err := os.Stat(file); err != nil || info.Size() >= 25<<20 {
		t.Errorf("%v bytes, %v", info.Size(), err)
	}
	p := b.page()
	p.show(file)
	if ran := p.text("window.ran"); ran != "undefined" {
		t.Errorf("a script of the data ran as the page was read: %s", ran)
	}
	p.each(t)
	if ran := p.text("window.ran"); ran != "undefined" {
		t.Errorf("a script of the data ran: %s", ran)
	}
	p.asksNobody(t, file)
	if violated := p.said("Audits.issueAdded"); len(violated) > 0 {
		t.Errorf("its policy, or something else, was violated: %s", violated[0].Params)
	}
	if said := slices.Concat(p.said("Log.entryAdded"), p.said("Runtime.exceptionThrown"), p.said("Runtime.consoleAPICalled")); len(said) > 0 {
		t.Errorf("the console says %s", said[0].Params)
	}
	if got := p.text("document.scripts.length + ' ' + document.querySelectorAll('img, iframe, svg, link, object, embed, base, a, form').length"); got != "2 1" {
		t.Errorf("scripts, and elements that could ask for something, but for the form of the filters: %s", got)
	}
	if got := p.text("[...document.querySelectorAll('*')].filter(e => e.getAttributeNames().some(n => n.startsWith('on'))).length"); got != "0" {
		t.Errorf("%s elements have handlers", got)
	}
}

// each finds each hostile text, and wants it shown as what it is.
func (p *page) each(t *testing.T) {
	t.Helper()
	p.eval("document.querySelector('#decision').value = '0'; document.querySelector('#decision').dispatchEvent(new Event('change'))", nil)
	var shown []string
	p.eval("Array.from({length: view.length}, (_, i) => columns[2].show(view[i]))", &shown)
	for _, s := range hostile() {
		if want := audit.Show(s); !slices.Contains(shown, want) {
			t.Errorf("%q is not among the names", want)
		}
		want := audit.Escape(strings.TrimSuffix("logged."+lower(s), "."))
		if !slices.ContainsFunc(shown, func(s string) bool { return s == want || len(want) > 1000 && strings.HasPrefix(s, want[:1000]) }) {
			t.Errorf("%q is not among the names, through a log", want)
		}
		if i := strings.IndexFunc(audit.Show(s), func(r rune) bool { return r < ' ' || r == '\u202e' || r == '\u2028' }); i >= 0 {
			t.Errorf("%q is shown as it is", s)
		}
	}
	// One of them in the document, by all ways: the table, the details, the most denied, the tree.
	const script = `</script><script>window.ran=1</script>`
	p.search(script)
	if got := p.text("document.querySelector('#body [role=row]:not([hidden]) [aria-colindex=\"3\"]').textContent"); !strings.HasSuffix(got, script) {
		t.Errorf("the table says %q", got)
	}
	p.click("#body [role=row]:not([hidden])")
	if got := p.text("document.querySelector('#detail').textContent"); strings.Count(got, script) < 10 {
		t.Errorf("the details say %q", got)
	}
	p.eval("for (const d of document.querySelectorAll('#tree details')) d.open = true", nil)
	p.settle()
	p.eval("for (const d of document.querySelectorAll('#tree details details')) d.open = true", nil)
	p.settle()
	p.click("#clear")
}

// lower is in lower case as a log has names: of ASCII alone.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// search types into the field.
func (p *page) search(words string) {
	p.tb.Helper()
	p.eval("place('search').value = ''; place('search').focus()", nil)
	p.do("Input.insertText", map[string]any{"text": words}, nil)
	p.settle()
}

// asksNobody wants the page's own file to have been asked for, and nothing else.
func (p *page) asksNobody(t *testing.T, file string) {
	t.Helper()
	for _, m := range p.said("Network.requestWillBeSent") {
		var asked struct{ Request struct{ URL string } }
		must(t, json.Unmarshal(m.Params, &asked))
		if asked.Request.URL != "file://"+file {
			t.Errorf("it asked for %s", asked.Request.URL)
		}
	}
	if n := len(p.said("Network.requestWillBeSent")); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// The table has a few rows in the document, and all events by scrolling; it sorts, searches and filters.
func TestTable(t *testing.T) {
	b := newBrowser(t)
	p := b.page()
	p.show(write(t, b.dir, many, false))
	if got := p.text("place('grid').getAttribute('aria-rowcount')"); got != strconv.Itoa(many+1) {
		t.Errorf("%s rows", got)
	}
	const inDocument = "document.querySelectorAll('#body [role=row]').length"
	for _, at := range []string{"0", "place('body').offsetHeight / 2", "place('body').offsetHeight"} {
		p.eval("place('grid').scrollIntoView({block: 'center'}); place('grid').scrollTop = "+at, nil)
		p.settle()
		if n, err := strconv.Atoi(p.text(inDocument)); err != nil || n > 60 {
			t.Errorf("%d rows in the document, %v", n, err)
		}
		if got := p.text(seen); got != "true" {
			t.Errorf("at %s what is in sight is not filled: %s", at, got)
		}
	}
	for c := range 9 {
		header := "#head [aria-colindex=\"" + strconv.Itoa(c+1) + "\"]"
		for _, want := range []string{"ascending", "descending"} {
			p.click(header + " button")
			if got := p.text("document.querySelector('" + header + "').getAttribute('aria-sort')"); got != want {
				t.Errorf("column %d is sorted %s, not %s", c, got, want)
			}
			if got := p.text("(() => { const k = columns[" + strconv.Itoa(c) + "].key, s = " + map[string]string{"ascending": "1", "descending": "-1"}[want] +
				"; for (let i = 1; i < view.length; i++) if (s * (k(view[i]) - k(view[i-1])) < 0) return i; return view.length; })()"); got != strconv.Itoa(many) {
				t.Errorf("column %d, %s: not in order at %s", c, want, got)
			}
		}
	}
	p.search("GIT telemetry")
	if got := p.text("view.length > 0 && [...view].every(row => program(events.process[row]).includes('git') && text('name', row) === 'telemetry.example.net')"); got != "true" {
		t.Errorf("the search finds others, or nothing")
	}
	all := p.text("[...sorted].filter(row => program(events.process[row]).includes('git') && text('name', row) === 'telemetry.example.net').length")
	if got := p.text("view.length"); got != all {
		t.Errorf("the search finds %s of %s", got, all)
	}
	p.search("no such thing")
	if got := p.text("view.length + ' ' + place('status').textContent"); !strings.HasPrefix(got, "0 0 of 100,000 events") {
		t.Errorf("%s", got)
	}
	p.click("#clear")
	if got := p.text("view.length"); got != strconv.Itoa(many) {
		t.Errorf("%s after all was to be shown", got)
	}
}

// seen reports whether rows fill the grid's box, each with what is in its place.
const seen = `(() => {
	const box = grid.box.getBoundingClientRect(), head = place('head').getBoundingClientRect();
	for (let y = head.bottom + 1; y < box.bottom - 2; y += 14) {
		const row = document.elementFromPoint(box.left + 40, y)?.closest('#body [role=row]');
		const at = row && Number(row.getAttribute('aria-rowindex')) - 2;
		if (!row || row.children[2].textContent !== columns[2].show(view[at])) return 'nothing at ' + y;
	}
	return true;
})()`

// The time line, the most denied and the tree lead to their events.
func TestOverview(t *testing.T) {
	b := newBrowser(t)
	p := b.page()
	p.show(write(t, b.dir, 5000, false))
	p.click("#top tbody tr:first-child button")
	if got := p.text("view.length > 0 && [...view].every(row => text('name', row) === document.querySelector('#top tbody tr:first-child button').textContent)"); got != "true" {
		t.Errorf("not the events of the name that was denied most")
	}
	p.click("#clear")
	p.click("#line button:nth-child(3)")
	if got := p.text("view.length + ' ' + [...view].every(row => events.time[row] >= data.line.start + 2 * data.line.width && events.time[row] < data.line.start + 3 * data.line.width)"); got ==
		"0 true" || !strings.HasSuffix(got, " true") {
		t.Errorf("not the events of the third bar: %s", got)
	}
	if got, want := p.text("view.length"), p.text("data.line.denied[2] + data.line.would[2] + data.line.allowed[2]"); got != want {
		t.Errorf("%s of %s events", got, want)
	}
	p.press("ArrowRight")
	p.press("Enter")
	p.click("#clear")
	p.click("#tree > details:first-child > summary")
	p.click("#tree > details:first-child > button")
	got := p.text("(() => { const top = filter.process, up = p => p === top || processes.parent[p] >= 0 && up(processes.parent[p]); return view.length + ' ' + [...sorted].filter(row => up(events.process[row])).length; })()")
	if n, all, _ := strings.Cut(got, " "); n != all || n == "0" {
		t.Errorf("of a process and what it started: %s of %s events", n, all)
	}
}

// Keys alone reach everything, and the focus can be seen.
func TestKeyboard(t *testing.T) {
	b := newBrowser(t)
	p := b.page()
	p.show(write(t, b.dir, 5000, false))
	p.eval("place('grid').focus()", nil)
	for key, want := range map[string]string{"End": "4999", "Home": "0"} {
		p.press(key)
		if got := p.text("grid.active"); got != want {
			t.Errorf("%s leads to %s", key, got)
		}
	}
	p.press("Home")
	p.press("ArrowDown")
	p.press("PageDown")
	p.press("ArrowUp")
	p.press("Enter")
	const active = "document.getElementById(place('grid').getAttribute('aria-activedescendant'))"
	if got, want := p.text(active+".getAttribute('aria-rowindex') + ' ' + "+active+".getAttribute('aria-selected')"), p.text("grid.active + 2")+" true"; got != want {
		t.Errorf("the active row is %q, not %q", got, want)
	}
	if got := p.text("place('detail').textContent.includes(columns[2].show(view[grid.active]))"); got != "true" {
		t.Errorf("Enter does not show the event")
	}
	// Tab goes through all that can be used, and each shows that it has the focus.
	p.eval("document.body.tabIndex = -1; document.body.focus()", nil)
	reached := map[string]bool{}
	for range 60 {
		p.press("Tab")
		reached[p.text("document.activeElement.closest('[id]')?.id")] = true
		if got := p.text("document.activeElement === document.body || getComputedStyle(document.activeElement).outlineStyle"); got != "solid" && got != "true" {
			t.Errorf("%s has the focus and does not show it: %s", p.text("document.activeElement.outerHTML"), got)
		}
	}
	for _, id := range []string{"theme", "line", "top", "tree", "search", "decision", "clear", "grid", "head"} {
		if !reached[id] {
			t.Errorf("Tab does not lead to %s: %v", id, reached)
		}
	}
}

// On paper there are the first events, and a note of the others.
func TestPrint(t *testing.T) {
	b := newBrowser(t)
	p := b.page()
	p.show(write(t, b.dir, 20000, true))
	p.eval(`addEventListener("beforeprint", () => { window.paper = place("print").querySelectorAll("tbody tr").length + " " + place("print").textContent.slice(0, 32); })`, nil)
	var printed struct{ Data []byte }
	p.do("Page.printToPDF", nil, &printed)
	if got := p.text("window.paper"); got != "500 The first 500 of 20,000 events; " {
		t.Errorf("on paper: %q", got)
	}
	if len(printed.Data) < 10_000 || len(printed.Data) > 10<<20 {
		t.Errorf("a document of %d bytes", len(printed.Data))
	}
	if got := p.text("place('print').childElementCount"); got != "0" {
		t.Errorf("what was for paper is still there")
	}
}

// More events than a page holds: what is denied stays, then what is new, and the page says so.
func TestPageOfMoreEvents(t *testing.T) {
	b := newBrowser(t)
	p := b.page()
	p.show(write(t, b.dir, many+50_000, false))
	if got := p.text("size + ' ' + place('totals').textContent.includes('50,000 are counted in the time line alone')"); got != strconv.Itoa(many)+" true" {
		t.Errorf("%s: %s", got, p.text("place('totals').textContent"))
	}
	if got := p.text("data.total.denied === Array.from(events.count).filter((_, row) => events.decision[row] === 0).reduce((a, b) => a + b, 0)"); got != "true" {
		t.Errorf("not all that was denied is there")
	}
}
