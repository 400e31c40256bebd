package documents

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)?)\)`)
	html    = regexp.MustCompile(`(?:src|srcset|href)="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *#*$`)
)

// TestLinks: whatever a document leads to is in the tree, with its heading, or is an address of the web. Those are not asked for.
func TestLinks(t *testing.T) {
	all := documents(t)
	n := 0
	for _, d := range all {
		prose := span.ReplaceAllString(d.prose, "``")
		for _, m := range append(link.FindAllStringSubmatch(prose, -1), html.FindAllStringSubmatch(prose, -1)...) {
			n++
			if why := follow(all, d, m[1]); why != "" {
				t.Errorf("%s: %s: %s", d.path, m[1], why)
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d links", n)
	}
}

// follow says why a link of a document leads nowhere; "" where it does not.
func follow(all map[string]document, d document, target string) string {
	u, err := url.Parse(target)
	switch {
	case err != nil:
		return err.Error()
	case u.Scheme != "":
		if u.Scheme != "https" || u.Host == "" {
			return "only https leads out"
		}
		return ""
	}
	to := d.path
	if u.Path != "" {
		to = path.Join(path.Dir(d.path), u.Path)
	}
	if _, err := os.Stat(filepath.Join(root, to)); err != nil {
		return err.Error()
	}
	if u.Fragment == "" {
		return ""
	}
	page, ok := all[to]
	if !ok {
		return "only documents have headings"
	}
	for _, h := range heading.FindAllStringSubmatch(page.prose, -1) {
		if slug(h[1]) == u.Fragment {
			return ""
		}
	}
	return "there is no such heading"
}

// slug is the anchor that GitHub gives a heading that comes once.
func slug(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(heading) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		}
	}
	return b.String()
}

// TestFollow: what leads nowhere is told.
func TestFollow(t *testing.T) {
	d := read("docs/page.md", "# The page\n\n## Where it is, and why\n")
	all := map[string]document{"README.md": d, "docs/policy.md": d}
	for target, ok := range map[string]bool{
		"policy.md": true, "policy.md#where-it-is-and-why": true, "../README.md#the-page": true, "https://example.com/x": true, "../docs": true,
		"polici.md": false, "policy.md#where": false, "README.md": false, "http://example.com": false, "schema.go#the-page": false,
	} {
		if why := follow(all, d, target); (why == "") != ok {
			t.Errorf("%s: %q", target, why)
		}
	}
}
