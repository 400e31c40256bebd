package main

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/tests/kernels/conditions"
)

//go:embed init
var initScript []byte

// bootTime bounds what a guest may take until its init speaks.
const bootTime = 120 * time.Second

// probeTime bounds what a guest may take with KVM: one that opens may still hang.
const probeTime = 10 * time.Second

// machine is how guests run.
type machine struct {
	arch arch
	kvm  bool
	root string // the archive that all have
	dir  string // for each guest's own

	verbose bool // what guests say is printed at once
}

// accelerator names what runs the guests' code.
func (m machine) accelerator() string {
	if m.kvm {
		return "kvm"
	}
	return "tcg,thread=multi"
}

// command is qemu with a guest whose console is its standard output.
func (m machine) command(ctx context.Context, r row, initrd string) *exec.Cmd {
	args := append(m.arch.qemu[1:len(m.arch.qemu):len(m.arch.qemu)],
		"-accel", m.accelerator(), "-smp", strconv.Itoa(r.condition.cpus), "-m", strconv.Itoa(r.condition.memory),
		"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio",
		"-kernel", r.kernel.image, "-initrd", initrd,
		"-append", strings.TrimSpace("console="+m.arch.console+" panic=-1 quiet "+conditions.InGuest+" "+r.condition.boot))
	cmd := exec.CommandContext(ctx, m.arch.qemu[0], args...)
	cmd.Stderr = os.Stderr
	return cmd
}

// canKVM boots one guest that does nothing.
func (m machine) canKVM(ctx context.Context, k kernel) bool {
	if m.arch.name != runtime.GOARCH {
		return false
	}
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	_ = f.Close()
	m.kvm = true
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	r := row{kernel: k, condition: plain}
	initrd, err := m.initrd(r, "probe")
	if err != nil {
		return false
	}
	probe := m.command(ctx, r, initrd)
	probe.Stderr = nil // that it does not boot is an answer
	out, err := probe.Output()
	return err == nil && strings.Contains(string(out), "@@ over")
}

// initrd puts together the root, the kernel's modules and the row's plan.
func (m machine) initrd(r row, name string) (string, error) {
	modules, err := r.kernel.loadable(append(wanted, r.condition.modules...))
	if err != nil {
		return "", err
	}
	file := filepath.Join(m.dir, name+".cpio")
	out, err := os.Create(file)
	if err != nil {
		return "", err
	}
	defer out.Close()
	root, err := os.Open(m.root)
	if err != nil {
		return "", err
	}
	defer root.Close()
	if _, err := io.Copy(out, root); err != nil {
		return "", err
	}
	c := newCPIO(out)
	for i, module := range modules {
		err = errors.Join(err, c.entry(fmt.Sprintf("modules/%02d-%s.ko", i, module.name), modeFile|0o644, module.data))
	}
	err = errors.Join(err, c.entry("plan", modeFile|0o644, []byte(r.plan())))
	return file, errors.Join(err, c.close(), out.Close())
}

// boot runs a row's guest to its end, and tells of each line that the guest says.
func (m machine) boot(ctx context.Context, r row, name string, said func(line string)) error {
	initrd, err := m.initrd(r, name)
	if err != nil {
		return err
	}
	defer os.Remove(initrd)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cmd := m.command(ctx, r, initrd)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	limit := time.AfterFunc(bootTime, func() { cancel(errors.New("it does not boot")) })
	defer limit.Stop()
	lines := bufio.NewReader(stdout)
	over := false
	for {
		line, err := lines.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "@@ ") {
			limit.Reset(r.limit())
		}
		over = over || line == "@@ over"
		said(line)
		if err != nil {
			break
		}
	}
	err = cmd.Wait()
	switch {
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case err == nil && !over:
		return errors.New("it ended before its plan")
	}
	return err
}
