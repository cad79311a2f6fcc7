package org.mooring.home;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Clock;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.wire.Identification;

/**
 * What a reply says beyond RFC 3344 (docs/handover.md, "Octets").
 *
 * @param forMobileNode under the mobile-home authentication
 * @param forForeignAgent behind it, under the foreign-home authentication
 */
record HandoverReply(List<HandoverExtension> forMobileNode, List<HandoverExtension> forForeignAgent) {
    HandoverReply {
        forMobileNode = List.copyOf(forMobileNode);
        forForeignAgent = List.copyOf(forForeignAgent);
    }

    static HandoverReply toDenied(ReceivedRequest received, Instant at) {
        return new HandoverReply(clock(received, at), List.of());
    }

    /** To the request that asked for {@code done}. */
    static HandoverReply to(ReceivedRequest received, Change done, Instant at) {
        var forMobileNode = new ArrayList<>(clock(received, at));
        var forForeignAgent = new ArrayList<HandoverExtension>();
        boolean prepared = done.purpose() == Change.Purpose.PREPARATION;
        var staged = done.stagedAfter().map(entry -> entry.told(at));
        if (prepared || received.handover().arm()) {
            staged.ifPresent(forMobileNode::add);
        }
        if (received.handover().arm()) {
            staged.ifPresent(forForeignAgent::add);
        }
        if (prepared) {
            // Whoever decapsulates follows it.
            var follower = received.request().flags().decapsulationByMobileNode() ? forMobileNode : forForeignAgent;
            follower.add(new Previous(done.before()
                    .newest()
                    .map(binding -> binding.peer().address())
                    .orElse(received.homeAddress())));
        }
        return new HandoverReply(forMobileNode, forForeignAgent);
    }

    private static List<HandoverExtension> clock(ReceivedRequest received, Instant at) {
        return received.handover().asksTheTime() ? List.of(new Clock(Identification.of(at))) : List.of();
    }
}
