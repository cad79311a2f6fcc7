package org.mooring.home;

import java.util.Map;
import java.util.Optional;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;

/**
 * A mobile node as an operator may want to see it.
 *
 * @param staged where it may go next
 * @param newest the newest Identification accepted under each SPI
 * @param replies how often each reply code was answered since the start, and when last
 * @param lastCode the code of the last reply
 */
public record MobileNodeStatus(
        Ipv4Address homeAddress,
        Optional<MacAddress> mac,
        BindingList bindings,
        Optional<StagedEntry> staged,
        long generation,
        Map<Integer, Identification> newest,
        Map<Integer, Traffic.Tally> replies,
        Optional<Integer> lastCode) {
    public MobileNodeStatus {
        newest = Map.copyOf(newest);
        replies = Map.copyOf(replies);
    }
}
