package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mooring.datapath.Encapsulation;
import org.mooring.hook.Action.AnswerCheck;
import org.mooring.hook.Action.AnswerPreparation;
import org.mooring.hook.Action.ArmTimer;
import org.mooring.hook.Action.RepeatRequest;
import org.mooring.hook.Action.Report;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.SetPort;
import org.mooring.hook.Event.Happened;
import org.mooring.hook.Event.ReplyReceived;
import org.mooring.hook.Event.TimerFired;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.ReplayProtection;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.ForeignAgentError;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;

/** A hook with one guest, the agents' keys to answer it with, and a clock that only moves when told. */
final class Scene {
    static final String NAME = "web";
    static final Ipv4Address HOME_ADDRESS = Ipv4Address.of("10.1.0.50");
    static final Ipv4Address HOME_AGENT = Ipv4Address.of("10.1.0.1");
    static final Ipv4Address HOME_BROADCAST = Ipv4Address.of("10.1.0.255");
    static final Ipv4Address CARE_OF_ADDRESS = Ipv4Address.of("198.51.100.2");
    static final ForeignAgent FOREIGN_AGENT = new ForeignAgent(Ipv4Address.of("10.2.0.2"), CARE_OF_ADDRESS);
    static final Ipv4Address HOST = Ipv4Address.of("10.2.0.10");
    static final MacAddress MAC = MacAddress.of("52:54:00:01:00:50");
    static final HomeGateway HOME_GATEWAY =
            new HomeGateway(Ipv4Address.of("10.1.0.1"), MacAddress.of("02:00:00:01:00:01"));
    static final int LIFETIME = 300;
    static final int ENTERPRISE_NUMBER = 65000;
    static final Instant START = Instant.parse("2026-03-01T12:00:00Z");
    static final Duration ROUND_TRIP = Duration.ofMillis(20);

    static final SecurityAssociation MOBILE_HOME = association(256, "00112233445566778899aabbccddeeff");
    static final SecurityAssociation NONCES = new SecurityAssociation(
            MOBILE_HOME.spi(), MOBILE_HOME.key(), Algorithm.MD5_PREFIX_SUFFIX, new ReplayProtection.Nonces());
    static final SecurityAssociation MOBILE_FOREIGN = association(512, "ffeeddccbbaa99887766554433221100");
    static final SecurityAssociation NEXT_MOBILE_HOME = new SecurityAssociation(
            257,
            new Key(Octets.ofHex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf")),
            Algorithm.HMAC_SHA_256,
            MOBILE_HOME.replayProtection());
    static final SecurityAssociation OTHER_KEY = association(256, "0f0e0d0c0b0a09080706050403020100");

    private final GuestHook hook;
    private final Guest guest;
    private final @Nullable TunnelEnd tunnelEnd;
    private Instant now = START;
    private int random = 0x123;
    private List<Action> latest = List.of();

    private Scene(boolean atHome, @Nullable TunnelEnd tunnelEnd, @Nullable SecurityAssociation mobileForeign) {
        this(new Link(HOST, tunnelEnd), atHome, mobileForeign);
    }

    private Scene(Link link, boolean atHome, @Nullable SecurityAssociation mobileForeign) {
        this(link, atHome, Optional.empty(), Encapsulation.IPIP, MOBILE_HOME, mobileForeign, false);
    }

    private Scene(
            Link link,
            boolean atHome,
            Optional<Ipv4Address> broadcast,
            Encapsulation encapsulation,
            SecurityAssociation mobileHome,
            @Nullable SecurityAssociation mobileForeign,
            boolean findsHomeAgent) {
        this(
                link,
                atHome,
                broadcast,
                Guest.DEFAULT_LONGEST_RETRANSMISSION_INTERVAL,
                encapsulation,
                mobileHome,
                mobileForeign,
                findsHomeAgent);
    }

    private Scene(
            Link link,
            boolean atHome,
            Optional<Ipv4Address> broadcast,
            Duration longestRetransmissionInterval,
            Encapsulation encapsulation,
            SecurityAssociation mobileHome,
            @Nullable SecurityAssociation mobileForeign,
            boolean findsHomeAgent) {
        guest = new Guest(
                NAME,
                MAC,
                HOME_ADDRESS,
                findsHomeAgent ? HOME_BROADCAST : HOME_AGENT,
                findsHomeAgent,
                HOME_GATEWAY,
                atHome,
                broadcast,
                LIFETIME,
                longestRetransmissionInterval,
                encapsulation,
                new Associations(
                        List.of(mobileHome),
                        Optional.ofNullable(mobileForeign).stream().toList()),
                null);
        tunnelEnd = atHome ? null : link.tunnelEnd();
        hook = new GuestHook(link, List.of(guest), ENTERPRISE_NUMBER, () -> random++);
    }

    static Scene visiting() {
        return new Scene(false, FOREIGN_AGENT, null);
    }

    /** The guest's requests that nobody answers may be so far apart. */
    static Scene visiting(Duration longestRetransmissionInterval) {
        return new Scene(
                new Link(HOST, FOREIGN_AGENT),
                false,
                Optional.empty(),
                longestRetransmissionInterval,
                Encapsulation.IPIP,
                MOBILE_HOME,
                null,
                false);
    }

    static Scene visiting(Encapsulation encapsulation) {
        return new Scene(
                new Link(HOST, FOREIGN_AGENT), false, Optional.empty(), encapsulation, MOBILE_HOME, null, false);
    }

    static Scene coLocated(Encapsulation encapsulation) {
        return new Scene(
                new Link(HOST, new CoLocated(HOST, NatTraversal.NONE)),
                false,
                Optional.empty(),
                encapsulation,
                MOBILE_HOME,
                null,
                false);
    }

    static Scene visitingWithMobileForeignAssociation() {
        return new Scene(false, FOREIGN_AGENT, MOBILE_FOREIGN);
    }

    /** The guest is to get its home network's broadcasts. */
    static Scene hearingBroadcasts(TunnelEnd tunnelEnd) {
        return new Scene(
                new Link(HOST, tunnelEnd),
                false,
                Optional.of(HOME_BROADCAST),
                Encapsulation.IPIP,
                MOBILE_HOME,
                null,
                false);
    }

    static Scene visitingWithoutForeignAgent() {
        return new Scene(false, null, null);
    }

    /** The association with the home agent has nonces. */
    static Scene visitingWithNonces() {
        return new Scene(
                new Link(HOST, FOREIGN_AGENT), false, Optional.empty(), Encapsulation.IPIP, NONCES, null, false);
    }

    /** The home agent isn't configured. */
    static Scene findingItsHomeAgent(boolean atHome) {
        return new Scene(
                new Link(HOST, atHome ? null : FOREIGN_AGENT),
                atHome,
                Optional.empty(),
                Encapsulation.IPIP,
                MOBILE_HOME,
                null,
                true);
    }

    static Scene visiting(Link link) {
        return new Scene(link, false, null);
    }

    /** Agents on {@link #HOST}'s network are discovered, if what they offer is in 198.51.100.0/24. */
    static Scene discovering() {
        return amongAgents(null, null);
    }

    /** As {@link #discovering}, for a guest whose tunnels shall be of this kind. */
    static Scene discovering(Encapsulation encapsulation) {
        return new Scene(among(null), false, Optional.empty(), encapsulation, MOBILE_HOME, null, false);
    }

    /** As {@link #discovering}, with an association with whoever serves the guest. */
    static Scene discoveringWithMobileForeignAssociation() {
        return amongAgents(null, MOBILE_FOREIGN);
    }

    private static Scene amongAgents(@Nullable TunnelEnd tunnelEnd, @Nullable SecurityAssociation mobileForeign) {
        return new Scene(among(tunnelEnd), false, mobileForeign);
    }

    private static Link among(@Nullable TunnelEnd tunnelEnd) {
        return new Link(
                HOST,
                tunnelEnd,
                new Discoverable(
                        address -> address.toString().startsWith("10.2.0."),
                        careOfAddress -> careOfAddress.toString().startsWith("198.51.100.")));
    }

    /** This host is the tunnel's end, and agents are discovered as in {@link #discovering}. */
    static Scene coLocatedAmongAgents() {
        return coLocatedAmongAgents(NatTraversal.NONE);
    }

    static Scene coLocatedAmongAgents(NatTraversal natTraversal) {
        return amongAgents(new CoLocated(HOST, natTraversal), null);
    }

    static Scene coLocated() {
        return new Scene(false, new CoLocated(HOST, NatTraversal.NONE), null);
    }

    static Scene coLocated(NatTraversal natTraversal) {
        return new Scene(false, new CoLocated(HOST, natTraversal), null);
    }

    static Scene home() {
        return new Scene(true, null, null);
    }

    List<Action> lastActions() {
        return latest;
    }

    Guest guest() {
        return guest;
    }

    GuestHook hook() {
        return hook;
    }

    /** What sets the guest's port while its tunnel end is the configured one. */
    SetPort port(PortRule fromGuest, PortRule toGuest) {
        return new SetPort(guest, fromGuest, toGuest, tunnelEnd);
    }

    Instant now() {
        return now;
    }

    void wait(Duration duration) {
        now = now.plus(duration);
    }

    List<Action> happens(Happening... happenings) {
        latest = new ArrayList<>();
        for (Happening what : happenings) {
            latest.addAll(hook.handle(new Happened(now, NAME, what)));
        }
        return latest;
    }

    /** As {@link #happens}, when the latest request is a second old (RFC 3344 §3.6.3). */
    List<Action> happensLater(Happening... happenings) {
        wait(Duration.ofSeconds(1));
        return happens(happenings);
    }

    List<Action> handle(Event event) {
        latest = hook.handle(event);
        return latest;
    }

    /** Moves the clock to when the latest timer of that kind is due. */
    List<Action> fire(Timer timer) {
        now = due(timer).orElseThrow();
        return handle(new TimerFired(now, NAME, timer));
    }

    /** As {@link #fire}, again and again until more is done than to repeat what was sent. */
    void firePastRepetitions(Timer timer) {
        do {
            fire(timer);
        } while (latest.stream().anyMatch(RepeatRequest.class::isInstance));
    }

    /** Moves the clock to when the latest timer of the discovery is due, and lets it fire. */
    List<Action> discover() {
        now = discoveryDue().orElseThrow();
        return handle(new Event.DiscoveryDue(now));
    }

    /** When the latest actions want the discovery to be woken. */
    Optional<Instant> discoveryDue() {
        return latest.stream()
                .filter(Action.ArmDiscovery.class::isInstance)
                .map(action -> ((Action.ArmDiscovery) action).due())
                .reduce((first, second) -> second);
    }

    /** When the latest actions want that timer. */
    Optional<Instant> due(Timer timer) {
        return latest.stream()
                .filter(ArmTimer.class::isInstance)
                .map(ArmTimer.class::cast)
                .filter(armed -> armed.timer() == timer)
                .map(ArmTimer::due)
                .reduce((first, second) -> second);
    }

    /** The one request among the latest actions. */
    SendRequest request() {
        var requests = requests();
        if (requests.size() != 1) {
            throw new AssertionError("not one request but " + requests.size() + ": " + latest);
        }
        return requests.get(0);
    }

    /** What corrects the request whose denial was just heard: it leaves as a request by that timer, a second after that one (RFC 3344 §3.6.3). */
    SendRequest corrected(Timer timer) {
        Instant soonest = now.minus(ROUND_TRIP).plusSeconds(1);
        var denied = latest;
        boolean waits = requests().isEmpty();
        firePastRepetitions(timer);
        if (!waits || !now.equals(soonest)) {
            throw new AssertionError("nothing that waits until " + soonest + ": " + denied);
        }
        return request();
    }

    /** The one request that the latest actions repeat. They have no other. */
    SendRequest repeated() {
        var repeated = latest.stream()
                .filter(RepeatRequest.class::isInstance)
                .map(action -> ((RepeatRequest) action).request())
                .toList();
        if (repeated.size() != 1 || !requests().isEmpty()) {
            throw new AssertionError("not one repeated request, and no other: " + latest);
        }
        return repeated.get(0);
    }

    List<SendRequest> requests() {
        return latest.stream()
                .filter(SendRequest.class::isInstance)
                .map(SendRequest.class::cast)
                .toList();
    }

    List<Fact> facts() {
        return latest.stream()
                .filter(Report.class::isInstance)
                .map(action -> ((Report) action).fact())
                .toList();
    }

    Optional<CheckOutcome> checked() {
        return latest.stream()
                .filter(AnswerCheck.class::isInstance)
                .map(action -> ((AnswerCheck) action).outcome())
                .findFirst();
    }

    Optional<PreparationOutcome> prepared() {
        return latest.stream()
                .filter(AnswerPreparation.class::isInstance)
                .map(action -> ((AnswerPreparation) action).outcome())
                .findFirst();
    }

    /** What the request says beyond RFC 3344. */
    static <E extends HandoverExtension> Optional<E> said(SendRequest request, Class<E> kind) {
        return HandoverExtension.first(kind, request.request().extensions(), ENTERPRISE_NUMBER);
    }

    GuestStatus status() {
        return hook.guests().get(0);
    }

    /** The home agent's answer arrives after {@link #ROUND_TRIP}; {@code saying} is for the hook. */
    List<Action> homeAgentReplies(SendRequest to, int code, int lifetime, HandoverExtension... saying) {
        return replied(reply(to, code, lifetime, to.request().identification(), saying), homeSeal());
    }

    /** Code 133: {@code ahead} is how far the home agent's clock is ahead of ours. */
    List<Action> homeAgentResynchronises(SendRequest to, Duration ahead) {
        var itsTime = Identification.of(now.plus(ROUND_TRIP).plus(ahead));
        return replied(reply(to, 133, 0, to.request().identification().withHigh(itsTime.high())), homeSeal());
    }

    /** The foreign agent's own answer. */
    List<Action> foreignAgentReplies(SendRequest to, int code, int lifetime) {
        return replied(reply(to, code, lifetime, to.request().identification()));
    }

    /** The foreign agent passes on that the home agent has accepted, and does not honour it (RFC 4636 §4). */
    List<Action> foreignAgentRefuses(SendRequest to, int code) {
        wait(ROUND_TRIP);
        var octets = Seal.encode(reply(to, 0, 300, to.request().identification()), homeSeal())
                .concat(RegistrationCodec.encode(List.of(new ForeignAgentError(new ReplyCode(code)))));
        return handle(new ReplyReceived(now, RegistrationCodec.decode(octets)));
    }

    List<Action> replied(RegistrationReply reply, Seal... seals) {
        wait(ROUND_TRIP);
        return handle(received(now, reply, seals));
    }

    static RegistrationReply reply(
            SendRequest to, int code, int lifetime, Identification identification, HandoverExtension... saying) {
        return new RegistrationReply(
                new ReplyCode(code),
                lifetime,
                HOME_ADDRESS,
                HOME_AGENT,
                identification,
                Stream.of(saying)
                        .map(extension -> extension.toExtension(ENTERPRISE_NUMBER))
                        .toList());
    }

    static ReplyReceived received(Instant at, RegistrationReply reply, Seal... seals) {
        Octets octets = Seal.encode(reply, seals);
        return new ReplyReceived(at, RegistrationCodec.decode(octets));
    }

    static Seal homeSeal() {
        return new Seal(Kind.MOBILE_HOME, MOBILE_HOME);
    }

    static Decoded decoded(SendRequest request) {
        return RegistrationCodec.decode(request.octets());
    }

    private static SecurityAssociation association(int spi, String key) {
        return new SecurityAssociation(spi, new Key(Octets.ofHex(key)), Algorithm.HMAC_MD5, Duration.ofSeconds(7));
    }
}
