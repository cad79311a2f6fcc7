/*
 * A long line: a TUN device that gives back each packet it takes, in order, after a fixed time. Which packets go through it is
 * for the routes to say.
 *
 * line DEVICE MICROSECONDS, says "ready" on standard output when the device is there. To each line on standard input it answers
 * "passed COUNT dropped COUNT latest MICROSECONDS": how late a packet was given back at most, since it was asked last. It ends with its input.
 */
#define _GNU_SOURCE
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

enum { SLOTS = 1 << 14, LONGEST = 2048, SHARE = 64 };

struct packet {
    uint64_t due;
    size_t length;
    uint8_t octets[LONGEST];
};

static struct packet line[SLOTS];
static uint32_t in, out;
static unsigned long long passed, dropped, latest;

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

static void take(int device, uint64_t delay) {
    static uint8_t lost[LONGEST];
    for (int i = 0; i < SHARE; i++) {
        int full = in - out == SLOTS;
        struct packet *p = &line[in % SLOTS];
        ssize_t n = read(device, full ? lost : p->octets, LONGEST);
        if (n < 0) return;
        if (full) {
            dropped++;
            continue;
        }
        p->length = (size_t) n;
        p->due = now() + delay;
        in++;
    }
}

static void give(int device) {
    for (uint64_t at = now(); in != out && line[out % SLOTS].due <= at; at = now()) {
        struct packet *p = &line[out++ % SLOTS];
        unsigned long long late = (at - p->due) / 1000;
        if (late > latest) latest = late;
        if (write(device, p->octets, p->length) < 0) dropped++;
        else passed++;
    }
}

int main(int argc, char **argv) {
    must(argc == 3, "line DEVICE MICROSECONDS");
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
        struct timespec wait = {0, 0};
        if (in != out) {
            uint64_t at = now(), due = line[out % SLOTS].due, left = due > at ? due - at : 0;
            wait = (struct timespec) {(time_t) (left / 1000000000u), (long) (left % 1000000000u)};
        }
        if (ppoll(fds, 2, in != out ? &wait : NULL, NULL) < 0 && errno != EINTR) must(0, "ppoll");
        give(device);
        if (fds[0].revents) take(device, delay);
        if (fds[1].revents) {
            char question[64];
            if (read(STDIN_FILENO, question, sizeof question) <= 0) return 0;
            printf("passed %llu dropped %llu latest %llu\n", passed, dropped, latest);
            fflush(stdout);
            latest = 0;
        }
    }
}
