package org.mooring.home;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.home.HomeNetwork.AT_HOME;
import static org.mooring.home.HomeNetwork.BROADCAST;
import static org.mooring.home.HomeNetwork.CARE_OF_A;
import static org.mooring.home.HomeNetwork.CARE_OF_B;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_A;
import static org.mooring.home.HomeNetwork.FOREIGN_AGENT_B;
import static org.mooring.home.HomeNetwork.FOREIGN_HOME;
import static org.mooring.home.HomeNetwork.HOME_ADDRESS;
import static org.mooring.home.HomeNetwork.HOME_AGENT;
import static org.mooring.home.HomeNetwork.MAC;
import static org.mooring.home.HomeNetwork.MOBILE_HOME;
import static org.mooring.home.HomeNetwork.T;
import static org.mooring.home.HomeNetwork.relayed;
import static org.mooring.home.HomeNetwork.signed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mooring.home.Action.ExpectReturn;
import org.mooring.home.Action.FlipForwarding;
import org.mooring.home.Action.Forwarding;
import org.mooring.home.Action.InstallForwarding;
import org.mooring.home.Action.RemoveForwarding;
import org.mooring.home.Action.SendReply;
import org.mooring.home.Action.StageForwarding;
import org.mooring.home.Action.UnstageForwarding;
import org.mooring.home.Event.Timer;
import org.mooring.home.Fact.StagedEntryGone.How;
import org.mooring.home.Policy.ReverseTunnel;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Clock;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

/** A home agent, and what the mobile node, the hosts and the foreign agents do in a handover: from site A to site B, as a rule (docs/handover.md, "Home agent"). */
abstract class HandoverScene {
    static final int ENTERPRISE = HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;
    static final HandoverId ID = new HandoverId(0xfedc_ba98_7654_3210L);
    static final HandoverId OTHER_ID = new HandoverId(7);
    static final int HOLD_SECONDS = 60;
    static final Prepare PREPARE = new Prepare(ID, HOLD_SECONDS);
    static final Peer PEER_A = Peer.ipip(CARE_OF_A);
    static final Peer PEER_B = Peer.ipip(CARE_OF_B);
    static final Ipv4Address CARE_OF_C = Ipv4Address.of("192.0.2.77");
    static final Endpoint HOST_AT_HOME = new Endpoint(Ipv4Address.of("10.1.0.20"), 434);
    static final Timer HOLD = new Timer(Timer.Purpose.HOLD, HOME_ADDRESS);
    static final Timer MARKER = new Timer(Timer.Purpose.MARKER, HOME_ADDRESS);

    static final InstallForwarding INSTALL_A = new InstallForwarding(HOME_ADDRESS, List.of(PEER_A));
    static final InstallForwarding INSTALL_B = new InstallForwarding(HOME_ADDRESS, List.of(PEER_B));
    static final RemoveForwarding REMOVE = new RemoveForwarding(HOME_ADDRESS);
    static final StageForwarding STAGE_A = new StageForwarding(HOME_ADDRESS, PEER_A);
    static final StageForwarding STAGE_B = new StageForwarding(HOME_ADDRESS, PEER_B);
    static final ExpectReturn EXPECT_RETURN = new ExpectReturn(HOME_ADDRESS);
    static final UnstageForwarding UNSTAGE = new UnstageForwarding(HOME_ADDRESS);
    static final FlipForwarding FLIP = new FlipForwarding(HOME_ADDRESS);

    final HomeNetwork network = new HomeNetwork(policy(600, 100, Optional.of(MAC)));

    static Policy policy(int maxLifetime, int maxBindings, Optional<MacAddress> mac) {
        return new Policy(
                HOME_AGENT,
                BROADCAST,
                maxLifetime,
                maxBindings,
                true,
                ReverseTunnel.OPTIONAL,
                ENTERPRISE,
                List.of(new MobileNode(HOME_ADDRESS, mac, List.of(MOBILE_HOME))),
                Map.of(CARE_OF_A, List.of(FOREIGN_HOME), CARE_OF_B, List.of(FOREIGN_HOME)));
    }

    void registerAtA() {
        network.register(300);
        network.pass(Duration.ofSeconds(1));
        // Nothing is announced again.
        for (int i = 0; i < 3; i++) {
            network.handle(new Event.TimerFired(network.now(), HomeNetwork.ANNOUNCEMENT));
        }
        network.actions();
    }

    /** Through the new foreign agent. */
    RegistrationRequest prepare() {
        return receiveFromB(HOLD_SECONDS, PREPARE);
    }

    /** By the host at home where the mobile node is to come. */
    void prepareReturn(Object... extensions) {
        network.receive(HOST_AT_HOME, signed(network.request(Flags.NONE, 0, HOME_ADDRESS, extensions(extensions))));
    }

    /** At site A, where the mobile node stops. */
    RegistrationRequest commit() {
        return receiveFromA(200, new Commit(ID));
    }

    RegistrationRequest receiveFromA(int lifetime, HandoverExtension... extensions) {
        var request = network.request(T, lifetime, CARE_OF_A, extensions((Object[]) extensions));
        network.receive(FOREIGN_AGENT_A, relayed(request));
        return request;
    }

    RegistrationRequest receiveFromB(int lifetime, HandoverExtension... extensions) {
        var request = fromB(lifetime, extensions);
        network.receive(FOREIGN_AGENT_B, relayed(request));
        return request;
    }

    RegistrationRequest fromB(int lifetime, HandoverExtension... extensions) {
        return network.request(T, lifetime, CARE_OF_B, extensions((Object[]) extensions));
    }

    void receiveAtHome(HandoverExtension extension) {
        network.receive(AT_HOME, signed(network.request(Flags.NONE, 0, HOME_ADDRESS, extensions(extension))));
    }

    void fireHold() {
        network.handle(new Event.TimerFired(network.now(), HOLD));
    }

    /** Handover extensions as they stand in a message, and others. */
    static Extension[] extensions(Object... extensions) {
        var standing = new ArrayList<Extension>();
        for (var extension : extensions) {
            standing.add(
                    extension instanceof HandoverExtension handover
                            ? handover.toExtension(ENTERPRISE)
                            : (Extension) extension);
        }
        return standing.toArray(Extension[]::new);
    }

    List<Forwarding> forwardings() {
        return forwardings(network);
    }

    static List<Forwarding> forwardings(HomeNetwork network) {
        return network.all(Forwarding.class);
    }

    List<How> gone() {
        return network.facts().stream()
                .filter(Fact.StagedEntryGone.class::isInstance)
                .map(fact -> ((Fact.StagedEntryGone) fact).how())
                .toList();
    }

    List<HandoverId> stagedIds() {
        return network.homeAgent().staged().stream().map(StagedEntry::id).toList();
    }

    MobilityBinding binding() {
        return network.homeAgent().bindings().get(0);
    }

    Clock clock() {
        return new Clock(Identification.of(network.now()));
    }

    /** The only reply. Forgets all actions. */
    Reply theReply() {
        var sent = network.all(SendReply.class);
        assertEquals(1, sent.size());
        network.actions();
        return Reply.of(sent.get(0));
    }

    /** A reply with authenticators that are right, and what it says of the handover to whom. */
    record Reply(
            RegistrationReply message, List<HandoverExtension> forMobileNode, List<HandoverExtension> forForeignAgent) {
        static Reply of(SendReply sent) {
            var reply = HomeNetwork.open(sent);
            var forMobileNode = HandoverRequest.covered(reply.extensions());
            var behind = reply.extensions()
                    .subList(forMobileNode.size() + 1, reply.extensions().size());
            if (!behind.isEmpty()) {
                var received = (Decoded.Message) RegistrationCodec.decode(sent.wire());
                assertEquals(
                        new Verified.By(FOREIGN_HOME),
                        Verifier.verify(received, Kind.FOREIGN_HOME, List.of(FOREIGN_HOME)));
                assertEquals(
                        Optional.of(34), behind.stream().reduce((a, b) -> b).map(Extension::type));
            }
            return new Reply(reply, handover(forMobileNode), handover(behind));
        }

        private static List<HandoverExtension> handover(List<Extension> extensions) {
            return extensions.stream()
                    .flatMap(extension -> HandoverExtension.of(extension, ENTERPRISE).stream())
                    .toList();
        }
    }
}
