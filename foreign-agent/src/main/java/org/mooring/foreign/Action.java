package org.mooring.foreign;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.mooring.protocol.discovery.AdvertisementSeries.Window;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

/** What the foreign agent wants done. */
public sealed interface Action {
    void on(Executor executor);

    /** Send to port 434 of {@code homeAgent}, from the care-of address (RFC 5944 §3.7.2.2). */
    record RelayToHomeAgent(Ipv4Address homeAgent, Octets message) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Send to port 434 of {@code homeAgent}, as requests are, or it would not be the same mapping of a NAT that is kept (RFC 3519 §4.9). */
    record SendKeepalive(Ipv4Address homeAgent, Octets message) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Send a revocation or its acknowledgment from port 434 of the care-of address (RFC 3543 §3.3, §3.4). */
    record SendRevocationMessage(Ipv4Address homeAgent, int port, Octets message) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * Send from port 434 to a mobile node: in a frame to its MAC address, because nobody asks for the MAC address of a
     * visitor by ARP (RFC 3344 §4.2.2).
     */
    record SendToVisitor(
            String link,
            Octets linkAddress,
            Ipv4Address source,
            Ipv4Address destination,
            int destinationPort,
            Octets message)
            implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * Send to everybody on {@code link}, or in a frame to one MAC address (RFC 3344 §2.1).
     *
     * @param linkAddress empty for the MAC address of the group that {@code destination} is
     */
    record Advertise(
            String link,
            Optional<Octets> linkAddress,
            Ipv4Address source,
            Ipv4Address destination,
            AgentAdvertisement advertisement)
            implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Fire at a random time of {@code window} (RFC 1256 §4.1), in place of what was armed for {@code link} before. */
    record ArmAdvertisement(String link, Window window) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Forward the packets of {@code visitor}; answered by VisitorInstalled or VisitorNotInstalled. */
    record InstallVisitor(Visitor visitor) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Stop forwarding, and forget what is staged; answered by VisitorRemoved or VisitorNotRemoved. */
    record RemoveVisitor(Ipv4Address homeAddress) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * Be ready for the packets of {@code staged}; answered by VisitorStaged or VisitorNotStaged.
     *
     * @param closed the rooms where its packets have to wait
     */
    record StageVisitor(StagedVisitor staged, Set<Room> closed) implements Action {
        public StageVisitor {
            closed = Set.copyOf(closed);
        }

        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Be so no more, and leave an installed visitor as it is; answered by VisitorUnstaged or VisitorNotUnstaged. */
    record UnstageVisitor(Ipv4Address homeAddress) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * Let the packets of an installed visitor follow it, until it is recalled, installed again or removed; answered by VisitorRedirected or
     * VisitorNotRedirected.
     *
     * @param careOfAddress the new one; the home address if the visitor went home
     */
    record RedirectVisitor(Ipv4Address homeAddress, HandoverId id, Ipv4Address careOfAddress) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Say how many packets of a visitor have been redirected; answered by RedirectedCounted. */
    record CountRedirected(Ipv4Address homeAddress, HandoverId id) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Deliver the packets of a visitor that was redirected here again; answered by VisitorRecalled or VisitorNotRecalled. */
    record RecallVisitor(Ipv4Address homeAddress) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Bring an IPv4 packet to a visitor that comes, ahead of all that waits. */
    record DeliverPacket(Ipv4Address homeAddress, Octets packet) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Let the packets go on that wait, in order; answered by RoomOpened. */
    record OpenRoom(Ipv4Address homeAddress, HandoverId id, Room room, Opening why) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Make {@code visitor} outlive a crash; answered by VisitorStored or VisitorNotStored. */
    record StoreVisitor(Visitor visitor) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Make it durable that {@code visitor} is not served any more, and that its home agent is to be told; answered by RevocationStored, be it durable or not. */
    record StoreRevocation(Visitor visitor, boolean namesake) implements Action {
        /** Of one that is no namesake. */
        public StoreRevocation(Visitor visitor) {
            this(visitor, false);
        }

        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** As InstallVisitor, while another visitor has the home address (RFC 3024 §A.4). Answered in the same way. */
    record InstallNamesake(Visitor visitor) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** End the forwarding of {@code visitor}, and of nobody else with its home address. Nobody waits for that. */
    record RemoveNamesake(Visitor visitor) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** As StoreVisitor, and answered in the same way. */
    record StoreNamesake(Visitor visitor) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Delete what was stored of {@code visitor}; nobody waits for it. */
    record ForgetNamesake(Visitor visitor) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Store this mobile node, which is its tunnel's end itself, in place of what was stored of it before; nobody waits for it. */
    record StoreCoLocated(Visitor visitor) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Delete what was stored of {@code visitor}; nobody waits for it. */
    record ForgetCoLocated(Visitor visitor) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Delete what was stored of a revocation; nobody waits for it, a stale one ends with the visitor's lifetime. */
    record ForgetRevocation(Visitor visitor) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Delete what was stored of a visitor; answered by VisitorForgotten if that is durable. A stale one expires by itself. */
    record ForgetVisitor(Ipv4Address homeAddress) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Fire at {@code at}, in place of what was armed for {@code timer} before. */
    record ArmTimer(Event.Timer timer, Instant at) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Write to the log, and count. */
    record Report(Fact fact) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** One method per action: forgetting one does not compile. */
    interface Executor {
        void execute(RelayToHomeAgent action);

        void execute(SendKeepalive action);

        void execute(SendRevocationMessage action);

        void execute(SendToVisitor action);

        void execute(Advertise action);

        void execute(ArmAdvertisement action);

        void execute(InstallVisitor action);

        void execute(RemoveVisitor action);

        void execute(StageVisitor action);

        void execute(UnstageVisitor action);

        void execute(RedirectVisitor action);

        void execute(CountRedirected action);

        void execute(RecallVisitor action);

        void execute(DeliverPacket action);

        void execute(OpenRoom action);

        void execute(StoreVisitor action);

        void execute(ForgetVisitor action);

        void execute(InstallNamesake action);

        void execute(RemoveNamesake action);

        void execute(StoreNamesake action);

        void execute(ForgetNamesake action);

        void execute(StoreCoLocated action);

        void execute(ForgetCoLocated action);

        void execute(StoreRevocation action);

        void execute(ForgetRevocation action);

        void execute(ArmTimer action);

        void execute(Report action);
    }
}
