package org.mooring.home;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.discovery.AdvertisementSeries;
import org.mooring.protocol.wire.AdvertisementExtension;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * Tells the home link that this is it: there is a home agent (RFC 3344 §2.3). A foreign agent on the same link tells of itself. Confined to the
 * agent loop.
 */
final class Advertiser {
    private final AdvertisementSeries series = new AdvertisementSeries();
    private final Consumer<Action> actions;

    Advertiser(Consumer<Action> actions) {
        this.actions = actions;
    }

    void start(Policy policy, Instant now) {
        if (policy.advertisement().interval().isUnsolicited()) {
            actions.accept(new Action.ArmAdvertisement(AdvertisementSeries.first(now)));
        }
    }

    /** It is time to advertise to all. */
    void due(Policy policy, Instant now) {
        if (!policy.advertisement().interval().isUnsolicited()) {
            return; // As the operator decided meanwhile.
        }
        advertise(policy, Optional.empty(), Ipv4Address.ALL_SYSTEMS);
        actions.accept(
                new Action.ArmAdvertisement(series.next(policy.advertisement().interval(), now)));
    }

    void solicited(Policy policy, MacAddress station, Ipv4Address from) {
        advertise(policy, Optional.of(station), AdvertisementSeries.answerTo(from));
    }

    /** §2.1.1: R, B and care-of addresses come with F; an agent is never too busy for those whose home agent it is. */
    private void advertise(Policy policy, Optional<MacAddress> station, Ipv4Address destination) {
        var extensions = new ArrayList<AdvertisementExtension>();
        extensions.add(
                new MobilityAgent(series.nextSequence(), policy.maxLifetime(), MobilityAgent.HOME_AGENT, List.of()));
        var advertising = policy.advertisement();
        advertising.prefixLength().ifPresent(length -> extensions.add(PrefixLengths.of(length)));
        actions.accept(new Action.Advertise(
                station,
                destination,
                AdvertisementSeries.advertisement(policy.address(), advertising.interval(), extensions)));
    }
}
