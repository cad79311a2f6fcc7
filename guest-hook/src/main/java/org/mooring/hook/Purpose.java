package org.mooring.hook;

import java.time.Instant;
import org.mooring.hook.Action.SendRequest;
import org.mooring.protocol.wire.Ipv4Address;

/** What a guest's registration is for. */
sealed interface Purpose {
    /** The next request. Lifetimes are in seconds. */
    SendRequest request(Requests requests, Errand errand, int lifetime, Instant now);

    Ipv4Address careOfAddress();

    /** Who is asked, as in {@code foreign-agent 192.0.2.1}. */
    String agent();

    /** How long a registration may be at most, in seconds. */
    default int longestLifetime() {
        return 0xffff;
    }

    /** The guest is on a foreign link. */
    record Visit(TunnelEnd tunnelEnd, String agent) implements Purpose {
        /** RFC 3344 §3.6.1.2. */
        @Override
        public int longestLifetime() {
            return tunnelEnd instanceof ForeignAgent foreignAgent ? foreignAgent.longestLifetime() : 0xffff;
        }

        @Override
        public SendRequest request(Requests requests, Errand errand, int lifetime, Instant now) {
            return requests.visit(errand, tunnelEnd, lifetime, now);
        }

        @Override
        public Ipv4Address careOfAddress() {
            return tunnelEnd.careOfAddress();
        }
    }

    /** The guest has ended on a foreign link. */
    record Departure(TunnelEnd tunnelEnd, String agent) implements Purpose {
        @Override
        public SendRequest request(Requests requests, Errand errand, int lifetime, Instant now) {
            return requests.departure(tunnelEnd, now);
        }

        @Override
        public Ipv4Address careOfAddress() {
            return tunnelEnd.careOfAddress();
        }
    }

    /** The guest is on its home link: there is no care-of address but its own. */
    record Home(Guest guest, String agent) implements Purpose {
        @Override
        public SendRequest request(Requests requests, Errand errand, int lifetime, Instant now) {
            return requests.home(errand, now);
        }

        @Override
        public Ipv4Address careOfAddress() {
            return guest.homeAddress();
        }
    }
}
