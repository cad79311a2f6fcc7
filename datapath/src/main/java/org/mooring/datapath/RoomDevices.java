package org.mooring.datapath;

import java.io.IOException;
import org.mooring.linux.Interface;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.tun.Tun;

/**
 * For each path a TUN device to which programs send the packets that have to wait. What is written to it goes on as if it had just come
 * out of its tunnel. The devices go with their agent.
 */
record RoomDevices(Device byOld, Device byNew) implements AutoCloseable {
    /** What comes while the reader is away. */
    private static final int QUEUE = 10_000;

    static RoomDevices open(Netlink netlink, String agentDevice) throws IOException {
        Device byOld = Device.open(netlink, agentDevice + "-old");
        try {
            return new RoomDevices(byOld, Device.open(netlink, byNew(agentDevice)));
        } catch (IOException | RuntimeException e) {
            byOld.tun().close();
            throw e;
        }
    }

    /** What the device is called where those wait, and arrive when they go on, that came by the new path. */
    static String byNew(String agentDevice) {
        return agentDevice + "-new";
    }

    Device by(Path path) {
        return path == Path.OLD ? byOld : byNew;
    }

    @Override
    public void close() {
        byOld.tun().close();
        byNew.tun().close();
    }

    record Device(Tun tun, Interface link) {
        private static Device open(Netlink netlink, String name) throws IOException {
            Tun tun = Tun.open(name, Tun.Layer.IP);
            try {
                Interface link = netlink.links().get(tun.name()).device();
                netlink.links().setTxQueueLength(link, QUEUE);
                netlink.links().removeQueue(link);
                netlink.links().setUp(link);
                return new Device(tun, link);
            } catch (IOException | RuntimeException e) {
                tun.close();
                throw e;
            }
        }
    }
}
