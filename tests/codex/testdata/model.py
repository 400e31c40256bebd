# Stands in for the model, which wants a login: it has the agent run a command, given as arguments, three times at once, and repeats what
# they printed.
import http.server
import json
import sys


def answer(said):
    outputs = [i["output"] for i in said if i["type"] == "function_call_output"]
    if outputs:
        return [{"type": "message", "role": "assistant", "id": "m1", "content": [{"type": "output_text", "text": "".join(outputs)}]}]
    arguments = json.dumps({"cmd": " ".join(sys.argv[1:])})
    return [{"type": "function_call", "call_id": f"c{n}", "name": "exec_command", "arguments": arguments} for n in range(3)]


class Model(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        items = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"])
        usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        events = [
            {"type": "response.created", "response": {"id": "r1"}},
            *({"type": "response.output_item.done", "item": item} for item in items),
            {"type": "response.completed", "response": {"id": "r1", "usage": usage}},
        ]
        body = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.HTTPServer(("127.0.0.1", 8000), Model)
print("listening", flush=True)
server.serve_forever()
