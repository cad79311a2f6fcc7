package org.mooring.datapath;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mooring.linux.Interface;
import org.mooring.linux.netlink.NftExpression;
import org.mooring.linux.netlink.NftTable;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * Has TCP sessions that begin agree on segments of at most {@code segment}, if they pass one of these devices, either way (RFC 9293 §3.7.1). The
 * kernel mends a checksum as if the option were at an even octet: one that is not is left alone. TCPs have it first.
 */
record Clamping(List<Interface> devices, int segment) {
    static final Clamping NONE = new Clamping(List.of(), 0);

    private static final int MANGLE = -150; // where nft(8) has the priority of that name
    private static final int OPTIONS = 20; // in a TCP header
    private static final int NO_OPERATION = 1; // as an option
    private static final int SEGMENT_SIZE = 2;

    Clamping {
        devices = List.copyOf(devices);
    }

    NftTable.Chain chain() {
        List<NftTable.Rule> rules = devices.stream()
                .flatMap(device -> Stream.of(NftExpression.inputInterface(0), NftExpression.outputInterface(0))
                        .flatMap(way -> Stream.of(rule(way, device, 0), rule(way, device, 2))))
                .toList();
        return new NftTable.Chain("clamp", NftTable.Hook.FORWARD, MANGLE, rules);
    }

    /** @param before so many options for nothing are before that of the segment size */
    private NftTable.Rule rule(NftExpression way, Interface device, int before) {
        List<NftExpression> steps = new ArrayList<>(List.of(
                way,
                NftExpression.equal(0, device),
                NftExpression.networkHeader(Ip.PROTOCOL, 1, 1),
                NftExpression.equal(1, Ipv4Packet.TCP)));
        IntStream.range(0, before).forEach(at -> steps.addAll(optionIs(at, NO_OPERATION)));
        steps.addAll(optionIs(before, SEGMENT_SIZE));
        steps.add(NftExpression.octets(segment >> Byte.SIZE, segment & 0xff, 2));
        steps.add(NftExpression.lowerSegmentSize(2));
        return new NftTable.Rule("segments", steps);
    }

    private static List<NftExpression> optionIs(int at, int kind) {
        return List.of(NftExpression.transportHeader(OPTIONS + at, 1, 1), NftExpression.equal(1, kind));
    }
}
