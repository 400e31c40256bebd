package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
)

// forwarded compares what a forward carries with what socat does, both to one server outside.
func forwarded(binary, work string) (row, error) {
	sink, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return row{}, err
	}
	defer sink.Close()
	go swallow(sink)
	server := port(sink)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return row{}, err
	}
	relay := port(free)
	if err := free.Close(); err != nil {
		return row{}, err
	}
	socat := exec.Command("socat", "-b65536", "TCP-LISTEN:"+relay+",bind=127.0.0.1,fork,reuseaddr", "TCP:127.0.0.1:"+server)
	socat.Stderr = os.Stderr
	if err := socat.Start(); err != nil {
		return row{}, err
	}
	defer func() {
		_ = socat.Process.Kill()
		_ = socat.Wait()
	}()
	if err := exec.Command("timeout", "20", "bash", "-c", "until exec 3<>/dev/tcp/127.0.0.1/"+relay+"; do :; done 2>/dev/null").Run(); err != nil {
		return row{}, fmt.Errorf("socat does not listen: %w", err)
	}
	return compare(row{Work: "upload by a forward, 256 MiB", Peer: "socat with 64 KiB buffers, no namespace", Limit: 0.9, Throughput: true},
		printed(binary, "--forward", relay+":"+server, "--", work, "upload", relay, "5"), printed(work, "upload", relay, "5"))
}

func port(l net.Listener) string { return strconv.Itoa(l.Addr().(*net.TCPAddr).Port) }

// swallow reads what connects to the end.
func swallow(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			buf := make([]byte, 256<<10)
			for err := error(nil); err == nil; {
				if _, err = c.Read(buf); err != nil && !errors.Is(err, io.EOF) {
					fmt.Fprintln(os.Stderr, "bench: the server:", err)
				}
			}
		}()
	}
}
