/* Many WebSocket clients on one core: load PORT CLIENTS REQUESTS FIRSTS GREETINGS LEAST
 *
 * REQUESTS and FIRSTS are files of blobs (4 bytes of length, big-endian, then the bytes); client n sends blob n modulo their
 * number: the HTTP request of its handshake, and after the answer its first frames. A client is ready when GREETINGS
 * messages have come. Only messages of LEAST bytes or more count afterwards. Says `{"ready":...}`, then obeys lines:
 *   start MEASURE       forgets what came; MEASURE 1 takes the delay of each message from `~T` and 19 digits in it
 *                       (nanoseconds since 1970), 0 only counts
 *   wait COUNT SECONDS  answers with a line of JSON when so many came, or when the time is up
 *   idle SECONDS        answers when that time is up
 * Frames are hopped over by their headers and nothing of a message is kept: reading must cost less than writing. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ = 1 << 18, CONNECTING = 128, HEADER_MAX = 10, ANSWER_MAX = 2048, BATCH = 512 };
enum { STEPS = 64, BUCKETS = 40 * STEPS }; /* of the histogram: 64 steps per power of two, from 1 µs on */
enum { PING = 9, PONG = 10, CLOSE = 8 };

typedef struct { char *bytes; uint32_t size; } Blob;
typedef struct { Blob *items; uint32_t count; } Blobs;
typedef struct {
    int fd;
    uint8_t open;            /* the handshake is done */
    uint8_t have;            /* bytes of a header that came in pieces */
    uint8_t header[HEADER_MAX];
    uint32_t greetings, count;
    uint64_t skip;           /* bytes of the current frame that are still to come */
    char *answer;            /* of the handshake, while it comes */
    uint32_t answered;
} Client;

static Client *clients;
static uint32_t wanted, begun, ready;
static Blobs requests, firsts;
static uint32_t greetings, least;
static struct sockaddr_in address;
static int poll_fd, measure, running;
static uint64_t total, bytes, lost, first_at, last_at, samples, histogram[BUCKETS], longest;
static size_t marker;        /* where `~T` stood in the last message */
static char buffer[READ];

static uint64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return (uint64_t)at.tv_sec * 1000000000ull + (uint64_t)at.tv_nsec;
}

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static Blobs read_blobs(const char *path) {
    Blobs blobs = {NULL, 0};
    FILE *file = fopen(path, "rb");
    uint32_t size;
    if (!file) fail(path);
    while (fread(&size, 4, 1, file) == 1) {
        Blob blob = {malloc(ntohl(size) + 1), ntohl(size)};
        if (blob.size && fread(blob.bytes, blob.size, 1, file) != 1) fail(path);
        blobs.items = realloc(blobs.items, (blobs.count + 1) * sizeof(Blob));
        blobs.items[blobs.count++] = blob;
    }
    fclose(file);
    return blobs;
}

static void send_all(int fd, const char *data, size_t size) {
    if (size && send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size) fail("send");
}

static void connect_next(void) {
    if (begun == wanted) return;
    Client *client = &clients[begun];
    Blob request = requests.items[begun % requests.count];
    struct linger at_once = {1, 0}; /* ends by a reset: no port waits after a round */
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = begun++};
    int one = 1;
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (client->fd < 0) fail("socket");
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    client->answer = malloc(ANSWER_MAX);
    send_all(client->fd, request.bytes, request.size);
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, client->fd, &event)) fail("epoll_ctl");
}

static void greeted(void) {
    ready++;
    connect_next();
    if (ready == wanted) {
        printf("{\"ready\":%u}\n", ready);
        fflush(stdout);
    }
}

static void record(const char *data, size_t size, uint64_t at) {
    if (marker + 21 > size || data[marker] != '~' || data[marker + 1] != 'T') {
        const char *found = memmem(data, size, "~T", 2);
        if (!found || (size_t)(found - data) + 21 > size) return;
        marker = (size_t)(found - data);
    }
    uint64_t sent = 0;
    for (size_t i = marker + 2; i < marker + 21; i++) sent = sent * 10 + (uint64_t)(data[i] - '0');
    uint64_t delay = at > sent ? (at - sent) / 1000 : 0;
    if (delay > longest) longest = delay;
    uint64_t bucket = delay;
    if (delay >= STEPS) {
        int power = 63 - __builtin_clzll(delay) - 6; /* 2^6 = STEPS */
        bucket = (uint64_t)(power + 1) * STEPS + (delay >> power) - STEPS;
    }
    histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    samples++;
}

static uint64_t percentile(double share) {
    uint64_t rank = (uint64_t)((double)samples * share), seen = 0;
    for (uint64_t bucket = 0; bucket < BUCKETS; bucket++)
        if ((seen += histogram[bucket]) > rank) {
            if (bucket < STEPS) return bucket;
            uint64_t power = bucket / STEPS - 1;
            return (bucket % STEPS + STEPS) << power;
        }
    return longest;
}

static void pong(Client *client, const char *data, size_t size) {
    char frame[131] = {(char)(0x80 | PONG), (char)(0x80 | size), 0, 0, 0, 0}; /* masked with zeros */
    memcpy(frame + 6, data, size);
    send_all(client->fd, frame, size + 6);
}

/* One frame whose header is known. `data` may hold less than `size` bytes of it. */
static void take(Client *client, uint8_t head, uint64_t size, const char *data, size_t have, uint64_t at) {
    uint8_t opcode = head & 0x0f;
    if (opcode == PING && have >= size && size < 126) pong(client, data, size);
    if (opcode >= CLOSE) return;
    if (client->greetings < greetings) {
        if (++client->greetings == greetings) greeted();
        return;
    }
    if (size < least || !running) return;
    if (!first_at) first_at = at;
    last_at = at;
    total++;
    client->count++;
    bytes += size;
    if (measure && have >= size) record(data, size, at);
}

static size_t header_size(uint8_t second) {
    return (second & 0x7f) < 126 ? 2 : (second & 0x7f) == 126 ? 4 : 10;
}

static uint64_t frame_size(const uint8_t *header) {
    uint64_t size = header[1] & 0x7f;
    if (size < 126) return size;
    size_t width = size == 126 ? 2 : 8;
    size = 0;
    for (size_t i = 0; i < width; i++) size = size << 8 | header[2 + i];
    return size;
}

static void parse(Client *client, const char *data, size_t size, uint64_t at) {
    const char *end = data + size;
    while (data < end) {
        if (client->skip) {
            uint64_t step = client->skip < (uint64_t)(end - data) ? client->skip : (uint64_t)(end - data);
            client->skip -= step;
            data += step;
            continue;
        }
        uint8_t *header = (uint8_t *)data;
        size_t need = end - data >= 2 ? header_size(header[1]) : HEADER_MAX;
        if (client->have || (size_t)(end - data) < need) { /* a header in pieces */
            client->header[client->have++] = (uint8_t)*data++;
            if (client->have < 2 || client->have < header_size(client->header[1])) continue;
            header = client->header;
            client->have = 0;
        } else
            data += need;
        uint64_t length = frame_size(header);
        take(client, header[0], length, data, (size_t)(end - data), at);
        client->skip = length;
    }
}

static void shake(Client *client, uint32_t number, const char *data, size_t size, uint64_t at) {
    if (client->answered + size >= ANSWER_MAX) size = ANSWER_MAX - 1 - client->answered;
    memcpy(client->answer + client->answered, data, size);
    client->answered += (uint32_t)size;
    char *end = memmem(client->answer, client->answered, "\r\n\r\n", 4);
    if (!end) return;
    if (memcmp(client->answer, "HTTP/1.1 101", 12)) {
        fprintf(stderr, "load: refused: %.*s\n", (int)client->answered, client->answer);
        exit(1);
    }
    client->open = 1;
    Blob first = firsts.count ? firsts.items[number % firsts.count] : (Blob){NULL, 0};
    send_all(client->fd, first.bytes, first.size);
    if (!greetings) greeted();
    char *rest = end + 4;
    parse(client, rest, (size_t)(client->answer + client->answered - rest), at);
    free(client->answer);
    client->answer = NULL;
}

static void read_from(uint32_t number) {
    Client *client = &clients[number];
    ssize_t size = recv(client->fd, buffer, READ, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
        if (!client->open) fail("closed before it was ready");
        epoll_ctl(poll_fd, EPOLL_CTL_DEL, client->fd, NULL);
        close(client->fd);
        lost++;
        return;
    }
    uint64_t at = now();
    if (client->open) parse(client, buffer, (size_t)size, at);
    else shake(client, number, buffer, (size_t)size, at);
}

static void tell(void) {
    uint32_t most = 0, fewest = UINT32_MAX;
    for (uint32_t i = 0; i < wanted; i++) {
        if (clients[i].count > most) most = clients[i].count;
        if (clients[i].count < fewest) fewest = clients[i].count;
    }
    printf("{\"total\":%llu,\"bytes\":%llu,\"fewest\":%u,\"most\":%u,\"closed\":%llu,\"first\":%llu,\"last\":%llu,"
           "\"samples\":%llu,\"p50\":%llu,\"p99\":%llu,\"p999\":%llu,\"longest\":%llu}\n",
           (unsigned long long)total, (unsigned long long)bytes, fewest, most, (unsigned long long)lost,
           (unsigned long long)first_at, (unsigned long long)last_at, (unsigned long long)samples,
           (unsigned long long)percentile(0.5), (unsigned long long)percentile(0.99),
           (unsigned long long)percentile(0.999), (unsigned long long)longest);
    fflush(stdout);
}

static void start(int with_delays) {
    total = bytes = first_at = last_at = samples = longest = 0;
    memset(histogram, 0, sizeof histogram);
    for (uint32_t i = 0; i < wanted; i++) clients[i].count = 0;
    measure = with_delays;
    running = 1;
}

/* Reads from whoever has something, until `count` messages came or the moment `until`; all the time while `count` is 0. */
static void run(uint64_t count, uint64_t until) {
    struct epoll_event events[BATCH];
    while (now() < until && (!count || total < count)) {
        int found = epoll_wait(poll_fd, events, BATCH, 20);
        for (int i = 0; i < found; i++) read_from(events[i].data.u32);
    }
}

/* The next command; whatever comes meanwhile is read. */
static int command(char *line, size_t size) {
    static char input[4096];
    static size_t have;
    struct epoll_event events[BATCH];
    for (;;) {
        char *end = memchr(input, '\n', have);
        if (end) {
            size_t length = (size_t)(end - input);
            if (length >= size) length = size - 1;
            memcpy(line, input, length);
            line[length] = 0;
            have -= (size_t)(end + 1 - input);
            memmove(input, end + 1, have);
            return 1;
        }
        int found = epoll_wait(poll_fd, events, BATCH, -1);
        for (int i = 0; i < found; i++) {
            if (events[i].data.u32 != UINT32_MAX) {
                read_from(events[i].data.u32);
                continue;
            }
            ssize_t size_read = read(0, input + have, sizeof input - have);
            if (size_read <= 0) return 0;
            have += (size_t)size_read;
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 7) return fprintf(stderr, "load PORT CLIENTS REQUESTS FIRSTS GREETINGS LEAST\n"), 2;
    wanted = (uint32_t)atoi(argv[2]);
    requests = read_blobs(argv[3]);
    firsts = read_blobs(argv[4]);
    greetings = (uint32_t)atoi(argv[5]);
    least = (uint32_t)atoi(argv[6]);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    clients = calloc(wanted, sizeof(Client));
    poll_fd = epoll_create1(0);
    struct epoll_event input = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, 0, &input);
    for (int i = 0; i < CONNECTING; i++) connect_next();
    char line[256];
    while (command(line, sizeof line)) {
        unsigned long long count;
        double seconds;
        int with_delays;
        if (sscanf(line, "start %d", &with_delays) == 1) {
            start(with_delays);
            puts("{}");
            fflush(stdout);
        } else if (sscanf(line, "wait %llu %lf", &count, &seconds) == 2) {
            run(count, now() + (uint64_t)(seconds * 1e9));
            tell();
        } else if (sscanf(line, "idle %lf", &seconds) == 1) {
            run(0, now() + (uint64_t)(seconds * 1e9));
            tell();
        }
    }
    return 0;
}
