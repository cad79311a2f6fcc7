package org.mooring.datapath;

import java.nio.ByteBuffer;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.packet.Checksum;
import org.mooring.linux.packet.EtherType;
import org.mooring.linux.packet.Ipv4Packet;

/**
 * Takes packets out of tunnels, from those only who may send them (RFC 3024 §4.3.2, RFC 3344 §4.2.2). No I/O: what comes out goes to an
 * {@link Outlet}. Makes no garbage. Confined to one thread.
 */
final class Decapsulator {
    /** What takes the packets. They are where they were, and have an IPv4 header that is right, but that its checksum wasn't verified. */
    interface Outlet {
        /**
         * It came out of a tunnel.
         *
         * @param remote the tunnel's other end
         */
        void arrive(int at, int length, int remote);

        /**
         * The tunnel's other end has sent it back for a mobile node that is on its way home, as far as that one knows; here it is still away. It
         * may wait for that, but not go where it came from.
         *
         * @return whether it waits
         */
        boolean sentHome(int at, int length, int remote);

        /** A visitor had encapsulated it to send it through the reverse tunnel (RFC 3024 §5.2). */
        void reverse(int at, int length);
    }

    private static final int GRE_CHECKSUM = 0x8000; // of the first half
    private static final int GRE_NOT_FOR_US =
            0x7807; // bits 1 to 4, as in RFC 2784 §2.3 after erratum 3719, and the version
    private static final int GRE_HEADER = 4;
    private static final int GRE_CHECKSUM_LENGTH = 4;

    private static final int MINIMAL_WITH_SOURCE = 12;
    private static final int MINIMAL_WITHOUT = 8;

    private static final int ECN = 3;
    private static final int ECT_1 = 1;
    private static final int ECT_0 = 2;
    private static final int CE = 3;
    private static final int ECHO = 8;

    private final Bindings bindings;
    private final Role role;
    private final int self;
    private final int mostSegment;
    private final Drops drops;
    private final ByteBuffer in;
    private final Outlet outlet;

    // Of the packet under way.
    private boolean fromVisitor;
    private Binding owner = Binding.NONE; // of nobody until its addresses are known
    private int inner;
    private int length;
    private int source;
    private int port;
    private int protocol;
    private int typeOfService;

    /** @param in where the packets are */
    Decapsulator(Bindings bindings, AgentEntry agent, Drops drops, ByteBuffer in, Outlet outlet) {
        this.bindings = bindings;
        this.role = agent.role();
        this.self = TunnelEnd.number(agent.address());
        this.mostSegment = agent.segment();
        this.drops = drops;
        this.in = in;
        this.outlet = outlet;
    }

    /** A packet of protocol 4, 47 or 55 to the agent, put together, whose header's checksum was right. */
    void take(int at, int received) {
        begin(false, Binding.NONE);
        if (open(at, received) && isTakenFromTunnel()) {
            outlet.arrive(inner, length, source);
        }
    }

    /** Tunnel data (RFC 3519 §3.3) to the agent. */
    void takeDatagram(int at, int received, int from, int fromPort, int outerTypeOfService) {
        begin(false, Binding.NONE);
        source = from;
        port = fromPort;
        protocol = Ipv4Packet.UDP;
        typeOfService = outerTypeOfService;
        if (received < OuterHeader.TUNNEL_DATA_HEADER || in.get(at) != Tunnel.DATA) {
            return;
        }
        if (in.get(at + 1) != Ipv4Packet.IPIP) {
            drop(Drop.MALFORMED);
            return;
        }
        if (isPacket(at + OuterHeader.TUNNEL_DATA_HEADER, received - OuterHeader.TUNNEL_DATA_HEADER)
                && isTakenFromTunnel()) {
            outlet.arrive(inner, length, source);
        }
    }

    /** A packet of protocol 4, 47 or 55 from a visitor to the agent's address on its link, as {@link #take}. */
    void takeFromVisitor(int at, int received) {
        // One header may be made of it and the next one, in its place.
        int to = received < Ip.HEADER ? 0 : in.getInt(at + Ip.DESTINATION);
        begin(true, received < Ip.HEADER ? Binding.NONE : bindings.get(in.getInt(at + Ip.SOURCE)));
        if (!open(at, received)) {
            return;
        }
        boolean isItsOwn =
                in.getInt(inner + Ip.SOURCE) == source && owner.fromHome.length != 0 && owner.encapsulatesTo == to;
        if (!isItsOwn) {
            drop(Drop.UNLISTED);
        } else if (combinesEcn()) {
            outlet.reverse(inner, length);
        }
    }

    private void begin(boolean isOfVisitor, Binding known) {
        fromVisitor = isOfVisitor;
        owner = known;
    }

    private void drop(Drop reason) {
        drops.count(reason, owner);
    }

    /** Reads the outer header, and what is behind it; whether there is a packet. */
    private boolean open(int at, int received) {
        if (received < Ip.HEADER) {
            return false;
        }
        int behind = at + Ip.headerLength(in, at);
        int rest = at + received - behind;
        source = in.getInt(at + Ip.SOURCE);
        port = 0;
        protocol = Ip.protocol(in, at);
        typeOfService = in.get(at + Ip.TYPE_OF_SERVICE);
        return switch (protocol) {
            case 4 -> isPacket(behind, rest);
            case 47 -> isGre(behind, rest);
            case 55 -> isMinimal(at, behind, rest);
            default -> false;
        };
    }

    private boolean isGre(int at, int rest) {
        int flags = rest < GRE_HEADER ? GRE_NOT_FOR_US : in.getShort(at) & 0xffff;
        int header = (flags & GRE_CHECKSUM) == 0 ? GRE_HEADER : GRE_HEADER + GRE_CHECKSUM_LENGTH;
        boolean fits =
                (flags & GRE_NOT_FOR_US) == 0 && rest >= header && (in.getShort(at + 2) & 0xffff) == EtherType.IPV4;
        if (!fits || (header != GRE_HEADER && Checksum.fold(Checksum.add(in, at, rest, 0)) != 0xffff)) {
            drop(Drop.MALFORMED);
            return false;
        }
        return isPacket(at + header, rest - header);
    }

    /** Makes one header of two (RFC 2004 §3.1). */
    private boolean isMinimal(int outer, int at, int rest) {
        boolean withSource = rest >= MINIMAL_WITHOUT && (in.get(at + 1) & OuterHeader.WITH_SOURCE) != 0;
        int header = withSource ? MINIMAL_WITH_SOURCE : MINIMAL_WITHOUT;
        if (rest < header || Checksum.fold(Checksum.add(in, at, header, 0)) != 0xffff) {
            drop(Drop.MALFORMED);
            return false;
        }
        int original = withSource ? in.getInt(at + 8) : source;
        int destination = in.getInt(at + 4);
        int carried = in.get(at);
        int identification = in.getShort(outer + Ip.IDENTIFICATION);
        int fragment = in.getShort(outer + Ip.FRAGMENT);
        int ttl = in.get(outer + Ip.TTL);
        int first = at + header - Ip.HEADER;
        int total = rest - header + Ip.HEADER;
        in.put(first, (byte) 0x45)
                .put(first + Ip.TYPE_OF_SERVICE, (byte) typeOfService)
                .putShort(first + Ip.TOTAL_LENGTH, (short) total)
                .putShort(first + Ip.IDENTIFICATION, (short) identification)
                .putShort(first + Ip.FRAGMENT, (short) fragment)
                .put(first + Ip.TTL, (byte) ttl)
                .put(first + Ip.PROTOCOL, (byte) carried)
                .putInt(first + Ip.SOURCE, original)
                .putInt(first + Ip.DESTINATION, destination);
        Ip.writeChecksum(in, first, Ip.HEADER);
        return isPacket(first, total);
    }

    private boolean isPacket(int at, int received) {
        if (!Ip.isWhole(in, at, received)) {
            drop(Drop.MALFORMED);
            return false;
        }
        if (!fromVisitor) {
            owner = bindings.get(in.getInt(at + (role == Role.HOME_AGENT ? Ip.SOURCE : Ip.DESTINATION)));
        }
        if (in.get(at + Ip.TTL) == 0) {
            drop(Drop.EXPIRED);
            return false;
        }
        inner = at;
        length = Ip.totalLength(in, at);
        return true;
    }

    /** Whether it goes on. */
    private boolean isTakenFromTunnel() {
        if (!combinesEcn()) {
            return false;
        }
        int from = in.getInt(inner + Ip.SOURCE);
        int to = in.getInt(inner + Ip.DESTINATION);
        // Whoever tests the way here may tunnel an ordinary ping to itself.
        if (to == self && from == source && isEcho()) {
            return true;
        }
        if (role == Role.HOME_AGENT && !owner.accepts(source, port, protocol)) {
            // A foreign agent sends home what comes late for a mobile node that has left for there.
            Binding home = bindings.get(to);
            if (home.accepts(source, port, protocol)) {
                if (!home.late && waits(home, from, to)) {
                    return false;
                }
                if (!home.late && from == self) {
                    drops.count(Drop.LOOP, home);
                    return false;
                }
                owner = home.late ? home : owner;
            }
        }
        if (owner == Binding.NONE) {
            drop(Drop.UNLISTED);
            return false;
        }
        if (!owner.accepts(source, port, protocol)) {
            drop(Drop.FOREIGN_TUNNEL);
            return false;
        }
        if (isLoop(from, to)) {
            drop(Drop.LOOP);
            return false;
        }
        owner.countDecapsulated(length);
        Ip.clamp(in, inner, length, mostSegment, true);
        return true;
    }

    /** Whether it waits for its mobile node to come home, which is away as far as this agent knows. */
    private boolean waits(Binding home, int from, int to) {
        if (isLoop(from, to)) {
            return false;
        }
        Ip.clamp(in, inner, length, mostSegment, true);
        if (!outlet.sentHome(inner, length, source)) {
            return false;
        }
        home.countDecapsulated(length);
        return true;
    }

    /** RFC 2784 §3.1: it would come back to who encapsulated it. RFC 2003 §3.2: this agent had sent it into a tunnel, and it would go there again. */
    private boolean isLoop(int from, int to) {
        return (protocol == Encapsulation.GRE.protocol() && to == source)
                || (from == self && bindings.get(to).toHome.length != 0 && !Markers.is(in, inner, length));
    }

    private boolean isEcho() {
        int icmp = inner + Ip.headerLength(in, inner);
        return Ip.protocol(in, inner) == Ipv4Packet.ICMP
                && (in.getShort(inner + Ip.FRAGMENT) & Ip.OFFSET) == 0
                && icmp < inner + length
                && in.get(icmp) == ECHO;
    }

    /** Whether congestion can be told to the inner transport (RFC 6040 §4.2, figure 4); if so, it is. In a minimal tunnel there is one header, one field. */
    private boolean combinesEcn() {
        int outside = typeOfService & ECN;
        int own = in.get(inner + Ip.TYPE_OF_SERVICE) & 0xff;
        int inside = own & ECN;
        if (protocol == Encapsulation.MINIMAL.protocol() || outside == inside) {
            return true;
        }
        if (outside == CE && inside == 0) {
            drop(Drop.CONGESTION);
            return false;
        }
        boolean told = outside == CE || (outside == ECT_1 && inside == ECT_0);
        if (told) {
            int versionAndLength = in.get(inner) & 0xff;
            Ip.replace(in, inner, (versionAndLength << 8) | (own & ~ECN) | outside, inner + Ip.CHECKSUM);
        }
        return true;
    }
}
