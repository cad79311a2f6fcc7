package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.ResolveAgent;
import org.mooring.hook.Action.SendRequest;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationReply;
import org.mooring.protocol.wire.ReplyCode;
import org.mooring.protocol.wire.UdpTunnelRequest;

/**
 * Through whom one guest is registered on this host's link: the tunnel end that is configured, or one of the foreign agents that are
 * discovered. A guest stays with its agent for as long as that serves it: news of others are no reason to change (RFC 3344
 * §2.4.2). Confined to one thread.
 */
final class Attachment {
    /** How long an agent is passed over that has denied the guest, or was silent. */
    private static final Duration PASSED_OVER = Duration.ofMinutes(1);

    /** What news of the agents mean for a guest that runs here. */
    enum Change {
        NONE,
        /** The same agent offers something else than before: the next renewal asks for that. */
        OFFER,
        /** It needs a registration now. */
        REGISTER
    }

    private final Guest guest;
    private final Link link;
    private final @Nullable Discovery discovery;
    private final @Nullable Discovery agents;
    private final Map<Ipv4Address, Instant> passedOver = new HashMap<>();
    private @Nullable TunnelEnd tunnelEnd;
    private Ipv4Address homeAgent;
    private Associations associations;
    private int starts;
    private Optional<Octets> told = Optional.empty();

    /** @param agents of the link, absent where none is discovered; with a tunnel end that is configured they serve nobody */
    Attachment(Guest guest, Link link, @Nullable Discovery agents) {
        this.guest = guest;
        this.link = link;
        this.agents = agents;
        this.tunnelEnd = guest.atHome() ? null : link.tunnelEnd();
        this.discovery = guest.atHome() || link.tunnelEnd() != null ? null : agents;
        this.homeAgent = guest.homeAgent();
        this.associations = guest.associations();
    }

    /** With those agents, as they are configured by now. */
    Associations associations() {
        return associations;
    }

    void share(Associations others) {
        associations = others;
    }

    /** Whether {@code request} is signed as a new one would be. */
    boolean isUpToDate(SendRequest request) {
        return request.seals().stream()
                .map(Seal::association)
                .allMatch(used -> used.equals(associations.signing())
                        || associations
                                .signingForForeignAgent()
                                .filter(used::equals)
                                .isPresent());
    }

    /** The home agent's address as far as it is known: as configured, or as it told itself; or the one that all of its network hear. */
    Ipv4Address homeAgent() {
        return homeAgent;
    }

    /**
     * A home agent denies what was meant for another, or for all, and tells its own address (RFC 3344 §3.6.2.3, §3.8.3.2). That is
     * authenticated.
     *
     * @return whether it is news
     */
    boolean homeAgentTold(RegistrationReply denial) {
        Ipv4Address told = denial.homeAgent();
        boolean unknown = guest.findsHomeAgent() && homeAgent.equals(guest.homeAgent());
        if (told.equals(homeAgent)
                || !told.isUnicast()
                || told.equals(guest.homeAddress())
                || !(unknown || denial.code().equals(ReplyCode.HA_UNKNOWN_HOME_AGENT_ADDRESS))) {
            return false;
        }
        homeAgent = told;
        return true;
    }

    /** Nobody answers at the address that was told: it is to be found anew. */
    void forgetHomeAgent() {
        homeAgent = guest.homeAgent();
    }

    /** RFC 4721 §3.3: the foreign agent's latest reply told what the next request shall say, or it didn't. */
    void challenged(Optional<Octets> challenge) {
        told = challenge;
    }

    /** What a request through {@code agent} says to be known as one of now (RFC 4721 §3.1), if whoever reads it can know the guest. */
    Optional<Octets> challenge(ForeignAgent agent) {
        return associations.mobileForeign().isEmpty() ? Optional.empty() : told.or(agent::challenge);
    }

    /** This host's own address on the link. */
    Ipv4Address hostAddress() {
        return link.hostAddress();
    }

    /** Absent at home, and where nobody serves visitors, or nobody is known yet who does. */
    @Nullable
    TunnelEnd tunnelEnd() {
        return tunnelEnd;
    }

    /** As {@link #tunnelEnd}, of a guest that visits and {@link #isComplete}. */
    TunnelEnd present() {
        if (tunnelEnd == null) {
            throw new AssertionError("nobody serves " + guest.name() + " here");
        }
        return tunnelEnd;
    }

    /** Through whom it is to be registered though its care-of address is co-located: an agent of the link requires that (RFC 3344 §2.1.1, R). */
    Optional<ForeignAgent> required(Instant at) {
        return agents == null || !(tunnelEnd instanceof CoLocated) ? Optional.empty() : agents.requiring(at);
    }

    /**
     * The UDP tunnel that a registration from here asks for (RFC 3519 §4.4). An agent through which it has to go, but which doesn't say that it is
     * behind a NAT, leaves none: the home agent would take that agent's address for the tunnel's end (§4.11).
     */
    Optional<UdpTunnelRequest> udpTunnelRequest(Instant at) {
        if (!(tunnelEnd instanceof CoLocated here)) {
            return Optional.empty();
        }
        Optional<ForeignAgent> required = required(at);
        return required.isPresent() && !required.get().udpTunneling()
                ? Optional.empty()
                : here.natTraversal().request(required.isPresent());
    }

    /** Whether the home agent will know where the tunnel ends only by a keepalive (RFC 3519 §4.11). */
    boolean opensWithKeepalive(Instant at) {
        return udpTunnelRequest(at)
                .filter(UdpTunnelRequest::isRegisteredThroughForeignAgent)
                .isPresent();
    }

    /** Whether the guest could be registered here, be it later. */
    boolean isPossible() {
        return guest.atHome() || tunnelEnd != null || discovery != null;
    }

    /** Whether somebody is there to ask. */
    boolean isComplete() {
        return guest.atHome() || tunnelEnd != null;
    }

    /** Whether agents are discovered, and none is chosen yet. */
    boolean isSearched() {
        return discovery != null && tunnelEnd == null;
    }

    Optional<ForeignAgent> foreignAgent() {
        return tunnelEnd instanceof ForeignAgent agent ? Optional.of(agent) : Optional.empty();
    }

    /** Whom requests go to, as in {@code foreign-agent 192.0.2.1}. */
    String agent() {
        return foreignAgent()
                .map(agent -> "foreign-agent " + agent.address())
                .orElseGet(() -> isComplete() ? "home-agent " + homeAgent : "any foreign agent");
    }

    /** The guest comes, or its coming is tried: chooses who shall serve it, if somebody is known. */
    void choose(Instant at) {
        if (discovery == null) {
            return;
        }
        passedOver.clear();
        discovery
                .best(agent -> isAcceptable(agent, at) && isUsed(agent), at)
                .or(() -> discovery.best(agent -> isAcceptable(agent, at), at))
                .ifPresentOrElse(this::use, () -> tunnelEnd = null);
    }

    /** As {@link #choose}, and asks for agents where none is known. */
    void seek(Instant at, List<Action> out) {
        choose(at);
        if (discovery != null && tunnelEnd == null) {
            discovery.searchAnew(at, out);
        }
    }

    /**
     * What is known of the agents has changed, for a guest that runs here.
     *
     * @param registered with the agent that serves it
     */
    Change review(boolean registered, Instant at) {
        if (discovery == null) {
            return Change.NONE;
        }
        if (!(tunnelEnd instanceof ForeignAgent present)) {
            return change(at);
        }
        Optional<AdvertisedAgent> known = discovery.agent(present.address()).filter(agent -> agent.serves(at));
        boolean stays = known.filter(agent -> registered || !agent.isBusy())
                .filter(agent ->
                        agent.offer(present.careOfAddress()).careOfAddress().equals(present.careOfAddress()))
                .isPresent();
        if (!stays) {
            return known.filter(agent -> !agent.isBusy()).isPresent() && !isPassedOver(present.address(), at)
                    ? use(known.get())
                    : change(at);
        }
        if (known.get().starts() != starts) {
            return use(known.get());
        }
        tunnelEnd = known.get().offer(present.careOfAddress());
        return tunnelEnd.equals(present) ? Change.NONE : Change.OFFER;
    }

    /** It is time to renew: whether an agent on another network should be asked instead (§2.4.2.2). */
    Change renew(Instant at) {
        return foreignAgent()
                .flatMap(present -> discovery == null
                        ? Optional.empty()
                        : discovery.agent(present.address()).flatMap(agent -> discovery.elsewhere(agent, at)))
                .filter(agent -> isAcceptable(agent, at))
                .map(this::use)
                .orElse(Change.NONE);
    }

    /** The agent has denied the guest, or doesn't answer: another one is asked, if there is. */
    Change passOver(Instant at) {
        if (discovery == null || !(tunnelEnd instanceof ForeignAgent present)) {
            return Change.NONE;
        }
        passedOver.values().removeIf(until -> !at.isBefore(until));
        passedOver.put(present.address(), at.plus(PASSED_OVER));
        return change(at);
    }

    /** The guest is registered. */
    void registered() {
        if (discovery != null) {
            discovery.mayAskAgainSoon();
        }
    }

    /** Has the link-layer address ready that requests will need. */
    void resolve(List<Action> out) {
        if (guest.atHome() || tunnelEnd == null) {
            if (guest.atHome() || discovery == null) {
                out.add(new ResolveAgent(guest, Agent.HOME_AGENT, homeAgent));
            }
        } else if (tunnelEnd instanceof ForeignAgent agent) {
            out.add(new ResolveAgent(guest, Agent.FOREIGN_AGENT, agent.address()));
        }
    }

    private Change change(Instant at) {
        return discovery == null
                ? Change.NONE
                : discovery
                        .best(agent -> isAcceptable(agent, at) && !isUsed(agent), at)
                        .map(this::use)
                        .orElse(Change.NONE);
    }

    private Change use(AdvertisedAgent agent) {
        told = Optional.empty();
        tunnelEnd = agent.offer(tunnelEnd == null ? Ipv4Address.UNSPECIFIED : tunnelEnd.careOfAddress());
        starts = agent.starts();
        return Change.REGISTER;
    }

    /** H: its own home agent would say that it is none for it (§3.7.2). */
    private boolean isAcceptable(AdvertisedAgent agent, Instant at) {
        return !isPassedOver(agent.address(), at)
                && !agent.address().equals(homeAgent)
                && isAnswerable(agent.challenge());
    }

    /** RFC 4721 §3.1: without an association, only who knows of the home agent's AAA can answer. */
    private boolean isAnswerable(Optional<Octets> challenge) {
        return challenge.isEmpty() || !associations.mobileForeign().isEmpty();
    }

    private boolean isPassedOver(Ipv4Address agent, Instant at) {
        Instant until = passedOver.get(agent);
        return until != null && at.isBefore(until);
    }

    private boolean isUsed(AdvertisedAgent agent) {
        return foreignAgent()
                .filter(present -> present.address().equals(agent.address()))
                .isPresent();
    }
}
