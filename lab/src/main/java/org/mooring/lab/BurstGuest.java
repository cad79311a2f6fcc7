package org.mooring.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

/**
 * A guest of site A of which there is nothing but what its hooks send, be it one of many that move at once.
 *
 * @param number from 0
 * @param key of its association with the home agent, 16 octets in hexadecimal
 * @param asked what its requests ask for
 */
record BurstGuest(int number, Ipv4Address address, MacAddress mac, String key, Flags asked) {
    private static final int SPI = 256;

    /** In seconds: of bindings, and of what is staged. */
    static final int LIFETIME = 300;

    private static final int PER_OCTET = 250;

    /** One of many. */
    static BurstGuest of(int number, String key) {
        return new BurstGuest(
                number,
                Ipv4Address.of("10.1." + (1 + number / PER_OCTET) + "." + (1 + number % PER_OCTET)),
                MacAddress.of(String.format(Locale.ROOT, "52:54:01:01:%02x:%02x", number >>> 8, number & 0xff)),
                key,
                Flags.REVERSE_TUNNELING);
    }

    /** As the home agent's configuration has it. */
    String configuration() {
        return """

                [[mobile-node]]
                home-address = "%s"
                mac = "%s"
                [[mobile-node.association]]
                spi = %d
                key = "%s"
                """.formatted(address(), mac(), SPI, key);
    }

    /** The id of its handover in that burst. */
    HandoverId handover(int burst) {
        return new HandoverId(((long) burst << Integer.SIZE) + number);
    }

    /** A request for a care-of address at that site, in octets as a hook writes it. */
    Octets request(Identification identification, Site careOf, HandoverExtension... handover) {
        List<Extension> extensions = new ArrayList<>();
        extensions.add(Extension.DeviceId.ethernet(Octets.ofHex(mac().toString().replace(":", ""))));
        Stream.of(handover)
                .map(extension -> extension.toExtension(HandoverExtension.DEFAULT_ENTERPRISE_NUMBER))
                .forEach(extensions::add);
        var request = new RegistrationRequest(
                asked,
                LIFETIME,
                address(),
                Ipv4Address.of(BurstBench.HOME.routerAddress()),
                Ipv4Address.of(careOf.careOfAddress()),
                identification,
                extensions);
        return Seal.encode(request, new Seal(Kind.MOBILE_HOME, association()));
    }

    private SecurityAssociation association() {
        return new SecurityAssociation(
                SPI, new Key(Octets.ofHex(key)), Algorithm.HMAC_MD5, SecurityAssociation.DEFAULT_TOLERANCE);
    }
}
