package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.mooring.datapath.Encapsulation;
import org.mooring.foreign.Event.Timer;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/** A foreign agent, and what the mobile node, the hosts of its site and the home agent do in a handover (docs/handover.md, "Foreign agent"). */
abstract class HandoverSite {
    static final HandoverId HANDOVER = new HandoverId(0x0123_4567_89ab_cdefL);
    static final HandoverId OTHER = new HandoverId(7);
    static final Ipv4Address ELSEWHERE = Ipv4Address.of("198.51.100.3");
    static final int HOLD = 60;
    static final Set<Room> BOTH = EnumSet.allOf(Room.class);
    static final Octets HOST_MAC = Octets.ofHex("020000000010");
    static final Ipv4Address HOST = Ipv4Address.of("10.2.0.10");
    static final Origin FROM_HOST = new Origin(LINK, HOST_MAC, HOST, PORT, LINK_ADDRESS, 255);

    ForeignAgent agent = new ForeignAgent(POLICY);
    Identification id = ID;
    Instant now = NOW;

    // The mobile node's and the hosts' part

    RegistrationRequest asks(Extension... extensions) {
        id = id.next();
        return withExtensions(Site.request(HOME, 300, id), extensions);
    }

    RegistrationRequest prepare() {
        return prepare(HANDOVER, HOLD);
    }

    RegistrationRequest prepare(HandoverId handover, int hold) {
        return withLifetime(asks(DeviceId.ethernet(MAC), says(new Prepare(handover, hold))), HOLD);
    }

    static RegistrationRequest aborting(RegistrationRequest prepare) {
        return withExtensions(
                prepare,
                Stream.concat(prepare.extensions().stream(), Stream.of(says(new Abort(HANDOVER))))
                        .toArray(Extension[]::new));
    }

    static RegistrationRequest withLifetime(RegistrationRequest request, int lifetime) {
        return new RegistrationRequest(
                request.flags(),
                lifetime,
                request.homeAddress(),
                request.homeAgent(),
                request.careOfAddress(),
                request.identification(),
                request.extensions());
    }

    List<Action> receive(Origin origin, RegistrationRequest request) {
        return agent.handle(requestReceived(now, origin, sealed(request)));
    }

    List<Action> commit(HandoverId handover) {
        return deeds(receive(ORIGIN, asks(says(new Commit(handover)))));
    }

    // The home agent's part

    static RegistrationReply accepted(RegistrationRequest request) {
        return reply(request, ReplyCode.ACCEPTED, HOLD);
    }

    /** {@code word} stands where the foreign agent looks for it. */
    List<Action> answer(RegistrationReply reply, HandoverExtension... word) {
        var message = Seal.encode(reply, BY_HOME_AGENT);
        for (var extension : word) {
            message = message.concat(octets(says(extension)));
        }
        return agent.handle(replyReceived(now, FOR_FOREIGN_AGENT.appendTo(message)));
    }

    // What takes several steps

    StagedVisitor stage() {
        return stage(HANDOVER);
    }

    StagedVisitor stage(HandoverId handover) {
        var prepare = prepare(handover, HOLD);
        receive(FROM_HOST, prepare);
        var actions = deeds(answer(accepted(prepare), new Previous(ELSEWHERE)));
        var staged = assertInstanceOf(Action.StageVisitor.class, actions.get(actions.size() - 1))
                .staged();
        agent.handle(new Event.VisitorStaged(now, staged));
        return staged;
    }

    Visitor serve() {
        var request = asks();
        receive(ORIGIN, request);
        return finish(answer(reply(request, ReplyCode.ACCEPTED, 300)));
    }

    Visitor arm(Staged staged) {
        var request = asks(says(new Arm()));
        receive(ORIGIN, request);
        return finish(answer(reply(request, ReplyCode.ACCEPTED, 300), staged));
    }

    Visitor finish(List<Action> answered) {
        var visitor = assertInstanceOf(
                        Action.InstallVisitor.class, deeds(answered).get(0))
                .visitor();
        agent.handle(new Event.VisitorInstalled(now, visitor));
        agent.handle(new Event.VisitorStored(now, visitor));
        return visitor;
    }

    /** A visitor that has left. */
    Visitor leave() {
        serve();
        var visitor = arm(new Staged(HANDOVER, ELSEWHERE, HOLD));
        commit(HANDOVER);
        agent.handle(new Event.VisitorRedirected(now, HOME, HANDOVER));
        assertEquals(Optional.of(ELSEWHERE), agent.redirected(HOME));
        return visitor;
    }

    static StagedVisitor staged(RegistrationRequest prepare, Instant at) {
        return new StagedVisitor(HANDOVER, stagedVisitor(prepare, at));
    }

    static Visitor stagedVisitor(RegistrationRequest prepare, Instant at) {
        return new Visitor(
                HOME,
                LINK,
                MAC,
                HOME_AGENT,
                CARE_OF,
                Encapsulation.IPIP,
                true,
                Optional.empty(),
                asked(prepare.lifetime()),
                prepare.identification(),
                at.plusSeconds(HOLD),
                Optional.empty(),
                Optional.of(ELSEWHERE));
    }

    // Checks and small things

    static Action open(Room room, Opening why) {
        return new Action.OpenRoom(HOME, HANDOVER, room, why);
    }

    void assertDenied(ReplyCode code, List<Action> actions) {
        assertEquals(Optional.of(code), denial(actions).map(RegistrationReply::code));
    }

    static void assertOnlyRelayed(List<Action> actions) {
        assertEquals(1, deeds(actions).size(), actions::toString);
        assertInstanceOf(Action.SendToVisitor.class, deeds(actions).get(0));
        assertInstanceOf(Fact.ReplyRelayed.class, facts(actions).get(0));
    }

    static Action.SendToVisitor sent(List<Action> actions) {
        return assertInstanceOf(Action.SendToVisitor.class, deeds(actions).get(0));
    }

    static Extension says(HandoverExtension extension) {
        return extension.toExtension(DEFAULT_ENTERPRISE_NUMBER);
    }

    static Octets octets(Extension extension) {
        return RegistrationCodec.encode(List.of(extension));
    }

    static Event fired(Timer.Purpose purpose, Instant at) {
        return new Event.TimerFired(at, new Timer(purpose, HOME));
    }

    static Policy withMaxVisitors(int maxVisitors) {
        return new Policy(
                CARE_OF,
                POLICY.links(),
                MAX_LIFETIME,
                5,
                maxVisitors,
                DEFAULT_ENTERPRISE_NUMBER,
                true,
                Map.of(),
                POLICY.homeAgents());
    }

    static Policy withoutAssociations() {
        return new Policy(
                CARE_OF, POLICY.links(), MAX_LIFETIME, 5, 10, DEFAULT_ENTERPRISE_NUMBER, false, Map.of(), Map.of());
    }
}
