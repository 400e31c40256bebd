package policy

import "testing"

func TestZoneAt(t *testing.T) {
	type place struct {
		line, column int
		want         string
	}
	for _, tt := range []struct {
		title, value string
		places       []place
	}{
		{"one line", `"a. A 1"`, []place{{1, 1, "p:2:9"}, {1, 4, "p:2:12"}}},
		{"literal", `'a. A 1'`, []place{{1, 4, "p:2:12"}}},
		{"many lines", "\"\"\"\na.\n  b.\n\"\"\"", []place{{1, 1, "p:3:1"}, {2, 3, "p:4:3"}, {3, 1, "p:5:1"}}},
		{"many lines, literal", "'''\n\\n\nb.'''", []place{{1, 1, "p:3:1"}, {2, 1, "p:4:1"}}},
		{"no break after the quotes", "\"\"\"a.\nb.\"\"\"", []place{{1, 1, "p:2:11"}, {2, 2, "p:3:2"}}},
		{"CRLF", "\"\"\"\r\na.\r\nb.\"\"\"", []place{{1, 1, "p:3:1"}, {2, 1, "p:4:1"}}},
		{"escaped breaks", `"a.\nb.\u000Ac.\U0000000Ad."`, []place{{1, 1, "p:2:9"}, {2, 1, "p:2:13"}, {3, 1, "p:2:21"}, {4, 1, "p:2:33"}}},
		{"other escapes", `"\\n\"\tb\u0041\n."`, []place{{1, 1, "p:2:9"}, {2, 1, "p:2:25"}}},
		{"a line continued", "\"\"\"\na. \\\n\n   A 1\nb.\"\"\"", []place{{1, 1, "p:3:1"}, {2, 1, "p:6:1"}}},
		{"quotes inside", "\"\"\"\n\"a\"\nb\"\"\"\"", []place{{2, 1, "p:4:1"}}},
		{"empty", `""`, []place{{1, 1, "p:2:9"}}},
		{"empty, three quotes", `""""""`, []place{{1, 1, "p:2:11"}}},
		{"beyond its end", `"a"`, []place{{4, 2, "p:5:2"}, {0, 0, "p:2:9"}}},
	} {
		t.Run(tt.title, func(t *testing.T) {
			f, err := Parse("p", []byte("[dns.records]\nzone = "+tt.value+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			zone := f.Records[0]
			checkZone(t, zone)
			for _, p := range tt.places {
				if got := zone.At(p.line, p.column).String(); got != p.want {
					t.Errorf("At(%d, %d) = %s, want %s", p.line, p.column, got, p.want)
				}
			}
		})
	}
}

// TestZoneAtByHand is for a zone that no file was parsed for.
func TestZoneAtByHand(t *testing.T) {
	zone := Zone{Text: "a.\nb.", File: "z", Line: 7, Column: 3}
	if got := zone.At(1, 2).String() + " " + zone.At(2, 2).String(); got != "z:7:4 z:8:2" {
		t.Fatal(got)
	}
}
