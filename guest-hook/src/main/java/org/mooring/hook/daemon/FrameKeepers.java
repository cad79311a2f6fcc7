package org.mooring.hook.daemon;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mooring.hook.Action;
import org.mooring.hook.Guest;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.UdpSender;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.wire.Ipv4Address;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who keeps the frames of which guest. Confined to the agent loop. */
final class FrameKeepers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FrameKeepers.class);

    private final Netlink netlink;
    private final Taps taps;
    private final UdpSender sender;
    private final int enterpriseNumber;
    private final Supplier<MacAddress> hostMac;
    private final Consumer<EthernetFrame> link;
    private final FrameKeeper.Outcome outcome;
    private final Map<String, FrameKeeper> keepers = new HashMap<>();

    private FrameKeepers(
            Netlink netlink,
            Taps taps,
            UdpSender sender,
            int enterpriseNumber,
            Supplier<MacAddress> hostMac,
            Consumer<EthernetFrame> link,
            FrameKeeper.Outcome outcome) {
        this.netlink = netlink;
        this.taps = taps;
        this.sender = sender;
        this.enterpriseNumber = enterpriseNumber;
        this.hostMac = hostMac;
        this.link = link;
        this.outcome = outcome;
    }

    /**
     * Keeps nothing yet.
     *
     * @param enterpriseNumber that the messages have which carry what is rescued
     * @param hostMac this host's address on the link now
     * @param link takes frames there, on any thread
     */
    static FrameKeepers open(
            Netlink netlink,
            Taps taps,
            int enterpriseNumber,
            Supplier<MacAddress> hostMac,
            Consumer<EthernetFrame> link,
            FrameKeeper.Outcome outcome)
            throws KernelException {
        return new FrameKeepers(netlink, taps, UdpSender.open(), enterpriseNumber, hostMac, link, outcome);
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
            keeper.rescue(new AgentRescuer(guest, id, to, enterpriseNumber, this::send), stopped);
        }
    }

    /** As {@link Action.HoldFrames} says, if the guest's frames are kept. */
    void hold(Guest guest, Instant stopped) {
        FrameKeeper keeper = keepers.get(guest.name());
        if (keeper != null) {
            keeper.rescue(new LinkRescuer(guest, hostMac.get(), link, FrameKeeper.MOST_FRAMES), stopped);
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
    public void close() {
        keepers.values().forEach(FrameKeeper::end);
        sender.close();
    }

    /** On a keeper's thread. */
    private void send(Ipv4Address to, ByteBuffer payload) throws KernelException {
        sender.send(to.toInet(), Uplink.MOBILE_IP_PORT, payload);
    }
}
