package org.mooring.home;

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

    record BindingMoved(MobilityBinding binding, Peer before) implements Fact {
        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String line() {
            return "binding moved " + keys(binding) + " before=" + before;
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
            EXPIRED
        }

        @Override
        public Level level() {
            return Level.INFO;
        }

        @Override
        public String line() {
            return (how == End.EXPIRED ? "binding expired " : "binding deregistered ") + keys(binding);
        }
    }

    /** A stored binding of a mobile node that is no longer configured. */
    record BindingForgotten(MobilityBinding binding) implements Fact {
        @Override
        public Level level() {
            return Level.WARN;
        }

        @Override
        public String line() {
            return "binding not restored: the mobile node is not configured any more " + keys(binding);
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
            return "not announced at home: its MAC is not known (no Device ID in the request, no mobile-node.mac) home="
                    + homeAddress;
        }
    }

    private static String keys(MobilityBinding binding) {
        return "home=" + binding.homeAddress() + " care-of=" + binding.peer() + " lifetime="
                + (binding.isInfinite() ? "infinite" : binding.lifetime() + "s") + " flags=" + binding.flags()
                + " generation=" + binding.generation() + " from=" + binding.from();
    }
}
