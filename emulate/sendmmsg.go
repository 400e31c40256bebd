package emulate

import (
	"encoding/binary"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/codex-dnsvisor/codex-dnsvisor/internal/sys"
)

// sendmmsg carries out sendmmsg(2): one message after the other, up to the first that fails, as the kernel does.
func (e *Emulator) sendmmsg(n sys.Notification) verdict {
	count := min(int(uint32(n.Args[2])), maxMessages)
	raw := make([]byte, count*sizeofMmsghdr)
	if errno := e.read(n, n.Args[1], raw); errno != 0 {
		return run() // a vector that ends in unmapped memory: the kernel sends what it can read
	}
	headers := make([]msghdr, count)
	named := false
	for i := range headers {
		headers[i] = decodeMsghdr((*[sizeofMsghdr]byte)(raw[i*sizeofMmsghdr:]))
		length, ok := headers[i].addressLen()
		named = named || !ok || length > 0
	}
	if !named {
		return run()
	}
	return e.sendEach(n, headers)
}

func (e *Emulator) sendEach(n sys.Notification, headers []msghdr) verdict {
	memory, errno := e.memory(n)
	if errno != 0 {
		return fail(errno)
	}
	defer memory.Close()
	all := verdict{}
	for i, m := range headers {
		v := e.sendOne(n, m)
		if !v.run && !v.failed() {
			v = count(memory, n.Args[1]+uint64(i*sizeofMmsghdr+sizeofMsghdr), v)
		}
		if v.run || v.failed() {
			if i == 0 {
				return v // nothing is done yet: the kernel may do all of it, or the call fails
			}
			return all // the caller hears how many were taken, and comes again with the rest
		}
		all.value++
		all.join(v)
	}
	return all
}

// count writes how many bytes a message took to where its header ends.
func count(memory io.WriterAt, at uint64, v verdict) verdict {
	sent := binary.NativeEndian.AppendUint32(nil, uint32(v.value))
	if _, err := memory.WriteAt(sent, int64(at)); err != nil {
		return fail(unix.EFAULT)
	}
	return v
}

// memory opens the target's memory for writing. Unlike a thread id, the open file cannot come to mean another
// process.
func (e *Emulator) memory(n sys.Notification) (*os.File, unix.Errno) {
	memory, err := sys.OpenMemory(n.TID)
	if err != nil {
		return nil, errnoOf(err)
	}
	if !e.Listener.Valid(n.ID) {
		return nil, errnoOf(errors.Join(unix.ENOENT, memory.Close()))
	}
	return memory, 0
}

func (e *Emulator) sendOne(n sys.Notification, m msghdr) verdict {
	d, v := e.message(n, Call{TID: n.TID, Syscall: "sendmmsg"}, m, int(int32(n.Args[3]))&^unix.MSG_BATCH)
	if d == nil {
		return v
	}
	return e.send(n, *d)
}
