package org.mooring.linux.netlink;

import org.mooring.linux.Interface;

/**
 * A network device as {@code ip -d link show} tells of it.
 *
 * @param up whether the operator wants it up
 * @param running whether it is up and has a carrier: can pass packets
 * @param txQueueLength in packets
 * @param master index of the bridge that it is a port of; zero if of none
 * @param kind {@code bridge}, {@code veth}, {@code tun}; empty for a hardware device and {@code lo}
 */
public record Link(Interface device, boolean up, boolean running, int txQueueLength, int master, String kind) {
    public String name() {
        return device.name();
    }

    public int index() {
        return device.index();
    }
}
