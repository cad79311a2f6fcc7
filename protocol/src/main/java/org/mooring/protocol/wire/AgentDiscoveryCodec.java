package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mooring.protocol.wire.AgentAdvertisement.MobilityAgent;
import org.mooring.protocol.wire.AgentAdvertisement.Router;

/** Agent discovery messages to the octets of an ICMP message and back (RFC 3344 §2.1, §2.2). */
public final class AgentDiscoveryCodec {
    private static final int PADDING = 0;
    private static final int PREFIX_LENGTHS = 19;
    private static final int FIRST_SKIPPABLE = 128;

    private AgentDiscoveryCodec() {}

    /**
     * Decodes an ICMP message; empty for one that is no agent discovery, fails RFC 1256 §4.2's and §5.2's checks
     * (length, checksum, entry size, a solicitation's code), or has an unrecognised extension in 0..127 (RFC 3344
     * §1.8).
     */
    public static Optional<AgentDiscoveryMessage> decode(Octets icmp) {
        if (icmp.length() < AgentSolicitation.LENGTH || checksum(icmp) != 0) {
            return Optional.empty();
        }
        return switch (icmp.unsignedByte(0)) {
            case AgentSolicitation.TYPE ->
                icmp.unsignedByte(1) == 0 ? Optional.of(new AgentSolicitation()) : Optional.empty();
            case AgentAdvertisement.TYPE -> decodeAdvertisement(icmp);
            default -> Optional.empty();
        };
    }

    /** The octets of {@code message}, checksum included; a pad octet makes their number even (RFC 3344 §2.1.3). */
    public static Octets encode(AgentDiscoveryMessage message) {
        var out = Unpooled.buffer();
        if (message instanceof AgentAdvertisement advertisement) {
            encodeAdvertisement(advertisement, out);
        } else {
            out.writeByte(AgentSolicitation.TYPE).writeZero(AgentSolicitation.LENGTH - 1);
        }
        out.setShort(2, checksum(Octets.copyOf(out)));
        return Octets.copyOf(out);
    }

    private static void encodeAdvertisement(AgentAdvertisement advertisement, ByteBuf out) {
        out.writeByte(AgentAdvertisement.TYPE).writeByte(advertisement.code()).writeShort(0);
        out.writeByte(advertisement.routers().size()).writeByte(2).writeShort(advertisement.lifetime());
        for (var router : advertisement.routers()) {
            out.writeInt(router.address().bits()).writeInt(router.preference());
        }
        advertisement.mobilityAgent().ifPresent(agent -> {
            out.writeByte(MobilityAgent.TYPE)
                    .writeByte(6 + 4 * agent.careOfAddresses().size());
            out.writeShort(agent.sequence())
                    .writeShort(agent.registrationLifetime())
                    .writeShort(agent.flags());
            agent.careOfAddresses().forEach(address -> out.writeInt(address.bits()));
        });
        if (!advertisement.prefixLengths().isEmpty()) {
            out.writeByte(PREFIX_LENGTHS)
                    .writeByte(advertisement.prefixLengths().size());
            advertisement.prefixLengths().forEach(out::writeByte);
        }
        if (out.readableBytes() % 2 != 0) {
            out.writeByte(PADDING);
        }
    }

    private static Optional<AgentDiscoveryMessage> decodeAdvertisement(Octets icmp) {
        int routerCount = icmp.unsignedByte(4);
        int entrySize = 4 * icmp.unsignedByte(5);
        int at = AgentAdvertisement.FIXED_LENGTH + routerCount * entrySize;
        if (entrySize < 8 || at > icmp.length()) {
            return Optional.empty();
        }
        var routers = new ArrayList<Router>();
        for (int entry = AgentAdvertisement.FIXED_LENGTH; entry < at; entry += entrySize) {
            routers.add(new Router(new Ipv4Address(icmp.int32(entry)), icmp.int32(entry + 4)));
        }
        var mobilityAgent = Optional.<MobilityAgent>empty();
        List<Integer> prefixLengths = List.of();
        while (at < icmp.length()) {
            int type = icmp.unsignedByte(at);
            if (type == PADDING) {
                at++;
                continue;
            }
            if (at + 2 > icmp.length() || at + 2 + icmp.unsignedByte(at + 1) > icmp.length()) {
                return Optional.empty();
            }
            var data = icmp.slice(at + 2, at + 2 + icmp.unsignedByte(at + 1));
            if (type == MobilityAgent.TYPE && data.length() >= 6) {
                mobilityAgent = Optional.of(mobilityAgent(data));
            } else if (type == PREFIX_LENGTHS && data.length() == routerCount) {
                prefixLengths = unsignedBytes(data);
            } else if (type < FIRST_SKIPPABLE) {
                return Optional.empty();
            }
            at += 2 + data.length();
        }
        return Optional.of(new AgentAdvertisement(
                icmp.unsignedByte(1), icmp.unsignedShort(6), routers, mobilityAgent, prefixLengths));
    }

    private static MobilityAgent mobilityAgent(Octets data) {
        var careOfAddresses = new ArrayList<Ipv4Address>();
        for (int at = 6; at + 4 <= data.length(); at += 4) {
            careOfAddresses.add(new Ipv4Address(data.int32(at)));
        }
        return new MobilityAgent(data.unsignedShort(0), data.unsignedShort(2), data.unsignedShort(4), careOfAddresses);
    }

    private static List<Integer> unsignedBytes(Octets data) {
        var values = new ArrayList<Integer>();
        for (int at = 0; at < data.length(); at++) {
            values.add(data.unsignedByte(at));
        }
        return values;
    }

    /** The Internet checksum (RFC 1071); zero over octets that hold their own. */
    private static int checksum(Octets octets) {
        long sum = 0;
        for (int at = 0; at < octets.length(); at++) {
            sum += (long) octets.unsignedByte(at) << (at % 2 == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) (~sum & 0xffff);
    }
}
