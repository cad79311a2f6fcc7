package org.mooring.hook.daemon;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mooring.hook.Action;
import org.mooring.hook.Guest;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Ipv4Address;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who keeps the frames of which guest. Confined to the agent loop. */
final class FrameKeepers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FrameKeepers.class);

    private final Netlink netlink;
    private final Taps taps;
    private final DatagramChannel socket;
    private final int enterpriseNumber;
    private final FrameKeeper.Outcome outcome;
    private final Map<String, FrameKeeper> keepers = new HashMap<>();

    private FrameKeepers(
            Netlink netlink, Taps taps, DatagramChannel socket, int enterpriseNumber, FrameKeeper.Outcome outcome) {
        this.netlink = netlink;
        this.taps = taps;
        this.socket = socket;
        this.enterpriseNumber = enterpriseNumber;
        this.outcome = outcome;
    }

    /** @param enterpriseNumber that the messages have which carry what is rescued */
    static FrameKeepers open(Netlink netlink, Taps taps, int enterpriseNumber, FrameKeeper.Outcome outcome)
            throws IOException {
        DatagramChannel socket = DatagramChannel.open(StandardProtocolFamily.INET);
        return new FrameKeepers(netlink, taps, socket, enterpriseNumber, outcome);
    }

    void keep(Guest guest) {
        String name = taps.of(guest.name());
        forget(guest);
        try {
            Optional<Link> tap = netlink.links().find(name);
            if (tap.isPresent()) {
                keepers.put(guest.name(), FrameKeeper.start(guest, tap.get().device(), outcome));
            }
        } catch (IOException e) {
            log.warn("frames not kept guest={} tap={} reason=\"{}\"", guest.name(), name, e.getMessage());
        }
    }

    /** As {@link Action.RescueFrames} says, if the guest's frames are kept. */
    void rescue(Guest guest, HandoverId id, Ipv4Address to, Instant stopped) {
        FrameKeeper keeper = keepers.get(guest.name());
        if (keeper != null) {
            keeper.rescue(new Rescuer(guest, id, to, enterpriseNumber, this::send), stopped);
        }
    }

    void sendEnd(Guest guest) {
        FrameKeeper keeper = keepers.get(guest.name());
        if (keeper != null) {
            keeper.sendEnd();
        }
    }

    void forget(Guest guest) {
        FrameKeeper keeper = keepers.remove(guest.name());
        if (keeper != null) {
            keeper.end();
        }
    }

    @Override
    public void close() throws IOException {
        keepers.values().forEach(FrameKeeper::end);
        socket.close();
    }

    /** On a keeper's thread. */
    private void send(Ipv4Address to, ByteBuffer payload) throws IOException {
        socket.send(payload, new InetSocketAddress(to.toInet(), Uplink.MOBILE_IP_PORT));
    }
}
