package resolve

import (
	"testing"

	"github.com/miekg/dns"
)

// A name whose types are not asked for has none of the type, though the chain of a name that has it led through.
func TestTextOfAnotherChain(t *testing.T) {
	l := newLiar(t, honest("a.corp. 60 IN CNAME b.corp.", `b.corp. 60 IN TXT "of b"`))
	r := resolver(t, Config{CacheSize: 10}, l)
	text := func(name string) Question { return Question{Name: name, Type: dns.TypeTXT, Class: dns.ClassINET} }
	expect(t, r.Lookup(t.Context(), text("a.corp"), Chain{}), "NOERROR", "b.corp", `"of b"`)
	none := Chain{Judge: judge{ask: NoTypes}}
	if a, ok := r.Cached(text("b.corp"), none); !ok || a.RCode() != "NOERROR" || len(a.Answers()) > 0 {
		t.Errorf("%s, %q, %v", a.RCode(), a.Answers(), ok)
	}
	if a, ok := r.Cached(text("b.corp"), Chain{}); !ok || len(a.Answers()) != 1 {
		t.Errorf("it is not in the cache: %q, %v", a.Answers(), ok)
	}
}
