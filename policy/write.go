package policy

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// TOML writes a file as the text of a policy file that decides and says the same, each rule with a comment that says where
// it came from. Rules that have no effect because an earlier one has the same pattern, or one denies it, or that match no name,
// are comments; zones
// become one text, so there should be one, or each complete in itself.
func (f *File) TOML() string {
	var w writer
	w.rules(f.Rules)
	w.dns(&f.DNS)
	w.upstreamZones(&f.DNS)
	w.budget(f.DNS.Budget)
	w.records(f.Records)
	return strings.TrimPrefix(w.String(), "\n")
}

// writer writes TOML.
type writer struct{ strings.Builder }

func (w *writer) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(w, format, args...) // a builder takes everything
}

func (w *writer) rules(rules []Rule) {
	if len(rules) == 0 {
		return
	}
	w.printf("\n[network.domains]\n")
	deciding := map[Pattern]int{}
	for i, r := range rules {
		if first, ok := deciding[r.Pattern]; !ok || rules[first].Effect == Allow && r.Effect != Allow {
			deciding[r.Pattern] = i
		}
	}
	for i, r := range rules {
		if deciding[r.Pattern] != i || r.Pattern.kind == nothing {
			w.printf("# ")
		}
		w.printf("%s = %s%s\n", quote(r.Pattern.String()), quote(r.Effect.String()), from(r.Origin))
	}
}

// dns writes what is set, and nothing of what is by default.
func (w *writer) dns(d *DNS) {
	var keys writer
	if d.Types != nil {
		keys.list("types", d.Types)
	}
	keys.word("ptr", d.PTR.String(), PTRMode(0).String())
	if d.DenyPrivate {
		keys.word("private", Deny.String(), "")
	}
	keys.duration("min-lease", d.MinLease)
	keys.duration("max-lease", d.MaxLease)
	keys.duration("stale", d.Stale)
	if d.Upstreams != nil && len(d.Zones) == 0 {
		keys.list("upstreams", d.Upstreams)
	}
	if p := d.UpstreamProxy; p.Text != "" {
		keys.printf("upstream-proxy = %s%s\n", quote(p.Text), from(p.Origin))
	}
	keys.word("upstream-order", d.UpstreamOrder.String(), UpstreamOrder(0).String())
	keys.word("deny-with", d.DenyWith.String(), DenyWith(0).String())
	if d.CacheSize != nil {
		keys.printf("cache-size = %d\n", *d.CacheSize)
	}
	keys.duration("min-ttl", d.MinTTL)
	keys.duration("max-ttl", d.MaxTTL)
	keys.duration("timeout", d.Timeout)
	w.table("dns", &keys)
}

func (w *writer) upstreamZones(d *DNS) {
	var keys writer
	if len(d.Zones) > 0 && d.Upstreams != nil {
		keys.list(`"."`, d.Upstreams)
	}
	for _, zone := range d.Zones {
		keys.list(quote(zone.Domain), zone.Upstreams)
	}
	w.table("dns.upstreams", &keys)
}

func (w *writer) budget(l Limits) {
	var keys writer
	for _, key := range []struct {
		name  string
		value int
	}{{"names", l.Names}, {"bytes", l.Bytes}, {"total-names", l.TotalNames}, {"total-bytes", l.TotalBytes}, {"questions", l.Questions}} {
		if key.value != 0 {
			keys.printf("%s = %d\n", key.name, key.value)
		}
	}
	w.table("dns.budget", &keys)
}

func (w *writer) records(zones []Zone) {
	if len(zones) == 0 {
		return
	}
	texts := make([]string, len(zones))
	for i, zone := range zones {
		texts[i] = zone.Text
	}
	w.printf("\n[dns.records]\nzone = %s\n", quoteLines(strings.Join(texts, "\n")))
}

// table writes keys under a header, if there are some.
func (w *writer) table(name string, keys *writer) {
	if keys.Len() > 0 {
		w.printf("\n[%s]\n%s", name, keys.String())
	}
}

func (w *writer) word(key, word, standard string) {
	if word != standard {
		w.printf("%s = %s\n", key, quote(word))
	}
}

func (w *writer) duration(key string, d *time.Duration) {
	if d != nil {
		w.printf("%s = %s\n", key, quote(d.String()))
	}
}

// list writes an array, a line for each element if there is more than one.
func (w *writer) list(key string, all []Located) {
	switch len(all) {
	case 0:
		w.printf("%s = []\n", key)
	case 1:
		w.printf("%s = [%s]%s\n", key, quote(all[0].Text), from(all[0].Origin))
	default:
		w.printf("%s = [\n", key)
		for _, l := range all {
			w.printf("  %s,%s\n", quote(l.Text), from(l.Origin))
		}
		w.printf("]\n")
	}
}

// from is a comment; a path may hold what a comment may not.
func from(o Origin) string {
	text := o.String()
	if text == "" {
		return ""
	}
	if quoted := strconv.QuoteToGraphic(text); quoted != `"`+text+`"` {
		text = quoted
	}
	return " # " + text
}

// quote writes a basic string.
func quote(s string) string { return `"` + escaped(s) + `"` }

// quoteLines writes a string of lines as they are if a literal string can hold them.
func quoteLines(s string) string {
	odd := func(r rune) bool {
		return r != '\n' && r != '\t' && (r == unicode.ReplacementChar || !unicode.IsGraphic(r))
	}
	if !strings.ContainsFunc(s, odd) && !strings.Contains(s, "''") && !strings.HasSuffix(s, "'") {
		return "'''\n" + s + "'''"
	}
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = escaped(lines[i])
	}
	return `"""` + "\n" + strings.Join(lines, "\n") + `"""`
}

// escaped writes what a basic string may not hold as escapes.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case !unicode.IsGraphic(r):
			fmt.Fprintf(&b, `\U%08X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
