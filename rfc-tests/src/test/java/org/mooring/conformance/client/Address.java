package org.mooring.conformance.client;

import java.util.stream.Stream;

/** An IPv4 address. */
record Address(int bits) {
    static final Address ANY = new Address(0);
    static final Address BROADCAST = new Address(-1);

    static Address of(String dotted) {
        return new Address(
                Stream.of(dotted.split("\\.", -1)).map(Integer::valueOf).reduce(0, (bits, part) -> (bits << 8) | part));
    }

    @Override
    public String toString() {
        return "%d.%d.%d.%d".formatted(bits >>> 24, (bits >> 16) & 0xff, (bits >> 8) & 0xff, bits & 0xff);
    }
}
