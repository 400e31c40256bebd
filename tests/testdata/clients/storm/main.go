// Storm asks from a hundred goroutines while the collector runs all the time, and prints how many questions got one
// response, and how many another number: storm SERVER [QUESTIONS-OF-EACH].
package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const goroutines = 100

// questions are how many each goroutine asks.
var questions = 20

func main() {
	debug.SetGCPercent(1)
	server := netip.AddrPortFrom(netip.MustParseAddr(os.Args[1]), 53)
	if len(os.Args) > 2 {
		questions, _ = strconv.Atoi(os.Args[2])
	}
	var once, otherwise atomic.Int64
	var work sync.WaitGroup
	stop := make(chan struct{})
	for range 2 { // what never yields is preempted by signals, and so is its garbage
		go churn(stop)
	}
	for i := range goroutines {
		work.Go(func() {
			got := ask(server, i%2 == 0)
			once.Add(int64(got))
			otherwise.Add(int64(questions - got))
		})
	}
	work.Wait()
	close(stop)
	fmt.Println("once", once.Load(), "otherwise", otherwise.Load())
}

func churn(stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
			runtime.KeepAlive(make([]byte, 1<<16))
		}
	}
}

// ask asks from a socket of its own, connected or not, and returns how many questions got one response.
func ask(server netip.AddrPort, connected bool) (once int) {
	var conn *net.UDPConn
	var err error
	if connected {
		conn, err = net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(server))
	} else {
		conn, err = net.ListenUDP("udp4", nil)
	}
	if err != nil {
		return 0
	}
	defer conn.Close()
	responses := map[uint16]int{}
	answer := make([]byte, 512)
	for id := range uint16(questions) {
		wire := append(binary.BigEndian.AppendUint16(nil, id), "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x04corp\x04test\x00\x00\x01\x00\x01"...)
		if connected {
			_, err = conn.Write(wire)
		} else {
			_, err = conn.WriteToUDPAddrPort(wire, server)
		}
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		if n, rerr := conn.Read(answer); err == nil && rerr == nil && n > 12 {
			responses[binary.BigEndian.Uint16(answer)]++
		}
	}
	_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) // whoever comes late
	for n, err := conn.Read(answer); err == nil && n > 12; n, err = conn.Read(answer) {
		responses[binary.BigEndian.Uint16(answer)]++
	}
	for _, n := range responses {
		if n == 1 {
			once++
		}
	}
	return once
}
