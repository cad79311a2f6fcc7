package org.mooring.home.daemon;

import java.util.function.Supplier;
import org.mooring.home.Action;
import org.mooring.home.Event;
import org.mooring.home.HomeAgent;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.runtime.control.Refusal;
import org.mooring.runtime.control.Routes;
import org.mooring.runtime.handover.ArrivalsView;
import org.mooring.runtime.loop.AgentLoop;
import org.mooring.runtime.revocation.RevokeVerb;
import org.mooring.runtime.revocation.Revoking;

/** What can be asked on the control socket. */
final class Routing {
    static final String BINDINGS = "/bindings";
    static final String MOBILE_NODES = "/mobile-nodes";
    static final String TRAFFIC = "/traffic";
    static final String DATAPATH = "/datapath";
    static final String STATUS = "/status";
    static final String REVOCATIONS = "/revocations";

    private Routing() {}

    static Routes routes(
            HomeAgent homeAgent,
            KernelForwarding kernel,
            Supplier<Views.Status> status,
            AgentLoop<Event, Action> loop) {
        return new Routes()
                .get(BINDINGS, request -> Views.bindings(homeAgent, loop.now()))
                .get(MOBILE_NODES, request -> Views.mobileNodes(homeAgent.mobileNodes(), loop.now()))
                .get(REVOCATIONS, request -> Views.revocations(homeAgent.revocations(), loop.now()))
                .post(RevokeVerb.PATH, request -> revoke(homeAgent, RevokeVerb.homeAddress(request), loop))
                .get(ArrivalsView.PATH, request -> ArrivalsView.of(homeAgent.arrivals()))
                .get(TRAFFIC, request -> Views.traffic(homeAgent.traffic(), homeAgent.mobileNodes()))
                .get(STATUS, request -> status.get())
                .getLater(DATAPATH, kernel::view);
    }

    private static Revoking revoke(HomeAgent homeAgent, Ipv4Address homeAddress, AgentLoop<Event, Action> loop)
            throws Refusal {
        var revoked = homeAgent.bindings().stream()
                .filter(binding -> binding.homeAddress().equals(homeAddress))
                .map(binding -> new Revoking.Registration(
                        homeAddress,
                        binding.careOfAddress(),
                        binding.revocation().map(terms -> binding.from().address())))
                .toList();
        if (revoked.isEmpty()) {
            throw Refusal.conflict("no mobile node with home address " + homeAddress
                    + " is away: home-agent show bindings tells who is");
        }
        loop.post(new Event.RevocationOrdered(loop.now(), homeAddress));
        return new Revoking(revoked);
    }
}
