package org.mooring.runtime.config;

import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * One kind of value in a configuration file.
 *
 * @param expected what such a value looks like, to finish the sentence "expected ..."
 * @param standIn what a getter returns after it has noted a problem
 * @param parse the value, or empty if the TOML value is not of this kind
 */
record Kind<T>(String expected, T standIn, Function<Object, Optional<T>> parse) {
    private static final Pattern INTERFACE = Pattern.compile("[^\\s/:]{1,15}");

    static final Kind<String> STRING = text("a string in quotes, not empty", "?", text -> {
        if (text.isBlank()) {
            throw new IllegalArgumentException();
        }
        return text;
    });

    static final Kind<Boolean> BOOLEAN = new Kind<>("true or false", false, value -> cast(value, Boolean.class));

    static final Kind<Ipv4Address> ADDRESS =
            text("an IPv4 address such as \"192.0.2.1\"", new Ipv4Address(0x7f000001), text -> {
                Ipv4Address address = Ipv4Address.of(text);
                if (!address.isUnicast()) {
                    throw new IllegalArgumentException();
                }
                return address;
            });

    static final Kind<Ipv4Prefix> PREFIX = text(
            "a network such as \"192.0.2.0/24\", with no bit set beyond its length", Ipv4Prefix.ALL, Ipv4Prefix::of);

    static final Kind<MacAddress> MAC =
            text("a unicast MAC address such as \"52:54:00:12:34:56\"", new MacAddress(0x0200_0000_0000L), text -> {
                MacAddress mac = MacAddress.of(text);
                if (mac.isGroup() || mac.equals(MacAddress.NONE)) {
                    throw new IllegalArgumentException();
                }
                return mac;
            });

    /** Linux takes any name of 1 to 15 octets without a slash, a colon or white space. */
    static final Kind<String> INTERFACE_NAME =
            text("the name of a network interface, at most 15 characters", "lo", text -> {
                if (!INTERFACE.matcher(text).matches() || text.equals(".") || text.equals("..")) {
                    throw new IllegalArgumentException();
                }
                return text;
            });

    /** An unsigned number of 32 bits; 0 to 255 are reserved (RFC 3344 §1.6). */
    static final Kind<Integer> SPI = new Kind<>(
            "an SPI from 256 to 4294967295",
            256,
            value -> cast(value, Long.class)
                    .filter(number -> number >= 256 && number <= 0xffff_ffffL)
                    .map(Long::intValue));

    static Kind<Integer> integer(int min, int max) {
        return new Kind<>(
                "a whole number from " + min + " to " + max,
                min,
                value -> cast(value, Long.class)
                        .filter(number -> number >= min && number <= max)
                        .map(Long::intValue));
    }

    /** A string that {@code parse} understands; what it doesn't, it refuses with an IllegalArgumentException. */
    static <T> Kind<T> text(String expected, T standIn, Function<String, T> parse) {
        return new Kind<>(
                expected,
                standIn,
                value -> cast(value, String.class).flatMap(text -> {
                    try {
                        return Optional.of(parse.apply(text));
                    } catch (IllegalArgumentException refused) {
                        return Optional.empty();
                    }
                }));
    }

    static <T> Optional<T> cast(Object value, Class<T> type) {
        return type.isInstance(value) ? Optional.of(type.cast(value)) : Optional.empty();
    }
}
