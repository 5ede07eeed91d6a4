// Calls `told(buffer)` for every message of a Redis channel. Only what the Node servers of this comparison need of RESP2,
// so that a client library is not what is measured.
import net from "node:net";

export function subscribe(port, channel, told) {
  let rest = Buffer.alloc(0);
  const socket = net.connect(port, "127.0.0.1", () => socket.write(`SUBSCRIBE ${channel}\r\n`));
  socket.on("data", (data) => {
    const input = rest.length ? Buffer.concat([rest, data]) : data;
    let at = 0;
    for (let next = message(input, at); next; next = message(input, at)) {
      if (next.payload) told(next.payload);
      at = next.end;
    }
    rest = input.subarray(at);
  });
}

// `*3 $7 message $n channel $n payload`, or the answer to SUBSCRIBE, whose last item is a number.
function message(input, start) {
  let line = number(input, start, start + 1);
  if (!line) return null;
  let payload = null;
  for (let items = line.value; items > 0; items--) {
    const kind = input[line.end];
    line = number(input, line.end, line.end + 1);
    if (!line) return null;
    payload = null;
    if (kind !== 0x24) continue; // "$"
    if (line.end + line.value + 2 > input.length) return null;
    payload = input.subarray(line.end, line.end + line.value);
    line.end += line.value + 2;
  }
  return { payload, end: line.end };
}

function number(input, start, from) {
  if (start >= input.length) return null;
  const end = input.indexOf("\r\n", from, "latin1");
  return end < 0 ? null : { value: Number(input.latin1Slice(from, end)), end: end + 2 };
}
