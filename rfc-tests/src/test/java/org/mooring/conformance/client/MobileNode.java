package org.mooring.conformance.client;

import java.time.Instant;
import java.time.temporal.ChronoField;

/** A mobile node: who it is, and how it numbers its requests (RFC 5944 §5.7.1). */
final class MobileNode {
    /** From the epoch of RFC 5905 to that of {@link Instant}. */
    private static final long NTP_EPOCH = 2_208_988_800L;

    private final Address homeAddress;
    private final Mac mac;
    private final Association association;
    private long newest;

    MobileNode(Address homeAddress, Mac mac, Association association) {
        this.homeAddress = homeAddress;
        this.mac = mac;
        this.association = association;
    }

    Address homeAddress() {
        return homeAddress;
    }

    Mac mac() {
        return mac;
    }

    Association association() {
        return association;
    }

    /** A request for {@code lifetime} seconds with an Identification later than those before. */
    Request request(Address homeAgent, Address careOfAddress, int lifetime) {
        long now = timestamp(0);
        newest = Long.compareUnsigned(now, newest) > 0 ? now : newest + 1;
        return new Request(0, lifetime, homeAddress, homeAgent, careOfAddress, newest);
    }

    Octets signed(Request request) {
        return signed(request.octets());
    }

    /** {@code message} with the Mobile-Home Authentication Extension (§3.5.2). */
    Octets signed(Octets message) {
        return association.seal(Extension.MOBILE_HOME, message);
    }

    /** An Identification of the time of day in {@code seconds} from now, in the format of NTP. */
    static long timestamp(int seconds) {
        var time = Instant.now().plusSeconds(seconds);
        return (ntp(time) << 32) | (((long) time.get(ChronoField.NANO_OF_SECOND) << 32) / 1_000_000_000);
    }

    /** The high half of an Identification of that time. */
    static long ntp(Instant time) {
        return time.getEpochSecond() + NTP_EPOCH;
    }
}
