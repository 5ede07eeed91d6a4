// uWebSockets.js with its own pub/sub: node uws.mjs BINARY PORT REDIS_PORT CHANNEL
import { createRequire } from "node:module";
import { subscribe } from "./subscribe.mjs";

const [binary, port, redis, channel] = process.argv.slice(2);
const uws = createRequire(import.meta.url)(binary);

const app = uws.App();
app.ws("/*", {
  compression: uws.DISABLED,
  idleTimeout: 0,
  maxBackpressure: 64 * 1024 * 1024, // by default it drops what a burst leaves waiting
  open: (socket) => socket.subscribe("all"),
});
app.listen("127.0.0.1", Number(port), (socket) => socket || process.exit(1));
subscribe(Number(redis), channel, (payload) => app.publish("all", payload, false));
