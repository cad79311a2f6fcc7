package org.mooring.hook.daemon;

import java.util.List;
import org.mooring.hook.Discoverable;
import org.mooring.runtime.config.Ipv4Prefix;
import org.mooring.runtime.config.Section;

/**
 * {@code discover = true} under {@code [foreign-agent]}: agents of the link are found by what they advertise.
 *
 * @param careOfAddresses those that are believed; empty: any
 */
record DiscoveryConfig(List<Ipv4Prefix> careOfAddresses) {
    DiscoveryConfig {
        careOfAddresses = List.copyOf(careOfAddresses);
    }

    static DiscoveryConfig read(Section section) {
        for (String key : List.of("address", "care-of-address")) {
            if (section.has(key)) {
                section.problem(key, "the agent is discovered: leave this out, or discover");
            }
        }
        return new DiscoveryConfig(section.prefixes("care-of-addresses"));
    }

    /** @param network of the link: an agent of another one could not be asked */
    Discoverable discoverable(Ipv4Prefix network) {
        return new Discoverable(
                network::contains,
                address -> address.isUnicast()
                        && (careOfAddresses.isEmpty()
                                || careOfAddresses.stream().anyMatch(believed -> believed.contains(address))));
    }
}
