# Takes what sinks send and appends it to a file (its argument), a line of JSON each: POSTs, which are
# answered as their path says (/status/500; /hole is never answered), and datagrams.
import json, signal, socket, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

lock, log = threading.Lock(), open(sys.argv[1], "w")

def note(**what):
    with lock:
        log.write(json.dumps(what) + "\n")
        log.flush()

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path.startswith("/hole"):
            while True:
                time.sleep(1)
        note(path=self.path, headers=dict(self.headers), body=body)
        status = self.path[8:11] if self.path.startswith("/status/") else "204"
        self.send_response(int(status))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass

def receive(udp):
    while True:
        note(datagram=udp.recv(65536).decode())

udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
udp.bind(("127.0.0.1", 0))
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
threading.Thread(target=receive, args=(udp,), daemon=True).start()
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print("udp %d http://127.0.0.1:%d" % (udp.getsockname()[1], server.server_address[1]), flush=True)
server.serve_forever()
