/*
 * Sends Ethernet frames as fast as it is told to.
 *
 *   flood INTERFACE RATE   reads frames from standard input, one a line in hexadecimal, up to an empty line; says "flooding"; sends them in turn,
 *                          RATE a second if it can, until its standard input ends; then says how many it has sent
 *
 * A frame holds a UDP datagram. Where its source MAC address or its source address is all zero, and its source port 0, each one that is sent has another; the last 16
 * octets, the authenticator, are others each time, and there is no UDP checksum.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_FRAMES = 4096, LONGEST = 1514, BATCH = 64, AUTHENTICATOR = 16 };
enum { SOURCE_MAC = 6, IP_HEADER = 14, CHECKSUM = IP_HEADER + 10, SOURCE = IP_HEADER + 12, SOURCE_PORT = IP_HEADER + 20, UDP_CHECKSUM = IP_HEADER + 26 };

static uint8_t frames[MOST_FRAMES][LONGEST], batch[BATCH][LONGEST];
static size_t lengths[MOST_FRAMES];
static int count;
static uint64_t state = 88172645463325252u;

static void must(int ok, const char *what) {
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static uint64_t chance(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static void read_frames(void) {
    char line[2 * LONGEST + 2];
    unsigned octet;

    while (fgets(line, sizeof line, stdin) && line[0] != '\n') {
        must(count < MOST_FRAMES, "too many frames");
        for (size_t i = 0; sscanf(line + 2 * i, "%2x", &octet) == 1; i++)
            frames[count][lengths[count]++] = (uint8_t) octet;
        must(lengths[count++] > SOURCE_PORT + 8 + AUTHENTICATOR, "a frame is too short");
    }
    must(count > 0, "no frames");
}

static uint16_t checksum(const uint8_t *header) {
    uint32_t sum = 0;
    for (int i = 0; i < 20; i += 2)
        sum += (uint32_t) (header[i] << 8 | header[i + 1]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t) ~sum);
}

/* A source that no martian filter minds: 100.64.0.0 to 131.63.255.255. */
static size_t forge(uint8_t *to, int which) {
    static const uint8_t none[6];
    size_t length = lengths[which];

    memcpy(to, frames[which], length);
    if (!memcmp(to + SOURCE_MAC, none, 6)) {
        uint64_t station = chance();
        memcpy(to + SOURCE_MAC, &station, 6);
        to[SOURCE_MAC] = 2; /* of one station, given locally */
    }
    if (!memcmp(to + SOURCE, none, 4)) {
        uint32_t source = htonl(0x64400000u + (uint32_t) (chance() % 0x1b000000u));
        memcpy(to + SOURCE, &source, 4);
    }
    if (!memcmp(to + SOURCE_PORT, none, 2)) {
        uint16_t port = htons((uint16_t) (1024 + chance() % 60000));
        memcpy(to + SOURCE_PORT, &port, 2);
    }
    memset(to + CHECKSUM, 0, 2);
    uint16_t sum = checksum(to + IP_HEADER);
    memcpy(to + CHECKSUM, &sum, 2);
    memset(to + UDP_CHECKSUM, 0, 2);
    for (int i = 0; i < AUTHENTICATOR; i += 8) {
        uint64_t noise = chance();
        memcpy(to + length - AUTHENTICATOR + i, &noise, 8);
    }
    return length;
}

static int input_ended(void) {
    struct pollfd input = {.fd = 0, .events = POLLIN};
    return poll(&input, 1, 0) > 0;
}

int main(int argc, char **argv) {
    struct mmsghdr messages[BATCH] = {0};
    struct iovec parts[BATCH];
    struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
    uint64_t sent = 0;
    int one = 1, fd;

    must(argc == 3, "usage: flood INTERFACE RATE");
    setvbuf(stdin, NULL, _IONBF, 0);
    read_frames();
    must((fd = socket(AF_PACKET, SOCK_RAW, 0)) >= 0, "socket");
    must((link.sll_ifindex = (int) if_nametoindex(argv[1])) > 0, argv[1]);
    must(!bind(fd, (void *) &link, sizeof link), "bind");
    must(!setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one), "PACKET_QDISC_BYPASS");
    for (int i = 0; i < BATCH; i++) {
        parts[i].iov_base = batch[i];
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    puts("flooding");
    fflush(stdout);

    double rate = atof(argv[2]), began = now();
    while (!input_ended()) {
        double due = (now() - began) * rate - (double) sent;
        if (due < 1) {
            struct timespec nap = {.tv_nsec = 200000};
            nanosleep(&nap, NULL);
            continue;
        }
        int n = due < BATCH ? (int) due : BATCH;
        for (int i = 0; i < n; i++)
            parts[i].iov_len = forge(batch[i], (int) ((sent + (uint64_t) i) % (uint64_t) count));
        int done = sendmmsg(fd, messages, (unsigned) n, 0);
        if (done > 0)
            sent += (uint64_t) done;
    }
    printf("%llu\n", (unsigned long long) sent);
    return 0;
}
