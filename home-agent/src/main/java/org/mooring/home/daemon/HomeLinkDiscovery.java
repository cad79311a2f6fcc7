package org.mooring.home.daemon;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import org.mooring.home.Action;
import org.mooring.home.Event;
import org.mooring.home.RateLimit;
import org.mooring.linux.Interface;
import org.mooring.linux.KernelException;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.Failure;
import org.mooring.runtime.Supervisor;
import org.mooring.runtime.discovery.DiscoveryLink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Agent discovery on the home link (RFC 3344 §2.3). While this is open, the link lets what is sent to 224.0.0.11 come to {@link RegistrationSockets}, too. */
final class HomeLinkDiscovery implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HomeLinkDiscovery.class);

    /** At once and each second. Who hears nothing asks again, and will be told with all others. */
    private static final int MOST_SOLICITATIONS = 100;

    private final Interface homeLink;
    private final Ipv4Address address;
    private final PacketSocket frames;
    private final DiscoveryLink discovery;

    private HomeLinkDiscovery(Interface homeLink, Ipv4Address address, PacketSocket frames, DiscoveryLink discovery) {
        this.homeLink = homeLink;
        this.address = address;
        this.frames = frames;
        this.discovery = discovery;
    }

    /** @param address the agent's own */
    static HomeLinkDiscovery open(Interface homeLink, Ipv4Address address) throws Failure, KernelException {
        var frames = PacketSocket.open(homeLink, DiscoveryLink.solicitations());
        try {
            return new HomeLinkDiscovery(homeLink, address, frames, DiscoveryLink.join(homeLink, Set.of(address)));
        } catch (IOException e) {
            frames.close();
            throw new Failure(
                    "home-link " + homeLink.name() + ": cannot join the groups of routers and agents: "
                            + e.getMessage(),
                    e);
        }
    }

    /** Hands over the solicitations from now on, on a thread of their own, until this is closed. */
    void listen(Consumer<Event> events, Supervisor supervisor) {
        var reader = new Thread(() -> receive(events, supervisor), "discovery-" + homeLink.name());
        reader.setDaemon(true);
        reader.start();
    }

    private void receive(Consumer<Event> events, Supervisor supervisor) {
        var limit = new RateLimit(MOST_SOLICITATIONS, Duration.ofSeconds(1).dividedBy(MOST_SOLICITATIONS));
        try {
            for (var frame = frames.receive(); frame.isPresent(); frame = frames.receive()) {
                var at = frame.get().at();
                frame.flatMap(ReceivedFrame::ethernet)
                        .flatMap(discovery::solicitation)
                        .filter(any -> limit.permits(at))
                        .ifPresent(solicitation -> events.accept(
                                new Event.SolicitationReceived(at, solicitation.station(), solicitation.from())));
            }
        } catch (KernelException e) {
            supervisor.crash("reading solicitations on the home link", e);
        }
    }

    /** One that the kernel refuses is logged: there will be others. */
    void send(Action.Advertise action) {
        try {
            frames.send(discovery.frame(action.advertisement(), address, action.destination(), action.station()));
        } catch (KernelException e) {
            log.warn("advertisement not sent link={} reason={}", homeLink.name(), e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        frames.close();
        discovery.close();
    }
}
