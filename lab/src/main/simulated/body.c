/*
 * The body of a simulated guest: what would be in the guest's memory, and moves with it from one host's tap to another's. It
 * answers ARP, records each probe packet that it reads, with the time when its tap was given it, and echoes a share of them as probe.c does. While it is stopped it reads and
 * writes nothing.
 *
 * body MAC ADDRESS GATEWAY-MAC SHARE echoes those whose number is a multiple of SHARE; orders on standard input, one answer a line; it ends with its input:
 *
 *   open PLACE NAMESPACE TAP  -> opened         opens a tap of that namespace, as QEMU does: it takes frames from now on
 *   read PLACE                -> reading TIME   reads the tap there from now on
 *   stop                      -> stopped TIME   reads none
 *   first PLACE               -> first TIME     when the tap was given its first probe packet since it was opened; 0: never yet
 *   close PLACE               -> closed COUNT   of the probe packets that had been given to the tap, and not read
 *   save FILE                 -> saved COUNT    writes what was recorded since the last time: struct record, native byte order
 *
 * Times are nanoseconds since 1970.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PROBES = 4340, MAGIC = 0x4d4f4f52 };
enum { TAPS = 4, ECHOES = 1 << 15, ECHO_SIZE = 256, READ_SHARE = 256, WRITE_SHARE = 4 };
enum { IP = 14, UDP = 34, PAYLOAD = 42, PROBE_SIZE = PAYLOAD + 20, ARP_SIZE = 42, SHORTEST = 60 };

struct record {
    uint32_t flow, sequence;
    uint64_t sent, given;
};

/* A probe packet, and when its tap was given it. */
struct given {
    uint32_t flow, sequence;
    uint64_t at;
};

struct tap {
    char place[32];
    int fd;       /* -1: this place is free */
    int sniffer;  /* sees the probe packets that the tap is given, before they can be read */
    int known;    /* whether `next` is the next one of them */
    struct given next;
    uint64_t first;
};

struct echo {
    size_t length;
    uint8_t frame[ECHO_SIZE];
};

static uint8_t mac[ETH_ALEN], gateway[ETH_ALEN], address[4];
static uint32_t share;
static struct tap taps[TAPS] = {{.fd = -1}, {.fd = -1}, {.fd = -1}, {.fd = -1}};
static struct tap *reading;
static struct record *records;
static size_t recorded, room;
/* The reader goes first: what it reads while it has yet to echo is not late for that. */
static struct echo echoes[ECHOES];
static uint32_t echoes_in, echoes_out;

static void must(int ok, const char *what) {
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static uint64_t nanoseconds(struct timespec t) { return (uint64_t) t.tv_sec * 1000000000u + (uint64_t) t.tv_nsec; }

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return nanoseconds(t);
}

static uint16_t get16(const uint8_t *at) { return (uint16_t) (at[0] << 8 | at[1]); }

static uint32_t get32(const uint8_t *at) { return (uint32_t) get16(at) << 16 | get16(at + 2); }

/* Whether there is a probe packet more that the tap was given; it is `next` then. */
static int look_ahead(struct tap *t) {
    uint8_t frame[PROBE_SIZE];
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    struct iovec data = {frame, sizeof frame};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    if (t->known) return 1;
    if (recvmsg(t->sniffer, &message, 0) < 0) return 0;
    struct cmsghdr *stamp = CMSG_FIRSTHDR(&message);
    must(stamp != NULL, "a packet without a time");
    struct timespec at;
    memcpy(&at, CMSG_DATA(stamp), sizeof at);
    t->next = (struct given) {
        .flow = get32(frame + PAYLOAD + 4), .sequence = get32(frame + PAYLOAD + 8), .at = nanoseconds(at)};
    if (!t->first) t->first = t->next.at;
    return t->known = 1;
}

/* When the tap was given the one that was read from it: the next one, but for those that found no room there. */
static uint64_t given(const uint8_t *payload) {
    while (look_ahead(reading)) {
        reading->known = 0;
        if (reading->next.flow == get32(payload + 4) && reading->next.sequence == get32(payload + 8)) {
            return reading->next.at;
        }
    }
    fprintf(stderr, "a packet was read that nobody saw the tap be given\n");
    exit(1);
}

static void record(const uint8_t *payload) {
    if (recorded == room) {
        room = room ? 2 * room : 1 << 16;
        records = realloc(records, room * sizeof *records);
        must(records != NULL, "realloc");
    }
    records[recorded++] = (struct record) {
        .flow = get32(payload + 4), .sequence = get32(payload + 8),
        .sent = (uint64_t) get32(payload + 12) << 32 | get32(payload + 16), .given = given(payload)};
}

static int is_probe(const uint8_t *frame, size_t length) {
    return length >= PROBE_SIZE && get16(frame + 12) == ETH_P_IP && frame[IP] == 0x45 && frame[IP + 9] == IPPROTO_UDP
        && !memcmp(frame, mac, ETH_ALEN) && !memcmp(frame + IP + 16, address, 4) && get16(frame + UDP + 2) == PROBES
        && get32(frame + PAYLOAD) == MAGIC;
}

static void ip_checksum(uint8_t *header) {
    uint32_t sum = 0;
    header[10] = header[11] = 0;
    for (int i = 0; i < 20; i += 2) sum += get16(header + i);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    header[10] = (uint8_t) (~sum >> 8);
    header[11] = (uint8_t) ~sum;
}

static void keep_echo(const uint8_t *frame, size_t length) {
    if (get32(frame + PAYLOAD + 8) % share || length > ECHO_SIZE || echoes_in - echoes_out == ECHOES) return;
    struct echo *e = &echoes[echoes_in++ % ECHOES];
    e->length = length;
    memcpy(e->frame, frame, length);
    memcpy(e->frame, gateway, ETH_ALEN);
    memcpy(e->frame + ETH_ALEN, mac, ETH_ALEN);
    e->frame[IP + 8] = 64;
    memcpy(e->frame + IP + 12, frame + IP + 16, 4);
    memcpy(e->frame + IP + 16, frame + IP + 12, 4);
    ip_checksum(e->frame + IP);
    memcpy(e->frame + UDP, frame + UDP + 2, 2);
    memcpy(e->frame + UDP + 2, frame + UDP, 2);
}

static void answer_arp(const uint8_t *frame) {
    static const uint8_t request[] = {0, 1, 8, 0, 6, 4, 0, 1};
    uint8_t out[SHORTEST] = {0};
    if (memcmp(frame + 14, request, sizeof request) || memcmp(frame + 38, address, 4)) return;
    memcpy(out, frame + 22, ETH_ALEN);
    memcpy(out + 6, mac, ETH_ALEN);
    memcpy(out + 12, frame + 12, 2);
    memcpy(out + 14, request, sizeof request);
    out[21] = 2;
    memcpy(out + 22, mac, ETH_ALEN);
    memcpy(out + 28, address, 4);
    memcpy(out + 32, frame + 22, 10);
    if (write(reading->fd, out, sizeof out) < 0) perror("ARP reply");
}

/* As QEMU does at RESUME: the bridges learn where the guest is. */
static void announce(void) {
    uint8_t out[SHORTEST] = {0};
    static const uint8_t rarp[] = {0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3};
    memset(out, 0xff, ETH_ALEN);
    memcpy(out + 6, mac, ETH_ALEN);
    memcpy(out + 12, rarp, sizeof rarp);
    memcpy(out + 22, mac, ETH_ALEN);
    memcpy(out + 32, mac, ETH_ALEN);
    if (write(reading->fd, out, sizeof out) < 0) perror("RARP announcement");
}

static void serve_tap(void) {
    static uint8_t frame[1 << 16];
    for (int i = 0; i < READ_SHARE; i++) {
        ssize_t n = read(reading->fd, frame, sizeof frame);
        if (n < 0) return;
        if (is_probe(frame, (size_t) n)) {
            record(frame + PAYLOAD);
            keep_echo(frame, (size_t) n);
        } else if (n >= ARP_SIZE && get16(frame + 12) == ETH_P_ARP) {
            answer_arp(frame);
        }
    }
}

static void send_echoes(void) {
    for (int i = 0; i < WRITE_SHARE && echoes_out != echoes_in; i++) {
        struct echo *e = &echoes[echoes_out % ECHOES];
        if (write(reading->fd, e->frame, e->length) < 0 && errno == EAGAIN) return;
        echoes_out++;
    }
}

static int sniffer(const char *name) {
    struct sock_filter probes[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 6),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, IP + 9), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 4),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, UDP + 2), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROBES, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, PAYLOAD), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MAGIC, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, PROBE_SIZE)};
    struct sock_fprog filter = {.len = sizeof probes / sizeof *probes, .filter = probes};
    struct sockaddr_ll on = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int) if_nametoindex(name)};
    int one = 1, deep = 64 << 20, fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
    must(fd >= 0, "packet socket");
    must(!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter), "SO_ATTACH_FILTER");
    must(!setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one), "SO_TIMESTAMPNS");
    must(!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &deep, sizeof deep), "SO_RCVBUFFORCE");
    must(!bind(fd, (struct sockaddr *) &on, sizeof on), name);
    return fd;
}

static struct tap *tap_at(const char *place) {
    for (struct tap *t = taps; t < taps + TAPS; t++) {
        if (t->fd >= 0 && !strcmp(t->place, place)) return t;
    }
    fprintf(stderr, "no tap at %s\n", place);
    exit(1);
}

static void open_tap(const char *place, const char *namespace, const char *device) {
    struct tap *t = taps;
    while (t < taps + TAPS && t->fd >= 0) t++;
    must(t < taps + TAPS, "too many taps");
    /* What is opened inside stays there, wherever we go. */
    int own = open("/proc/self/ns/net", O_RDONLY), other = open(namespace, O_RDONLY);
    must(own >= 0 && other >= 0 && !setns(other, CLONE_NEWNET), namespace);
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
    t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    must(t->fd >= 0 && !ioctl(t->fd, TUNSETIFF, &request), device);
    t->sniffer = sniffer(device);
    must(!setns(own, CLONE_NEWNET), "setns");
    close(own);
    close(other);
    snprintf(t->place, sizeof t->place, "%s", place);
    t->known = 0;
    t->first = 0;
}

static unsigned close_tap(struct tap *t) {
    static uint8_t frame[1 << 16];
    unsigned left = 0;
    for (ssize_t n = read(t->fd, frame, sizeof frame); n >= 0; n = read(t->fd, frame, sizeof frame)) {
        left += (unsigned) is_probe(frame, (size_t) n);
    }
    if (t == reading) reading = NULL;
    close(t->sniffer);
    close(t->fd);
    t->fd = -1;
    return left;
}

static void save(const char *file) {
    FILE *out = fopen(file, "w");
    must(out && fwrite(records, sizeof *records, recorded, out) == recorded && !fclose(out), file);
    printf("saved %zu\n", recorded);
    recorded = 0;
}

/* Whoever gives an order waits for its answer: what is read is one order. */
static void obey(void) {
    char line[1024], verb[16] = "", one[256] = "", two[256] = "", three[256] = "";
    ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);
    if (n <= 0) exit(0);
    line[n] = 0;
    sscanf(line, "%15s %255s %255s %255s", verb, one, two, three);
    if (!strcmp(verb, "stop")) {
        reading = NULL;
        printf("stopped %llu\n", (unsigned long long) now());
    } else if (!strcmp(verb, "read")) {
        reading = tap_at(one);
        printf("reading %llu\n", (unsigned long long) now());
        announce();
    } else if (!strcmp(verb, "open")) {
        open_tap(one, two, three);
        printf("opened\n");
    } else if (!strcmp(verb, "first")) {
        struct tap *t = tap_at(one);
        look_ahead(t);
        printf("first %llu\n", (unsigned long long) t->first);
    } else if (!strcmp(verb, "close")) {
        printf("closed %u\n", close_tap(tap_at(one)));
    } else if (!strcmp(verb, "save")) {
        save(one);
    } else {
        fprintf(stderr, "not understood: %s\n", line);
        exit(1);
    }
    fflush(stdout);
}

static void hardware_address(const char *text, uint8_t *out) {
    must(sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", out, out + 1, out + 2, out + 3, out + 4, out + 5) == 6, text);
}

int main(int argc, char **argv) {
    must(argc == 5 && (share = (uint32_t) atoi(argv[4])) > 0, "body MAC ADDRESS GATEWAY-MAC SHARE");
    hardware_address(argv[1], mac);
    must(inet_pton(AF_INET, argv[2], address) == 1, argv[2]);
    hardware_address(argv[3], gateway);
    for (;;) {
        struct pollfd fds[] = {
            {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = reading ? reading->fd : -1, .events = POLLIN}};
        if (poll(fds, 2, reading && echoes_in != echoes_out ? 0 : -1) < 0) continue;
        if (fds[0].revents) obey();
        if (reading && fds[1].revents) serve_tap();
        if (reading) send_echoes();
    }
}
