# renderer.py COMMAND...: runs a browser, and serves it a page that says how its renderer is confined, beyond what we are ourselves.
import http.server, os, subprocess, sys, threading


def field(pid, name):
    return next(line.split()[1:] for line in open("/proc/%s/status" % pid) if line.startswith(name + ":"))


def confinement(pid):
    return len(field(pid, "NSpid")), int(field(pid, "Seccomp_filters")[0])


def renderer():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if b"--type=renderer" in open("/proc/%s/cmdline" % pid, "rb").read():
                return confinement(pid)
        except OSError:  # it has ended
            pass


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        while not (there := renderer()):
            pass
        here = confinement("self")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"%d pid namespaces and %d filters more" % (there[0] - here[0], there[1] - here[1]))

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.2", 8080), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.exit(subprocess.call(sys.argv[1:]))
