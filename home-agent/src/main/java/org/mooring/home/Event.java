package org.mooring.home;

import java.time.Instant;
import java.util.List;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * Everything that can happen to the home agent. Time enters only through {@link #at()}.
 *
 * <p>Each {@link Action.InstallForwarding}, {@link Action.RemoveForwarding} and {@link Action.Persist} is answered by exactly one event for the same
 * home address.
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

    /** The kernel forwards as the last {@link Action.InstallForwarding} or {@link Action.RemoveForwarding} of this home address asked. */
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

    /** The timer of {@link Action.ArmLifetime}. One that was armed for an earlier expiry is stale and changes nothing. */
    record LifetimeExpired(Instant at, Ipv4Address homeAddress) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The timer of {@link Action.ArmAnnouncement}. */
    record AnnouncementDue(Instant at, Ipv4Address homeAddress) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** The operator changed associations or limits. Bindings stay. */
    record Reconfigured(Instant at, HomeAgentConfiguration configuration) implements Event {
        @Override
        public void on(Handler handler) {
            handler.handle(this);
        }
    }

    /** One method per event: forgetting one does not compile. */
    interface Handler {
        void handle(Restored event);

        void handle(DatagramReceived event);

        void handle(ForwardingChanged event);

        void handle(ForwardingFailed event);

        void handle(Persisted event);

        void handle(PersistFailed event);

        void handle(LifetimeExpired event);

        void handle(AnnouncementDue event);

        void handle(Reconfigured event);
    }
}
