package org.mooring.hook.daemon;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.mooring.hook.Guest;
import org.mooring.hook.PortRule;
import org.mooring.hook.TunnelEnd;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.MacAddress;
import org.mooring.linux.bpf.BpfObject;
import org.mooring.linux.netlink.Filter.Direction;
import org.mooring.linux.netlink.Link;
import org.mooring.linux.netlink.Netlink;
import org.mooring.protocol.wire.Ipv4Address;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The filters on the guests' taps. They stay when the hook ends, and go on with what they were last told; a hook that
 * starts anew fills maps of its own before its filters take the place of the old ones, each in one step. Confined to the
 * agent loop.
 */
final class GuestPorts implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GuestPorts.class);

    private static final String OBJECT = "/guest_port.bpf.o";

    /** docs/architecture.md: who owns what. */
    private static final int PREFERENCE = 436;

    private static final int HANDLE = 1;

    private record Port(Guest guest, Interface tap, PortRule fromGuest, PortRule toGuest, Optional<TunnelEnd> router) {}

    private final Netlink netlink;
    private final BpfObject programs;
    private final Taps taps;
    private final Function<TunnelEnd, Optional<MacAddress>> linkAddress;
    private final Map<String, Port> ports = new TreeMap<>();

    /** Those that the bridge was told of. */
    private final Map<String, Port> led = new TreeMap<>();

    private GuestPorts(
            Netlink netlink, BpfObject programs, Taps taps, Function<TunnelEnd, Optional<MacAddress>> linkAddress) {
        this.netlink = netlink;
        this.programs = programs;
        this.taps = taps;
        this.linkAddress = linkAddress;
    }

    /**
     * Loads the programs.
     *
     * @param linkAddress where visitors' packets go: their foreign agent is their default router (RFC 3024 §5.1)
     */
    static GuestPorts load(Netlink netlink, Taps taps, Function<TunnelEnd, Optional<MacAddress>> linkAddress)
            throws IOException {
        try (InputStream object = Objects.requireNonNull(GuestPorts.class.getResourceAsStream(OBJECT), OBJECT)) {
            return new GuestPorts(netlink, BpfObject.load(object.readAllBytes()), taps, linkAddress);
        }
    }

    /**
     * Has these rules hold on the guest's port from now on.
     *
     * @param router of the guest while it visits
     */
    void set(Guest guest, PortRule fromGuest, PortRule toGuest, Optional<TunnelEnd> router) {
        String name = taps.of(guest.name());
        try {
            Optional<Link> tap = netlink.links().find(name);
            if (tap.isPresent()) {
                set(new Port(guest, tap.get().device(), fromGuest, toGuest, router));
                return;
            }
            ports.remove(guest.name());
            if (toGuest == PortRule.ARRIVING) {
                // libvirt asks before it makes anything, and tells again when there is a tap.
                log.info("guest's tap is not there yet guest={} tap={}", guest.name(), name);
            } else if (fromGuest != PortRule.SHUT || toGuest != PortRule.SHUT) {
                log.warn("guest's tap is not there guest={} tap={}: name it in the guest's record", guest.name(), name);
            }
        } catch (KernelException e) {
            log.warn("guest's port not set guest={} tap={} reason=\"{}\"", guest.name(), name, e.getMessage());
        }
    }

    private void set(Port port) throws KernelException {
        Port before = ports.put(port.guest().name(), port);
        write(port);
        leadNoMore(port.guest().name());
        // A guest that resumes finds its filters there since it was to arrive; at any other time they may be missing.
        boolean prepared = before != null
                && before.tap().index() == port.tap().index()
                && before.toGuest() == PortRule.ARRIVING
                && port.toGuest() != PortRule.ARRIVING;
        if (!prepared) {
            attach(port.tap());
        }
    }

    /**
     * Has the bridge look for the guest on its port, until other rules than now hold there: it may have learnt that the guest is behind another
     * one, and a guest that doesn't run yet can't teach it.
     */
    void lead(Guest guest) {
        Port port = ports.get(guest.name());
        if (port == null) {
            return;
        }
        try {
            netlink.forwardingDatabase().ensure(port.tap(), guest.mac());
            led.put(guest.name(), port);
        } catch (KernelException e) {
            log.debug("bridge not told of the guest guest={} reason=\"{}\"", guest.name(), e.getMessage());
        }
    }

    private void leadNoMore(String guest) throws KernelException {
        Port port = led.remove(guest);
        if (port != null) {
            netlink.forwardingDatabase().remove(port.tap(), port.guest().mac());
        }
    }

    /** The link-layer address of somebody on the link has become known, or another one. */
    void refresh() {
        ports.values().forEach(port -> {
            try {
                write(port);
            } catch (KernelException e) {
                log.warn(
                        "guest's port not set guest={} reason=\"{}\"",
                        port.guest().name(),
                        e.getMessage());
            }
        });
    }

    /** Leaves the guest's port to itself; it may be gone already. */
    void release(Guest guest) {
        Port port = ports.remove(guest.name());
        if (port == null) {
            return;
        }
        try {
            leadNoMore(guest.name());
            netlink.filters().remove(port.tap(), Direction.INGRESS, PREFERENCE, HANDLE);
            netlink.filters().remove(port.tap(), Direction.EGRESS, PREFERENCE, HANDLE);
            programs.map("ports").remove(key(port.tap()));
            programs.map("port_counters").remove(key(port.tap()));
            programs.map("port_dhcp").remove(key(port.tap()));
        } catch (KernelException e) {
            log.debug("guest's port not released guest={} reason=\"{}\"", guest.name(), e.getMessage());
        }
    }

    /** What was counted on the guest's port, by the counters' names; empty if it has none. */
    Map<String, Long> counters(String guest) {
        Map<String, Long> counters = new LinkedHashMap<>();
        Port port = ports.get(guest);
        if (port == null) {
            return counters;
        }
        try {
            programs.map("port_counters").get(key(port.tap())).ifPresent(values -> {
                values.order(ByteOrder.nativeOrder());
                for (PortCounter counter : PortCounter.values()) {
                    counters.put(counter.word(), values.getLong());
                }
            });
        } catch (KernelException e) {
            log.warn("guest's counters not read guest={} reason=\"{}\"", guest, e.getMessage());
        }
        return counters;
    }

    /** Leaves the filters where they are. */
    @Override
    public void close() {
        programs.close();
    }

    private void write(Port port) throws KernelException {
        Guest guest = port.guest();
        boolean visits = !guest.atHome();
        programs.map("ports")
                .put(
                        key(port.tap()),
                        new GuestPort(
                                        port.fromGuest(),
                                        port.toGuest(),
                                        guest.mac(),
                                        guest.homeGateway(),
                                        port.router().flatMap(linkAddress).orElse(MacAddress.NONE),
                                        guest.homeAddress(),
                                        visits || guest.findsHomeAgent() ? Ipv4Address.UNSPECIFIED : guest.homeAgent(),
                                        Objects.requireNonNullElse(guest.dhcpServer(), Ipv4Address.UNSPECIFIED),
                                        guest.broadcast().isPresent() ? guest.homeAgent() : Ipv4Address.UNSPECIFIED,
                                        guest.broadcast().orElse(Ipv4Address.UNSPECIFIED))
                                .toOctets());
    }

    private void attach(Interface tap) throws KernelException {
        if (programs.map("port_counters").get(key(tap)).isEmpty()) {
            programs.map("port_counters").put(key(tap), ByteBuffer.allocate(PortCounter.values().length * Long.BYTES));
            programs.map("port_dhcp").put(key(tap), ByteBuffer.allocate(2 * Integer.BYTES));
        }
        netlink.filters().ensure(tap, Direction.INGRESS, PREFERENCE, HANDLE, programs.program("from_guest"));
        netlink.filters().ensure(tap, Direction.EGRESS, PREFERENCE, HANDLE, programs.program("to_guest"));
    }

    private static ByteBuffer key(Interface tap) {
        return ByteBuffer.allocate(Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(tap.index())
                .flip();
    }
}
