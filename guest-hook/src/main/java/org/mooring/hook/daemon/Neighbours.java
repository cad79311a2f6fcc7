package org.mooring.hook.daemon;

import java.net.Inet4Address;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.mooring.linux.MacAddress;
import org.mooring.linux.packet.ArpPacket;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.protocol.wire.Ipv4Address;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The link-layer addresses of the agents on the link, asked for ahead of time: when a guest resumes, nobody may wait for
 * ARP. Asks with this host's own addresses, because nothing may use a guest's before it runs. Confined to the agent loop.
 */
final class Neighbours {
    private static final Logger log = LoggerFactory.getLogger(Neighbours.class);

    private static final Duration REFRESH = Duration.ofSeconds(30);
    private static final Duration RETRY = Duration.ofSeconds(1);

    /** A neighbour that is silent this often is worth a line. */
    private static final int REQUESTS_BEFORE_COMPLAINT = 3;

    private static final class Neighbour {
        private @Nullable MacAddress mac;
        private Instant asked = Instant.EPOCH;
        private int unanswered;
        private boolean told;

        /** What waits for the address, by whom it is for: only the newest of each is worth sending. */
        private final Map<String, Consumer<MacAddress>> waiting = new LinkedHashMap<>();
    }

    private final Supplier<MacAddress> hostMac;
    private final Inet4Address hostAddress;
    private final Consumer<EthernetFrame> send;
    private final Map<Ipv4Address, Neighbour> neighbours = new TreeMap<>();
    private final Set<Ipv4Address> followed = new HashSet<>();

    /**
     * Knows nobody yet.
     *
     * @param hostMac this host's on the link now: a bridge's may change with its ports
     * @param send sends a frame on the link
     */
    Neighbours(Supplier<MacAddress> hostMac, Inet4Address hostAddress, Consumer<EthernetFrame> send) {
        this.hostMac = hostMac;
        this.hostAddress = hostAddress;
        this.send = send;
    }

    /** This host's link-layer address on the link. */
    MacAddress hostMac() {
        return hostMac.get();
    }

    /** {@code address} has this link-layer address, whatever anybody says: nobody is asked. */
    void know(Ipv4Address address, MacAddress mac) {
        Neighbour neighbour = new Neighbour();
        neighbour.mac = mac;
        neighbour.told = true;
        neighbours.put(address, neighbour);
    }

    /** Asks for {@code address}, and from now on keeps knowing it. */
    void resolve(Ipv4Address address, Instant now) {
        followed.remove(address);
        ask(address, neighbours.computeIfAbsent(address, unknown -> new Neighbour()), now);
    }

    /** As {@link #resolve}, until it is to {@link #forget} that address, unless somebody else wants it. */
    void follow(Ipv4Address address, Instant now) {
        if (!neighbours.containsKey(address)) {
            resolve(address, now);
            followed.add(address);
        }
    }

    void forget(Ipv4Address address) {
        if (followed.remove(address)) {
            neighbours.remove(address);
        }
    }

    Optional<MacAddress> mac(Ipv4Address address) {
        return Optional.ofNullable(neighbours.get(address)).map(neighbour -> neighbour.mac);
    }

    /** All that are kept known, with what is known. */
    Map<Ipv4Address, Optional<MacAddress>> all() {
        Map<Ipv4Address, Optional<MacAddress>> all = new HashMap<>();
        neighbours.forEach((address, neighbour) -> all.put(address, Optional.ofNullable(neighbour.mac)));
        return all;
    }

    /** Uses the address of {@code address} now, or as soon as it is known; replaces what waits for the same purpose. */
    void use(Ipv4Address address, String purpose, Instant now, Consumer<MacAddress> use) {
        Neighbour neighbour = neighbours.computeIfAbsent(address, unknown -> new Neighbour());
        if (neighbour.mac != null) {
            use.accept(neighbour.mac);
            return;
        }
        neighbour.waiting.put(purpose, use);
        ask(address, neighbour, now);
    }

    /**
     * Takes note of what an ARP packet from the link says.
     *
     * @return whether an address that matters has another link-layer address than before
     */
    boolean learn(ArpPacket arp) {
        Neighbour neighbour = neighbours.get(Ipv4Address.of(arp.senderAddress()));
        if (neighbour == null || neighbour.told || arp.senderMac().isGroup()) {
            return false;
        }
        boolean changed = !arp.senderMac().equals(neighbour.mac);
        neighbour.mac = arp.senderMac();
        neighbour.unanswered = 0;
        List<Consumer<MacAddress>> waiting = List.copyOf(neighbour.waiting.values());
        neighbour.waiting.clear();
        waiting.forEach(use -> use.accept(arp.senderMac()));
        return changed;
    }

    /** Asks again whoever hasn't answered, and now and then everybody. To be called every second. */
    void refresh(Instant now) {
        neighbours.forEach((address, neighbour) -> {
            Duration interval = neighbour.unanswered > 0 ? RETRY : REFRESH;
            if (!now.isBefore(neighbour.asked.plus(interval))) {
                ask(address, neighbour, now);
            }
        });
    }

    private void ask(Ipv4Address address, Neighbour neighbour, Instant now) {
        if (neighbour.told) {
            return;
        }
        if (neighbour.unanswered == REQUESTS_BEFORE_COMPLAINT) {
            log.warn("no answer to ARP address={}: is it on this link, and up?", address);
        }
        neighbour.asked = now;
        neighbour.unanswered++;
        send.accept(
                ArpPacket.request(hostMac.get(), hostAddress, address.toInet()).toFrame(MacAddress.BROADCAST));
    }
}
