// Socket.IO over WebSocket alone: node socketio.mjs MODULES PORT REDIS_PORT CHANNEL
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { subscribe } from "./subscribe.mjs";

const [modules, port, redis, channel] = process.argv.slice(2);
const { Server } = createRequire(`${modules}/`)("socket.io");

const http = createServer();
const server = new Server(http, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
http.listen({ port: Number(port), host: "127.0.0.1", backlog: 4096 });
subscribe(Number(redis), channel, (payload) => server.emit("event", payload.toString()));
