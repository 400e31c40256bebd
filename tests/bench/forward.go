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

const bulk = 256 << 20

// forwarded compares what a forward carries, either way, with what socat does, both to one server outside.
func forwarded(binary, work string) ([]row, error) {
	var rows []row
	for _, w := range []struct {
		way   string
		serve func(net.Conn) error
	}{{"upload", swallow}, {"download", pour}} {
		r, err := carried(binary, work, w.way, w.serve)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func carried(binary, work, way string, serve func(net.Conn) error) (row, error) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return row{}, err
	}
	defer server.Close()
	go accept(server, serve)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return row{}, err
	}
	target, relay := port(server), port(free)
	if err := free.Close(); err != nil {
		return row{}, err
	}
	socat := exec.Command("socat", "-b65536", "TCP-LISTEN:"+relay+",bind=127.0.0.1,fork,reuseaddr", "TCP:127.0.0.1:"+target)
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
	return compare(row{Work: way + " by a forward, 256 MiB", Peer: "socat with 64 KiB buffers, no namespace", Limit: 0.9, Throughput: true},
		printed(binary, "--forward", relay+":"+target, "--", work, way, relay, "5"), printed(work, way, relay, "5"))
}

func port(l net.Listener) string { return strconv.Itoa(l.Addr().(*net.TCPAddr).Port) }

// accept serves who connects, until the listener is closed.
func accept(l net.Listener, serve func(net.Conn) error) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			if err := serve(c); err != nil && !errors.Is(err, io.EOF) {
				fmt.Fprintln(os.Stderr, "bench: the server:", err)
			}
		}()
	}
}

// swallow reads to the end.
func swallow(c net.Conn) error {
	buf := make([]byte, 256<<10)
	for {
		if _, err := c.Read(buf); err != nil {
			return err
		}
	}
}

// pour writes as much as is measured. Who only looked whether somebody listens has gone meanwhile.
func pour(c net.Conn) error {
	buf := make([]byte, 256<<10)
	for left := bulk; left > 0; left -= len(buf) {
		if _, err := c.Write(buf); err != nil {
			return io.EOF
		}
	}
	return nil
}
