package org.mooring.foreign;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.TunnelData;

/** Everything that can happen to the foreign agent. Time enters only through {@link #at()}. */
public sealed interface Event {
    Instant at();

    void on(Handler handler);

    /** A datagram to port 434 arrived on a visitor link. */
    record RequestReceived(Instant at, Origin origin, Decoded decoded) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A datagram to port 434 arrived on a visitor link that is no registration message, but may repeat one (docs/handover.md, "Messages beside registration"). */
    record RepeatedRequestReceived(Instant at, Origin origin, Octets datagram) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** An Agent Solicitation on a visitor link (RFC 3344 §2.2). */
    record SolicitationReceived(Instant at, String link, Octets linkAddress, Ipv4Address from) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The time of {@link Action.ArmAdvertisement} has come. */
    record AdvertisementDue(Instant at, String link) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A datagram arrived at the care-of address from the home agents' side. */
    record ReplyReceived(Instant at, Ipv4Address from, Decoded decoded) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A revocation, or the acknowledgment of one, arrived at the care-of address (RFC 3543). */
    record RevocationMessageReceived(Instant at, Ipv4Address from, int port, Decoded.Message message) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The operator ends the visit of {@code homeAddress}, if there is one. */
    record RevocationOrdered(Instant at, Ipv4Address homeAddress) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** There is no such interface any more. */
    record LinkGone(Instant at, String link) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /**
     * An ICMP error came back for a request that was relayed, or our own kernel knew no way.
     *
     * @param type of the ICMP message, 3 for Destination Unreachable
     * @param request which one, if the error quotes enough of it
     */
    record HomeAgentUnreachable(Instant at, Ipv4Address homeAgent, int type, int code, Optional<Identification> request)
            implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The kernel forwards {@code visitor}'s packets as was asked. */
    record VisitorInstalled(Instant at, Visitor visitor) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The kernel refused to forward {@code visitor}'s packets. */
    record VisitorNotInstalled(Instant at, Visitor visitor, String why) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The kernel forwards no packets of {@code homeAddress} any more. */
    record VisitorRemoved(Instant at, Ipv4Address homeAddress) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The kernel refused to stop forwarding. */
    record VisitorNotRemoved(Instant at, Ipv4Address homeAddress, String why) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The kernel is ready for {@code staged}. */
    record VisitorStaged(Instant at, StagedVisitor staged) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The kernel refused to be ready for {@code staged}. */
    record VisitorNotStaged(Instant at, StagedVisitor staged, String why) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** Nothing is staged for {@code homeAddress} any more. */
    record VisitorUnstaged(Instant at, Ipv4Address homeAddress) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The kernel refused to forget what is staged. */
    record VisitorNotUnstaged(Instant at, Ipv4Address homeAddress, String why) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The packets of {@code homeAddress} follow it as was asked. */
    record VisitorRedirected(Instant at, Ipv4Address homeAddress, HandoverId id) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The kernel refused to redirect. */
    record VisitorNotRedirected(Instant at, Ipv4Address homeAddress, HandoverId id, String why) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /**
     * Packets were redirected.
     *
     * @param packets how many since the kernel was told to; empty where it couldn't say
     */
    record RedirectedCounted(Instant at, Ipv4Address homeAddress, HandoverId id, Optional<Long> packets)
            implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The packets of {@code homeAddress} are delivered here again. */
    record VisitorRecalled(Instant at, Ipv4Address homeAddress) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The kernel refused to deliver them here again. */
    record VisitorNotRecalled(Instant at, Ipv4Address homeAddress, String why) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** {@code visitor} outlives a crash from now on. */
    record VisitorStored(Instant at, Visitor visitor) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The store refused {@code visitor}. */
    record VisitorNotStored(Instant at, Visitor visitor, String why) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** Nothing is stored of a visitor any more. */
    record VisitorForgotten(Instant at, Ipv4Address homeAddress) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** That {@code visitor} is revoked is stored, or can't be. */
    record RevocationStored(Instant at, Visitor visitor) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** A datagram that is no registration message came to port 434 of the care-of address (docs/handover.md, "Messages beside registration"). */
    record HandoverMessageReceived(Instant at, Ipv4Address from, Octets datagram) implements Event {
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

    /** Tunnel data on port 434 of the care-of address that the kernel has left to us (RFC 3519 §3.3): the answer to a keepalive, or not. */
    record TunnelDataReceived(Instant at, Ipv4Address from, TunnelData data) implements Event {
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

    /** A timer that was armed for {@code timer} ran out; stale ones are ignored. */
    record TimerFired(Instant at, Timer timer) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /**
     * The agent starts with what it had stored; the kernel forwards for those that have not expired at {@code at}.
     *
     * @param namesakes those that came when others had their home addresses
     * @param coLocated those that are their tunnels' ends themselves
     * @param revoked those whose home agents have not acknowledged that they are not served any more
     */
    record Restored(
            Instant at, List<Visitor> visitors, List<Visitor> namesakes, List<Visitor> coLocated, List<Visitor> revoked)
            implements Event {
        public Restored {
            visitors = List.copyOf(visitors);
            namesakes = List.copyOf(namesakes);
            coLocated = List.copyOf(coLocated);
            revoked = List.copyOf(revoked);
        }

        /** All home agents know who is served. */
        public Restored(Instant at, List<Visitor> visitors) {
            this(at, visitors, List.of(), List.of(), List.of());
        }

        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The configuration was read again. */
    record PolicyChanged(Instant at, Policy policy) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** What a timer is for; a newer one for the same replaces it. */
    record Timer(Purpose purpose, Ipv4Address homeAddress) {
        /** What ends by itself. */
        public enum Purpose {
            PENDING_REQUEST,
            PENDING_PREPARATION,
            VISITOR,
            STAGED_VISITOR,
            /** What waits for a visitor that comes. */
            ARRIVAL,
            /** The next keepalive of a UDP tunnel. */
            KEEPALIVE,
            /** The repetition of a revocation. */
            REVOCATION,
            /** The end of the next of those that have one home address. */
            NAMESAKE,
            /** The end of the next of those that have one home address, and are their tunnels' ends. */
            CO_LOCATED_VISITOR,
            /** The redirect of a visitor that has left and is revoked. */
            REDIRECT,
            /** What is under way to a visitor that has left. */
            DEPARTURE
        }
    }

    /** One method per event: forgetting one does not compile. */
    interface Handler {
        void handle(RequestReceived event);

        void handle(RepeatedRequestReceived event);

        void handle(SolicitationReceived event);

        void handle(AdvertisementDue event);

        void handle(ReplyReceived event);

        void handle(RevocationMessageReceived event);

        void handle(RevocationOrdered event);

        void handle(LinkGone event);

        void handle(HomeAgentUnreachable event);

        void handle(VisitorInstalled event);

        void handle(VisitorNotInstalled event);

        void handle(VisitorRemoved event);

        void handle(VisitorNotRemoved event);

        void handle(VisitorStaged event);

        void handle(VisitorNotStaged event);

        void handle(VisitorUnstaged event);

        void handle(VisitorNotUnstaged event);

        void handle(VisitorRedirected event);

        void handle(VisitorNotRedirected event);

        void handle(RedirectedCounted event);

        void handle(VisitorRecalled event);

        void handle(VisitorNotRecalled event);

        void handle(VisitorStored event);

        void handle(VisitorNotStored event);

        void handle(VisitorForgotten event);

        void handle(RevocationStored event);

        void handle(HandoverMessageReceived event);

        void handle(MarkerReceived event);

        void handle(TunnelDataReceived event);

        void handle(WaitBegan event);

        void handle(RoomOpened event);

        void handle(TimerFired event);

        void handle(Restored event);

        void handle(PolicyChanged event);
    }
}
