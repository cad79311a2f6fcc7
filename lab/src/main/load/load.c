/*
 * What passes a forwarding path while it is measured.
 *
 *   load serve ADDRESS   says "serving"; takes TCP octets on port 5001, answers UDP datagrams to port 7, lets those to port 9 lie
 *   load drive ADDRESS   takes orders on standard input, one answer a line:
 *
 *     tcp MS      -> tcp OCTETS NS            sends for so long; the server had so many octets after so much time
 *     echo MS     -> echo COUNT NS            one 64-octet packet at a time, there and back; the median of the round trips
 *     packets MS  -> packets SENT NS BUSY     64-octet packets as fast as they go; what all processors worked meanwhile, in ns
 *
 * Both end with their standard input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TCP_PORT = 5001, ECHO_PORT = 7, DISCARD_PORT = 9 };
enum { PAYLOAD = 64 - 28, BATCH = 64, CHUNK = 1 << 17, ROUND_TRIPS = 1 << 20, LOST_MS = 100 };

static char octets[CHUNK];

static void must(int ok, const char *what) {
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec;
}

static struct sockaddr_in at(const char *address, int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t) port)};
    must(inet_pton(AF_INET, address, &to.sin_addr) == 1, address);
    return to;
}

static int bound(const char *address, int type, int port) {
    struct sockaddr_in self = at(address, port);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    must(fd >= 0 && !bind(fd, (void *) &self, sizeof self), "bind");
    return fd;
}

static int connected(const char *address, int type, int port) {
    struct sockaddr_in to = at(address, port);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    must(fd >= 0 && !connect(fd, (void *) &to, sizeof to), "connect");
    return fd;
}

/* What arrives here counts in the namespace's statistics, and is dropped as soon as this little is waiting: nobody has to read it. */
static void discard(const char *address) {
    int fd = bound(address, SOCK_DGRAM, DISCARD_PORT), least = 0;
    must(!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least), "SO_RCVBUF");
}

static void answer(int fd) {
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t count = recvfrom(fd, octets, sizeof octets, 0, (void *) &from, &length);

    if (count >= 0)
        sendto(fd, octets, (size_t) count, 0, (void *) &from, length);
}

/* Tells the sender how many octets came, once it has sent all. */
static void take(int listener) {
    int fd = accept(listener, NULL, NULL);
    uint64_t total = 0;
    ssize_t count;

    must(fd >= 0, "accept");
    while ((count = read(fd, octets, sizeof octets)) > 0)
        total += (uint64_t) count;
    if (count == 0)
        must(write(fd, &total, sizeof total) == sizeof total, "write");
    close(fd);
}

static void serve(const char *address) {
    struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = bound(address, SOCK_DGRAM, ECHO_PORT), .events = POLLIN},
                           {.fd = bound(address, SOCK_STREAM, TCP_PORT), .events = POLLIN}};

    must(!listen(fds[2].fd, 1), "listen");
    discard(address);
    puts("serving");
    while (poll(fds, 3, -1) > 0 && !fds[0].revents) {
        if (fds[1].revents)
            answer(fds[1].fd);
        if (fds[2].revents)
            take(fds[2].fd);
    }
}

static void send_tcp(const char *address, uint64_t duration) {
    int fd = connected(address, SOCK_STREAM, TCP_PORT);
    uint64_t began = now(), total = 0;

    while (now() < began + duration)
        must(write(fd, octets, sizeof octets) > 0, "write");
    must(!shutdown(fd, SHUT_WR), "shutdown");
    must(read(fd, &total, sizeof total) == sizeof total, "read");
    printf("tcp %lu %lu\n", total, now() - began);
    close(fd);
}

static int by_length(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *) a, right = *(const uint64_t *) b;
    return (left > right) - (left < right);
}

static void echo(const char *address, uint64_t duration) {
    static uint64_t trips[ROUND_TRIPS];
    int fd = connected(address, SOCK_DGRAM, ECHO_PORT);
    struct timeval patience = {.tv_usec = LOST_MS * 1000};
    uint64_t began = now(), sent = began;
    size_t count = 0;

    must(!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), "SO_RCVTIMEO");
    for (; sent < began + duration && count < ROUND_TRIPS; sent = now()) {
        must(send(fd, octets, PAYLOAD, 0) == PAYLOAD, "send");
        if (recv(fd, octets, sizeof octets, 0) == PAYLOAD)
            trips[count++] = now() - sent;
    }
    qsort(trips, count, sizeof *trips, by_length);
    printf("echo %zu %lu\n", count, count ? trips[count / 2] : 0);
    close(fd);
}

/* That all processors worked since boot, in ns: user, nice, system, irq, softirq (proc(5)). */
static uint64_t busy(void) {
    unsigned long user, nice, system, idle, iowait, irq, softirq;
    FILE *file = fopen("/proc/stat", "r");

    must(file && fscanf(file, "cpu %lu %lu %lu %lu %lu %lu %lu", &user, &nice, &system, &idle, &iowait, &irq, &softirq) == 7,
         "/proc/stat");
    fclose(file);
    return (user + nice + system + irq + softirq) * (1000000000u / (unsigned long) sysconf(_SC_CLK_TCK));
}

static void send_packets(const char *address, uint64_t duration) {
    int fd = connected(address, SOCK_DGRAM, DISCARD_PORT);
    struct iovec payload = {octets, PAYLOAD};
    struct mmsghdr batch[BATCH];
    uint64_t worked = busy(), began = now(), total = 0;

    memset(batch, 0, sizeof batch);
    for (int i = 0; i < BATCH; i++)
        batch[i].msg_hdr = (struct msghdr) {.msg_iov = &payload, .msg_iovlen = 1};
    while (now() < began + duration) {
        int sent = sendmmsg(fd, batch, BATCH, 0);
        must(sent > 0, "sendmmsg");
        total += (uint64_t) sent;
    }
    printf("packets %lu %lu %lu\n", total, now() - began, busy() - worked);
    close(fd);
}

static void drive(const char *address) {
    char line[64], order[16];
    unsigned ms;

    while (fgets(line, sizeof line, stdin)) {
        must(sscanf(line, "%15s %u", order, &ms) == 2, line);
        uint64_t duration = ms * 1000000ul;
        if (!strcmp(order, "tcp"))
            send_tcp(address, duration);
        else if (!strcmp(order, "echo"))
            echo(address, duration);
        else
            send_packets(address, duration);
    }
}

int main(int count, char **words) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (count == 3 && !strcmp(words[1], "serve"))
        serve(words[2]);
    else if (count == 3 && !strcmp(words[1], "drive"))
        drive(words[2]);
    else
        return 2;
    return 0;
}
