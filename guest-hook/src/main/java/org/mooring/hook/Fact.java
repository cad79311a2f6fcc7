package org.mooring.hook;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.nat.UdpTunnel;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.ReplyCode;

/**
 * Something worth knowing, as one line for the log. Every line that the core may cause is made here.
 *
 * @param guest whom it is about; empty if about the link
 * @param settling whether with it a handover of the guest is over, as far as this host is concerned
 * @param handover the handover that it tells the id of, or null
 * @param answer what the home agent did for it to be known, or null
 */
public record Fact(
        Severity severity,
        String guest,
        String line,
        boolean settling,
        @Nullable HandoverId handover,
        @Nullable Answer answer) {
    /**
     * An answer of the home agent's, which it gave at some time of the round trip.
     *
     * @param what it did
     * @param binds with it, the guest's packets go where the guest goes
     */
    public record Answer(String what, Duration roundTrip, boolean binds) {}

    /** Why a guest can't be registered. */
    static final String NOBODY_VISITS =
            "no guest may visit here: add [foreign-agent] or [co-located] to the hook's configuration";

    /** Why a guest can't be registered yet. */
    static final String NOBODY_HEARD =
            "no foreign agent is heard on this link: is one running here, and does it advertise?";

    /** The Identification of a reply tells the home agent's time to the second. */
    private static final Duration CLOCKS_AGREE = Duration.ofSeconds(2);

    /** How much it matters. */
    public enum Severity {
        DEBUG,
        INFO,
        /** Something that an operator can mend. */
        WARNING
    }

    static Fact phase(Guest guest, Phase phase) {
        String where = guest.atHome() ? "home" : "visiting";
        return switch (phase) {
            case ARRIVING -> info(guest.name(), "guest arriving guest=%s link=%s".formatted(guest.name(), where));
            case RUNNING -> info(guest.name(), "guest running guest=%s link=%s".formatted(guest.name(), where));
            case STOPPED -> info(guest.name(), "guest stopped by its migration guest=%s".formatted(guest.name()));
            case LEFT ->
                info(guest.name(), "guest left guest=%s".formatted(guest.name()))
                        .thatSettles();
            case GONE ->
                info(guest.name(), "guest gone guest=%s".formatted(guest.name()))
                        .thatSettles();
        };
    }

    static Fact cameBack(Guest guest) {
        return info(
                guest.name(), "guest runs here again after its migration stopped it guest=%s".formatted(guest.name()));
    }

    static Fact ranAfterItLeft(Guest guest) {
        return warning(
                guest.name(),
                "guest runs here after its migration was complete, so it is registered here again guest=%s: make sure that it runs nowhere else"
                        .formatted(guest.name()));
    }

    static Fact arrivesWhereItRuns(Guest guest, Phase phase) {
        return warning(
                guest.name(),
                "guest said to be arriving, but it is %s here; nothing changes guest=%s"
                        .formatted(phase == Phase.STOPPED ? "stopped" : "running", guest.name()));
    }

    static Fact vanished(Guest guest, Phase phase, String reason) {
        if (phase == Phase.LEFT || phase == Phase.GONE) {
            return debug(
                    guest.name(), "guest no longer watched guest=%s reason=\"%s\"".formatted(guest.name(), reason));
        }
        if (phase == Phase.ARRIVING) {
            return info(guest.name(), "guest did not arrive guest=%s reason=\"%s\"".formatted(guest.name(), reason));
        }
        String registration = guest.atHome() ? "" : ", so its registration is not renewed but left to lapse";
        return warning(
                        guest.name(),
                        "guest can no longer be watched%s guest=%s reason=\"%s\": if it still runs, tell with 'guest-hook event %s running'"
                                .formatted(registration, guest.name(), reason, guest.name()))
                .thatSettles();
    }

    static Fact notConfigured(String guest) {
        return warning(
                guest,
                "guest has no configuration, so nobody registers for it and it is unreachable away from home guest=%s: add a [[guest]] record with name = \"%s\""
                        .formatted(guest, guest));
    }

    static Fact keepsItsConfiguration(Guest guest) {
        return warning(
                guest.name(),
                "guest is here, so its new configuration waits until it is gone guest=%s: read it again then"
                        .formatted(guest.name()));
    }

    static Fact associationsChanged(Guest guest) {
        return info(
                guest.name(),
                "associations changed guest=%s spi=%s"
                        .formatted(
                                guest.name(),
                                Integer.toUnsignedString(
                                        guest.associations().signing().spi())));
    }

    static Fact noForeignAgent(Guest guest) {
        return warning(
                guest.name(),
                "guest visits a link without a foreign agent and is unreachable guest=%s: configure [foreign-agent] or [co-located], or move it to a link that has one"
                        .formatted(guest.name()));
    }

    static Fact homeAgentTold(Guest guest, Ipv4Address homeAgent) {
        String line = "home agent tells its address guest=%s home-agent=%s".formatted(guest.name(), homeAgent);
        return guest.findsHomeAgent()
                ? info(guest.name(), line)
                : warning(guest.name(), line + ": the guest's record has " + guest.homeAgent() + ", correct that");
    }

    static Fact noForeignAgentHeard(Guest guest) {
        return warning(
                guest.name(),
                "guest visits a link where no foreign agent is heard, and is unreachable until one is guest=%s"
                        .formatted(guest.name()));
    }

    static Fact registersWith(Guest guest, String agent, String reason) {
        return info(
                guest.name(),
                "guest is to be registered guest=%s agent=\"%s\" reason=\"%s\"".formatted(guest.name(), agent, reason));
    }

    static Fact agentHeard(AdvertisedAgent agent) {
        return info(
                "",
                "foreign agent heard agent=%s care-of=%s reverse-tunnels=%s busy=%s"
                        .formatted(
                                agent.address(),
                                list(agent.careOfAddresses()),
                                agent.says().has(MobilityAgent.REVERSE_TUNNELING) ? "yes" : "no",
                                agent.isBusy() ? "yes" : "no"));
    }

    static Fact agentStarted(AdvertisedAgent agent) {
        return info("", "foreign agent has started anew, its visitors register again agent=" + agent.address());
    }

    static Fact agentGone(AdvertisedAgent agent) {
        return warning(
                "",
                "foreign agent no longer heard agent=%s last-heard=%s: is it running, and does it advertise itself on this link?"
                        .formatted(agent.address(), agent.heard()));
    }

    static Fact advertisementNotBelieved(Ipv4Address from, List<Ipv4Address> careOfAddresses) {
        return warning(
                "",
                "advertisement not believed agent=%s care-of=%s: it offers no care-of address that foreign-agent.care-of-addresses allows"
                        .formatted(from, list(careOfAddresses)));
    }

    private static String list(List<Ipv4Address> addresses) {
        return addresses.isEmpty()
                ? "none"
                : addresses.stream().map(Ipv4Address::toString).collect(Collectors.joining(","));
    }

    static Fact accepted(Guest guest, Ipv4Address careOfAddress, int lifetime, Duration roundTrip) {
        return info(
                        guest.name(),
                        "registration accepted guest=%s home=%s care-of=%s lifetime=%ds round-trip=%dms"
                                .formatted(
                                        guest.name(),
                                        guest.homeAddress(),
                                        careOfAddress,
                                        lifetime,
                                        roundTrip.toMillis()))
                .answered("registration accepted", roundTrip, true)
                .thatSettles();
    }

    static Fact renewed(Guest guest, int lifetime) {
        return debug(guest.name(), "registration renewed guest=%s lifetime=%ds".formatted(guest.name(), lifetime));
    }

    /** @param udpTunnel none for one in IP */
    static Fact tunnelChanged(Guest guest, Optional<UdpTunnel> udpTunnel) {
        return info(
                guest.name(),
                "tunnel is carried in %s from now on guest=%s home=%s"
                                .formatted(udpTunnel.isPresent() ? "UDP" : "IP", guest.name(), guest.homeAddress())
                        + udpTunnel
                                .map(udp -> " keepalive=%ds forced=%s"
                                        .formatted(udp.keepalive().toSeconds(), udp.forced() ? "yes" : "no"))
                                .orElse(""));
    }

    static Fact mappingLost(Guest guest, Ipv4Address homeAgent, Duration keepalive) {
        return warning(
                guest.name(),
                "keepalives unanswered, so the guest is registered anew guest=%s home-agent=%s keepalive=%ds: if a NAT on the way forgets sooner than that, lower nat-keepalive"
                        .formatted(guest.name(), homeAgent, keepalive.toSeconds()));
    }

    static Fact keepalivesAnswered(Guest guest) {
        return info(guest.name(), "keepalives answered again guest=%s".formatted(guest.name()));
    }

    static Fact deregistered(Guest guest, Ipv4Address careOfAddress, Duration roundTrip) {
        return info(
                        guest.name(),
                        "deregistration accepted guest=%s home=%s care-of=%s round-trip=%dms"
                                .formatted(guest.name(), guest.homeAddress(), careOfAddress, roundTrip.toMillis()))
                .answered("deregistration accepted", roundTrip, true)
                .thatSettles();
    }

    /** @param id absent where the care-of address doesn't change */
    static Fact prepared(Guest guest, Optional<HandoverId> id, Duration roundTrip) {
        return info(
                        guest.name(),
                        "prepared for the guest guest=%s handover=%s round-trip=%dms"
                                .formatted(
                                        guest.name(),
                                        id.map(HandoverId::toString).orElse("none"),
                                        roundTrip.toMillis()))
                .of(id)
                .answered(id.isPresent() ? "PREPARE accepted" : "PREPARE accepted, nothing to stage", roundTrip, false);
    }

    static Fact notPrepared(Guest guest, String why) {
        return info(
                guest.name(),
                "guest will register when it runs here, nothing is prepared guest=%s reason=\"%s\""
                        .formatted(guest.name(), why));
    }

    static Fact notWelcome(Guest guest, String why) {
        return warning(
                guest.name(), "guest would not be registered here guest=%s reason=\"%s\"".formatted(guest.name(), why));
    }

    static Fact armed(Guest guest, Optional<Staged> staged, Duration roundTrip) {
        return info(
                        guest.name(),
                        "armed guest=%s handover=%s staged=%s round-trip=%dms"
                                .formatted(
                                        guest.name(),
                                        staged.map(it -> it.id().toString()).orElse("none"),
                                        staged.map(it -> it.careOfAddress().toString())
                                                .orElse("none"),
                                        roundTrip.toMillis()))
                .of(staged.map(Staged::id))
                .answered(
                        staged.isPresent() ? "ARM answered: staged" : "ARM answered: nothing staged", roundTrip, false);
    }

    static Fact committed(Guest guest, ReplyCode code, Duration roundTrip) {
        return info(
                        guest.name(),
                        "commit answered guest=%s code=%s round-trip=%dms"
                                .formatted(guest.name(), code, roundTrip.toMillis()))
                .answered(
                        code.isAccepted() ? "COMMIT accepted" : "COMMIT denied, code " + code,
                        roundTrip,
                        code.isAccepted());
    }

    static Fact notForwarded(Guest guest, Forwarding forwarding, String why) {
        return warning(
                guest.name(),
                "the kernel refuses: %s guest=%s reason=\"%s\""
                        .formatted(forwarding.getClass().getSimpleName().toLowerCase(Locale.ROOT), guest.name(), why));
    }

    static Fact endSent(Guest guest, String reason) {
        return info(guest.name(), "END sent guest=%s reason=\"%s\"".formatted(guest.name(), reason));
    }

    static Fact rescued(Guest guest, int rescued, int lost) {
        return info(
                guest.name(),
                "%d packets rescued from the guest's tap (%d not) guest=%s".formatted(rescued, lost, guest.name()));
    }

    static Fact rescuedLate(Guest guest, int rescued, int lost) {
        return info(
                guest.name(),
                "%d packets that came late rescued from the guest's tap (%d not) guest=%s"
                        .formatted(rescued, lost, guest.name()));
    }

    static Fact notHeardOnLink(Guest guest) {
        return info(
                guest.name(),
                "what came to the guest's tap last is dropped, the guest isn't heard on this link guest=%s"
                        .formatted(guest.name()));
    }

    static Fact notRescued(Guest guest) {
        return info(
                guest.name(),
                "what came to the guest's tap last is not rescued, it was not kept guest=%s".formatted(guest.name()));
    }

    static Fact denied(Guest guest, ReplyCode code, Denial denial, Duration retry) {
        return warning(
                guest.name(),
                "registration denied guest=%s code=%s by=%s retry=%ds: %s"
                        .formatted(guest.name(), code, denial.speaker(code), retry.toSeconds(), denial.advice()));
    }

    static Fact refused(Guest guest, ReplyCode code, Denial denial) {
        return warning(
                        guest.name(),
                        "registration refused for good guest=%s code=%s by=%s: %s; then 'guest-hook event %s running'"
                                .formatted(guest.name(), code, denial.speaker(code), denial.advice(), guest.name()))
                .thatSettles();
    }

    static Fact lifetimeShortened(Guest guest, int lifetime) {
        return info(
                guest.name(),
                "foreign agent allows a shorter lifetime guest=%s lifetime=%ds".formatted(guest.name(), lifetime));
    }

    /** RFC 4721 §3.2: it has another challenge now, and the next request answers that. */
    static Fact challenged(Guest guest, ReplyCode code) {
        return info(
                guest.name(),
                "foreign agent wants another challenge answered guest=%s code=%d: answering that"
                        .formatted(guest.name(), code.value()));
    }

    /** @param ahead how far the home agent's clock is ahead of this host's; negative if it is behind */
    static Fact clocksDiffer(Guest guest, Duration ahead) {
        if (ahead.abs().compareTo(CLOCKS_AGREE) < 0) {
            return info(
                    guest.name(),
                    "home agent had a later request for the guest, from another host guest=%s home-agent=%s"
                            .formatted(guest.name(), guest.homeAgent()));
        }
        return warning(
                guest.name(),
                "clock of this host is %ds %s that of the home agent guest=%s home-agent=%s: see to NTP on both; registering with the home agent's time"
                        .formatted(
                                ahead.abs().toSeconds(),
                                ahead.isNegative() ? "ahead of" : "behind",
                                guest.name(),
                                guest.homeAgent()));
    }

    static Fact noAnswer(Guest guest, String agent, int requests) {
        return warning(
                guest.name(),
                "no answer to %d requests guest=%s from=%s: is it running, and does UDP port 434 pass?"
                        .formatted(requests, guest.name(), agent));
    }

    static Fact gaveUp(Guest guest, Ipv4Address careOfAddress) {
        return warning(
                        guest.name(),
                        "deregistration not answered, the binding is left to lapse guest=%s care-of=%s"
                                .formatted(guest.name(), careOfAddress))
                .thatSettles();
    }

    static Fact lapsed(Guest guest) {
        return warning(
                guest.name(),
                "registration lapsed before it was renewed, the guest is unreachable guest=%s home=%s"
                        .formatted(guest.name(), guest.homeAddress()));
    }

    static Fact unexpectedReply(Guest guest) {
        // Anybody can have this said, as often as the network permits: no format is to be read for it.
        return debug(guest.name(), "reply discarded guest=" + guest.name() + " reason=\"answers no request of ours\"");
    }

    static Fact unauthenticReply(Guest guest, ReplyCode code, String why) {
        return warning(
                guest.name(),
                "reply discarded guest=%s code=%s reason=\"%s\": %s"
                        .formatted(guest.name(), code, why, Denial.KEYS_DIFFER.advice()));
    }

    Fact thatSettles() {
        return new Fact(severity, guest, line, true, handover, answer);
    }

    /** Something of the handover is still to come. */
    Fact thatDoesNotSettle() {
        return new Fact(severity, guest, line, false, handover, answer);
    }

    private Fact of(Optional<HandoverId> id) {
        return new Fact(severity, guest, line, settling, id.orElse(null), answer);
    }

    private Fact answered(String what, Duration roundTrip, boolean binds) {
        return new Fact(severity, guest, line, settling, handover, new Answer(what, roundTrip, binds));
    }

    private static Fact debug(String guest, String line) {
        return new Fact(Severity.DEBUG, guest, line, false, null, null);
    }

    private static Fact info(String guest, String line) {
        return new Fact(Severity.INFO, guest, line, false, null, null);
    }

    private static Fact warning(String guest, String line) {
        return new Fact(Severity.WARNING, guest, line, false, null, null);
    }
}
