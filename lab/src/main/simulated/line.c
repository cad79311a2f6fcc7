/*
 * A long line: a TUN device that gives back each packet it takes, in order, after a fixed time, if it doesn't lose it. Which packets go
 * through it is for the routes to say.
 *
 * line DEVICE MICROSECONDS PERCENT loses so many of all packets, and says "ready" on standard output when the device is there. Orders on
 * standard input, one answer a line; it ends with its input:
 *
 *   ?                      -> passed COUNT dropped COUNT lost COUNT latest MICROSECONDS
 *                             dropped: for want of room; latest: how late a packet was given back at most, since it was asked last
 *   spoil LOST TWICE LATE  -> spoiling      of what agents and hooks say to each other (UDP port 434) so many percent are lost, given
 *                             twice, or given up to half a second late and so out of order
 *   save FILE              -> saved COUNT   writes which probe packets were lost since the last time: struct probe, native byte order
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 1 << 14, LONGEST = 2048, SHARE = 64, STRAYS = 256, LATEST = 500000000 };
enum { AGENTS = 434, UDP = 17, MAGIC = 0x4d4f4f52 };

struct packet {
    uint64_t due;
    size_t length;
    uint8_t octets[LONGEST];
};

/* As the probe's payload begins. */
struct probe {
    uint32_t flow, sequence;
};

static struct packet line[SLOTS];
static uint32_t in, out;
/* Those that are given late, or twice; length 0: this one is free. */
static struct packet strays[STRAYS];
static unsigned straying;
static struct probe *missing;
static size_t missed, room;
static unsigned percent, spoil_lost, spoil_twice, spoil_late;
static unsigned long long passed, dropped, lost, latest;
static uint64_t chance = 88172645463325252u;

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

/* Of a uniform distribution (xorshift). */
static uint64_t draw(uint64_t below) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return chance % below;
}

static int happens(unsigned in_hundred) { return draw(100) < in_hundred; }

static int is_agents(const struct packet *p) {
    size_t header = (size_t) (p->octets[0] & 15) * 4;
    if (p->length < header + 8 || p->octets[9] != UDP) return 0;
    const uint8_t *ports = p->octets + header;
    return (ports[0] << 8 | ports[1]) == AGENTS || (ports[2] << 8 | ports[3]) == AGENTS;
}

static void lose(const struct packet *p) {
    uint32_t magic = htonl(MAGIC), words[3];
    const uint8_t *found = memmem(p->octets, p->length, &magic, sizeof magic);
    lost++;
    if (!found || found + sizeof words > p->octets + p->length) return;
    if (missed == room) {
        room = room ? 2 * room : 1 << 10;
        missing = realloc(missing, room * sizeof *missing);
        must(missing != NULL, "realloc");
    }
    memcpy(words, found, sizeof words);
    missing[missed++] = (struct probe) {ntohl(words[1]), ntohl(words[2])};
}

static int stray(const struct packet *p, uint64_t later) {
    for (struct packet *s = strays; s < strays + STRAYS; s++) {
        if (s->length) continue;
        *s = *p;
        s->due += later;
        straying++;
        return 1;
    }
    return 0;
}

static void take(int device, uint64_t delay) {
    static uint8_t unwanted[LONGEST];
    for (int i = 0; i < SHARE; i++) {
        int full = in - out == SLOTS;
        struct packet *p = &line[in % SLOTS];
        ssize_t n = read(device, full ? unwanted : p->octets, LONGEST);
        if (n < 0) return;
        if (full) {
            dropped++;
            continue;
        }
        p->length = (size_t) n;
        p->due = now() + delay;
        int spoilt = is_agents(p);
        if (happens(percent) || (spoilt && happens(spoil_lost))) {
            lose(p);
            continue;
        }
        if (spoilt && happens(spoil_twice)) stray(p, draw(LATEST));
        if (spoilt && happens(spoil_late) && stray(p, draw(LATEST))) continue;
        in++;
    }
}

static void give_back(int device, const struct packet *p) {
    if (write(device, p->octets, p->length) < 0) dropped++;
    else passed++;
}

static uint64_t next_due(void) {
    uint64_t due = in != out ? line[out % SLOTS].due : UINT64_MAX;
    for (struct packet *s = strays; straying && s < strays + STRAYS; s++) {
        if (s->length && s->due < due) due = s->due;
    }
    return due;
}

static void give(int device) {
    uint64_t since = now();
    for (struct packet *s = strays; straying && s < strays + STRAYS; s++) {
        if (s->length && s->due <= since) {
            give_back(device, s);
            s->length = 0;
            straying--;
        }
    }
    for (uint64_t at = now(); in != out && line[out % SLOTS].due <= at; at = now()) {
        struct packet *p = &line[out++ % SLOTS];
        unsigned long long late = (at - p->due) / 1000;
        if (late > latest) latest = late;
        give_back(device, p);
    }
}

static void save(const char *file) {
    FILE *out_file = fopen(file, "w");
    must(out_file && fwrite(missing, sizeof *missing, missed, out_file) == missed && !fclose(out_file), file);
    printf("saved %zu\n", missed);
    missed = 0;
}

/* Whoever gives an order waits for its answer: what is read is one order. */
static void obey(void) {
    char order[512], file[256];
    ssize_t n = read(STDIN_FILENO, order, sizeof order - 1);
    if (n <= 0) exit(0);
    order[n] = 0;
    if (sscanf(order, "spoil %u %u %u", &spoil_lost, &spoil_twice, &spoil_late) == 3) {
        puts("spoiling");
    } else if (sscanf(order, "save %255s", file) == 1) {
        save(file);
    } else {
        printf("passed %llu dropped %llu lost %llu latest %llu\n", passed, dropped, lost, latest);
        latest = 0;
    }
    fflush(stdout);
}

int main(int argc, char **argv) {
    must(argc == 4, "line DEVICE MICROSECONDS PERCENT");
    percent = (unsigned) atoi(argv[3]);
    uint64_t delay = strtoull(argv[2], NULL, 10) * 1000;
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", argv[1]);
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
    must(device >= 0 && !ioctl(device, TUNSETIFF, &request), argv[1]);
    /* A line doesn't wait for a processor. */
    struct sched_param first = {.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_FIFO, &first)) perror("not in real time");
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct pollfd fds[] = {{.fd = device, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
        uint64_t at = now(), due = next_due(), left = due > at ? due - at : 0;
        struct timespec wait = {(time_t) (left / 1000000000u), (long) (left % 1000000000u)};
        if (ppoll(fds, 2, due != UINT64_MAX ? &wait : NULL, NULL) < 0 && errno != EINTR) must(0, "ppoll");
        give(device);
        if (fds[0].revents) take(device, delay);
        if (fds[1].revents) obey();
    }
}
