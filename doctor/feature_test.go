package doctor

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

func TestProbeFeature(t *testing.T) {
	required := sys.Feature{Name: "r", Required: true, Lost: "everything", Fallback: "get it"}
	losing := sys.Feature{Name: "l", Lost: "a loss", Fallback: "a way round"}
	harmless := sys.Feature{Name: "h", Fallback: "a way round"}
	for _, c := range []struct {
		name          string
		feature       sys.Feature
		presence      sys.Presence
		err           error
		outcome       outcome
		found, advice string
	}{
		{"there", losing, sys.There, nil, isThere, "there", ""},
		{"missing", losing, sys.Missing, unix.ENOSYS, isMissing, "not there: function not implemented", "a loss. Instead: a way round"},
		{"refused", losing, sys.Missing, unix.EPERM, isMissing, "refused by a seccomp profile around this process: operation not permitted", "a loss. Instead: a way round"},
		{"masked", losing, sys.Masked, sys.ErrMasked, isMissing, "masked by CODEX_DNSVISOR_MASK", "a loss. Instead: a way round"},
		{"required", required, sys.Missing, unix.EINVAL, isMissing, "not there: invalid argument", "get it"},
		{"required and masked", required, sys.Masked, sys.ErrMasked, isMissing, "masked by CODEX_DNSVISOR_MASK", "get it"},
		{"nothing lost", harmless, sys.Masked, sys.ErrMasked, isThere, "masked by CODEX_DNSVISOR_MASK; nothing is lost: a way round", ""},
		{"not to tell", required, sys.CannotTell, errors.New("odd"), cannotTell, "odd", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.feature.Probe = func() (sys.Presence, error) { return c.presence, c.err }
			got := probeFeature(machine("6.18.0", nil), c.feature)
			expect(t, got, c.outcome, c.found)
			if got.advice != c.advice || got.presence != c.presence {
				t.Errorf("%+v", got)
			}
		})
	}
}

// What is masked a launch does not prove, and no release explains.
func TestAMaskedFeature(t *testing.T) {
	c := ofKernel(sys.Feature{Name: "r", Since: "6.9", Required: true, Lost: "everything", Probe: func() (sys.Presence, error) { return sys.Masked, sys.ErrMasked }})
	if got := c.examine(machine("6.1.0", nil), true); got.Status != Failure || got.Found != "masked by CODEX_DNSVISOR_MASK" || got.Kernel != "masked" || got.Since != "6.9" {
		t.Errorf("%+v", got)
	}
}

func TestRestrictions(t *testing.T) {
	there := func() (sys.Presence, error) { return sys.There, nil }
	killable, inet6 := sys.Feature{Name: "wait_killable", Probe: there}, sys.Feature{Name: "ipv6", Probe: there}
	expect(t, probeFeature(machine("6.18.0", nil), killable), isThere, "there")
	if got := probeFeature(machine("6.17.9", nil), killable); !strings.Contains(got.found, "6.18") {
		t.Errorf("the race before 6.18 is not told: %+v", got)
	}
	const file = "proc/sys/net/ipv6/conf/all/disable_ipv6"
	expect(t, probeFeature(machine("6.1.0", user(file, "0\n")), inet6), isThere, "there")
	expect(t, probeFeature(machine("6.1.0", user(file, "1\n")), inet6), isThere, "there; switched off by sysctl")
}

func TestProbeLimit(t *testing.T) {
	for _, c := range []struct {
		limit   limit
		outcome outcome
		found   string
	}{
		{limit{value: 1024}, isThere, "1024"},
		{limit{value: 256}, isThere, "256"},
		{limit{value: 255}, isMissing, "255 (256 or more wanted)"},
		{limit{value: unix.RLIM_INFINITY}, isThere, "unlimited"},
		{limit{err: unix.EPERM}, cannotTell, "operation not permitted"},
	} {
		h := machine("6.1.0", nil)
		h.limits["nofile"] = c.limit
		expect(t, probeLimit("nofile", 256)(h), c.outcome, c.found)
	}
	expect(t, probeLimit("nproc", 1)(machine("6.1.0", nil)), cannotTell, "not read")
}
