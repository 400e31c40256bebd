//go:build clients

package report

import (
	"os"
	"strings"
	"testing"
)

// axe is where make deps-clients puts axe-core.
const axe = "../../.cache/report/node_modules/axe-core/axe.min.js"

// finding is what axe-core says of some elements.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string
	}
}

// Axe-core has no serious finding in either theme, chosen or the system's, with events chosen and opened.
func TestAccessible(t *testing.T) {
	script, err := os.ReadFile(axe)
	if err != nil {
		t.Fatalf("%v: make deps-clients installs it", err)
	}
	b := newBrowser(t)
	p := b.page()
	file := write(t, b.dir, 1000, true)
	for _, theme := range []struct{ system, chosen string }{{"light", ""}, {"dark", ""}, {"light", "dark"}, {"dark", "light"}} {
		p.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": theme.system}, {"name": "prefers-reduced-motion", "value": "reduce"}}}, nil)
		p.show(file)
		p.eval("place('theme').value = '"+theme.chosen+"'; place('theme').dispatchEvent(new Event('change'))", nil)
		p.click("#body [role=row]:nth-child(2)")
		p.click("#tree > details:first-child > summary")
		ground := p.text("getComputedStyle(document.body).backgroundColor")
		if dark := ground != "rgb(255, 255, 255)"; dark != (theme.chosen == "dark" || theme.chosen == "" && theme.system == "dark") {
			t.Errorf("%+v: the ground is %s", theme, ground)
		}
		p.eval(string(script)+"; true", nil)
		var found struct {
			Violations []finding
			Passes     []struct{ ID string }
		}
		p.eval("axe.run(document, {resultTypes: ['violations', 'passes']})", &found)
		if len(found.Passes) < 20 {
			t.Errorf("%+v: axe-core looked at little: %v", theme, found.Passes)
		}
		for _, f := range found.Violations {
			say := t.Logf
			if f.Impact == "serious" || f.Impact == "critical" {
				say = t.Errorf
			}
			say("%+v: %s (%s): %s", theme, f.ID, f.Impact, f.Help)
			for _, n := range f.Nodes[:min(3, len(f.Nodes))] {
				say("  %s\n  %s", n.HTML[:min(200, len(n.HTML))], strings.ReplaceAll(n.FailureSummary, "\n", " "))
			}
		}
	}
}
