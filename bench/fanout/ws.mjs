// ws, as its manual broadcasts: node ws.mjs MODULES PORT REDIS_PORT CHANNEL
import { createRequire } from "node:module";
import { subscribe } from "./subscribe.mjs";

const [modules, port, redis, channel] = process.argv.slice(2);
const { WebSocketServer, WebSocket } = createRequire(`${modules}/`)("ws");

const server = new WebSocketServer({ port: Number(port), host: "127.0.0.1", backlog: 4096, perMessageDeflate: false });
subscribe(Number(redis), channel, (payload) => {
  for (const client of server.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(payload, { binary: false });
  }
});
