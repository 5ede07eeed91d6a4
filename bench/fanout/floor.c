/* The floor: what the kernel alone costs. floor PORT REDIS_PORT CHANNEL [join]
 *
 * Subscribes to a Redis channel and writes every message to every WebSocket client, with one write per delivery; with
 * `join`, one write per client for all that Redis sent at once. No rights, no queues: a slow client stops all. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENTS_MAX = 1 << 16, INPUT = 1 << 16, BATCH = 256 };

static int clients[CLIENTS_MAX], count, joins;
static char input[INPUT], output[INPUT * 2];
static size_t have, made;

/* The load client's key is always the one of RFC 6455 §1.3, and so is the answer. */
static const char ANSWER[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void flush_all(void) {
    for (int i = 0; made && i < count; i++) {
        size_t sent = 0;
        while (sent < made) {
            ssize_t size = send(clients[i], output + sent, made - sent, MSG_NOSIGNAL);
            if (size < 0) {
                clients[i--] = clients[--count];
                break;
            }
            sent += (size_t)size;
        }
    }
    made = 0;
}

static void frame(const char *message, size_t size) {
    output[made++] = (char)0x81;
    if (size < 126) output[made++] = (char)size;
    else {
        output[made++] = 126;
        output[made++] = (char)(size >> 8);
        output[made++] = (char)size;
    }
    memcpy(output + made, message, size);
    made += size;
    if (!joins) flush_all();
}

/* The number after `mark` at `*at`, and the place after its line; 0 when it has not all come. */
static int number(size_t *at, char mark, size_t *value) {
    char *end = memchr(input + *at, '\n', have - *at);
    if (!end || input[*at] != mark) return 0;
    *value = (size_t)atol(input + *at + 1);
    *at = (size_t)(end + 1 - input);
    return 1;
}

/* Every whole `*3 $7 message $n channel $n payload` in the input (RESP2); the answer to SUBSCRIBE has a number last. */
static void parse(void) {
    size_t start = 0;
    for (;;) {
        size_t at = start, items, size = 0;
        if (!number(&at, '*', &items)) break;
        size_t begin = 0, item = 0;
        for (; item < items; item++) {
            if (at < have && input[at] == ':') {
                if (!number(&at, ':', &size)) break;
                begin = 0;
                continue;
            }
            if (!number(&at, '$', &size) || at + size + 2 > have) break;
            begin = at;
            at += size + 2;
        }
        if (item < items) break;
        if (begin) frame(input + begin, size);
        start = at;
    }
    flush_all();
    have -= start;
    memmove(input, input + start, have);
}

static int listen_on(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) fail("listen");
    return fd;
}

static int subscribe(int port, const char *channel) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char line[256];
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    int size = snprintf(line, sizeof line, "SUBSCRIBE %s\r\n", channel);
    if (write(fd, line, (size_t)size) != size) fail("subscribe");
    return fd;
}

int main(int argc, char **argv) {
    if (argc < 4) return fprintf(stderr, "floor PORT REDIS_PORT CHANNEL [join]\n"), 2;
    joins = argc > 4;
    int listener = listen_on(atoi(argv[1])), redis = subscribe(atoi(argv[2]), argv[3]), poll_fd = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[BATCH];
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event);
    event.data.fd = redis;
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, redis, &event);
    for (;;) {
        int found = epoll_wait(poll_fd, events, BATCH, -1);
        for (int i = 0; i < found; i++) {
            int fd = events[i].data.fd;
            if (fd == redis) {
                ssize_t size = read(redis, input + have, INPUT - have);
                if (size <= 0) fail("redis");
                have += (size_t)size;
                parse();
            } else if (fd == listener) {
                int one = 1;
                event.data.fd = accept(listener, NULL, NULL);
                setsockopt(event.data.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                epoll_ctl(poll_fd, EPOLL_CTL_ADD, event.data.fd, &event);
            } else {
                char request[4096]; /* one packet; afterwards a client says nothing but its end */
                if (recv(fd, request, sizeof request, MSG_DONTWAIT) > 4 && !memcmp(request, "GET ", 4)) {
                    if (send(fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) > 0 && count < CLIENTS_MAX) clients[count++] = fd;
                } else
                    epoll_ctl(poll_fd, EPOLL_CTL_DEL, fd, NULL);
            }
        }
    }
}
