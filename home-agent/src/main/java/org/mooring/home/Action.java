package org.mooring.home;

import java.time.Instant;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

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

    /** Tunnels the home address's packets to the peer and answers for it on the home link (RFC 3344 §4.2.3, §4.6); replaces an earlier peer. */
    record InstallForwarding(Ipv4Address homeAddress, Peer peer) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Stops answering for the home address on the home link, then stops tunnelling (RFC 3344 §4.6). */
    record RemoveForwarding(Ipv4Address homeAddress) implements Action {
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

    /** Something an operator wants to know. RFC 3344's "silently discard" is silent on the wire, not in the log. */
    record Report(Fact fact) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** One method per action: forgetting one does not compile. */
    interface Executor {
        void execute(SendReply action);

        void execute(InstallForwarding action);

        void execute(RemoveForwarding action);

        void execute(Persist action);

        void execute(ArmTimer action);

        void execute(AnnounceAway action);

        void execute(AnnounceHome action);

        void execute(Report action);
    }
}
