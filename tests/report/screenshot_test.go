//go:build clients

package report

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write the screenshots of docs/ anew")

// largest is the size of a screenshot at most.
const largest = 300 << 10

// The screenshots are of this page, in the size that it has now.
func TestScreenshots(t *testing.T) {
	b := newBrowser(t)
	p := b.page()
	file := write(t, b.dir, 20_000, false)
	p.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": 1400, "height": 1360, "deviceScaleFactor": 1, "mobile": false}, nil)
	for _, theme := range []string{"light", "dark"} {
		p.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": theme}, {"name": "prefers-reduced-motion", "value": "reduce"}}}, nil)
		p.show(file)
		p.eval("(() => { const first = document.querySelector('#tree > details'); first.open = true; })()", nil)
		p.settle()
		p.eval("scrollTo(0, 0)", nil)
		p.settle()
		var shot struct{ Data []byte }
		p.do("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
		path := "../../docs/report-" + theme + ".png"
		if *update {
			must(t, os.WriteFile(path, shot.Data, 0o644))
		}
		committed, err := os.ReadFile(path)
		must(t, err)
		if len(committed) > largest {
			t.Errorf("%s has %d bytes", path, len(committed))
		}
		want, err := png.DecodeConfig(bytes.NewReader(shot.Data))
		must(t, err)
		if got, err := png.DecodeConfig(bytes.NewReader(committed)); err != nil || got.Width != want.Width || got.Height != want.Height {
			t.Errorf("%s: %+v, %v; make docs-report writes it anew", path, got, err)
		}
	}
}
