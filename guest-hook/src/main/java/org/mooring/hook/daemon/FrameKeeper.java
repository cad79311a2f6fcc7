package org.mooring.hook.daemon;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Guest;
import org.mooring.linux.DeviceStatistics;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.TransmitCounters;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.Ipv4Packet;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.protocol.wire.Ipv4Address;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the last frames that go to one guest's tap, and rescues those that QEMU hasn't read. It has a thread of its own, to
 * which everything here is confined; others give it orders. The tap may go away at any time: what is kept stays.
 */
final class FrameKeeper {
    private static final Logger log = LoggerFactory.getLogger(FrameKeeper.class);

    /** What comes in a tenth of a second at a gigabit per second. */
    private static final int MOST_FRAMES = 16 << 10;

    private static final int MOST_OCTETS = 16 << 20;

    /** In an IPv4 header (RFC 791). */
    private static final int DESTINATION = 16;

    /** How often the tap is looked at while frames come. QEMU mostly reads a frame within less: its queue is seen empty. */
    private static final long BUSY_MILLIS = 4;

    private static final long IDLE_MILLIS = 20;

    private final Guest guest;
    private final Interface tap;
    private final PacketSocket arriving;
    private final DeviceStatistics statistics;
    private final PacketSocket uplink;
    private final Outcome outcome;
    private final BlockingQueue<Order> orders = new LinkedBlockingQueue<>();

    private final KeptFrames kept = new KeptFrames(MOST_FRAMES, MOST_OCTETS);
    private @Nullable Instant stopped;
    private @Nullable TransmitCounters last;
    private @Nullable Way way;
    private boolean ended;
    private int rescued;
    private int lost;

    /** Told how many frames were rescued, and how many should have been and weren't; on the keeper's thread. */
    @FunctionalInterface
    interface Outcome {
        void told(String guest, int rescued, int lost);
    }

    /** With which addresses rescued frames leave. */
    record Way(MacAddress from, MacAddress to) {
        /** The frame that {@code guest} is to get after all; empty if it isn't for the guest: a bridge floods what is for others. */
        Optional<EthernetFrame> of(ReceivedFrame frame, Guest guest) {
            return frame.ethernet()
                    .filter(found -> found.destination().equals(guest.mac()) && isTo(guest.homeAddress(), found))
                    .map(found -> new EthernetFrame(to, from, found.etherType(), found.payload()));
        }

        private static boolean isTo(Ipv4Address address, EthernetFrame frame) {
            ByteBuffer packet = frame.payload();
            return frame.etherType() == EtherType.IPV4
                    && packet.remaining() >= Ipv4Packet.HEADER_LENGTH
                    && packet.getInt(DESTINATION) == address.bits();
        }
    }

    private interface Order {
        void run() throws IOException;
    }

    private FrameKeeper(
            Guest guest,
            Interface tap,
            PacketSocket arriving,
            DeviceStatistics statistics,
            PacketSocket uplink,
            Outcome outcome) {
        this.guest = guest;
        this.tap = tap;
        this.arriving = arriving;
        this.statistics = statistics;
        this.uplink = uplink;
        this.outcome = outcome;
    }

    /**
     * Begins to keep frames.
     *
     * @param uplink by which they are rescued, opened for offloads
     */
    static FrameKeeper start(Guest guest, Interface tap, PacketSocket uplink, Outcome outcome) throws IOException {
        DeviceStatistics statistics = DeviceStatistics.open(tap.name());
        FrameKeeper keeper;
        try {
            PacketSocket arriving = PacketSocket.open(
                    tap,
                    PacketFilter.outgoing(),
                    PacketSocket.Option.OUTGOING_TOO,
                    PacketSocket.Option.OFFLOADS,
                    PacketSocket.Option.DEEP_BUFFER);
            keeper = new FrameKeeper(guest, tap, arriving, statistics, uplink, outcome);
        } catch (IOException e) {
            statistics.close();
            throw e;
        }
        Thread thread = new Thread(keeper::keep, "frames-" + guest.name());
        thread.setDaemon(true);
        thread.start();
        return keeper;
    }

    /**
     * QEMU reads no more. The counters are read here and now: the tap may soon be gone, and what QEMU yet takes from it never
     * gets to the guest.
     *
     * @param at since when
     */
    void guestStopped(Instant at) {
        Optional<TransmitCounters> now = read();
        orders.add(() -> {
            stopped = at;
            last = now.orElse(null);
        });
    }

    /** Sends what is unread, and what still comes. */
    void rescue(Way way) {
        orders.add(() -> rescueUnread(way));
    }

    /** Ends its thread. */
    void end() {
        orders.add(() -> ended = true);
    }

    private void keep() {
        try (arriving;
                statistics) {
            while (!ended) {
                boolean busy = lookAtTap();
                tellLate();
                Order order = orders.poll(busy || way != null ? BUSY_MILLIS : IDLE_MILLIS, TimeUnit.MILLISECONDS);
                for (; order != null; order = orders.poll()) {
                    order.run();
                }
            }
        } catch (IOException e) {
            log.warn("frames no longer kept guest={} tap={} reason=\"{}\"", guest.name(), tap.name(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether frames have come. */
    private boolean lookAtTap() throws KernelException {
        Optional<TransmitCounters> now = stopped == null ? read() : Optional.empty();
        boolean some = receive();
        now.ifPresent(kept::compare);
        return some;
    }

    private boolean receive() throws KernelException {
        Optional<ReceivedFrame> frame = arriving.poll();
        boolean some = frame.isPresent();
        for (; frame.isPresent(); frame = arriving.poll()) {
            if (way == null) {
                kept.add(frame.get());
            } else {
                rescue(frame.get(), way);
            }
        }
        return some;
    }

    private void rescueUnread(Way way) throws KernelException {
        receive();
        this.way = way;
        if (stopped != null && last != null) {
            KeptFrames.Unread unread = kept.unread(last, stopped);
            lost += unread.notKept();
            unread.frames().forEach(frame -> rescue(frame, way));
        }
        tell();
    }

    private void rescue(ReceivedFrame frame, Way way) {
        if (!frame.octets().hasRemaining()) {
            lost++;
            return;
        }
        way.of(frame, guest).ifPresent(out -> {
            try {
                uplink.send(out, frame.offload());
                rescued++;
            } catch (KernelException e) {
                lost++;
                log.debug("frame not rescued guest={} reason=\"{}\"", guest.name(), e.getMessage());
            }
        });
    }

    private void tellLate() {
        if (rescued + lost > 0) {
            tell();
        }
    }

    private void tell() {
        outcome.told(guest.name(), rescued, lost);
        rescued = 0;
        lost = 0;
    }

    /** Empty once the tap is gone. */
    private Optional<TransmitCounters> read() {
        try {
            return statistics.transmitted();
        } catch (IOException e) {
            log.debug("counters not read guest={} tap={} reason=\"{}\"", guest.name(), tap.name(), e.getMessage());
            return Optional.empty();
        }
    }
}
