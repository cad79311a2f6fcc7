package org.mooring.hook.daemon;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.mooring.hook.HomeGateway;
import org.mooring.hook.PortRule;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * What holds on the port of one guest; {@code struct port} in guest_port.bpf.c.
 *
 * @param mac the guest's
 * @param gateway whose link-layer address answers a visitor's ARP requests
 * @param router where the guest's unicast IPv4 goes, for a visitor its foreign agent; {@link MacAddress#NONE}: not known, which
 *     holds a visitor's packets back, or not wanted at home
 * @param agent whose Registration Replies the guest doesn't get; {@link Ipv4Address#UNSPECIFIED}: anyone's
 * @param dhcpServer that of a visitor; {@link Ipv4Address#UNSPECIFIED}: the one that it has asked last, or else the gateway
 * @param nests who puts broadcasts of the home network into packets to the guest (RFC 3344 §4.3), which are to be taken out; {@link
 *     Ipv4Address#UNSPECIFIED}: nobody
 * @param broadcast the home network's broadcast address
 */
record GuestPort(
        PortRule fromGuest,
        PortRule toGuest,
        MacAddress mac,
        HomeGateway gateway,
        MacAddress router,
        Ipv4Address homeAddress,
        Ipv4Address agent,
        Ipv4Address dhcpServer,
        Ipv4Address nests,
        Ipv4Address broadcast) {
    private static final int LENGTH = 44;

    /** As the programs have it: addresses as on the wire. */
    ByteBuffer toOctets() {
        ByteBuffer out = ByteBuffer.allocate(LENGTH).order(ByteOrder.BIG_ENDIAN);
        out.put(number(fromGuest)).put(number(toGuest));
        mac.write(out);
        gateway.mac().write(out);
        router.write(out);
        out.putInt(homeAddress.bits()).putInt(agent.bits());
        out.putInt(dhcpServer.bits()).putInt(gateway.address().bits());
        return out.putInt(nests.bits()).putInt(broadcast.bits()).flip();
    }

    private static byte number(PortRule rule) {
        return switch (rule) {
            case SHUT -> 0;
            case VISITING -> 1;
            case HOME -> 2;
            case ARRIVING -> 3;
        };
    }
}
