package supervisor

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	maxPipelined = 32               // questions of one connection in work at once; RFC 7766 section 6.2.1.1
	idleTimeout  = 10 * time.Second // of a connection; RFC 7766 section 6.2.3
)

// connection answers the questions of one stream connection, framed as by TCP, as they become ready; RFC 7766.
func (d *desk) connection(ctx context.Context, conn net.Conn, by asker) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) }) // ends reads and writes alike
	slots := semaphore.NewWeighted(maxPipelined)
	for conn.SetReadDeadline(time.Now().Add(idleTimeout)) == nil && ctx.Err() == nil {
		wire, err := readFrame(conn)
		if err != nil || !d.answerFrame(ctx, conn, d.ask(wire, by, maxTCPResponse), by, slots, cancel) {
			break
		}
	}
	drain(ctx, slots, maxPipelined) // a client that has sent its last question still gets its answers
	cancel()
	stop()
	_ = conn.Close()
}

// answerFrame sends a reply, now or when an upstream has answered. False: the connection has come to its end. So it has where too many
// answers wait for who does not read them: each may be of 64 KiB.
func (d *desk) answerFrame(ctx context.Context, conn net.Conn, r reply, by asker, slots *semaphore.Weighted, cancel func()) bool {
	if r.silent() {
		return false // not a question: what was asked before it is answered, and nothing behind it is read
	}
	if r.pending == nil {
		return writeFrame(ctx, conn, r.response) == nil
	}
	if slots.Acquire(ctx, 1) != nil {
		return false
	}
	leave, ok := d.streamed.enter(by.tid)
	if !ok {
		slots.Release(1)
		return false
	}
	go func() {
		defer slots.Release(1)
		defer leave()
		if writeFrame(ctx, conn, r.pending(ctx)) != nil {
			cancel() // nobody to say it to
		}
	}()
	return true
}

// drain waits until all slots are free.
func drain(ctx context.Context, slots *semaphore.Weighted, all int64) {
	_ = slots.Acquire(context.WithoutCancel(ctx), all) // fails only with its context
}

func readFrame(r io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	wire := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(r, wire)
	return wire, err
}

func writeFrame(ctx context.Context, conn net.Conn, response []byte) error {
	if err := conn.SetWriteDeadline(time.Now().Add(idleTimeout)); err != nil {
		return err
	}
	if ctx.Err() != nil { // whose deadline this one may have replaced
		return ctx.Err()
	}
	frame := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(response)), uint16(len(response)))
	_, err := conn.Write(append(frame, response...))
	return err
}
