package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

const bulk = 256 << 20

// forwarded compares what a forward carries, either way, with what socat does, both to one server outside.
func (b *bench) forwarded() ([]job, error) {
	var jobs []job
	for _, w := range []struct {
		way   string
		serve func(net.Conn) error
	}{{"upload", swallow}, {"download", pour}} {
		j, err := b.carried(w.way, w.serve)
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, nil
}

// carried starts a server that is there until the bench ends; socat is put before it where this is measured.
func (b *bench) carried(way string, serve func(net.Conn) error) (job, error) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return job{}, err
	}
	b.stops = append(b.stops, func() { _ = server.Close() })
	go accept(server, serve)
	target := port(server)
	relay, err := freePort()
	if err != nil {
		return job{}, err
	}
	command := []string{b.program("work"), way, relay, b.times(5)}
	return job{
		prepare: func(ctx context.Context) error {
			stop, err := background("socat", "-lf", filepath.Join(b.dir, "socat.log"), "-b65536", "TCP-LISTEN:"+relay+",bind=127.0.0.1,fork,reuseaddr", "TCP:127.0.0.1:"+target)
			if err != nil {
				return err
			}
			b.stops = append(b.stops, stop)
			return listening(ctx, relay)
		},
		row:  row{Work: way + " by a forward, 256 MiB", Peer: "socat with 64 KiB buffers, no namespace", Goal: goal{Ratio: 0.9, Throughput: true}},
		ours: printed(b.under([]string{"--forward", relay + ":" + target}, command...)...),
		base: printed(command...),
	}, nil
}

// freePort is one of 127.0.0.1 that nobody has.
func freePort() (string, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return port(free), free.Close()
}

// listening waits until somebody listens.
func listening(ctx context.Context, port string) error {
	_, err := output(ctx, "timeout", "60", "bash", "-c", "until exec 3<>/dev/tcp/127.0.0.1/"+port+"; do :; done 2>/dev/null")
	return err
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
