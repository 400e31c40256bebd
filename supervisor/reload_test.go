package supervisor

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
)

// rulesOf are rules for a.test: allowed with a record, or denied and REFUSED.
func rulesOf(t *testing.T, before *resolve.Resolver, effect policy.Effect) Rules {
	t.Helper()
	pattern, err := policy.ParsePattern("a.test")
	if err != nil {
		t.Fatal(err)
	}
	r := Rules{Policy: policy.New([]policy.Rule{{Pattern: pattern, Effect: effect}}), DenyWith: policy.Refused}
	zone := "a.test. A 192.0.2.99"
	if effect == policy.Allow {
		zone, r.DenyWith = "a.test. A 192.0.2.1", policy.NXDomain
	}
	records, err := resolve.ParseZone(zone, "zone")
	if err != nil {
		t.Fatal(err)
	}
	follow := resolve.New
	if before != nil {
		follow = before.Successor
	}
	if r.Resolver, err = follow(resolve.Config{Records: records}); err != nil {
		t.Fatal(err)
	}
	return r
}

// questionOfA asks for a.test, A.
const questionOfA = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x04test\x00\x00\x01\x00\x01"

// Each question is judged and answered by one version of the rules, whatever becomes of them meanwhile.
func TestReloadBetweenQuestions(t *testing.T) {
	c := &Config{Rules: rulesOf(t, nil, policy.Allow), Quiet: true}
	first := c.Rules.Resolver
	d := newDesk(c)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				response := d.ask([]byte(questionOfA), asker{}, 512).await(ctx)
				rcode := response[3] & 15
				if rcode != 5 && (rcode != 0 || !strings.HasSuffix(string(response), "\xc0\x00\x02\x01")) {
					t.Errorf("mixed: %q", response)
					return
				}
			}
		})
	}
	last := first
	for i := range 2000 {
		rules := rulesOf(t, last, []policy.Effect{policy.Deny, policy.Allow}[i%2])
		last = rules.Resolver
		d.reload(Reload{File: "policy.toml", Rules: rules})
	}
	cancel()
	all.Wait()
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	d.notices.close()
}

// hintedError is an error that says what to do.
type hintedError struct{ error }

func (hintedError) Hint() string { return "do this" }

// Each of several mistakes is said, with its hint, and each time that the file has changed and has them still.
func TestRefusedReloadIsSaid(t *testing.T) {
	var out strings.Builder
	c := &Config{Stderr: &out}
	d := newDesk(c)
	err := errors.Join(hintedError{errors.New("one")}, errors.New("t\x1bwo"))
	d.reload(Reload{File: "policy.toml", Err: err})
	d.reload(Reload{File: "policy.toml", Err: err})
	d.reload(Reload{Late: errors.New("no watch")})
	d.notices.close()
	const refused = "codex-dnsvisor: policy.toml has changed, but the old policy stays: error: one; hint: do this\n" +
		"codex-dnsvisor: policy.toml has changed, but the old policy stays: error: t\\u001bwo\n"
	const late = "codex-dnsvisor: policy files are looked at every few seconds only: no watch; hint: raise fs.inotify.max_user_watches and max_user_instances\n"
	if out.String() != refused+refused+late {
		t.Errorf("%q", out.String())
	}
	if d.rules.Load() != &c.Rules {
		t.Error("the old rules are gone")
	}
}
