package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// group is a selection of the end-to-end tests. Each element names a test, or some of its parts as -test.run has it.
type group struct {
	name    string
	tests   []string
	users   []string // none: both
	env     string
	limit   time.Duration // past it something hangs
	program string        // the test binary, if it is not that of the end-to-end tests
	arch    string        // the one that it is for; none: all
	asked   bool          // not part of a full run
}

// groups are what every kernel runs. Those that take minutes where there is no KVM have one user run them.
var groups = []group{
	{name: "calls", tests: []string{"TestGetaddrinfo", "TestLanguages", "TestSendmmsg", "TestCases", "TestForeignABI", "TestTaggedAddresses"}, limit: 8 * time.Minute},
	{name: "wall", tests: []string{"TestEveryResolver", "TestEveryNameserverLine", "TestCapture", "TestStubTCP", "TestIPv6Disabled"}, limit: 8 * time.Minute},
	{name: "attach", tests: []string{"TestSandboxes", "TestHostModeLeavesTheHostAlone", "TestBoundToADevice", "TestRulesAreMended", "TestMovesBetweenNamespaces"}, users: []string{"user"}, limit: 8 * time.Minute},
	{name: "confinement", tests: []string{"TestSupervisorIsConfined", "TestForwardConfined", "TestUnixGuard", "TestUnixInside", "TestDoors"}, limit: 8 * time.Minute},
	{name: "races", tests: []string{"TestRacer", "TestOwnDescriptorTable"}, users: []string{"root"}, limit: 8 * time.Minute},
	{name: "signals", tests: []string{"TestCallsUnderSignals", "TestHail", "TestShellOfDyingChildren", "TestPreemption", "TestAlarm", "TestStoppedAndDeadTargets"}, users: []string{"user"}, limit: 8 * time.Minute},
	{name: "lifetime", tests: []string{"TestKilledSupervisorEndsTheTree", "TestKilledKeeperEndsTheTree", "TestSignalIsPassedOn", "TestLinger", "TestCometsEnd", "TestEndsWithoutRoomForSignals"}, limit: 8 * time.Minute},
	// Its programs know amd64's calls by their numbers. It takes longer than all others.
	{name: "adversary", tests: []string{
		"TestAdversaryIsHeardWithoutUs", "TestAdversarySockets", "TestAdversarySocketOptions", "TestAdversaryWire", "TestAdversaryABIs", "TestAdversaryTracer", "TestAdversaryHands",
		"TestAdversaryKernel", "TestAdversaryPrivilegedPrograms", "TestAdversaryRacesHeaders", "TestAdversaryRacesTables", "TestAdversaryRacesLives", "TestAdversaryHoldsReads",
		"TestAdversaryHandedSockets", "TestAdversaryScatter",
		"TestAdversaryLimitsOfTheSupervisor", "TestAdversaryWithoutASupervisor",
		"TestAnswersStay", "TestBroadcastQuestions",
	}, limit: 15 * time.Minute, arch: "amd64", asked: true},
	{name: "fallbacks", tests: []string{fallbacks}, users: []string{"user"}, limit: 15 * time.Minute},
	{name: "conditions", tests: []string{"TestConditions", "TestFrozen", "TestClockJumps"}, limit: 15 * time.Minute, program: conditionsTest, users: []string{"root"}},
}

// both are the users of a guest, who run a group in turn.
var both = []string{"root", "user"}

// as are who runs the group.
func (g group) as() []string {
	if g.users == nil {
		return both
	}
	return g.users
}

// top is the name of the test that an element is of.
func top(test string) string {
	name, _, _ := strings.Cut(test, "/")
	return name
}

// arguments name the group's program and select its tests, for the plan. Parts that differ in depth cannot be in one -test.run: a test whose parts are
// named has them all elsewhere.
func (g group) arguments() string {
	var depth []string
	for _, test := range g.tests {
		for i, part := range strings.Split(test, "/") {
			if i == len(depth) {
				depth = append(depth, "")
			}
			if !slices.Contains(strings.Split(depth[i], "|"), part) {
				depth[i] = strings.TrimPrefix(depth[i]+"|"+part, "|")
			}
		}
	}
	for i, d := range depth {
		depth[i] = "^(" + d + ")$"
	}
	program := g.program
	if program == "" {
		program = "tests.test"
	}
	return fmt.Sprintf("%s -test.run='%s' -test.short -test.timeout=%s", program, strings.Join(depth, "/"), g.limit)
}

// outcome is what a group came to for one user in one guest.
type outcome struct {
	group, user string
	status      int // of the test binary; -1: it did not end
	passed      int // tests and parts of tests
	failed      []string
	skipped     map[string]string // with the reason of each
	ran         map[string]bool   // tests, without their parts
	succeeded   map[string]bool   // tests and parts
	output      []string
	began       time.Time
	took        time.Duration
}

var (
	verdicts = regexp.MustCompile(`^\s*--- (PASS|FAIL|SKIP): (\S+)`)
	logged   = regexp.MustCompile(`^\s+\w+\.go:\d+: (.*)`)
)

// read takes a line of the tests' output in.
func (o *outcome) read(line string) {
	o.output = append(o.output, line)
	found := verdicts.FindStringSubmatch(line)
	if found == nil {
		return
	}
	o.ran[top(found[2])] = true
	switch found[1] {
	case "PASS":
		o.passed++
		o.succeeded[found[2]] = true
	case "FAIL":
		o.failed = append(o.failed, found[2])
	case "SKIP":
		o.skipped[found[2]] = o.reason(found[2])
	}
}

// reason is what a test that was skipped had said last. The verdict on a part stands behind the output of the parts after it.
func (o *outcome) reason(test string) string {
	reason, own := "no reason given", false
	for _, line := range o.output {
		if strings.HasPrefix(line, "=== ") {
			own = strings.HasSuffix(line, " "+test)
		} else if found := logged.FindStringSubmatch(line); own && found != nil {
			reason = found[1]
		}
	}
	return reason
}

// problem says what keeps the outcome from being a pass, or nothing.
func (o *outcome) problem(g group) string {
	var missing []string
	for _, test := range g.tests {
		if !o.ran[top(test)] {
			missing = append(missing, top(test))
		}
	}
	switch {
	case o.status < 0:
		return "did not end"
	case len(o.failed) > 0:
		return "failed: " + strings.Join(o.failed, ", ")
	case o.status != 0:
		return fmt.Sprintf("exit status %d", o.status)
	case len(missing) > 0:
		return "did not run " + strings.Join(missing, ", ")
	case o.passed == 0:
		return "nothing ran"
	}
	return ""
}
