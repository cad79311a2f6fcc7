package org.mooring.protocol.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.Padding;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.AdvertisementExtension.Skippable;
import org.mooring.protocol.wire.AgentAdvertisement.Router;

/** Agent discovery messages to the octets of an ICMP message and back (RFC 3344 §2.1, §2.2). */
public final class AgentDiscoveryCodec {
    private AgentDiscoveryCodec() {}

    /**
     * Decodes an ICMP message; empty for one that is no agent discovery, fails RFC 1256 §4.2's and §5.2's checks
     * (length, checksum, entry size, a solicitation's code), has an unrecognised extension in 0..127 (RFC 3344 §1.8), or
     * a recognised one that does not have its form. A plain router's Router Advertisement is one without a Mobility
     * Agent Advertisement Extension.
     */
    public static Optional<AgentDiscoveryMessage> decode(Octets icmp) {
        if (icmp.length() < AgentSolicitation.FIXED_LENGTH || checksum(icmp) != 0) {
            return Optional.empty();
        }
        return switch (icmp.unsignedByte(0)) {
            case AgentSolicitation.TYPE ->
                icmp.unsignedByte(1) == 0
                        ? Optional.of(new AgentSolicitation(icmp.int32(4), icmp.slice(AgentSolicitation.FIXED_LENGTH)))
                        : Optional.empty();
            case AgentAdvertisement.TYPE -> decodeAdvertisement(icmp);
            default -> Optional.empty();
        };
    }

    /** The octets of {@code message}, checksum included. */
    public static Octets encode(AgentDiscoveryMessage message) {
        var out = Unpooled.buffer();
        if (message instanceof AgentAdvertisement advertisement) {
            encode(advertisement, out);
        } else if (message instanceof AgentSolicitation solicitation) {
            out.writeByte(AgentSolicitation.TYPE).writeByte(0).writeShort(0).writeInt(solicitation.reserved());
            solicitation.rest().writeTo(out);
        }
        out.setShort(2, checksum(Octets.copyOf(out)));
        return Octets.copyOf(out);
    }

    private static void encode(AgentAdvertisement advertisement, ByteBuf out) {
        out.writeByte(AgentAdvertisement.TYPE).writeByte(advertisement.code()).writeShort(0);
        out.writeByte(advertisement.routers().size())
                .writeByte(advertisement.entrySize())
                .writeShort(advertisement.lifetime());
        for (var router : advertisement.routers()) {
            out.writeInt(router.address().bits()).writeInt(router.preference());
            router.more().writeTo(out);
        }
        advertisement.extensions().forEach(extension -> extension.writeTo(out));
    }

    private static Optional<AgentDiscoveryMessage> decodeAdvertisement(Octets icmp) {
        int routerCount = icmp.unsignedByte(4);
        int entrySize = icmp.unsignedByte(5);
        int entryLength = AgentAdvertisement.WORD * entrySize;
        int end = AgentAdvertisement.FIXED_LENGTH + routerCount * entryLength;
        if (entrySize < 2 || end > icmp.length()) {
            return Optional.empty();
        }
        var routers = new ArrayList<Router>();
        for (int entry = AgentAdvertisement.FIXED_LENGTH; entry < end; entry += entryLength) {
            routers.add(new Router(
                    new Ipv4Address(icmp.int32(entry)),
                    icmp.int32(entry + 4),
                    icmp.slice(entry + 8, entry + entryLength)));
        }
        return decodeExtensions(icmp, end, routerCount)
                .map(extensions -> new AgentAdvertisement(
                        icmp.unsignedByte(1), icmp.unsignedShort(6), entrySize, routers, extensions));
    }

    private static Optional<List<AdvertisementExtension>> decodeExtensions(Octets icmp, int from, int routerCount) {
        var extensions = new ArrayList<AdvertisementExtension>();
        int at = from;
        while (at < icmp.length()) {
            var extension = decodeExtension(icmp, at, routerCount);
            if (extension.isEmpty()) {
                return Optional.empty();
            }
            extensions.add(extension.get());
            at += extension.get().length();
        }
        return Optional.of(extensions);
    }

    private static Optional<AdvertisementExtension> decodeExtension(Octets icmp, int at, int routerCount) {
        int type = icmp.unsignedByte(at);
        if (type == Padding.TYPE) {
            return Optional.of(new Padding());
        }
        if (at + 2 > icmp.length() || at + 2 + icmp.unsignedByte(at + 1) > icmp.length()) {
            return Optional.empty();
        }
        var data = icmp.slice(at + 2, at + 2 + icmp.unsignedByte(at + 1));
        return switch (type) {
            case MobilityAgent.TYPE -> mobilityAgent(data);
            case PrefixLengths.TYPE ->
                data.length() == routerCount ? Optional.of(new PrefixLengths(data)) : Optional.empty();
            case AdvertisementExtension.Challenge.TYPE -> Optional.of(new AdvertisementExtension.Challenge(data));
            default -> type < Skippable.FIRST_TYPE ? Optional.empty() : Optional.of(new Skippable(type, data));
        };
    }

    private static Optional<AdvertisementExtension> mobilityAgent(Octets data) {
        if (data.length() < MobilityAgent.LEAST_DATA || (data.length() - MobilityAgent.LEAST_DATA) % 4 != 0) {
            return Optional.empty();
        }
        var careOfAddresses = new ArrayList<Ipv4Address>();
        for (int at = MobilityAgent.LEAST_DATA; at < data.length(); at += 4) {
            careOfAddresses.add(new Ipv4Address(data.int32(at)));
        }
        return Optional.of(new MobilityAgent(
                data.unsignedShort(0), data.unsignedShort(2), data.unsignedShort(4), careOfAddresses));
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
