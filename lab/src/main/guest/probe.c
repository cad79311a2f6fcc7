/*
 * The test program in the guest: it is what the probes outside talk to, and it counts, in the guest, what reached it.
 *
 *   UDP 4340  probe packets; counted per flow, and echoed as they came
 *   TCP 4341  "FLOW\n" -> "received duplicated reordered beyond\n" of that flow (beyond: sequence numbers it has no room for);
 *             "tcp\n" -> "retransmitted\n", segments of all the guest's sessions (RetransSegs of RFC 4022)
 *   TCP 4342  echoes what it gets
 *   TCP 4343  a counter, one line each 10 ms
 *
 * probe ADDRESS:PORT... : also opens a session of its own to each of these and sends the counter there, for as long as it runs.
 *
 * A probe packet is, in network byte order: 0x4d4f4f52, the flow, the sequence number from 0, then what the sender likes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { PROBES = 4340, REPORTS = 4341, ECHO = 4342, COUNTER = 4343 };
enum { MAGIC = 0x4d4f4f52, FLOWS = 16, SEQUENCES = 1 << 20, CONNECTIONS = 64, TICK_MS = 10, RETRY_TICKS = 20, SHARE = 32 };

struct flow {
    uint32_t id, last_used, next_expected;
    uint32_t received, duplicated, reordered, beyond;
    uint8_t seen[SEQUENCES / 8];
};

struct connection {
    int kind;            /* the port that accepted it; 0: free; -1: opened by us */
    int fd;              /* -1 while we wait to open it again */
    int established;
    unsigned retry;
    struct sockaddr_in to;
};

static struct flow flows[FLOWS];
static struct connection connections[CONNECTIONS];
static uint32_t uses;
static unsigned long long ticks;

static void must(int ok, const char *what) {
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static struct flow *flow_of(uint32_t id) {
    struct flow *oldest = &flows[0];
    for (struct flow *f = flows; f < flows + FLOWS; f++) {
        if (f->last_used && f->id == id) {
            f->last_used = ++uses;
            return f;
        }
        if (f->last_used < oldest->last_used) oldest = f;
    }
    memset(oldest, 0, sizeof *oldest);
    oldest->id = id;
    oldest->last_used = ++uses;
    return oldest;
}

/* Reordered as in RFC 4737 section 3: its number is smaller than the next expected one. */
static void count(struct flow *f, uint32_t sequence) {
    f->received++;
    if (sequence >= SEQUENCES) {
        f->beyond++;
        return;
    }
    uint8_t bit = (uint8_t) (1 << (sequence % 8));
    if (f->seen[sequence / 8] & bit) {
        f->duplicated++;
    } else if (sequence < f->next_expected) {
        f->reordered++;
    }
    f->seen[sequence / 8] |= bit;
    if (sequence >= f->next_expected) f->next_expected = sequence + 1;
}

/* A bounded share: a slow guest that never caught up with the flow would never serve its sessions. */
static void serve_probes(int fd) {
    static uint32_t packet[512];
    struct sockaddr_in from;
    for (int i = 0; i < SHARE; i++) {
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(fd, packet, sizeof packet, MSG_DONTWAIT, (struct sockaddr *) &from, &length);
        if (n < 0) return;
        if (n < 12 || ntohl(packet[0]) != MAGIC) continue;
        count(flow_of(ntohl(packet[1])), ntohl(packet[2]));
        sendto(fd, packet, (size_t) n, MSG_DONTWAIT, (struct sockaddr *) &from, length);
    }
}

static int bound(int type, int port) {
    int one = 1, buffer = 4 << 20, fd = socket(AF_INET, type, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t) port)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    /* All that queued while the guest was paused comes at once: what the buffer can't hold would look lost on the way. */
    if (type == SOCK_DGRAM) must(!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer), "SO_RCVBUFFORCE");
    must(!bind(fd, (struct sockaddr *) &address, sizeof address), "bind");
    if (type == SOCK_STREAM) must(!listen(fd, 16), "listen");
    return fd;
}

static struct connection *free_connection(void) {
    for (struct connection *c = connections; c < connections + CONNECTIONS; c++) {
        if (!c->kind) return c;
    }
    return NULL;
}

static void prompt(int fd) {
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void serve_listener(int listener, int kind) {
    int fd = accept(listener, NULL, NULL);
    struct connection *c = fd < 0 ? NULL : free_connection();
    if (!c) {
        if (fd >= 0) close(fd);
        return;
    }
    prompt(fd);
    *c = (struct connection) {.kind = kind, .fd = fd, .established = 1};
}

static void end(struct connection *c) {
    close(c->fd);
    c->fd = -1;
    c->established = 0;
    c->retry = 0;
    if (c->kind > 0) c->kind = 0;
}

/* The twelfth number of the second line that begins with "Tcp:". */
static unsigned long retransmitted(void) {
    unsigned long count = 0;
    char line[512];
    FILE *file = fopen("/proc/net/snmp", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "Tcp: %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lu", &count) == 1) break;
    }
    if (file) fclose(file);
    return count;
}

static void serve_connection(struct connection *c) {
    char in[4096], out[128];
    if (!c->established) {
        int error = 0;
        socklen_t length = sizeof error;
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length);
        if (error) end(c);
        else c->established = 1;
        return;
    }
    ssize_t n = read(c->fd, in, sizeof in - 1);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        end(c);
    } else if (n > 0 && c->kind == ECHO) {
        if (write(c->fd, in, (size_t) n) != n) end(c);
    } else if (n > 0 && c->kind == REPORTS) {
        in[n] = 0;
        int length;
        if (in[0] == 't') {
            length = snprintf(out, sizeof out, "%lu\n", retransmitted());
        } else {
            struct flow *f = flow_of((uint32_t) strtoul(in, NULL, 10));
            length = snprintf(out, sizeof out, "%u %u %u %u\n", f->received, f->duplicated, f->reordered, f->beyond);
        }
        if (write(c->fd, out, (size_t) length) != length) end(c);
    }
}

static void open_again(struct connection *c) {
    if (c->retry++ % RETRY_TICKS) return;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    prompt(c->fd);
    if (connect(c->fd, (struct sockaddr *) &c->to, sizeof c->to) && errno != EINPROGRESS) {
        close(c->fd);
        c->fd = -1;
    }
}

static void tick(void) {
    char line[32];
    int length = snprintf(line, sizeof line, "%llu\n", ++ticks);
    for (struct connection *c = connections; c < connections + CONNECTIONS; c++) {
        if (c->kind == -1 && c->fd < 0) open_again(c);
        if (!c->established || (c->kind != -1 && c->kind != COUNTER)) continue;
        ssize_t n = write(c->fd, line, (size_t) length);
        /* A full window is waiting, not breaking. */
        if (n != length && !(n < 0 && errno == EAGAIN)) end(c);
    }
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    for (int i = 1; i < argc; i++) {
        char *colon = strchr(argv[i], ':');
        must(colon != NULL && i < CONNECTIONS, "ADDRESS:PORT");
        *colon = 0;
        connections[i - 1] = (struct connection) {.kind = -1, .fd = -1,
                .to = {.sin_family = AF_INET, .sin_port = htons((uint16_t) atoi(colon + 1))}};
        must(inet_pton(AF_INET, argv[i], &connections[i - 1].to.sin_addr) == 1, argv[i]);
    }
    int kinds[] = {PROBES, REPORTS, ECHO, COUNTER};
    struct pollfd fds[5 + CONNECTIONS];
    for (int i = 0; i < 4; i++) fds[i] = (struct pollfd) {.fd = bound(i ? SOCK_STREAM : SOCK_DGRAM, kinds[i]), .events = POLLIN};
    struct itimerspec period = {{0, TICK_MS * 1000000L}, {0, TICK_MS * 1000000L}};
    fds[4] = (struct pollfd) {.fd = timerfd_create(CLOCK_MONOTONIC, 0), .events = POLLIN};
    must(!timerfd_settime(fds[4].fd, 0, &period, NULL), "timerfd");

    for (;;) {
        for (int i = 0; i < CONNECTIONS; i++) {
            struct connection *c = &connections[i];
            fds[5 + i] = (struct pollfd) {.fd = c->kind ? c->fd : -1, .events = c->established ? POLLIN : POLLOUT};
        }
        if (poll(fds, 5 + CONNECTIONS, -1) < 0) continue;
        if (fds[0].revents) serve_probes(fds[0].fd);
        for (int i = 0; i < CONNECTIONS; i++) {
            if (fds[5 + i].revents) serve_connection(&connections[i]);
        }
        for (int i = 1; i < 4; i++) {
            if (fds[i].revents) serve_listener(fds[i].fd, kinds[i]);
        }
        uint64_t expirations;
        if (fds[4].revents && read(fds[4].fd, &expirations, sizeof expirations) > 0) tick();
    }
}
