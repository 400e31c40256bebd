package doctor

import (
	"maps"
	"os"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == patientArg {
		patient()
		return
	}
	goleak.VerifyTestMain(m)
}

// machine is a host of text files, by path; capabilities and ids are in its proc/self/status.
func machine(release string, files map[string]string) *host {
	fs := fstest.MapFS{}
	for name, text := range files {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return &host{files: fs, release: release, arch: "amd64", limits: map[string]limit{}}
}

// The two people who run things, as proc/self/status has them.
const (
	userStatus = "Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGid:\t100\t100\t100\t100\nCapEff:\t0000000000000000\nSeccomp:\t0\nSeccomp_filters:\t0\n"
	rootStatus = "Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\nSeccomp:\t0\nSeccomp_filters:\t0\n"
	// Docker's root: no CAP_SYS_ADMIN; a filter around it.
	dockerStatus = "Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nCapEff:\t00000000a80425fb\nSeccomp:\t2\nSeccomp_filters:\t1\n"
	// Root of a container that was started with --cap-drop=ALL.
	bareStatus = "Name:\tx\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nCapEff:\t0000000000000000\nSeccomp:\t2\nSeccomp_filters:\t1\n"
)

// with adds files to a map of them.
func with(base map[string]string, more ...string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, base)
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i]] = more[i+1]
	}
	return out
}

// expect checks an answer's outcome and that what was found is as wanted.
func expect(t *testing.T, got answer, outcome outcome, found string) {
	t.Helper()
	if got.outcome != outcome || got.found != found {
		t.Errorf("outcome %d, found %q; want %d, %q", got.outcome, got.found, outcome, found)
	}
}
