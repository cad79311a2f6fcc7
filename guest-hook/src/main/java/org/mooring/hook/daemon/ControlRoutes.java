package org.mooring.hook.daemon;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mooring.datapath.RouterSettings;
import org.mooring.datapath.VisitorDatapathConfig;
import org.mooring.hook.AdvertisedAgent;
import org.mooring.hook.Event;
import org.mooring.hook.ForeignAgent;
import org.mooring.hook.GuestHook;
import org.mooring.hook.GuestStatus;
import org.mooring.hook.Phase;
import org.mooring.hook.TunnelEnd;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.control.Refusal;
import org.mooring.runtime.control.Request;
import org.mooring.runtime.control.Routes;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.timeline.HandoverRecord;

/** What the control socket tells and does. Confined to the agent loop. */
final class ControlRoutes {
    private record Guests(List<GuestRow> guests) {}

    private record GuestRow(
            String name,
            Phase phase,
            String link,
            Ipv4Address homeAddress,
            String registration,
            Optional<Ipv4Address> foreignAgent,
            Optional<Ipv4Address> careOfAddress,
            Optional<String> tunnel,
            @JsonProperty("expires-in-s") Optional<Long> expiresIn,
            Optional<Integer> code,
            @JsonProperty("round-trip-ms") Optional<Double> roundTrip) {}

    private record GuestDetails(
            GuestRow guest, String mac, Ipv4Address homeAgent, String tap, Map<String, Long> port) {}

    /** What a request would be dated, as in an Identification but by the second and its fraction (RFC 3339). */
    private record Dated(@JsonProperty("time") @Nullable String time) {}

    private record Agents(List<AgentRow> agents) {}

    private record AgentRow(
            Ipv4Address address,
            List<Ipv4Address> careOfAddresses,
            String flags,
            int sequence,
            @JsonProperty("lifetime-s") int lifetime,
            String state,
            @JsonProperty("heard-s-ago") long heardAgo,
            Optional<String> mac,
            List<String> guests) {}

    private record HandoverRecords(List<HandoverRecord> handovers) {}

    /** @param settings what is wrong with the kernel's, where this host is its visitors' tunnel end */
    private record Status(
            String bridge,
            String uplink,
            Ipv4Address host,
            String network,
            Ipv4Address router,
            Optional<Ipv4Address> foreignAgent,
            Optional<Ipv4Address> careOfAddress,
            long guestsHere,
            Optional<List<String>> settings,
            List<NeighbourRow> neighbours) {}

    private record NeighbourRow(Ipv4Address address, Optional<String> mac) {}

    private final HookConfig config;
    private final HookLink link;
    private final AgentLoop<Event, ?> loop;
    private final GuestHook hook;
    private final Neighbours neighbours;
    private final GuestPorts ports;
    private final Taps taps;
    private final Handovers handovers;
    private final Checks checks;

    ControlRoutes(
            HookConfig config,
            HookLink link,
            AgentLoop<Event, ?> loop,
            GuestHook hook,
            Neighbours neighbours,
            GuestPorts ports,
            Taps taps,
            Handovers handovers,
            Checks checks) {
        this.config = config;
        this.link = link;
        this.loop = loop;
        this.hook = hook;
        this.neighbours = neighbours;
        this.ports = ports;
        this.taps = taps;
        this.handovers = handovers;
        this.checks = checks;
    }

    void addTo(Routes routes) {
        routes.get("/guests", request -> guests());
        routes.get("/guests/{name}", this::guest);
        routes.get("/handovers", request -> new HandoverRecords(handovers.all()));
        routes.get(
                "/agents",
                request -> new Agents(hook.agents().stream()
                        .map(agent -> row(agent, loop.now()))
                        .toList()));
        routes.get("/status", request -> status());
        routes.postLater("/guests/{name}/check", this::check);
        routes.get("/guests/{name}/time", this::dated);
        routes.post("/guests/{name}/time", this::follow);
    }

    private Guests guests() {
        return new Guests(hook.guests().stream().map(this::row).toList());
    }

    private GuestDetails guest(Request request) throws Refusal {
        GuestStatus status = find(request);
        String name = status.guest().name();
        return new GuestDetails(
                row(status), status.guest().mac().toString(), status.homeAgent(), taps.of(name), ports.counters(name));
    }

    private CompletionStage<Checks.Answer> check(Request request) throws Refusal {
        String guest = find(request).guest().name();
        CompletionStage<Checks.Answer> answer = checks.await(guest);
        loop.post(new Event.CheckRequested(loop.now(), guest));
        return answer;
    }

    private Dated dated(Request request) throws Refusal {
        String name = request.parameter("name");
        return new Dated(hook.dated(name, loop.now())
                .orElseThrow(() -> noSuchGuest(name))
                .toString());
    }

    private Dated follow(Request request) throws Refusal {
        String guest = find(request).guest().name();
        Dated there = request.body(Dated.class);
        try {
            loop.post(new Event.TimeTold(loop.now(), guest, Instant.parse(String.valueOf(there.time()))));
        } catch (DateTimeParseException e) {
            throw Refusal.badRequest("time is one such as 2026-01-31T09:30:00.25Z, not '" + there.time() + "'");
        }
        return there;
    }

    private Status status() {
        Optional<TunnelEnd> tunnelEnd = hook.tunnelEnd(loop.now());
        return new Status(
                config.bridge(),
                config.uplink(),
                Ipv4Address.of(link.hostAddress()),
                config.network().toString(),
                config.router(),
                tunnelEnd.flatMap(ControlRoutes::foreignAgent),
                tunnelEnd.map(TunnelEnd::careOfAddress),
                hook.guests().stream()
                        .filter(guest -> guest.phase() != Phase.GONE)
                        .count(),
                config.coLocated().map(here -> settings(config.bridge(), here.uplinks())),
                neighbours.all().entrySet().stream()
                        .map(entry -> new NeighbourRow(
                                entry.getKey(), entry.getValue().map(Object::toString)))
                        .toList());
    }

    private GuestStatus find(Request request) throws Refusal {
        String name = request.parameter("name");
        return hook.guests().stream()
                .filter(guest -> guest.guest().name().equals(name))
                .findFirst()
                .orElseThrow(() -> noSuchGuest(name));
    }

    static Refusal noSuchGuest(String name) {
        return Refusal.notFound("there is no guest " + name + ": add a [[guest]] record with name = \"" + name + "\"");
    }

    private AgentRow row(AdvertisedAgent agent, Instant now) {
        return new AgentRow(
                agent.address(),
                agent.careOfAddresses(),
                agent.says().flagLetters(),
                agent.says().sequence(),
                agent.says().registrationLifetime(),
                agent.serves(now) ? agent.isBusy() ? "busy" : "serves" : "gone",
                Duration.between(agent.heard(), now).toSeconds(),
                neighbours.mac(agent.address()).map(Object::toString),
                hook.guests().stream()
                        .filter(guest -> guest.phase() != Phase.GONE)
                        .filter(guest -> guest.tunnelEnd()
                                .flatMap(ControlRoutes::foreignAgent)
                                .equals(Optional.of(agent.address())))
                        .map(guest -> guest.guest().name())
                        .toList());
    }

    private static Optional<Ipv4Address> foreignAgent(TunnelEnd tunnelEnd) {
        return tunnelEnd instanceof ForeignAgent agent ? Optional.of(agent.address()) : Optional.empty();
    }

    private GuestRow row(GuestStatus status) {
        boolean away = !status.guest().atHome();
        boolean bound = away && status.expires().isPresent();
        return new GuestRow(
                status.guest().name(),
                status.phase(),
                away ? "foreign" : "home",
                status.guest().homeAddress(),
                status.registration(),
                status.tunnelEnd().flatMap(ControlRoutes::foreignAgent),
                status.tunnelEnd().filter(end -> bound).map(TunnelEnd::careOfAddress),
                config.coLocated()
                        .filter(here -> bound)
                        .map(here -> status.udpTunnel().isPresent() ? "udp" : "ipip"),
                status.expires().map(end -> Duration.between(loop.now(), end).toSeconds()),
                status.code().map(code -> code.value()),
                status.roundTrip().map(roundTrip -> roundTrip.toNanos() / 1e6));
    }

    private static List<String> settings(String bridge, List<String> uplinks) {
        List<String> forwarding = List.of(bridge, VisitorDatapathConfig.DEVICE);
        return new RouterSettings(
                        forwarding,
                        Stream.concat(uplinks.stream(), forwarding.stream())
                                .distinct()
                                .toList())
                .wrong();
    }
}
