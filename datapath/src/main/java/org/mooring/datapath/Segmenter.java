package org.mooring.datapath;

import java.io.IOException;
import java.util.Optional;
import org.mooring.linux.Interface;
import org.mooring.linux.netlink.Netlink;

/**
 * Two devices that are one wire. What goes in at the entrance and travels as one comes out at the exit as the segments that it is made
 * of. They stay when their agent ends.
 */
record Segmenter(Interface entrance, Interface exit) {
    private static final int LONGEST = 0xffff;

    /** Finds the devices, if there are any. */
    static Optional<Segmenter> find(Netlink netlink, String agentDevice) throws IOException {
        return netlink.links().find(entrance(agentDevice)).isPresent()
                ? Optional.of(ensure(netlink, agentDevice))
                : Optional.empty();
    }

    /** Finds the devices, and creates them if they aren't there. */
    static Segmenter ensure(Netlink netlink, String agentDevice) throws IOException {
        String exit = agentDevice + "-seg";
        Interface entrance =
                netlink.links().ensureVeth(entrance(agentDevice), exit).device();
        Segmenter segmenter = new Segmenter(entrance, netlink.links().get(exit).device());
        for (Interface end : new Interface[] {segmenter.exit, segmenter.entrance}) {
            netlink.links().setMtu(end, LONGEST);
            netlink.links().setUp(end);
        }
        netlink.links().takeNoSuperPackets(entrance);
        return segmenter;
    }

    /** Removes the devices, if there are any. */
    static void remove(Netlink netlink, String agentDevice) throws IOException {
        netlink.links().remove(entrance(agentDevice));
    }

    private static String entrance(String agentDevice) {
        return agentDevice + "-gso";
    }
}
