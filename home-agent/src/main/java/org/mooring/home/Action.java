package org.mooring.home;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.discovery.AdvertisementSeries.Window;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.TunnelData;

/** What the home agent wants done. {@link Executor} is the exhaustive dispatch. */
public sealed interface Action {
    void on(Executor executor);

    /**
     * Sends a reply from the agent's address, port 434 (RFC 3344 §3.8.3.1).
     *
     * @param onHomeLink straight to the mobile node on the home link, although a tunnel may still take its packets
     * @param wire the reply with its authentication extensions
     */
    record SendReply(Endpoint to, boolean onHomeLink, Octets wire) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Sends tunnel data from the agent's address, port 434, that it makes itself (RFC 3519 §4.9). */
    record SendTunnelData(Endpoint to, TunnelData data) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Sends a revocation or its acknowledgment, with its authentication extension, from the agent's address, port 434 (RFC 3543 §3.3, §3.4). */
    record SendRevocationMessage(Endpoint to, Octets wire) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Tells who speaks for a mobile node at home; a datagram to it on the home link, port 434. */
    record TellAtHome(Ipv4Address homeAddress, Octets message) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Something for the kernel; answered by one {@link Event.ForwardingChanged} or {@link Event.ForwardingFailed}. */
    sealed interface Forwarding extends Action {
        Ipv4Address homeAddress();

        /** Whether what comes for the mobile node waits from then on, until {@link OpenRoom}. */
        default boolean holds() {
            return false;
        }

        /** What makes the kernel forward for {@code bindings}, or not at all if there is nowhere to forward to. */
        static Forwarding of(Ipv4Address homeAddress, BindingList bindings) {
            return bindings.peers().isEmpty()
                    ? new RemoveForwarding(homeAddress)
                    : new InstallForwarding(homeAddress, bindings.peers());
        }
    }

    /**
     * Tunnels the home address's packets to the peers, one copy to each, and answers for it on the home link (RFC 3344 §4.2.3, §4.6); replaces
     * earlier peers. What is staged stays.
     */
    record InstallForwarding(Ipv4Address homeAddress, List<Peer> peers) implements Forwarding {
        public InstallForwarding {
            peers = List.copyOf(peers);
        }

        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Stops answering for the home address on the home link, then stops tunnelling (RFC 3344 §4.6), also what is staged. */
    record RemoveForwarding(Ipv4Address homeAddress) implements Forwarding {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Takes what comes from the home address through the peer's tunnel as well, and sends nothing there yet. Replaces what is staged. */
    record StageForwarding(Ipv4Address homeAddress, Peer peer) implements Forwarding {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * Tunnels the home address's packets to what is staged and answers for it on the home link. The tunnel before, if there was one, is what is
     * staged then: packets that were under way in it are still taken.
     */
    record FlipForwarding(Ipv4Address homeAddress) implements Forwarding {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Drops what is staged. */
    record UnstageForwarding(Ipv4Address homeAddress) implements Forwarding {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * Drops what is staged, and lets what comes for the home address out of its own tunnel wait until {@link OpenRoom}: its foreign agent sends it
     * back when the mobile node has left for home. Tunnelled once more, it would go to and fro until {@link ReturnForwarding} is done.
     */
    record ExpectReturn(Ipv4Address homeAddress) implements Forwarding {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * Leads the home address's packets to {@code mac} on the home link, where a paused mobile node answers no ARP, and does then what {@link
     * RemoveForwarding} does. Until the next action for this home address but staging, ARP isn't asked. Its packets, what comes out of the
     * tunnel as well as what comes to the home network from elsewhere, wait from before that on until {@link OpenRoom}.
     */
    record ReturnForwarding(Ipv4Address homeAddress, MacAddress mac) implements Forwarding {
        @Override
        public boolean holds() {
            return true;
        }

        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * What {@link RemoveForwarding} does, but what comes out of the tunnel is still taken, until {@link UnstageForwarding}.
     *
     * @param holds as with {@link ReturnForwarding}
     */
    record RetireForwarding(Ipv4Address homeAddress, boolean holds) implements Forwarding {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Brings an IPv4 packet to a mobile node that comes home, ahead of all that waits. */
    record DeliverPacket(Ipv4Address homeAddress, Octets packet) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Lets the packets go on that wait, in order; answered by {@link Event.RoomOpened}. */
    record OpenRoom(Ipv4Address homeAddress, HandoverId id, Room room, Opening why) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Sends a datagram from and to port 434 to the home address, through the tunnel to {@code peer} and behind all that was sent into it. */
    record SendMarker(Ipv4Address homeAddress, Peer peer, Octets message) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Sends an IPv4 packet of the agent's own, or from the home link, into the tunnel to {@code peer}. */
    record TunnelPacket(Peer peer, Octets packet) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Makes a record durable, in the place of the mobile node's earlier one. */
    record Persist(MobileNodeRecord record) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** A {@link Event.TimerFired} at {@code at}, in place of what was armed for {@code timer} before. */
    record ArmTimer(Event.Timer timer, Instant at) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** A gratuitous ARP on the home link that says: the agent's own MAC answers for this address (RFC 3344 §4.6). */
    record AnnounceAway(Ipv4Address homeAddress) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** A gratuitous ARP on the home link with the mobile node's own MAC (RFC 3344 §4.6). The frame's source stays the agent's MAC. */
    record AnnounceHome(Ipv4Address homeAddress, MacAddress mac) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * Look up which MAC ARP has found for the home address on the home link, where the reply has just been sent; answered by {@link
     * Event.NeighbourRead}.
     */
    record ReadNeighbour(Ipv4Address homeAddress) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Say on the home link that {@code homeAddress} is in use, to {@code prober}, who asks before it takes it (RFC 5227 §2.1.1). */
    record AnswerProbe(Ipv4Address homeAddress, MacAddress prober) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * Send to everybody on the home link, or in a frame to one station there (RFC 3344 §2.1), from the agent's address.
     *
     * @param station empty for the MAC address of the group that {@code destination} is
     */
    record Advertise(Optional<MacAddress> station, Ipv4Address destination, AgentAdvertisement advertisement)
            implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** An {@link Event.AdvertisementDue} at a random time of {@code window} (RFC 1256 §4.1), in place of what was armed before. */
    record ArmAdvertisement(Window window) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Something an operator wants to know. RFC 3344's "silently discard" is silent on the wire, not in the log. */
    record Report(Fact fact) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Leaves it to ARP again where a mobile node is that has come home. */
    record SettleForwarding(Ipv4Address homeAddress) implements Forwarding {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** One method per action: forgetting one does not compile. */
    interface Executor {
        void execute(SendReply action);

        void execute(SendTunnelData action);

        void execute(SendRevocationMessage action);

        void execute(TellAtHome action);

        void execute(InstallForwarding action);

        void execute(RemoveForwarding action);

        void execute(StageForwarding action);

        void execute(FlipForwarding action);

        void execute(UnstageForwarding action);

        void execute(ExpectReturn action);

        void execute(ReturnForwarding action);

        void execute(RetireForwarding action);

        void execute(SettleForwarding action);

        void execute(DeliverPacket action);

        void execute(OpenRoom action);

        void execute(SendMarker action);

        void execute(TunnelPacket action);

        void execute(Persist action);

        void execute(ArmTimer action);

        void execute(AnnounceAway action);

        void execute(AnnounceHome action);

        void execute(ReadNeighbour action);

        void execute(AnswerProbe action);

        void execute(Advertise action);

        void execute(ArmAdvertisement action);

        void execute(Report action);
    }
}
