package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// What takes long shows how long it will take, and leaves nothing behind.
func TestProgress(t *testing.T) {
	master, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	p := startProgress(terminal, func() (done, total int64) { return 1 << 20, 4 << 20 })
	shown := make([]byte, 200)
	n, err := master.Read(shown)
	if err != nil || !strings.Contains(string(shown[:n]), "]  25% of 4 MiB, ") {
		t.Errorf("%q, %v", shown[:n], err)
	}
	p.stop()
	p.stop()
	terminal.Close()
	rest, _ := io.ReadAll(master) // EIO is a terminal's end
	if !bytes.HasSuffix(rest, []byte("\r\x1b[K")) {
		t.Errorf("%q is left", rest)
	}
	var file bytes.Buffer
	startProgress(&file, nil).stop()
	if file.Len() > 0 {
		t.Errorf("%q in what is no terminal", file.String())
	}
}

// So does verifying: here of a pipe that says no more before it has been seen.
func TestProgressOfVerify(t *testing.T) {
	master, terminal, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer terminal.Close()
	fifo := filepath.Join(t.TempDir(), "log")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	status := make(chan int)
	go func() { status <- Run([]string{"audit", "verify", fifo}, io.Discard, terminal) }()
	writer, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	shown := make([]byte, 200)
	if n, err := master.Read(shown); err != nil || !strings.Contains(string(shown[:n]), "0 MiB, 0 MiB/s") {
		t.Errorf("%q, %v", shown[:n], err)
	}
	writer.Close()
	if got := <-status; got != exitOK {
		t.Errorf("status %d of an empty log", got)
	}
}

func TestProgressLine(t *testing.T) {
	for want, in := range map[string][2]int64{
		"3 MiB, 3 MiB/s": {3 << 20, 0},
		"[                              ]   0% of 4 MiB, 0 MiB/s":          {0, 4 << 20},
		"[===============               ]  50% of 4 MiB, 2 MiB/s, 1s left": {2 << 20, 4 << 20},
		"[==============================] 100% of 4 MiB, 5 MiB/s, 0s left": {5 << 20, 4 << 20},
	} {
		if got := progressLine(in[0], in[1], time.Second); got != want {
			t.Errorf("%v: %q, want %q", in, got, want)
		}
	}
}
