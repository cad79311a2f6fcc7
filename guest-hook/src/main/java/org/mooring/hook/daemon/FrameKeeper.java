package org.mooring.hook.daemon;

import java.io.IOException;
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
import org.mooring.linux.TransmitCounters;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the last frames that go to one guest's tap, and rescues those that QEMU hasn't read. It has a thread of its own, to
 * which everything here is confined; others give it orders. The tap may go away at any time: what is kept stays.
 */
final class FrameKeeper {
    private static final Logger log = LoggerFactory.getLogger(FrameKeeper.class);

    /** What comes in a tenth of a second at a gigabit per second. */
    static final int MOST_FRAMES = 16 << 10;

    private static final int MOST_OCTETS = 16 << 20;

    /** How often the tap is looked at while frames come. QEMU mostly reads a frame within less: its queue is seen empty. */
    private static final long BUSY_MILLIS = 4;

    private static final long IDLE_MILLIS = 20;

    private final Guest guest;
    private final Interface tap;
    private final PacketSocket arriving;
    private final DeviceStatistics statistics;
    private final Outcome outcome;
    private final BlockingQueue<Order> orders = new LinkedBlockingQueue<>();

    private final KeptFrames kept = new KeptFrames(MOST_FRAMES, MOST_OCTETS);
    private @Nullable Rescuer rescuer;
    private boolean ended;

    /** Told how many packets were rescued, and how many should have been and weren't; on the keeper's thread. */
    @FunctionalInterface
    interface Outcome {
        void told(String guest, int rescued, int lost);
    }

    private interface Order {
        void run() throws IOException;
    }

    private FrameKeeper(
            Guest guest, Interface tap, PacketSocket arriving, DeviceStatistics statistics, Outcome outcome) {
        this.guest = guest;
        this.tap = tap;
        this.arriving = arriving;
        this.statistics = statistics;
        this.outcome = outcome;
    }

    /** Begins to keep frames. */
    static FrameKeeper start(Guest guest, Interface tap, Outcome outcome) throws IOException {
        DeviceStatistics statistics = DeviceStatistics.open(tap.name());
        FrameKeeper keeper;
        try {
            PacketSocket arriving = PacketSocket.open(
                    tap,
                    PacketFilter.outgoing(),
                    PacketSocket.Option.OUTGOING_TOO,
                    PacketSocket.Option.OFFLOADS,
                    PacketSocket.Option.DEEP_BUFFER);
            keeper = new FrameKeeper(guest, tap, arriving, statistics, outcome);
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
     * QEMU reads no more: gives {@code rescuer} what is unread, and then what still comes. The counters are read here and now:
     * the tap may soon be gone, and what QEMU yet takes from it never gets to the guest.
     *
     * @param stopped since when
     */
    void rescue(Rescuer rescuer, Instant stopped) {
        Optional<TransmitCounters> last = read();
        orders.add(() -> rescueUnread(rescuer, last, stopped));
    }

    /** Has END follow what has come to the tap, or what waits for this go. When it is asked for again, the same END follows. */
    void sendEnd() {
        orders.add(this::endRescue);
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
                Order order = orders.poll(busy || rescuer != null ? BUSY_MILLIS : IDLE_MILLIS, TimeUnit.MILLISECONDS);
                for (; order != null; order = orders.poll()) {
                    order.run();
                }
            }
            if (rescuer != null && (rescuer.hasTally() || !rescuer.hasEnded())) {
                tell(rescuer);
            }
        } catch (IOException e) {
            log.warn("frames no longer kept guest={} tap={} reason=\"{}\"", guest.name(), tap.name(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether frames have come. */
    private boolean lookAtTap() throws KernelException {
        Optional<TransmitCounters> counters = rescuer == null ? read() : Optional.empty();
        Instant read = Instant.now();
        boolean some = receive();
        counters.ifPresent(then -> kept.compare(then, read));
        return some;
    }

    private boolean receive() throws KernelException {
        Optional<ReceivedFrame> frame = arriving.poll();
        boolean some = frame.isPresent();
        for (; frame.isPresent(); frame = arriving.poll()) {
            if (rescuer == null) {
                kept.add(frame.get());
            } else {
                rescuer.rescue(frame.get());
            }
        }
        return some;
    }

    private void rescueUnread(Rescuer rescuer, Optional<TransmitCounters> last, Instant stopped)
            throws KernelException {
        receive();
        this.rescuer = rescuer;
        if (last.isPresent()) {
            KeptFrames.Unread unread = kept.unread(last.get(), stopped);
            rescuer.lose(unread.notKept());
            unread.frames().forEach(rescuer::rescue);
        }
    }

    private void endRescue() throws KernelException {
        if (rescuer == null) {
            return;
        }
        boolean first = !rescuer.hasEnded();
        if (first) {
            // What came before the word that END follows has come to the tap before it, too.
            receive();
        }
        rescuer.end();
        if (first) {
            tell(rescuer);
        }
    }

    private void tell(Rescuer rescuer) {
        Rescuer.Tally tally = rescuer.tally();
        outcome.told(guest.name(), tally.rescued(), tally.lost());
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
