package carry

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// environment is a getenv of the given variables.
func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for _, pair := range pairs {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

func TestProxies(t *testing.T) {
	const both3128 = "127.0.0.1:3128 [::1]:3128 -> 127.0.0.1:3128 [::1]:3128"
	const four3128 = "127.0.0.1:3128 -> 127.0.0.1:3128"
	for pair, want := range map[string]string{
		"HTTP_PROXY=http://127.0.0.1:3128":          four3128,
		"http_proxy=http://127.0.0.1:3128":          four3128,
		"HTTPS_PROXY=http://localhost:3128":         both3128,
		"https_proxy=https://localhost:3128/":       both3128,
		"ALL_PROXY=socks5://[::1]:1080":             "[::1]:1080 -> [::1]:1080",
		"all_proxy=socks5h://user:pw@127.9.8.7:108": "127.9.8.7:108 -> 127.9.8.7:108",
		"HTTPS_PROXY=127.0.0.1:3128":                four3128,
		"HTTPS_PROXY=localhost:3128":                both3128,
		"HTTP_PROXY=HTTP://127.0.0.1:3128":          four3128,
		"HTTP_PROXY=http://127.0.0.1":               "",
		"HTTP_PROXY=http://127.0.0.1:53":            "",
		"HTTP_PROXY=http://proxy.example.test:3128": "",
		"HTTP_PROXY=http://10.0.0.1:3128":           "",
		"HTTP_PROXY=ftp://127.0.0.1:3128":           "",
		"HTTP_PROXY=http://%zz:1":                   "",
		"HTTP_PROXY=":                               "",
		"FTP_PROXY=http://127.0.0.1:3128":           "",
	} {
		got := ""
		for _, f := range Proxies(environment(pair)) {
			got += written(f)
			if name, _, _ := strings.Cut(pair, "="); f.Text != name || !f.Auto {
				t.Errorf("%s: %+v", pair, f)
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", pair, got, want)
		}
	}
}

func TestMerge(t *testing.T) {
	named, err := Parse("127.0.0.1:3128:4000")
	if err != nil {
		t.Fatal(err)
	}
	all, err := Merge([]Forward{named}, Proxies(environment("HTTP_PROXY=http://localhost:3128", "https_proxy=http://localhost:3128")))
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	if got := written(all[1]); got != "[::1]:3128 -> 127.0.0.1:3128 [::1]:3128" || all[1].Text != "HTTP_PROXY" {
		t.Errorf("a proxy's listener beside a named one: %s", got)
	}
	if _, err := Merge([]Forward{named, named}, nil); err == nil {
		t.Error("two that listen on one address")
	}
	var many []Forward
	for port := range MaxListeners/2 + 1 {
		f, err := Parse(fmt.Sprint(1000 + port))
		if err != nil {
			t.Fatal(err)
		}
		many = append(many, f)
	}
	if _, err := Merge(many[1:], nil); err != nil {
		t.Error(err)
	}
	if _, err := Merge(many, nil); err == nil {
		t.Error("more listeners than there may be")
	}
}

func TestBypasses(t *testing.T) {
	got := Bypasses(environment("NO_PROXY=localhost, 127.0.0.1,10.0.0.0/8,.Corp.example,*.a1.de,::1,[::1]:80,127.0.0.1:80,x.test:8080", "no_proxy=corp.example,*"))
	want := []string{"localhost", "corp.example", "a1.de", "x.test", "*"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Bypasses(environment()); got != nil {
		t.Errorf("%q of nothing", got)
	}
}
