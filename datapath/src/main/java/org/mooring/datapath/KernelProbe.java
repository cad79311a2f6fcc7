package org.mooring.datapath;

import java.io.IOException;
import java.net.Inet4Address;
import java.util.List;
import java.util.Optional;
import org.mooring.linux.Interface;
import org.mooring.linux.Ipv4;
import org.mooring.linux.netlink.Filter.Direction;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.netlink.Nftables;
import org.mooring.linux.tun.Tun;

/** Tries what a datapath needs of the kernel, on a device of its own that is gone afterwards. */
final class KernelProbe {
    private KernelProbe() {}

    /** Why the kernel, or who runs this, can't do it; empty if all is well. */
    static Optional<String> trouble(DatapathKind kind) {
        return switch (kind) {
            case EBPF -> ebpf();
            case KERNEL -> kernel();
            case TUN -> tun();
        };
    }

    private static Optional<String> kernel() {
        String name = scratch();
        // Of addresses for documentation, so that no tunnel of somebody else's is the same.
        Inet4Address local = Ipv4.address("192.0.2.255");
        try (Netlink netlink = Netlink.open();
                Nftables nftables = Nftables.open()) {
            nftables.replace(KernelRules.scratch(name), List.of());
            nftables.remove(name);
            netlink.links().ensureGre(name, local);
            netlink.links().remove(name);
            // Last: once its module is loaded, it answers what comes in IP for an agent that would carry its packets
            // itself.
            netlink.links().ensureIpip(name, local);
            netlink.links().remove(name);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static Optional<String> tun() {
        try (Tun tun = Tun.open(scratch(), Tun.Layer.IP);
                Nftables nftables = Nftables.open()) {
            tun.setPersistent(false);
            nftables.remove(tun.name());
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static String scratch() {
        return "mip-p" + ProcessHandle.current().pid();
    }

    private static Optional<String> ebpf() {
        String name = scratch();
        try (Netlink netlink = Netlink.open();
                Tun tun = Tun.open(name, Tun.Layer.IP);
                Programs programs = Programs.loadAll()) {
            Interface link = netlink.links().get(tun.name()).device();
            netlink.filters().ensure(link, Direction.EGRESS, 1, 1, programs.encapsulate());
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }
}
