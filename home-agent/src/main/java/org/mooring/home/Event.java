package org.mooring.home;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.TunnelData;

/**
 * Everything that can happen to the home agent. Time enters only through {@link #at()}.
 *
 * <p>Each {@link Action.Forwarding} and each {@link Action.Persist} is answered by exactly one event for the same home address.
 */
public sealed interface Event {
    Instant at();

    /** Hands this event to the method of {@code handler} that is meant for it. */
    void on(Handler handler);

    /** Start: what was persisted before. Comes once, before all other events. */
    record Restored(Instant at, List<MobileNodeRecord> records) implements Event {
        public Restored {
            records = List.copyOf(records);
        }

        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A datagram on port 434 (RFC 3344 §3.8.2). {@code to} is its IP destination: the agent's address or a broadcast address. */
    record DatagramReceived(Instant at, Endpoint from, Ipv4Address to, Decoded decoded) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** Tunnel data on port 434 that the kernel has left to us (RFC 3519 §3.3): a keepalive, or from where no binding's tunnel is. */
    record TunnelDataReceived(Instant at, Endpoint from, TunnelData data) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The kernel forwards as the last {@link Action.Forwarding} of this home address asked. */
    record ForwardingChanged(Instant at, Ipv4Address homeAddress) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The kernel refused. What it forwards now is not known. */
    record ForwardingFailed(Instant at, Ipv4Address homeAddress, String reason) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The record of the last {@link Action.Persist} is durable. */
    record Persisted(Instant at, Ipv4Address homeAddress) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The store could not make the record durable, as when the disk is full. */
    record PersistFailed(Instant at, Ipv4Address homeAddress, String reason) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A datagram on port 434 that is no registration message (docs/handover.md, "Messages beside registration"). */
    record HandoverMessageReceived(Instant at, Endpoint from, Ipv4Address to, Octets datagram) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A datagram to port 434 of {@code homeAddress} was lifted out of a tunnel. */
    record MarkerReceived(Instant at, Ipv4Address homeAddress, Octets datagram) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A broadcast came from the home link: a whole IPv4 packet. */
    record BroadcastReceived(Instant at, Octets packet) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** On the home link, {@code mac} asks if {@code address} is free before it takes it (RFC 5227 §2.1.1). */
    record ArpProbed(Instant at, Ipv4Address address, MacAddress mac) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /**
     * The kernel's neighbour entry for {@code homeAddress} on the home link.
     *
     * @param mac empty while there is none
     */
    record NeighbourRead(Instant at, Ipv4Address homeAddress, Optional<MacAddress> mac) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** An Agent Solicitation on the home link (RFC 3344 §2.2). */
    record SolicitationReceived(Instant at, MacAddress station, Ipv4Address from) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The time of {@link Action.ArmAdvertisement} has come. */
    record AdvertisementDue(Instant at) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The first packet for {@code homeAddress} waits in {@code room}. */
    record WaitBegan(Instant at, Ipv4Address homeAddress, Room room) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /**
     * What has waited goes on.
     *
     * @param held how many packets had to wait for this handover so far, in all rooms
     */
    record RoomOpened(Instant at, Action.OpenRoom action, long held) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A timer that was armed for {@code timer} ran out. A stale one changes nothing. */
    record TimerFired(Instant at, Timer timer) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The operator ends the binding of {@code homeAddress}, if there is one. */
    record RevocationOrdered(Instant at, Ipv4Address homeAddress) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The operator changed associations or limits. Bindings stay, but those of mobile nodes that are not configured any more are revoked. */
    record PolicyChanged(Instant at, Policy policy) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** What a timer is for; a newer one for the same replaces it. */
    record Timer(Purpose purpose, Ipv4Address homeAddress) {
        /** What takes its time. */
        public enum Purpose {
            /** The end of a binding. */
            LIFETIME,
            /** The repetition of a gratuitous ARP. */
            ANNOUNCEMENT,
            /** The end of what is staged. */
            HOLD,
            /** What waits for a mobile node that comes home. */
            ARRIVAL,
            /** The repetition of a MARKER. */
            MARKER,
            /** The repetition of a revocation. */
            REVOCATION,
            /** The kernel or the store, which refused to end a binding, is asked again. */
            REVOCATION_RETRY
        }
    }

    /** One method per event: forgetting one does not compile. */
    interface Handler {
        void handle(Restored event);

        void handle(DatagramReceived event);

        void handle(TunnelDataReceived event);

        void handle(ForwardingChanged event);

        void handle(ForwardingFailed event);

        void handle(Persisted event);

        void handle(PersistFailed event);

        void handle(HandoverMessageReceived event);

        void handle(MarkerReceived event);

        void handle(BroadcastReceived event);

        void handle(ArpProbed event);

        void handle(NeighbourRead event);

        void handle(SolicitationReceived event);

        void handle(AdvertisementDue event);

        void handle(WaitBegan event);

        void handle(RoomOpened event);

        void handle(TimerFired event);

        void handle(RevocationOrdered event);

        void handle(PolicyChanged event);
    }
}
