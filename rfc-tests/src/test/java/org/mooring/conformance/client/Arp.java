package org.mooring.conformance.client;

import org.mooring.conformance.client.Octets.Fields;

/** An ARP packet for IPv4 on Ethernet (RFC 826). */
record Arp(int operation, Mac senderMac, Address sender, Mac targetMac, Address target) {
    static final int REQUEST = 1;
    static final int REPLY = 2;

    private static final Octets ETHERNET_AND_IPV4 = Octets.hex("000108000604");

    static Arp request(Mac senderMac, Address sender, Address target) {
        return new Arp(REQUEST, senderMac, sender, Mac.NONE, target);
    }

    static Arp of(Octets octets) {
        if (!octets.range(0, 6).equals(ETHERNET_AND_IPV4)) {
            throw new AssertionError("not of Ethernet and IPv4: " + octets);
        }
        return new Arp(octets.u16(6), octets.mac(8), octets.address(14), octets.mac(18), octets.address(24));
    }

    /** The reply to this request by its target. */
    Arp answer(Mac own) {
        return new Arp(REPLY, own, /* sender= */ target, /* targetMac= */ senderMac, /* target= */ sender);
    }

    Octets octets() {
        return new Fields()
                .octets(ETHERNET_AND_IPV4)
                .u16(operation)
                .mac(senderMac)
                .address(sender)
                .mac(targetMac)
                .address(target)
                .done();
    }
}
