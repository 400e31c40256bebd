package supervisor

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"maps"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// addressOf is an address that is a name's, and hardly another's.
func addressOf(name string) [4]byte {
	sum := crc32.ChecksumIEEE([]byte(folded(name)))
	return [4]byte{198, 51, byte(sum >> 8), byte(sum)}
}

// Questions that are asked at once, and of which what was one may be another by the time that it is answered, get their own answers and their
// own lines in the log: those that the cache answers, those that wait for an upstream, and what is denied.
func TestQuestionsKeepApart(t *testing.T) {
	const clients, rounds = 8, 40
	upstream := authorityOf(t, addressOf)
	d, path := nameDesk(t, upstream, 1000)
	want := make([]map[string]int, clients) // lines of the log, by the client
	var work sync.WaitGroup
	for i := range clients {
		want[i] = map[string]int{}
		work.Go(func() {
			by := asker{
				process: &audit.Process{PID: i + 1, Executable: fmt.Sprint("/bin/", i)}, transport: audit.TransportDNSUDP,
				client: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(i+1)), resolver: netip.MustParseAddrPort("192.0.2.53:53"),
			}
			for round := range rounds {
				for name, rcode := range map[string]dnsmessage.RCode{
					"a.corp.": dnsmessage.RCodeSuccess, fmt.Sprintf("all%d.c.", round%4): dnsmessage.RCodeSuccess, fmt.Sprintf("only%d-%d.c.", i, round): dnsmessage.RCodeSuccess,
					"k.c.": dnsmessage.RCodeNameError, fmt.Sprintf("denied%d-%d.corp.", i, round%3): dnsmessage.RCodeNameError,
				} {
					ask(t, d, by, uint16(i<<8|round), name, rcode)
					decision := "allow"
					if rcode != dnsmessage.RCodeSuccess {
						decision = "deny"
					}
					want[i][fmt.Sprintf("%s by %s: %s", strings.TrimSuffix(name, "."), by.process.Executable, decision)]++
				}
			}
		})
	}
	work.Wait()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for line := range strings.Lines(string(text)) {
		var e struct {
			Name       string `json:"server.address"`
			Executable string `json:"process.executable.path"`
			Decision   string `json:"network.policy.decision"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		got[fmt.Sprintf("%s by %s: %s", e.Name, e.Executable, e.Decision)]++
	}
	all := map[string]int{}
	for _, lines := range want {
		maps.Copy(all, lines)
	}
	if !maps.Equal(got, all) {
		t.Errorf("the log has %v, want %v", got, all)
	}
}

// ask has a name's A asked for and compares the response.
func ask(t *testing.T, d *desk, by asker, id uint16, name string, rcode dnsmessage.RCode) {
	t.Helper()
	question := dnsmessage.Question{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}
	wire, err := (&dnsmessage.Message{Header: dnsmessage.Header{ID: id, RecursionDesired: true}, Questions: []dnsmessage.Question{question}}).Pack()
	if err != nil {
		t.Error(err)
		return
	}
	var m dnsmessage.Message
	err = m.Unpack(d.ask(wire, by, maxUDPResponse).await(t.Context()))
	if err != nil || m.ID != id || m.RCode != rcode || len(m.Questions) != 1 || m.Questions[0] != question {
		t.Errorf("%s, asked with %d: %v, %+v", name, id, err, m)
		return
	}
	if rcode != dnsmessage.RCodeSuccess {
		return
	}
	if len(m.Answers) != 1 || m.Answers[0].Header.Name != question.Name || m.Answers[0].Body.(*dnsmessage.AResource).A != addressOf(name) {
		t.Errorf("%s: %+v", name, m.Answers)
	}
}
