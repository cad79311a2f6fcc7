package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Action.Announce;
import org.mooring.hook.Action.AnswerPreparation;
import org.mooring.hook.Action.ArmTimer;
import org.mooring.hook.Action.LeadToPort;
import org.mooring.hook.Action.ReleasePort;
import org.mooring.hook.Action.Report;
import org.mooring.hook.Action.SetPort;
import org.mooring.hook.Action.TellLink;
import org.mooring.protocol.handover.Arrivals;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.nat.EchoPacket;
import org.mooring.protocol.nat.Keepalives;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.security.MobileNodeReplay;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;

/**
 * One guest, as the mobile node that it doesn't know it is (RFC 3344 §3.6): from QEMU's word on where the guest is follow
 * its registration and what its port lets pass. Confined to one thread.
 *
 * <p>Only the guest decides which host speaks for it: a host that saw it stop for its migration is silent until QEMU says
 * that it runs there again (RFC 5563 §4.4).
 */
final class MobileNode {
    /** RFC 3344 §4.6: "should be retransmitted a small number of times to increase its reliability". */
    private static final int ANNOUNCEMENTS = 3;

    private static final Duration ANNOUNCEMENT_SPACING = Duration.ofSeconds(1);

    /** Where there is another one. */
    private static final int REQUESTS_BEFORE_ANOTHER_AGENT = 3;

    /** Between keepalives, until a NAT turns out to forget sooner. */
    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(0xffff);

    private Guest guest;
    private final Attachment attachment;
    private final Registration registration;
    private final OwnTunnel tunnel;
    private final Preparation preparation;
    private final Commitment commitment;
    private final Rescue rescue;
    private final Check check;
    private final MobileNodeReplay replay;
    private final Spacing spacing = new Spacing();
    private final Keepalives keepalives;
    private Phase phase = Phase.GONE;
    private Duration longestSilence = LONGEST_SILENCE;
    private boolean paused;
    private boolean migrating;
    private int announcementsLeft;
    private @Nullable Instant nextAnnouncement;

    MobileNode(
            Guest guest,
            Link link,
            Attachment attachment,
            PlainAgents plainAgents,
            Arrivals arrivals,
            int enterpriseNumber,
            IntSupplier random,
            Supplier<List<Action>> current) {
        this.guest = guest;
        this.attachment = attachment;
        replay = MobileNodeReplay.of(guest.associations().replayProtection());
        Requests requests = new Requests(guest, attachment, replay, enterpriseNumber, random);
        Replies replies = new Replies(attachment, replay, enterpriseNumber);
        registration = new Registration(guest, attachment, requests, replies, replay, spacing);
        tunnel = new OwnTunnel(guest, link, arrivals);
        preparation =
                new Preparation(guest, attachment, tunnel, requests, replies, replay, plainAgents, spacing, random);
        commitment = new Commitment(guest, replies, replay);
        rescue = new Rescue(guest, attachment);
        check = new Check(guest, attachment, requests, replies, replay, spacing);
        keepalives = new Keepalives(
                guest.homeAddress(),
                new KeepaliveActions(guest, action -> current.get().add(action), at -> mappingLost(at, current.get())));
    }

    Guest guest() {
        return guest;
    }

    Phase phase() {
        return phase;
    }

    boolean hasHomeAddress(Ipv4Address address) {
        return guest.homeAddress().equals(address);
    }

    GuestStatus status() {
        return new GuestStatus(
                guest,
                phase,
                registration.state().name().toLowerCase(Locale.ROOT),
                registration.udpTunnel(),
                registration.expires(),
                registration.lastCode(),
                registration.roundTrip(),
                Optional.ofNullable(attachment.tunnelEnd()),
                attachment.homeAgent());
    }

    /** @param occurred when, which is before it was told */
    void happened(Happening what, Instant occurred, Instant at, List<Action> out) {
        switch (what) {
            case ARRIVING -> arriving(at, out);
            case RUNNING -> running(at, out);
            case MIGRATION_STARTED -> migrationStarted(at, out);
            case STOPPED -> stopped(occurred, at, out);
            case MIGRATION_COMPLETED -> migrationCompleted(at, out);
            case MIGRATION_FAILED -> migrationFailed(at, out);
            case ENDED -> ended(at, out);
        }
    }

    private void arriving(Instant at, List<Action> out) {
        if (phase == Phase.RUNNING || phase == Phase.STOPPED) {
            out.add(new Report(at, Fact.arrivesWhereItRuns(guest, phase)));
            out.add(new AnswerPreparation(guest, PreparationOutcome.plain("the guest is on this host already")));
            return;
        }
        forgetMigration();
        registration.end();
        commitment.end();
        rescue.end(out);
        tunnel.endUnlessStaged(out);
        // What the guest, or QEMU for it, sends first proves that it runs, and passes. But it doesn't read yet, and the
        // home link's broadcasts must not fill the queue that waits for it.
        attachment.seek(at, out);
        setPort(guest.atHome() ? PortRule.HOME : PortRule.VISITING, PortRule.ARRIVING, out);
        attachment.resolve(out);
        if (phase != Phase.ARRIVING) {
            enter(Phase.ARRIVING, at, out);
        }
        preparation.begin(at, out);
    }

    private void running(Instant at, List<Action> out) {
        paused = false;
        if (phase == Phase.RUNNING) {
            if (registration.state() == Registration.State.REFUSED) {
                register(Errand.REGISTRATION, false, at, out);
            }
            return;
        }
        Phase before = phase;
        phase = Phase.RUNNING;
        migrating = false;
        if (before == Phase.GONE || attachment.isSearched()) {
            attachment.seek(at, out);
        } else {
            attachment.review(true, at);
        }
        boolean sameSite = before == Phase.ARRIVING && preparation.changesNothing();
        if (sameSite) {
            // What is sent with its link-layer address has the link bring it here from then on.
            out.add(new LeadToPort(guest));
        }
        register(before == Phase.ARRIVING ? Errand.CONFIRM : takingBack(), before != Phase.GONE, at, out);
        tunnel.runs(out);
        if (sameSite && !guest.atHome()) {
            out.add(new TellLink(guest));
        }
        preparation.confirmed(out);
        commitment.end();
        rescue.end(out);
        out.add(new Report(
                at,
                switch (before) {
                    case STOPPED -> Fact.cameBack(guest);
                    case LEFT -> Fact.ranAfterItLeft(guest);
                    case GONE, ARRIVING, RUNNING -> Fact.phase(guest, Phase.RUNNING);
                }));
    }

    /** What was committed is taken back by whoever still has the guest. */
    private Errand takingBack() {
        return commitment.id().map(Errand::abort).orElse(Errand.REGISTRATION);
    }

    private void migrationStarted(Instant at, List<Action> out) {
        if (phase == Phase.RUNNING || phase == Phase.GONE) {
            // A renewal of a guest that has stopped could take it back from where it runs by now.
            if (phase == Phase.RUNNING && !migrating && !paused) {
                registration.armHandover(at, out);
            }
            migrating = true;
            stopIfMigrating(at, at, out);
        }
    }

    private void stopped(Instant occurred, Instant at, List<Action> out) {
        paused = true;
        stopIfMigrating(occurred, at, out);
    }

    private void migrationCompleted(Instant at, List<Action> out) {
        if (!migrating) {
            return;
        }
        forgetMigration();
        silence();
        tunnel.endUnlessRedirected(out);
        // What is still to follow the guest must get as far as to its tap, where nobody reads any more.
        setPort(PortRule.SHUT, rescue.isPending() ? PortRule.ARRIVING : PortRule.SHUT, out);
        enter(Phase.LEFT, at, out);
    }

    private void migrationFailed(Instant at, List<Action> out) {
        migrating = false;
        if (phase == Phase.STOPPED || phase == Phase.LEFT) {
            running(at, out);
        } else {
            registration.disarmHandover();
            rescue.endUnlessCommitted(out);
        }
    }

    private void ended(Instant at, List<Action> out) {
        out.add(new ReleasePort(guest));
        if (phase == Phase.GONE) {
            tunnel.endUnlessRedirected(out);
            return;
        }
        rescue.endUnlessCommitted(out);
        boolean ranHere = phase == Phase.RUNNING;
        forgetMigration();
        silence();
        preparation.abort(at, out);
        if (ranHere && !guest.atHome() && attachment.isComplete()) {
            registration.beginWhereItWas(
                    new Purpose.Departure(attachment.present(), attachment.agent()), Errand.REGISTRATION, at, out);
        }
        tunnel.endUnlessRedirected(out);
        enter(Phase.GONE, at, out);
    }

    /** A guest that ran may run on: its port stays as it is. */
    void vanished(String reason, Instant at, List<Action> out) {
        Phase before = phase;
        rescue.endUnlessCommitted(out);
        if (before != Phase.GONE) {
            tunnel.outlives(registration.expires(), out);
            forgetMigration();
            silence();
            phase = Phase.GONE;
        }
        if (before == Phase.ARRIVING) {
            out.add(new ReleasePort(guest));
            preparation.abort(at, out);
        }
        out.add(new Report(at, Fact.vanished(guest, before, reason)));
    }

    /** Another host dates requests so. */
    void follow(Instant time, Instant at) {
        replay.follow(time, at);
    }

    Instant dated(Instant at) {
        return replay.dated(at);
    }

    void checkRequested(Instant at, List<Action> out) {
        if (phase == Phase.GONE || phase == Phase.LEFT) {
            attachment.seek(at, out);
        }
        attachment.resolve(out);
        check.begin(phase, at, out);
    }

    void timerFired(Timer timer, Instant at, List<Action> out) {
        switch (timer) {
            case REGISTRATION -> registrationDue(at, out);
            case CHECK -> check.timerFired(at, out);
            case PREPARATION -> preparation.timerFired(at, out);
            case COMMITMENT -> commitment.timerFired(at, out);
            case TUNNEL -> tunnel.timerFired(at, out);
            case KEEPALIVE -> keepalives.due(at);
            case END -> rescue.endTimerFired(at, out);
            case RESCUE -> {
                if (rescue.timerFired(hasLeft(), at, out) && phase == Phase.LEFT) {
                    setPort(PortRule.SHUT, PortRule.SHUT, out);
                }
            }
            case ANNOUNCEMENT -> {
                if (nextAnnouncement != null && !at.isBefore(nextAnnouncement)) {
                    announce(at, out);
                }
            }
        }
    }

    void replyReceived(Decoded.Message received, RegistrationReply reply, Instant at, List<Action> out) {
        if (registration.isAnsweredBy(reply)) {
            registration.replyReceived(at, received, reply, out);
            if (phase == Phase.RUNNING && registration.state() == Registration.State.ACCEPTED) {
                attachment.registered();
                tunnel.registered(registration.udpTunnel(), at, out);
                keepAlive(at);
            } else if (isVisiting() && registration.state() == Registration.State.DENIED) {
                denied(registration.lastCode().orElse(reply.code()), at, out);
            }
            if (phase == Phase.RUNNING && migrating && reply.code().isAccepted()) {
                rescue.keep(out);
            }
        } else if (preparation.isAnsweredBy(reply)) {
            preparation.replyReceived(at, received, reply, out);
        } else if (commitment.isAnsweredBy(reply)) {
            if (commitment.replyReceived(at, received, reply, out)) {
                rescue.commitAccepted(at, out);
            }
        } else if (check.isAnsweredBy(reply)) {
            // Of a guest that runs here it was a renewal.
            if (check.replyReceived(at, received, reply, out)
                    && phase == Phase.RUNNING
                    && registration.state() == Registration.State.ACCEPTED
                    && registration.awaitsKeepalive()) {
                keepAlive(at);
            }
        } else {
            out.add(new Report(at, Fact.unexpectedReply(guest)));
        }
    }

    /** RFC 3519 §4.9: while the guest is registered so. */
    private void keepAlive(Instant registered) {
        registration
                .udpTunnel()
                .ifPresentOrElse(
                        udp -> {
                            Duration interval =
                                    udp.keepalive().compareTo(longestSilence) < 0 ? udp.keepalive() : longestSilence;
                            if (registration.awaitsKeepalive()) {
                                keepalives.open(attachment.homeAgent(), interval, registered);
                            } else {
                                keepalives.begin(attachment.homeAgent(), interval, registered);
                            }
                        },
                        keepalives::end);
    }

    /** RFC 3519 §4.10: registers anew, through the mapping that there is now, and lets less time pass from then on. */
    private void mappingLost(Instant at, List<Action> out) {
        Duration half = keepalives.interval().dividedBy(2);
        longestSilence = half.compareTo(UdpTunnel.SHORTEST_KEEPALIVE) > 0 ? half : UdpTunnel.SHORTEST_KEEPALIVE;
        out.add(new Report(at, Fact.mappingLost(guest, attachment.homeAgent(), longestSilence)));
        registration.renew(at, out);
    }

    /** Something came out of the tunnel that the kernel has left to us. */
    void echoReceived(EchoPacket echo, Instant at) {
        keepalives.received(echo, at);
    }

    /** The foreign agent has begun to send after the guest what comes to it. */
    void redirected(HandoverId id, Instant at, List<Action> out) {
        rescue.redirected(id, at, out);
    }

    /** The guest's link-layer address was heard from the link. */
    void heardOnLink(Instant at, List<Action> out) {
        rescue.heardOnLink(at, out);
    }

    /** What came of a change of what becomes of the guest's packets. */
    void forwarded(Forwarding forwarding, Optional<String> refused, Instant at, List<Action> out) {
        refused.ifPresent(why -> out.add(new Report(at, Fact.notForwarded(guest, forwarding, why))));
        if (forwarding instanceof Forwarding.Stage) {
            preparation.forwarded(refused, at, out);
        } else if (forwarding instanceof Forwarding.Install && refused.isPresent()) {
            tunnel.notInstalled();
        } else if (forwarding instanceof Forwarding.Redirect redirect && refused.isEmpty()) {
            rescue.redirected(redirect.id(), at, out);
        }
    }

    void framesRescued(int rescued, int lost, Instant at, List<Action> out) {
        rescue.rescued(rescued, lost, hasLeft(), at, out);
    }

    /**
     * Keys roll over, wherever the guest is: what is registered stays so. A request that is on its way is answered under the association that it
     * was signed with, while that is still known.
     */
    void share(Associations others, Instant at, List<Action> out) {
        if (!others.equals(guest.associations())
                && others.replayProtection().equals(guest.associations().replayProtection())) {
            guest = guest.withAssociations(others);
            attachment.share(others);
            out.add(new Report(at, Fact.associationsChanged(guest)));
        }
    }

    /** Its configuration is no longer known. */
    void dismissed(List<Action> out) {
        rescue.end(out);
        tunnel.end(out);
    }

    /** @param moved whether it may have run elsewhere since it was registered here */
    private void register(Errand errand, boolean moved, Instant at, List<Action> out) {
        if (guest.atHome()) {
            comeHome(errand, moved, at, out);
        } else {
            visit(errand, moved, at, out);
        }
    }

    private void ask(Purpose purpose, Errand errand, boolean moved, Instant at, List<Action> out) {
        if (moved) {
            registration.begin(purpose, errand, at, out);
        } else {
            registration.beginWhereItWas(purpose, errand, at, out);
        }
    }

    /** RFC 3344 §4.6: no ARP for the home address any more, and only then the request. A guest that was elsewhere has a port that lets none pass, and doesn't wait for it. */
    private void visit(Errand errand, boolean moved, Instant at, List<Action> out) {
        if (!moved) {
            setPort(PortRule.VISITING, PortRule.VISITING, out);
        }
        if (attachment.isComplete()) {
            // Wherever the guest was before, this may be another NAT.
            longestSilence = LONGEST_SILENCE;
            keepalives.end();
            ask(visit(), errand, moved, at, out);
        } else {
            out.add(new Report(
                    at, attachment.isPossible() ? Fact.noForeignAgentHeard(guest) : Fact.noForeignAgent(guest)));
        }
        if (moved) {
            setPort(PortRule.VISITING, PortRule.VISITING, out);
        }
    }

    private Purpose visit() {
        return new Purpose.Visit(attachment.present(), attachment.agent());
    }

    private boolean isVisiting() {
        return phase == Phase.RUNNING && !guest.atHome();
    }

    /** What is known of the link's foreign agents has changed. */
    void agentsChanged(Instant at, List<Action> out) {
        boolean searches = preparation.isSearching() || check.isSearching();
        if (searches) {
            attachment.choose(at);
        }
        if (searches && attachment.isComplete()) {
            attachment.resolve(out);
            if (preparation.isSearching()) {
                setPort(PortRule.VISITING, PortRule.ARRIVING, out);
                preparation.found(at, out);
            }
            if (check.isSearching()) {
                check.found(at, out);
            }
        }
        if (isVisiting()) {
            changed(attachment.review(registration.expires().isPresent(), at), "advertisements", at, out);
        }
    }

    private void registrationDue(Instant at, List<Action> out) {
        Attachment.Change change = Attachment.Change.NONE;
        if (isVisiting() && registration.isToBeRenewed(at)) {
            change = attachment.renew(at);
        } else if (isVisiting() && registration.isUnanswered(REQUESTS_BEFORE_ANOTHER_AGENT, at)) {
            change = attachment.passOver(at);
        }
        if (change == Attachment.Change.NONE) {
            registration.timerFired(at, out);
        } else {
            changed(change, "no answer, or another network", at, out);
        }
    }

    /** An agent that is there to serve, but not this guest, or not now: another one may (RFC 3344 §2.4). */
    private void denied(ReplyCode code, Instant at, List<Action> out) {
        if (code.isFromForeignAgent() && Denial.of(code) != Denial.LIFETIME_TOO_LONG) {
            changed(attachment.passOver(at), "denied, code " + code, at, out);
        }
    }

    private void changed(Attachment.Change change, String reason, Instant at, List<Action> out) {
        switch (change) {
            case NONE -> {}
            case OFFER -> registration.setPurpose(visit());
            case REGISTER -> {
                registration.renew(visit(), at, out);
                setPort(PortRule.VISITING, PortRule.VISITING, out);
                out.add(new Report(at, Fact.registersWith(guest, attachment.agent(), reason)));
            }
        }
    }

    private void setPort(PortRule fromGuest, PortRule toGuest, List<Action> out) {
        out.add(new SetPort(guest, fromGuest, toGuest, attachment.tunnelEnd()));
    }

    /** RFC 3344 §4.6: answer ARP again, announce with one's own address, and only then deregister. */
    private void comeHome(Errand errand, boolean moved, Instant at, List<Action> out) {
        setPort(PortRule.HOME, PortRule.HOME, out);
        announcementsLeft = ANNOUNCEMENTS;
        announce(at, out);
        ask(new Purpose.Home(guest, attachment.agent()), errand, moved, at, out);
    }

    private void announce(Instant at, List<Action> out) {
        out.add(new Announce(guest));
        announcementsLeft--;
        nextAnnouncement = announcementsLeft > 0 ? at.plus(ANNOUNCEMENT_SPACING) : null;
        if (nextAnnouncement != null) {
            out.add(new ArmTimer(guest, Timer.ANNOUNCEMENT, nextAnnouncement));
        }
    }

    private void stopIfMigrating(Instant stopped, Instant at, List<Action> out) {
        if (migrating && paused && (phase == Phase.RUNNING || phase == Phase.GONE)) {
            // Before all else: from now on each packet that still comes here is late.
            registration
                    .staged(at)
                    .ifPresentOrElse(staged -> commit(staged, stopped, at, out), () -> rescue.hold(stopped, at, out));
            silence();
            enter(Phase.STOPPED, at, out);
        }
    }

    private void commit(Staged staged, Instant stopped, Instant at, List<Action> out) {
        spacing.sent(at);
        commitment.begin(staged.id(), registration.renewal(Errand.commit(staged.id()), at), at, out);
        rescue.begin(staged, stopped, at, out);
        Instant expires = registration.expires().orElse(at.plusSeconds(guest.lifetime()));
        tunnel.leaves(staged, expires, out);
    }

    private void silence() {
        registration.end();
        keepalives.end();
        nextAnnouncement = null;
    }

    private void forgetMigration() {
        migrating = false;
        paused = false;
    }

    private void enter(Phase next, Instant at, List<Action> out) {
        phase = next;
        Fact fact = Fact.phase(guest, next);
        out.add(new Report(at, rescue.isAwaited() ? fact.thatDoesNotSettle() : fact));
    }

    private boolean hasLeft() {
        return phase == Phase.LEFT || phase == Phase.GONE;
    }
}
