package org.mooring.home.daemon;

import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.protocol.wire.Ipv4Address;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the home link where a home address is (RFC 3344 §4.6): ARP Requests, broadcast, that give what they ask for. */
final class GratuitousArp implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GratuitousArp.class);

    private final Interface homeLink;
    private final PacketSocket socket;

    private GratuitousArp(Interface homeLink, PacketSocket socket) {
        this.homeLink = homeLink;
        this.socket = socket;
    }

    static GratuitousArp open(Interface homeLink) throws KernelException {
        return new GratuitousArp(homeLink, PacketSocket.open(homeLink, PacketFilter.NOTHING));
    }

    /** The agent answers for it. */
    void announceAway(Ipv4Address homeAddress) {
        send(homeAddress, homeLink.mac());
    }

    /** The mobile node answers for itself. */
    void announceHome(Ipv4Address homeAddress, MacAddress mac) {
        send(homeAddress, mac);
    }

    @Override
    public void close() {
        socket.close();
    }

    private void send(Ipv4Address homeAddress, MacAddress mac) {
        var arp = ArpPacket.gratuitous(ArpPacket.REQUEST, mac, homeAddress.toInet());
        // The frame's own source stays the agent's: with the mobile node's, switches would look for it at the agent's
        // port.
        var frame = new EthernetFrame(
                MacAddress.BROADCAST,
                homeLink.mac(),
                EtherType.ARP,
                arp.toFrame(MacAddress.BROADCAST).payload());
        try {
            socket.send(frame);
        } catch (KernelException e) {
            log.warn("gratuitous ARP not sent home={} mac={} reason={}", homeAddress, mac, e.getMessage());
        }
    }
}
