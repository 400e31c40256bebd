package resolve

import (
	"os"
	"path/filepath"
	"testing"
)

func TestUnexpanded(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(conf, []byte("nameserver 192.0.2.53\nsearch corp. Example.Corp .\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := resolver(t, Config{ResolvConf: conf}, newLiar(t, honest()))
	for name, want := range map[string]string{
		"foo.corp": "foo", "foo.example.corp": "foo", "a.foo.corp": "a.foo", "foo": "foo", "corp": "corp", "foo.scorp": "", "a.test": "", "": "",
	} {
		if got, ok := r.Unexpanded(name); ok != (want != "") || ok && got != want {
			t.Errorf("%q is made of %q, %v, not of %q", name, got, ok, want)
		}
	}
	none := resolver(t, Config{ResolvConf: conf + ".none"}, newLiar(t, honest()))
	if got, ok := none.Unexpanded("foo"); ok {
		t.Errorf("without a list, foo is made of %q", got)
	}
}
