package org.mooring.hook.daemon;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mooring.hook.Guest;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.runtime.Failure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who keeps the frames of which guest. Confined to the agent loop. */
final class FrameKeepers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FrameKeepers.class);

    private final Netlink netlink;
    private final Taps taps;
    private final PacketSocket uplink;
    private final FrameKeeper.Outcome outcome;
    private final Map<String, FrameKeeper> keepers = new HashMap<>();

    private FrameKeepers(Netlink netlink, Taps taps, PacketSocket uplink, FrameKeeper.Outcome outcome) {
        this.netlink = netlink;
        this.taps = taps;
        this.uplink = uplink;
        this.outcome = outcome;
    }

    /** @param uplink by which frames are rescued */
    static FrameKeepers open(Netlink netlink, Taps taps, Interface uplink, FrameKeeper.Outcome outcome) throws Failure {
        try {
            PacketSocket socket = PacketSocket.open(uplink, PacketFilter.NOTHING, PacketSocket.Option.OFFLOADS);
            return new FrameKeepers(netlink, taps, socket, outcome);
        } catch (KernelException e) {
            throw new Failure("link.uplink: " + e.getMessage(), e);
        }
    }

    void keep(Guest guest) {
        String name = taps.of(guest.name());
        forget(guest);
        try {
            Optional<Link> tap = netlink.links().find(name);
            if (tap.isPresent()) {
                keepers.put(guest.name(), FrameKeeper.start(guest, tap.get().device(), uplink, outcome));
            }
        } catch (IOException e) {
            log.warn("frames not kept guest={} tap={} reason=\"{}\"", guest.name(), name, e.getMessage());
        }
    }

    /** The guest's frames, if they are kept. */
    Optional<FrameKeeper> of(Guest guest) {
        return Optional.ofNullable(keepers.get(guest.name()));
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
        uplink.close();
    }
}
