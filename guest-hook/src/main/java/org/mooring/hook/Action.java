package org.mooring.hook;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;

/** What the hook wants done. {@link Executor} is the exhaustive dispatch. */
public sealed interface Action {
    void on(Executor executor);

    /** To whom a request is sent on the link. */
    enum Agent {
        FOREIGN_AGENT,
        HOME_AGENT
    }

    /** With whose addresses a request leaves. */
    enum Sender {
        /** The guest's: whoever receives it takes the guest to be on this link. */
        GUEST,
        /** This host's. */
        HOST,
        /** This host's as well, which is the guest's co-located care-of address. */
        CARE_OF_ADDRESS
    }

    /**
     * Sends a request with each of {@code seals} in turn appended.
     *
     * @param guest whose registration it is
     * @param agent the address of who is {@code to} have it
     * @param forForeignAgent stands behind what the home agent is to have (RFC 3344 §3.6.1.3)
     */
    record SendRequest(
            Guest guest,
            RequestKind kind,
            Sender sender,
            Agent to,
            Ipv4Address agent,
            RegistrationRequest request,
            List<Extension> forForeignAgent,
            List<Seal> seals)
            implements Action {
        public SendRequest {
            forForeignAgent = List.copyOf(forForeignAgent);
            seals = List.copyOf(seals);
        }

        /** As it stands in a datagram. */
        public Octets octets() {
            Octets octets = RegistrationCodec.encode(request);
            for (Seal seal : seals) {
                octets = seal.kind() == Kind.MOBILE_FOREIGN
                        ? seal.appendTo(octets.concat(RegistrationCodec.encode(forForeignAgent)))
                        : seal.appendTo(octets);
            }
            return octets;
        }

        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * Sends the octets of a request that has just been sent once more, or of one that may not leave as a request yet, in a message that is no
     * request for who knows no handovers (docs/handover.md, "Messages beside registration").
     */
    record RepeatRequest(SendRequest request) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Sends to port 434 of the home agent from where requests are sent, or it would not be the same mapping of a NAT that is kept (RFC 3519 §4.9). */
    record SendKeepalive(Guest guest, Ipv4Address homeAgent, Octets message) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Finds out, or again, the link-layer address that a request for the guest will need. */
    record ResolveAgent(Guest guest, Agent to, Ipv4Address agent) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** From now on keeps knowing the link-layer address of a foreign agent that was discovered. */
    record FollowAgent(Ipv4Address agent) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** That address is of no more use. */
    record ForgetAgent(Ipv4Address agent) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Sends an Agent Solicitation with this host's addresses (RFC 3344 §2.2). */
    record Solicit() implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Wants {@link Event.DiscoveryDue} at {@code due}; replaces what was wanted before. */
    record ArmDiscovery(Instant due) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** A gratuitous ARP with the guest's addresses on its home link (RFC 3344 §4.6). */
    record Announce(Guest guest) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * From now on these rules hold on the guest's port.
     *
     * @param router who forwards what the guest sends while it visits; null where nobody does yet, and at home
     */
    record SetPort(
            Guest guest,
            PortRule fromGuest,
            PortRule toGuest,
            @Nullable TunnelEnd router) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * The bridge gives the guest's port what is for its MAC address, whatever it has learnt before; until other rules hold there, or it is
     * released.
     */
    record LeadToPort(Guest guest) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** The guest's port is no longer the hook's. */
    record ReleasePort(Guest guest) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** From now on keeps the last frames that go to the guest's tap. */
    record KeepFrames(Guest guest) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * QEMU reads no more: sends what it hasn't read of the kept frames after the guest, as RESCUED, and then each frame that
     * still comes, until {@link ForgetFrames}.
     *
     * @param to who puts them in order where the guest goes
     * @param stopped since when QEMU doesn't read
     */
    record RescueFrames(Guest guest, HandoverId id, Ipv4Address to, Instant stopped) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /**
     * QEMU reads no more, and nobody was told where the guest goes: what it hasn't read of the kept frames, and what still comes, waits for {@link SendEnd}, and
     * is sent on the link then, and each frame that comes after that, until {@link ForgetFrames}.
     *
     * @param stopped since when QEMU doesn't read
     */
    record HoldFrames(Guest guest, Instant stopped) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Has the link learn where the guest's link-layer address is; says nothing of its home address (RFC 3344 §4.6). */
    record TellLink(Guest guest) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Sends END: what follows of {@link RescueFrames} is not worth waiting for. {@link Event.FramesRescued} tells how many there were. */
    record SendEnd(Guest guest) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** No frames to the guest's tap are kept any more, nor rescued. */
    record ForgetFrames(Guest guest) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Changes what becomes of the guest's packets; {@link Event.Forwarded} tells what came of it. */
    record Forward(Guest guest, Forwarding forwarding) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Brings a packet to a guest, ahead of all that wait. */
    record DeliverPacket(Ipv4Address homeAddress, Octets packet) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Lets those of a guest's packets go on that wait in {@code room}. */
    record OpenRoom(Ipv4Address homeAddress, HandoverId id, Room room, Opening why) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Wants {@link Event.ArrivalDue} at {@code due}; replaces what was wanted before for that home address. */
    record ArmArrival(Ipv4Address homeAddress, Instant due) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Wants {@link Event.TimerFired} at {@code due}; replaces the guest's earlier timer of that kind. */
    record ArmTimer(Guest guest, Timer timer, Instant due) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** The outcome of each check of the guest that was asked for and not answered yet. */
    record AnswerCheck(Guest guest, CheckOutcome outcome) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** What came of preparing for the guest: for each who told that it arrives and wasn't answered yet. */
    record AnswerPreparation(Guest guest, PreparationOutcome outcome) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** Something that an operator may want to know. */
    record Report(Instant at, Fact fact) implements Action {
        @Override
        public void on(Executor executor) {
            executor.execute(this);
        }
    }

    /** One method for each action: forgetting one doesn't compile. */
    interface Executor {
        void execute(SendRequest action);

        void execute(RepeatRequest action);

        void execute(SendKeepalive action);

        void execute(ResolveAgent action);

        void execute(FollowAgent action);

        void execute(ForgetAgent action);

        void execute(Solicit action);

        void execute(ArmDiscovery action);

        void execute(Announce action);

        void execute(SetPort action);

        void execute(LeadToPort action);

        void execute(ReleasePort action);

        void execute(KeepFrames action);

        void execute(RescueFrames action);

        void execute(HoldFrames action);

        void execute(TellLink action);

        void execute(SendEnd action);

        void execute(ForgetFrames action);

        void execute(Forward action);

        void execute(DeliverPacket action);

        void execute(OpenRoom action);

        void execute(ArmArrival action);

        void execute(ArmTimer action);

        void execute(AnswerCheck action);

        void execute(AnswerPreparation action);

        void execute(Report action);
    }
}
