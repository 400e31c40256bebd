package supervisor_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/codex-dnsvisor/codex-dnsvisor/policy"
	"github.com/codex-dnsvisor/codex-dnsvisor/resolve"
	"github.com/codex-dnsvisor/codex-dnsvisor/supervisor"
)

// A program of its own that runs one command by a policy: an allowed name has a record here, and every other name is denied. Run confines the whole
// process and leaves standard output to the command, so nothing but the end of the program comes after it.
func ExampleRun() {
	file, err := policy.Parse("example.toml", []byte(`network.domains."db.test" = "allow"`))
	if err != nil {
		panic(err)
	}
	records, err := resolve.ParseRecord("db.test. 60 IN A 192.0.2.7", "example")
	if err != nil {
		panic(err)
	}
	resolver, err := resolve.New(resolve.Config{Records: records, Own: supervisor.Placeholders()})
	if err != nil {
		panic(err)
	}
	end, err := supervisor.Run(context.Background(), supervisor.Config{
		Args:   []string{"sh", "-c", "getent ahostsv4 db.test | grep STREAM; getent hosts other.test; echo $?"},
		Rules:  supervisor.Rules{Policy: policy.New(file.Rules), Resolver: resolver},
		Stderr: os.Stderr,
		Quiet:  true,
	})
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(os.Stderr, "exit status", end.Status.ExitStatus())
	_ = resolver.Close()
}

// inExample is the environment variable by which the example runs in a process of its own.
const inExample = "DNSVISOR_TEST_EXAMPLE"

// TestExampleRun: the example prints what the command says, and its exit status.
func TestExampleRun(t *testing.T) {
	if os.Getenv(inExample) != "" {
		ExampleRun()
		os.Exit(0) //nolint:forbidigo // the tests' own end would go on in a process that is confined
	}
	c := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestExampleRun$")
	c.Env = append(os.Environ(), inExample+"=1")
	out, err := c.CombinedOutput()
	if want := "192.0.2.7       STREAM db.test\n2\nexit status 0\n"; err != nil || string(out) != want {
		t.Errorf("%v: %q, not %q", err, out, want)
	}
}
