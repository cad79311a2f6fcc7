package org.mooring.hook;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.mooring.hook.Action.Agent;
import org.mooring.hook.Action.SendRequest;
import org.mooring.hook.Action.Sender;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.security.MobileNodeReplay;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Challenge;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.RegistrationRequest.Flags;

/** Writes the requests of one guest (RFC 3344 §3.6.1), each with an Identification of its own. */
final class Requests {
    /**
     * docs/handover.md, "Identification": the source's COMMIT must never be the newer one, and the two hosts' ideas of
     * the home agent's time differ by less than a round trip.
     */
    private static final Duration CONFIRM_AHEAD = Duration.ofSeconds(1);

    private final Guest guest;
    private final Attachment attachment;
    private final MobileNodeReplay replay;
    private final int enterpriseNumber;
    private final IntSupplier random;

    Requests(Guest guest, Attachment attachment, MobileNodeReplay replay, int enterpriseNumber, IntSupplier random) {
        this.guest = guest;
        this.attachment = attachment;
        this.replay = replay;
        this.enterpriseNumber = enterpriseNumber;
        this.random = random;
    }

    /**
     * A registration whose tunnel end is to decapsulate (§3.6.1.2), and to send back through the tunnel what the guest sends
     * (RFC 3024 §3.2).
     */
    SendRequest visit(Errand errand, TunnelEnd tunnelEnd, int lifetime, Instant now) {
        return abroad(tunnelEnd, errand, Sender.GUEST, Flags.NONE, lifetime, tunnelEnd.careOfAddress(), now);
    }

    /** The deregistration of a guest that ended while it visited. */
    SendRequest departure(TunnelEnd tunnelEnd, Instant now) {
        return visit(Errand.REGISTRATION, tunnelEnd, 0, now);
    }

    /** "I am at home": takes away every care-of address (RFC 3344 §3.6.1.2, §3.8.2.2). */
    SendRequest home(Errand errand, Instant now) {
        return toHomeAgent(errand, Sender.GUEST, Flags.NONE, 0, guest.homeAddress(), now);
    }

    /**
     * A request that changes nothing and yet is judged by every agent on the way. It asks to forget this host's own
     * address, which no guest is ever registered with: forgetting the foreign agent's would cut off a guest that visits
     * another host of this site. It leaves with this host's addresses, because the guest is elsewhere.
     */
    SendRequest check(Instant now) {
        Flags flags = Flags.DECAPSULATION_BY_MOBILE_NODE;
        return guest.atHome()
                ? toHomeAgent(Errand.check(now), Sender.HOST, flags, 0, attachment.hostAddress(), now)
                : abroad(attachment.present(), Errand.check(now), Sender.HOST, flags, 0, attachment.hostAddress(), now);
    }

    /** What a guest that runs here would send next. */
    SendRequest renewal(Errand errand, Instant now) {
        return guest.atHome() ? home(errand, now) : visit(errand, attachment.present(), guest.lifetime(), now);
    }

    /**
     * What prepares the guest's care-of address here for {@code holdSeconds}, or no longer does. It is what the guest's
     * registration would be, but with this host's addresses: the guest may still use its own on this link.
     */
    SendRequest preparation(Errand errand, int holdSeconds, Instant now) {
        if (guest.atHome()) {
            return toHomeAgent(errand, Sender.HOST, Flags.NONE, 0, guest.homeAddress(), now);
        }
        TunnelEnd here = attachment.present();
        return abroad(here, errand, Sender.HOST, Flags.NONE, holdSeconds, here.careOfAddress(), now);
    }

    /** @param sender for a foreign agent, which takes it for the guest */
    private SendRequest abroad(
            TunnelEnd tunnelEnd,
            Errand errand,
            Sender sender,
            Flags flags,
            int lifetime,
            Ipv4Address careOfAddress,
            Instant now) {
        if (tunnelEnd instanceof ForeignAgent foreignAgent) {
            // RFC 3024 §3.1: an agent that doesn't offer it routes what the guest sends as it routes everything.
            Flags offered = foreignAgent.reverseTunneling() ? flags.plus(Flags.REVERSE_TUNNELING) : flags;
            // §4.3: only what is nested for a foreign agent says which of a host's guests it is for.
            boolean broadcasts = guest.broadcast().isPresent() && !flags.decapsulationByMobileNode();
            Flags wanted = broadcasts ? offered.plus(Flags.BROADCAST_DATAGRAMS) : offered;
            return throughForeignAgent(
                    foreignAgent,
                    errand,
                    sender,
                    request(errand, wanted.plus(encapsulation(foreignAgent)), lifetime, careOfAddress, List.of(), now));
        }
        Flags ofItsOwn = flags.plus(Flags.REVERSE_TUNNELING)
                .plus(Flags.DECAPSULATION_BY_MOBILE_NODE)
                .plus(encapsulation());
        // RFC 3519 §4.4: a UDP tunnel is asked for, unless one is to end.
        List<Extension> asked = new ArrayList<>();
        if (lifetime > 0) {
            attachment.udpTunnelRequest(now).ifPresent(asked::add);
        }
        var request = request(errand, ofItsOwn, lifetime, careOfAddress, asked, now);
        var required = attachment.required(now);
        // §3.1. From this host's own address, which is the care-of address: so the agent knows where the reply goes.
        return required.isPresent()
                ? throughForeignAgent(required.get(), errand, Sender.HOST, request)
                : toHomeAgent(errand, Sender.CARE_OF_ADDRESS, request);
    }

    /** §3.6.1.2: none that it has not said it has; IP in IP is everybody's. */
    private Flags encapsulation(ForeignAgent foreignAgent) {
        return foreignAgent.encapsulations().contains(guest.encapsulation()) ? encapsulation() : Flags.NONE;
    }

    private Flags encapsulation() {
        return switch (guest.encapsulation()) {
            case GRE -> Flags.GRE_ENCAPSULATION;
            case MINIMAL -> Flags.MINIMAL_ENCAPSULATION;
            case IPIP, UDP -> Flags.NONE;
        };
    }

    private SendRequest throughForeignAgent(
            ForeignAgent foreignAgent, Errand errand, Sender sender, RegistrationRequest request) {
        // §3.6.1.3: for the home agent first, for the foreign agent last.
        List<Seal> seals = new ArrayList<>();
        Associations associations = attachment.associations();
        seals.add(new Seal(Kind.MOBILE_HOME, associations.signing()));
        associations
                .signingForForeignAgent()
                .ifPresent(association -> seals.add(new Seal(Kind.MOBILE_FOREIGN, association)));
        List<Extension> challenge = attachment.challenge(foreignAgent).<Extension>map(Challenge::new).stream()
                .toList();
        return new SendRequest(
                guest, errand.kind(), sender, Agent.FOREIGN_AGENT, foreignAgent.address(), request, challenge, seals);
    }

    private SendRequest toHomeAgent(
            Errand errand, Sender sender, Flags flags, int lifetime, Ipv4Address careOfAddress, Instant now) {
        return toHomeAgent(errand, sender, request(errand, flags, lifetime, careOfAddress, List.of(), now));
    }

    private SendRequest toHomeAgent(Errand errand, Sender sender, RegistrationRequest request) {
        return new SendRequest(
                guest,
                errand.kind(),
                sender,
                Agent.HOME_AGENT,
                attachment.homeAgent(),
                request,
                List.of(),
                List.of(new Seal(Kind.MOBILE_HOME, attachment.associations().signing())));
    }

    private RegistrationRequest request(
            Errand errand, Flags flags, int lifetime, Ipv4Address careOfAddress, List<Extension> asked, Instant now) {
        List<Extension> extensions = new ArrayList<>(asked);
        extensions.add(DeviceId.ethernet(octets(guest.mac())));
        errand.extensions().forEach(extension -> extensions.add(extension.toExtension(enterpriseNumber)));
        Instant dated = errand.kind() == RequestKind.CONFIRM ? now.plus(CONFIRM_AHEAD) : now;
        return new RegistrationRequest(
                flags,
                lifetime,
                guest.homeAddress(),
                attachment.homeAgent(),
                careOfAddress,
                replay.next(dated, random.getAsInt()),
                extensions);
    }

    private static Octets octets(MacAddress mac) {
        byte[] octets = new byte[MacAddress.LENGTH];
        for (int i = 0; i < octets.length; i++) {
            octets[i] = (byte) (mac.bits() >>> (8 * (octets.length - 1 - i)));
        }
        return Octets.of(octets);
    }
}
