package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.tun.Tun;

/**
 * Where packets out of tunnels wait: a TUN device with a long queue, to which a program sends them. What is written to it goes on as if
 * it had just come out of the tunnel. The device goes with its agent, and what waits is lost.
 */
final class WaitingRoom implements AutoCloseable {
    private static final String SUFFIX = "-hold";
    private static final int DESTINATION = 16; // in the IPv4 header

    /** Of all visitors together: a second of 10,000 packets; beyond that, the newest are lost. */
    private static final int CAPACITY = 10_000;

    private final Tun tun;
    private final Interface link;

    /** Those that were found in the device's queue while somebody else's were let go. */
    private final Map<Inet4Address, Queue<ByteBuffer>> waiting = new HashMap<>();

    private WaitingRoom(Tun tun, Interface link) {
        this.tun = tun;
        this.link = link;
    }

    static WaitingRoom open(Netlink netlink, String agentDevice) throws IOException {
        Tun tun = Tun.open(agentDevice + SUFFIX, Tun.Layer.IP);
        try {
            Interface link = netlink.links().get(tun.name()).device();
            netlink.links().setTxQueueLength(link, CAPACITY);
            netlink.links().setUp(link);
            return new WaitingRoom(tun, link);
        } catch (IOException | RuntimeException e) {
            tun.close();
            throw e;
        }
    }

    Interface link() {
        return link;
    }

    /** Lets those go that wait for {@code homeAddress} now, in the order in which they came. */
    void release(Inet4Address homeAddress) throws IOException {
        sort();
        Queue<ByteBuffer> packets = waiting.getOrDefault(homeAddress, new ArrayDeque<>());
        for (ByteBuffer packet = packets.poll(); packet != null; packet = packets.poll()) {
            tun.write(packet);
        }
        waiting.remove(homeAddress);
    }

    /** Drops those that wait for {@code homeAddress} now. */
    void drop(Inet4Address homeAddress) throws IOException {
        sort();
        waiting.remove(homeAddress);
    }

    private void sort() throws IOException {
        for (Optional<ByteBuffer> packet = tun.poll(); packet.isPresent(); packet = tun.poll()) {
            ByteBuffer octets = packet.get();
            Inet4Address destination = Ipv4.read(octets.slice(DESTINATION, Ipv4.LENGTH));
            waiting.computeIfAbsent(destination, unknown -> new ArrayDeque<>()).add(octets);
        }
    }

    @Override
    public void close() {
        tun.close();
    }
}
