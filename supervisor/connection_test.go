package supervisor

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/codex-dnsvisor/codex-dnsvisor/audit"
)

// Answers that nobody reads are not kept without end: a connection that asks for one more is closed.
func TestAnswersThatNobodyReads(t *testing.T) {
	d, _ := nameDesk(t, newAuthority(t), 0)
	for _, full := range []bool{false, true} {
		if full {
			d.streamed.total = d.streamed.all
		}
		client, server := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			d.connection(t.Context(), server, asker{tid: os.Getpid(), transport: audit.TransportDNSTCP, patient: true})
		}()
		if err := client.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		wire := messageOf([][]byte{fmt.Appendf(nil, "full-%v", full), []byte("c")})
		if _, err := client.Write(append([]byte{0, byte(len(wire))}, wire...)); err != nil {
			t.Fatal(err)
		}
		answer, err := readFrame(client)
		if closed := errors.Is(err, io.EOF); closed != full || !closed && err != nil {
			t.Errorf("full %v: %q, %v", full, answer, err)
		}
		_ = client.Close()
		<-done
	}
	if d.streamed.total != d.streamed.all {
		t.Errorf("%d are left", d.streamed.total)
	}
}
