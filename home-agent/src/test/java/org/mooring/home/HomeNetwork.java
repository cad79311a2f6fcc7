package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.mooring.datapath.Encapsulation;
import org.mooring.home.Event.Timer;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.protocol.wire.ReplyCode;

/**
 * A home agent between the datagrams, the kernel and the store of these tests. The kernel and the store do at once what they are asked, unless a
 * test refuses in their name.
 */
final class HomeNetwork {
    static final Ipv4Address HOME_ADDRESS = Ipv4Address.of("10.1.0.5");
    static final Ipv4Address HOME_AGENT = Ipv4Address.of("10.1.0.1");
    static final Ipv4Address BROADCAST = Ipv4Address.of("10.1.0.255");
    static final Ipv4Address CARE_OF_A = Ipv4Address.of("198.51.100.9");
    static final Ipv4Address CARE_OF_B = Ipv4Address.of("203.0.113.77");
    static final Endpoint FOREIGN_AGENT_A = new Endpoint(CARE_OF_A, 434);
    static final Endpoint FOREIGN_AGENT_B = new Endpoint(CARE_OF_B, 434);
    static final Endpoint AT_HOME = new Endpoint(HOME_ADDRESS, 40434);
    static final MacAddress MAC = MacAddress.of("52:54:00:aa:bb:cc");

    /** What vectors V1 to V7 of the conformance inventory are computed with. */
    static final SecurityAssociation MOBILE_HOME =
            association(0x100, "00112233445566778899aabbccddeeff", Algorithm.HMAC_MD5);

    private static final MobileNode MOBILE_NODE = new MobileNode(HOME_ADDRESS, Optional.of(MAC), List.of(MOBILE_HOME));

    static final SecurityAssociation FOREIGN_HOME =
            association(0x1001, "0f0e0d0c0b0a09080706050403020100", Algorithm.HMAC_MD5);

    /** The clock of the vectors, to the second. */
    static final Instant START =
            Identification.of(0xe8b4_1f00, 0x1234_abcd).toInstant(Instant.ofEpochSecond(1_700_000_000));

    static final Timer LIFETIME = new Timer(Timer.Purpose.LIFETIME, HOME_ADDRESS);
    static final Timer ANNOUNCEMENT = new Timer(Timer.Purpose.ANNOUNCEMENT, HOME_ADDRESS);

    static final Flags T = Flags.REVERSE_TUNNELING;

    private final HomeAgent homeAgent;
    private final List<Action> actions = new ArrayList<>();
    private final List<Action> unanswered = new ArrayList<>();
    private Instant now = START;
    private boolean kernelRefuses;
    private boolean storeRefuses;
    private boolean paused;

    HomeNetwork() {
        this(policy());
    }

    HomeNetwork(Policy policy) {
        this.homeAgent = new HomeAgent(policy, new Random(3344)::nextInt);
    }

    /** One mobile node, foreign agent A with an association, all others without, which is permitted. */
    static Policy policy() {
        return policy(600, false, ReverseTunnel.OPTIONAL);
    }

    static Policy policy(int maxLifetime, boolean requireAssociation, ReverseTunnel reverseTunnel) {
        return new Policy(
                HOME_AGENT,
                BROADCAST,
                maxLifetime,
                100,
                requireAssociation,
                reverseTunnel,
                HandoverExtension.DEFAULT_ENTERPRISE_NUMBER,
                List.of(new MobileNode(HOME_ADDRESS, Optional.of(MAC), List.of(MOBILE_HOME))),
                Map.of(CARE_OF_A, List.of(FOREIGN_HOME)));
    }

    static Policy withForeignAgents(Map<Ipv4Address, List<SecurityAssociation>> foreignAgents) {
        return new Policy(
                HOME_AGENT,
                BROADCAST,
                600,
                100,
                false,
                ReverseTunnel.OPTIONAL,
                HandoverExtension.DEFAULT_ENTERPRISE_NUMBER,
                List.of(new MobileNode(HOME_ADDRESS, Optional.of(MAC), List.of(MOBILE_HOME))),
                foreignAgents);
    }

    /** The mobile node's associations are these. */
    static Policy withMobileHome(SecurityAssociation... associations) {
        return policy(
                new MobileNode(HOME_ADDRESS, Optional.of(MAC), List.of(associations)),
                Set.of(),
                Optional.empty(),
                Advertising.ON_SOLICITATION);
    }

    static Policy redirectingTo(Ipv4Address other) {
        return policy(MOBILE_NODE, Set.of(), Optional.of(other), Advertising.ON_SOLICITATION);
    }

    static Policy advertising(Advertising advertisement) {
        return policy(MOBILE_NODE, Set.of(), Optional.empty(), advertisement);
    }

    /** All encapsulations that there are, if one is asked for. */
    static Policy encapsulating() {
        return policy(
                MOBILE_NODE,
                Set.of(Encapsulation.GRE, Encapsulation.MINIMAL),
                Optional.empty(),
                Advertising.ON_SOLICITATION);
    }

    static Policy refusingReservedBits() {
        var policy = policy();
        return new Policy(
                policy.address(),
                policy.homeNetworkBroadcast(),
                policy.maxLifetime(),
                policy.maxBindings(),
                policy.maxSimultaneousBindings(),
                policy.requireAssociation(),
                policy.encapsulations(),
                policy.compatibility(),
                Policy.ReservedBits.REFUSED,
                policy.reverseTunnel(),
                policy.natTraversal(),
                policy.revocation(),
                policy.redirect(),
                policy.advertisement(),
                policy.enterpriseNumber(),
                policy.mobileNodes(),
                policy.foreignAgents());
    }

    private static Policy policy(
            MobileNode mobileNode,
            Set<Encapsulation> encapsulations,
            Optional<Ipv4Address> redirect,
            Advertising advertisement) {
        return new Policy(
                HOME_AGENT,
                BROADCAST,
                600,
                100,
                1,
                false,
                encapsulations,
                Policy.Compatibility.RFC5944,
                Policy.ReservedBits.IGNORED,
                ReverseTunnel.OPTIONAL,
                Policy.NatTraversal.DEFAULT,
                Policy.Revocability.OPTIONAL,
                redirect,
                advertisement,
                HandoverExtension.DEFAULT_ENTERPRISE_NUMBER,
                List.of(mobileNode),
                Map.of(CARE_OF_A, List.of(FOREIGN_HOME)));
    }

    static SecurityAssociation association(int spi, String hexKey, Algorithm algorithm) {
        return new SecurityAssociation(
                spi, new Key(Octets.ofHex(hexKey)), algorithm, SecurityAssociation.DEFAULT_TOLERANCE);
    }

    HomeAgent homeAgent() {
        return homeAgent;
    }

    Instant now() {
        return now;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    void kernelRefuses(boolean refuses) {
        kernelRefuses = refuses;
    }

    void storeRefuses(boolean refuses) {
        storeRefuses = refuses;
    }

    /** From now on the kernel and the store answer only when {@link #answer()} lets them. */
    void pause() {
        paused = true;
    }

    /** Lets the kernel or the store answer what it was asked first. */
    void answer() {
        answer(unanswered.remove(0));
    }

    /** A request of the mobile node with the present time as its Identification. */
    RegistrationRequest request(Flags flags, int lifetime, Ipv4Address careOfAddress, Extension... extensions) {
        return new RegistrationRequest(
                flags, lifetime, HOME_ADDRESS, HOME_AGENT, careOfAddress, Identification.of(now), List.of(extensions));
    }

    /** Through foreign agent A, authenticated by both. */
    static Octets relayed(RegistrationRequest request) {
        return Seal.encode(request, new Seal(Kind.MOBILE_HOME, MOBILE_HOME), new Seal(Kind.FOREIGN_HOME, FOREIGN_HOME));
    }

    /** Through an agent without an association, or from the mobile node itself. */
    static Octets signed(RegistrationRequest request) {
        return Seal.encode(request, new Seal(Kind.MOBILE_HOME, MOBILE_HOME));
    }

    /** Registers through foreign agent A. */
    void register(int lifetime) {
        receive(FOREIGN_AGENT_A, relayed(request(T, lifetime, CARE_OF_A)));
    }

    void deregisterFromHome() {
        receive(AT_HOME, signed(request(Flags.NONE, 0, HOME_ADDRESS)));
    }

    void receive(Endpoint from, Octets datagram) {
        receive(from, HOME_AGENT, datagram);
    }

    void receive(Endpoint from, Ipv4Address to, Octets datagram) {
        handle(new Event.DatagramReceived(now, from, to, RegistrationCodec.decode(datagram)));
    }

    void handle(Event event) {
        for (var action : homeAgent.handle(event)) {
            actions.add(action);
            if (action instanceof Action.Forwarding || action instanceof Action.Persist) {
                unanswered.add(action);
            }
        }
        while (!paused && !unanswered.isEmpty()) {
            answer();
        }
    }

    private void answer(Action action) {
        if (action instanceof Action.Persist persist) {
            var homeAddress = persist.record().homeAddress();
            handle(
                    storeRefuses
                            ? new Event.PersistFailed(now, homeAddress, "no space left on device")
                            : new Event.Persisted(now, homeAddress));
        } else if (action instanceof Action.Forwarding forwarding) {
            handle(forwarded(forwarding.homeAddress()));
        }
    }

    private Event forwarded(Ipv4Address homeAddress) {
        return kernelRefuses
                ? new Event.ForwardingFailed(now, homeAddress, "no buffer space available")
                : new Event.ForwardingChanged(now, homeAddress);
    }

    /** What the home agent wanted since this was asked last, its log left out. */
    List<Action> actions() {
        var wanted = actions.stream()
                .filter(action -> !(action instanceof Action.Report))
                .toList();
        actions.clear();
        return wanted;
    }

    /** What the home agent logged since the actions were asked for last. */
    List<Fact> facts() {
        return all(Action.Report.class).stream().map(Action.Report::fact).toList();
    }

    <A extends Action> List<A> all(Class<A> kind) {
        return actions.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** When {@code timer} was armed for since the actions were asked for last. */
    List<Instant> armed(Timer timer) {
        return all(Action.ArmTimer.class).stream()
                .filter(armed -> armed.timer().equals(timer))
                .map(Action.ArmTimer::at)
                .toList();
    }

    /** The only reply, which the mobile node can verify. Forgets all actions. */
    RegistrationReply reply() {
        var sent = all(Action.SendReply.class);
        assertEquals(1, sent.size(), () -> "one reply among " + actions);
        actions.clear();
        return open(sent.get(0));
    }

    static RegistrationReply open(Action.SendReply sent) {
        var message = assertInstanceOf(Decoded.Message.class, RegistrationCodec.decode(sent.wire()));
        assertEquals(new Verified.By(MOBILE_HOME), Verifier.verify(message, Kind.MOBILE_HOME, List.of(MOBILE_HOME)));
        return assertInstanceOf(RegistrationReply.class, message.message());
    }

    ReplyCode code() {
        return reply().code();
    }

    /** The care-of addresses of the mobile node's bindings. */
    List<Ipv4Address> careOfAddresses() {
        return homeAgent.bindings().stream()
                .map(binding -> binding.peer().address())
                .toList();
    }
}
