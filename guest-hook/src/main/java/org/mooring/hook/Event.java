package org.mooring.hook;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.TunnelData;

/** Everything that can happen to the hook. Time enters only through {@link #at()}. */
public sealed interface Event {
    Instant at();

    void on(Handler handler);

    /**
     * Something became of the guest called {@code guest}, be it configured or not.
     *
     * @param occurred when, which is before it was told
     */
    record Happened(Instant at, String guest, Happening what, Instant occurred) implements Event {
        /** For who tells of it at once. */
        public Happened(Instant at, String guest, Happening what) {
            this(at, guest, what, at);
        }

        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A guest can no longer be watched. It may run on, or not. */
    record Vanished(Instant at, String guest, String reason) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** An operator wants to know whether the guest could register from here. */
    record CheckRequested(Instant at, String guest) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The host from which the guest comes would date a request for it {@code time} now. */
    record TimeTold(Instant at, String guest, Instant time) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A datagram came from UDP port 434. */
    record ReplyReceived(Instant at, Decoded decoded) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A timer of {@link Action.ArmTimer}, stale or not. */
    record TimerFired(Instant at, String guest, Timer timer) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The hook is on the link from now on. */
    record Started(Instant at) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A router of the link advertises itself (RFC 3344 §2.1), as a mobility agent or not. */
    record AdvertisementReceived(Instant at, Ipv4Address from, AgentAdvertisement advertisement) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The time of {@link Action.ArmDiscovery} has come. */
    record DiscoveryDue(Instant at) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A guest's link-layer address was heard from the link: it runs at another host there. */
    record HeardOnLink(Instant at, String guest) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A foreign agent has begun to send after a guest what comes to it (REDIRECTED). */
    record Redirected(Instant at, HandoverId id) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /**
     * What came of {@link Action.RescueFrames}: told once for all that was there until {@link Action.SendEnd}, and again for
     * what came later.
     *
     * @param rescued packets that are on their way
     * @param lost frames, or packets, that should be, and aren't
     */
    record FramesRescued(Instant at, String guest, int rescued, int lost) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /**
     * What came of {@link Action.Forward}.
     *
     * @param refused why the kernel hasn't done it
     */
    record Forwarded(Instant at, String guest, Forwarding forwarding, Optional<String> refused) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A datagram that should be RESCUED or END came to the co-located care-of address. */
    record MessageReceived(Instant at, Octets datagram) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** Tunnel data that the kernel has left to us came to the co-located care-of address (RFC 3519 §3.3): the answer to a keepalive, or not. */
    record TunnelDataReceived(Instant at, TunnelData data) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A datagram to port 434 of a guest, some of whose packets wait, came out of its tunnel: MARKER, or not. */
    record MarkerReceived(Instant at, Ipv4Address homeAddress, Octets datagram) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The first packet waits in {@code room}. */
    record WaitBegan(Instant at, Ipv4Address homeAddress, Room room) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A time of {@link Action.ArmArrival} has come. */
    record ArrivalDue(Instant at, Ipv4Address homeAddress) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The configuration was read again: these are all the guests now. */
    record Configured(Instant at, List<Guest> guests) implements Event {
        public Configured {
            guests = List.copyOf(guests);
        }

        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** One method for each event: forgetting one doesn't compile. */
    interface Handler {
        void handle(Happened event);

        void handle(Vanished event);

        void handle(CheckRequested event);

        void handle(TimeTold event);

        void handle(ReplyReceived event);

        void handle(TimerFired event);

        void handle(Started event);

        void handle(AdvertisementReceived event);

        void handle(DiscoveryDue event);

        void handle(HeardOnLink event);

        void handle(Redirected event);

        void handle(FramesRescued event);

        void handle(Forwarded event);

        void handle(MessageReceived event);

        void handle(TunnelDataReceived event);

        void handle(MarkerReceived event);

        void handle(WaitBegan event);

        void handle(ArrivalDue event);

        void handle(Configured event);
    }
}
