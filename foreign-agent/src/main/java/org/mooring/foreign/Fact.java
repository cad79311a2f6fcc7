package org.mooring.foreign;

import java.util.Locale;
import java.util.Optional;
import org.mooring.protocol.handover.Arrivals.Refusal;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;

/** Something that happened, for the log and the counters: what is silent on the wire is not silent here. */
public sealed interface Fact {
    Level level();

    /** As logs and counters have it. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** The fact, then its keys. */
    String text();

    /** Who wants to read it. */
    enum Level {
        /** Who follows single messages. */
        DEBUG,
        /** Who follows visitors. */
        INFO,
        /** Who can mend it. */
        WARNING
    }

    /** Why a datagram was dropped without an answer, where it could be read. */
    enum Discard {
        /** A reply on a visitor link, or a request from a home agent. */
        UNEXPECTED_MESSAGE,
        /** What was sent to all mobility agents, and is answered by the home agent of this router (RFC 3344 §2.3, §3.7.2). */
        FOR_HOME_AGENT,
        /** No unicast link-layer address to answer to. */
        BAD_LINK_ADDRESS,
        /** No request waits for this reply (RFC 3344 §3.7.3.1). */
        NO_PENDING_REQUEST,
        /** One waits, but for another Identification or from another home agent (RFC 3344 §3.7.3.1). */
        REPLY_DOES_NOT_MATCH,
        /** Tunnel data of no visitor, and no answer to a keepalive (RFC 3519 §4.3). */
        TUNNEL_DATA,
        /** A mobile node without a co-located care-of address that offers revocation (RFC 3543 §4.2.1). */
        REVOCATION_SUPPORT,
        /** One that says that it isn't authenticated by the mobile node's association (RFC 5563 §5.1): for RFC 3344 §1.8 that is not recognised here. */
        PROXY_REGISTRATION,
        /** A challenge that no authentication follows (RFC 4721 §3.2). */
        UNAUTHENTICATED_CHALLENGE,
        /** RFC 3543 §3.3. */
        REVOCATION_NOT_AUTHENTIC,
        /** RFC 3543 §3.5: the A bit says that it comes from a foreign agent. */
        REVOCATION_REFLECTED,
        /** RFC 3543 §3.5, §4.2.2.2: older than the registration, or received before. */
        REVOCATION_REPLAYED,
        /** RFC 3543 §4.2.1: what was not registered as revocable. */
        REVOCATION_NOT_AGREED,
        /** RFC 3543 §3.5: an acknowledgment of nothing that was sent. */
        REVOCATION_NOT_SENT
    }

    /** A datagram that could not be read was dropped (RFC 3344 §1.8). */
    record Unreadable(String from, Decoded.Reason reason, int offset) implements Fact {
        @Override
        public Level level() {
            return Level.DEBUG;
        }

        @Override
        public String text() {
            return "datagram discarded reason=" + reason + " offset=" + offset + " from=" + from;
        }
    }

    /** A datagram was dropped without an answer. */
    record Discarded(String from, Discard reason) implements Fact {
        @Override
        public Level level() {
            return Level.DEBUG;
        }

        @Override
        public String text() {
            return "datagram discarded reason=" + reason + " from=" + from;
        }
    }

    /** A request went on to the home agent. */
    record RequestRelayed(Ipv4Address homeAddress, Ipv4Address homeAgent, String link, int lifetime) implements Fact {
        @Override
        public Level level() {
            return Level.DEBUG;
        }

        @Override
        public String text() {
            return "request relayed home=" + homeAddress + " home-agent=" + homeAgent + " link=" + link + " lifetime="
                    + lifetime;
        }
    }

    /**
     * We denied a request.
     *
     * @param answered false where the mobile node was told less than a second ago
     */
    record RequestDenied(Ipv4Address homeAddress, String link, ReplyCode code, String why, boolean answered)
            implements Fact {
        @Override
        public Level level() {
            return answered ? Level.INFO : Level.DEBUG;
        }

        @Override
        public String text() {
            return "request denied code=" + code + " home=" + homeAddress + " link=" + link + " why=\"" + why + "\""
                    + (answered ? "" : " answered=no");
        }
    }

    /** The home agent's answer went on to the mobile node. */
    record ReplyRelayed(Ipv4Address homeAddress, Ipv4Address homeAgent, ReplyCode code, int lifetime) implements Fact {
        @Override
        public Level level() {
            return code.isAccepted() ? Level.DEBUG : Level.INFO;
        }

        @Override
        public String text() {
            return "reply relayed code=" + code + " home=" + homeAddress + " home-agent=" + homeAgent
                    + (code.isAccepted() ? " lifetime=" + lifetime : "");
        }
    }

    /** A mobile node is served, newly or for longer. */
    record VisitorServed(Visitor visitor, boolean renewed) implements Fact {
        @Override
        public Level level() {
            return renewed ? Level.DEBUG : Level.INFO;
        }

        @Override
        public String text() {
            return (renewed ? "visitor renewed" : "visitor arrived") + " home=" + visitor.homeAddress() + " home-agent="
                    + visitor.homeAgent() + " link=" + visitor.link() + " expiry="
                    + (visitor.expiry().equals(Visitor.NEVER) ? "never" : visitor.expiry())
                    + visitor.udpTunnel()
                            .map(tunnel ->
                                    " udp-keepalive=" + tunnel.keepalive().toSeconds() + "s")
                            .orElse("");
        }
    }

    /** A mobile node is served no more. */
    record VisitorLeft(Ipv4Address homeAddress, Why why) implements Fact {
        /** Why not. */
        public enum Why {
            EXPIRED,
            DEREGISTERED,
            /** It had left before, and is now staged to come again. */
            REDIRECTED,
            /** It had left before, and the kernel refused to have it back. */
            REFUSED,
            /** By the operator. */
            REVOKED,
            REVOKED_BY_HOME_AGENT,
            /** Its link is gone, or not configured any more. */
            LINK_GONE
        }

        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String text() {
            return "visitor left home=" + homeAddress + " why=" + word(why);
        }
    }

    /** How far a handover has come. */
    enum Step {
        /** New site: the visitor may come. */
        STAGED,
        /** New site: it has come. */
        CONFIRMED,
        /** New site: it doesn't come, its hook says. */
        ABORTED,
        /** New site: it hasn't come within the hold time. */
        EXPIRED,
        /** Old site: the visitor may leave. */
        ARMED,
        /** Old site: it has left, and its packets follow it. */
        REDIRECTED,
        /** Old site: it had left, and is back. */
        RETURNED;

        /** As logs and counters have it. */
        public String word() {
            return Fact.word(this);
        }
    }

    /**
     * A handover has come a step further (docs/handover.md, "Foreign agent").
     *
     * @param careOfAddress the other one: at the new site the previous one, at the old site the new one
     */
    record Handover(Ipv4Address homeAddress, HandoverId id, Step step, Optional<Ipv4Address> careOfAddress)
            implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String text() {
            return "handover " + step.word() + " home=" + homeAddress + " id=" + id
                    + careOfAddress.map(address -> " care-of=" + address).orElse("");
        }
    }

    /** A message beside registration was not followed. */
    record HandoverMessageDiscarded(String from, Refusal reason) implements Fact {
        @Override
        public Level level() {
            return Level.DEBUG;
        }

        @Override
        public String text() {
            return "handover message discarded reason=" + reason + " from=" + from;
        }
    }

    /**
     * New site: the old site's hook has said how many packets it has rescued.
     *
     * @param rescued those that have come
     */
    record EndReceived(Ipv4Address homeAddress, HandoverId id, int rescued, int count) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String text() {
            return "handover end received home=" + homeAddress + " id=" + id + " rescued=" + rescued + " of="
                    + Integer.toUnsignedString(count);
        }
    }

    /**
     * New site: what had to wait goes on.
     *
     * @param held packets that had to wait so far, in all rooms
     * @param more those that have not been told of yet
     */
    record RoomOpened(Action.OpenRoom action, long held, long more) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String text() {
            return "handover room opened home=" + action.homeAddress() + " id=" + action.id() + " room="
                    + word(action.room()) + " why=" + word(action.why()) + " held=" + held;
        }
    }

    /** So many packets have followed a visitor that has left. */
    record RedirectedCounted(Ipv4Address homeAddress, HandoverId id, long packets) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String text() {
            return "handover packets redirected home=" + homeAddress + " id=" + id + " packets=" + packets;
        }
    }

    /** A NAT on the way has forgotten the tunnel, or nothing passes at all (RFC 3519 §4.10). */
    record KeepalivesUnanswered(Ipv4Address homeAddress) implements Fact {
        @Override
        public Level level() {
            return Level.WARNING;
        }

        @Override
        public String text() {
            return "keepalives unanswered, the visitor is cut off until it registers again: lower nat-keepalive if a"
                    + " NAT forgets sooner home="
                    + homeAddress;
        }
    }

    /** They were not before. */
    record KeepalivesAnswered(Ipv4Address homeAddress) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String text() {
            return "keepalives answered again home=" + homeAddress;
        }
    }

    /** The kernel refused something. */
    record KernelRefused(Ipv4Address homeAddress, String what, String why) implements Fact {
        @Override
        public Level level() {
            return Level.WARNING;
        }

        @Override
        public String text() {
            return "kernel refused to " + what + " visitor home=" + homeAddress + " why=\"" + why + "\"";
        }
    }

    /** A visitor is served but would not outlive a crash. */
    record NotStored(Ipv4Address homeAddress, String why) implements Fact {
        @Override
        public Level level() {
            return Level.WARNING;
        }

        @Override
        public String text() {
            return "visitor not stored, a restart would forget it home=" + homeAddress + " why=\"" + why + "\"";
        }
    }

    /** The operator wanted to revoke whom nobody serves. */
    record NothingToRevoke(Ipv4Address homeAddress) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String text() {
            return "nothing to revoke home=" + homeAddress;
        }
    }

    /** A home agent was told that its mobile node is not served any more. */
    record RevocationSent(Ipv4Address homeAddress, Ipv4Address homeAgent, int transmission) implements Fact {
        @Override
        public Level level() {
            return transmission == 1 ? Level.INFO : Level.DEBUG;
        }

        @Override
        public String text() {
            return "revocation sent home=" + homeAddress + " home-agent=" + homeAgent + " transmission=" + transmission;
        }
    }

    /** It knows. */
    record RevocationAcknowledged(Ipv4Address homeAddress, Ipv4Address homeAgent, int transmissions) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String text() {
            return "revocation acknowledged home=" + homeAddress + " home-agent=" + homeAgent + " transmissions="
                    + transmissions;
        }
    }

    /** The registration would have ended by itself by now. */
    record RevocationUnanswered(Ipv4Address homeAddress, Ipv4Address homeAgent, int transmissions) implements Fact {
        @Override
        public Level level() {
            return Level.WARNING;
        }

        @Override
        public String text() {
            return "revocation never acknowledged home=" + homeAddress + " home-agent=" + homeAgent + " transmissions="
                    + transmissions;
        }
    }

    /** There is no association with the home agent any more, or it never agreed to revocation. */
    record RevocationImpossible(Ipv4Address homeAddress, Ipv4Address homeAgent) implements Fact {
        @Override
        public Level level() {
            return Level.WARNING;
        }

        @Override
        public String text() {
            return "revocation not sent: not agreed on, or no association any more home=" + homeAddress + " home-agent="
                    + homeAgent;
        }
    }

    /** The mobile node was told by an advertisement with sequence number 0 (RFC 3543 §4.1). */
    record MobileNodeInformed(Ipv4Address homeAddress, String link, boolean busy) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String text() {
            return "mobile node told of the revocation home=" + homeAddress + " link=" + link
                    + (busy ? " busy=yes" : "");
        }
    }

    /** An interface has gone; its visitors are revoked. */
    record LinkLost(String link, int visitors) implements Fact {
        @Override
        public Level level() {
            return Level.WARNING;
        }

        @Override
        public String text() {
            return "link gone link=" + link + " visitors=" + visitors;
        }
    }

    /** What a restart found. */
    record VisitorsRestored(int served, int expired) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String text() {
            return "visitors restored served=" + served + " expired=" + expired;
        }
    }
}
