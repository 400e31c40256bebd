package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

const names = 100

// browsed is a page that asks for many names, in Chromium.
func (b *bench) browsed() ([]job, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var flags []string
	for i := range names {
		flags = append(flags, "--allow", pageName(i))
	}
	command := []string{self, "browse", "chromium", "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"}
	if os.Geteuid() == 0 {
		command = append(command, "--no-sandbox")
	}
	return []job{{
		row:    row{Work: "Chromium, a page that asks for 100 names", Peer: "dnsmasq in a namespace", Goal: goal{Ratio: 1.1}},
		rounds: 5, ours: printed(b.under(flags, command...)...), base: printed(command...),
	}}, nil
}

func pageName(i int) string { return fmt.Sprintf("%x.page", i) }

// browse serves the page on loopback, has a browser load it, and prints how long that took by the browser's own clock.
func browse(browser []string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var page strings.Builder
	page.WriteString(`<script>onload = () => fetch("/done?" + performance.now())</script>`)
	for i := range names {
		fmt.Fprintf(&page, `<img src="http://%s:%s/image.svg">`, pageName(i), port(l))
	}
	took := make(chan string, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("/image.svg", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`)
	})
	mux.HandleFunc("/done", func(_ http.ResponseWriter, r *http.Request) { took <- r.URL.RawQuery })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, page.String())
	})
	server := http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	dir, err := os.MkdirTemp("", "dnsvisor-browser-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command(browser[0], append(browser[1:], "--user-data-dir="+dir, "http://127.0.0.1:"+port(l)+"/")...)
	if err := cmd.Start(); err != nil { // what it says on standard error is of no interest
		return err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	select {
	case text := <-took:
		var ms float64
		if _, err := fmt.Sscan(text, &ms); err != nil {
			return fmt.Errorf("%q: %w", text, err)
		}
		_, err = fmt.Println(ms * 1e6)
		return err
	case <-time.After(2 * time.Minute):
		return fmt.Errorf("%s has not loaded the page", browser[0])
	}
}
