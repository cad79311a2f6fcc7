package org.mooring.home;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.mooring.datapath.Encapsulation;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;

/** One line of the log. */
public sealed interface Fact {
    Level level();

    /** The fact, then its keys. */
    String line();

    /** INFO: bindings made, changed, ended. WARN: something that an operator can mend. DEBUG: each datagram. */
    enum Level {
        DEBUG,
        INFO,
        WARN
    }

    record BindingMade(MobilityBinding binding) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String line() {
            return "binding made " + keys(binding);
        }
    }

    record BindingMoved(MobilityBinding binding, List<Peer> before) implements Fact {
        public BindingMoved {
            before = List.copyOf(before);
        }

        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String line() {
            return "binding moved " + keys(binding) + " before="
                    + before.stream().map(Peer::toString).collect(Collectors.joining(","));
        }
    }

    record BindingRenewed(MobilityBinding binding) implements Fact {
        @Override
        public Level level() {
            return Level.DEBUG;
        }

        @Override
        public String line() {
            return "binding renewed " + keys(binding);
        }
    }

    record BindingRestored(MobilityBinding binding) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String line() {
            return "binding restored " + keys(binding) + " expiry="
                    + (binding.isInfinite() ? "never" : binding.expiry().toString());
        }
    }

    record BindingEnded(MobilityBinding binding, End how) implements Fact {
        /** How a binding may end. */
        public enum End {
            DEREGISTERED,
            /** The mobile node renewed another one without S (RFC 3344 §3.8.2.2). */
            REPLACED,
            /** By a COMMIT: the mobile node is paused on its way home. */
            RETURNED,
            EXPIRED,
            /** By the operator. */
            REVOKED,
            REVOKED_BY_FOREIGN_AGENT
        }

        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String line() {
            var word = switch (how) {
                case DEREGISTERED -> "deregistered";
                case REPLACED -> "replaced";
                case RETURNED -> "returned home";
                case EXPIRED -> "expired";
                case REVOKED -> "revoked";
                case REVOKED_BY_FOREIGN_AGENT -> "revoked by its foreign agent";
            };
            return "binding " + word + " " + keys(binding);
        }
    }

    /**
     * A PREPARE was carried out.
     *
     * @param again the same handover's, to be held longer
     */
    record CareOfAddressStaged(StagedEntry entry, boolean again) implements Fact {
        @Override
        public Level level() {
            return again ? Level.DEBUG : Level.INFO;
        }

        @Override
        public String line() {
            return "care-of address staged " + keys(entry) + " hold="
                    + entry.holdTime().toSeconds() + "s from=" + entry.from();
        }
    }

    /** A PREPARE of the care-of address that the mobile node has: it stays within its site. */
    record NothingToStage(Ipv4Address homeAddress, Ipv4Address careOfAddress, Endpoint from) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String line() {
            return "nothing to stage home=" + homeAddress + " care-of=" + careOfAddress + " from=" + from;
        }
    }

    /** What was staged isn't any more. */
    record StagedEntryGone(StagedEntry entry, How how) implements Fact {
        /** What became of it. */
        public enum How {
            /** Packets go there since the mobile node stopped. */
            COMMITTED,
            /** The mobile node registered from there, and no COMMIT came. */
            CONFIRMED,
            ABORTED,
            /** By a later PREPARE. */
            REPLACED,
            /** The hold time is over. */
            EXPIRED,
            /** With the binding. */
            REVOKED
        }

        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String line() {
            return "handover " + word(how) + " " + keys(entry);
        }
    }

    /**
     * The old site's hook has said how many packets it has rescued of a mobile node that comes home.
     *
     * @param rescued those that have come
     */
    record EndReceived(Ipv4Address homeAddress, HandoverId id, int rescued, int count) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String line() {
            return "handover end received home=" + homeAddress + " handover=" + id + " rescued=" + rescued + " of="
                    + Integer.toUnsignedString(count);
        }
    }

    /**
     * What had to wait for a mobile node that comes home goes on.
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
        public String line() {
            return "handover room opened home=" + action.homeAddress() + " handover=" + action.id() + " room="
                    + word(action.room()) + " why=" + word(action.why()) + " held=" + held;
        }
    }

    /** A mobile node with a binding is no longer configured: the binding is revoked. */
    record MobileNodeUnconfigured(MobilityBinding binding) implements Fact {
        @Override
        public Level level() {
            return Level.WARN;
        }

        @Override
        public String line() {
            return "to be revoked: the mobile node is not configured any more " + keys(binding);
        }
    }

    /** The operator wanted to revoke what isn't there, or ended a moment before. */
    record NothingToRevoke(Ipv4Address homeAddress) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String line() {
            return "nothing to revoke home=" + homeAddress;
        }
    }

    /** The other end of the tunnel was told that the binding is over. */
    record RevocationSent(MobilityBinding binding, int transmission) implements Fact {
        @Override
        public Level level() {
            return transmission == 1 ? Level.INFO : Level.DEBUG;
        }

        @Override
        public String line() {
            return "revocation sent " + revocationKeys(binding) + " transmission=" + transmission;
        }
    }

    record RevocationAcknowledged(MobilityBinding binding, int transmissions) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String line() {
            return "revocation acknowledged " + revocationKeys(binding) + " transmissions=" + transmissions;
        }
    }

    /** The binding would have ended by itself by now. */
    record RevocationUnanswered(MobilityBinding binding, int transmissions) implements Fact {
        @Override
        public Level level() {
            return Level.WARN;
        }

        @Override
        public String line() {
            return "revocation never acknowledged " + revocationKeys(binding) + " transmissions=" + transmissions;
        }
    }

    /** The association with the other end of the tunnel is not configured any more. */
    record RevocationImpossible(MobilityBinding binding) implements Fact {
        @Override
        public Level level() {
            return Level.WARN;
        }

        @Override
        public String line() {
            return "revocation not sent: no association with " + binding.from().address() + " is configured any more "
                    + revocationKeys(binding);
        }
    }

    /** A deregistration of what was not bound: it changes nothing. */
    record NothingToDeregister(Ipv4Address homeAddress, Ipv4Address careOfAddress, Endpoint from) implements Fact {
        @Override
        public Level level() {
            return Level.DEBUG;
        }

        @Override
        public String line() {
            return "nothing to deregister home=" + homeAddress + " care-of=" + careOfAddress + " from=" + from;
        }
    }

    record Denied(ReplyCode code, Ipv4Address homeAddress, Endpoint from, String reason) implements Fact {
        @Override
        public Level level() {
            return Level.WARN;
        }

        @Override
        public String line() {
            return "registration denied code=" + code.value() + " home=" + homeAddress + " from=" + from + " why=\""
                    + reason + "\"";
        }
    }

    /** An answer given a second time (RFC 3344 §3.8.2.2). */
    record Repeated(Ipv4Address homeAddress, Endpoint from) implements Fact {
        @Override
        public Level level() {
            return Level.DEBUG;
        }

        @Override
        public String line() {
            return "reply repeated home=" + homeAddress + " from=" + from;
        }
    }

    /**
     * Something that is not answered.
     *
     * @param level WARN where it may be a guest's or an agent's missing policy, and not too many came before it
     */
    record Discarded(Level level, Discard discard, Endpoint from, String reason) implements Fact {
        @Override
        public String line() {
            return "datagram discarded from=" + from + " why=\"" + reason + "\"";
        }
    }

    record ForwardingRefused(Ipv4Address homeAddress, String reason) implements Fact {
        @Override
        public Level level() {
            return Level.WARN;
        }

        @Override
        public String line() {
            return "forwarding refused by the kernel home=" + homeAddress + " why=\"" + reason + "\"";
        }
    }

    record StoreRefused(Ipv4Address homeAddress, String reason) implements Fact {
        @Override
        public Level level() {
            return Level.WARN;
        }

        @Override
        public String line() {
            return "binding not stored home=" + homeAddress + " why=\"" + reason + "\"";
        }
    }

    /** Neighbours on the home link keep the agent's MAC for the address until they ask again. */
    record MacUnknown(Ipv4Address homeAddress) implements Fact {
        @Override
        public Level level() {
            return Level.WARN;
        }

        @Override
        public String line() {
            return "not announced at home: its MAC is not known (no Device ID in the request, no mobile-node.mac, nobody there by ARP) home="
                    + homeAddress;
        }
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static String keys(StagedEntry entry) {
        return "home=" + entry.homeAddress() + " care-of=" + entry.careOfAddress() + " handover=" + entry.id();
    }

    private static String revocationKeys(MobilityBinding binding) {
        return "home=" + binding.homeAddress() + " care-of=" + binding.peer() + " generation=" + binding.generation()
                + " to=" + binding.from().address();
    }

    private static String keys(MobilityBinding binding) {
        return "home=" + binding.homeAddress() + " care-of=" + binding.careOfAddress()
                + (binding.peer().encapsulation() == Encapsulation.UDP ? " udp=" + binding.peer() : "") + " lifetime="
                + (binding.isInfinite() ? "infinite" : binding.lifetime() + "s") + " flags=" + binding.flags()
                + " generation=" + binding.generation() + " from=" + binding.from();
    }
}
