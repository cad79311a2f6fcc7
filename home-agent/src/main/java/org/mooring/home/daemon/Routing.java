package org.mooring.home.daemon;

import java.time.Instant;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.mooring.home.HomeAgent;
import org.mooring.runtime.control.Refusal;
import org.mooring.runtime.control.Routes;
import org.mooring.runtime.handover.ArrivalsView;

/** What can be asked on the control socket. */
final class Routing {
    static final String BINDINGS = "/bindings";
    static final String MOBILE_NODES = "/mobile-nodes";
    static final String TRAFFIC = "/traffic";
    static final String DATAPATH = "/datapath";
    static final String STATUS = "/status";

    private Routing() {}

    static Routes routes(
            HomeAgent homeAgent, KernelForwarding kernel, Supplier<Views.Status> status, Supplier<Instant> clock) {
        return new Routes()
                .get(BINDINGS, request -> Views.bindings(homeAgent, clock.get()))
                .get(MOBILE_NODES, request -> Views.mobileNodes(homeAgent.mobileNodes(), clock.get()))
                .get(ArrivalsView.PATH, request -> ArrivalsView.of(homeAgent.arrivals()))
                .get(TRAFFIC, request -> Views.traffic(homeAgent.traffic(), homeAgent.mobileNodes()))
                .get(STATUS, request -> status.get())
                .getLater(
                        DATAPATH,
                        request -> kernel.counts().handle((counts, failure) -> {
                            if (failure != null) {
                                throw new CompletionException(
                                        Refusal.unavailable(String.valueOf(failure.getMessage())));
                            }
                            return Views.datapath(counts);
                        }));
    }
}
