package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;

/** A {@link Tunnel} as it is compared with packets: addresses are numbers. */
final class TunnelEnd {
    final int remote;
    final int port;
    final int protocol;

    TunnelEnd(Tunnel tunnel) {
        remote = number(tunnel.remote());
        port = tunnel.port();
        protocol = tunnel.encapsulation().protocol();
    }

    /** RFC 3024 §4.3.2, RFC 3519 §4.3. What can't be encapsulated minimally comes in IP. */
    boolean takes(int fromRemote, int fromPort, int fromProtocol) {
        return remote == fromRemote
                && port == fromPort
                && (protocol == fromProtocol
                        || (protocol == Encapsulation.MINIMAL.protocol()
                                && fromProtocol == Encapsulation.IPIP.protocol()));
    }

    static int number(Inet4Address address) {
        return ByteBuffer.wrap(address.getAddress()).getInt();
    }
}
