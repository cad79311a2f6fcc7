package org.mooring.datapath;

import java.nio.ByteBuffer;
import org.mooring.linux.packet.Checksum;

/**
 * Puts packets into tunnels (RFC 3344 §4.2.3). No I/O: what comes of a packet goes to an {@link Outlet}, in pieces, so that no payload is
 * copied. Makes no garbage. Confined to one thread.
 */
final class Encapsulator {
    /** What takes tunnelled packets. */
    interface Outlet {
        /**
         * A packet to this address begins.
         *
         * @param binding whose packet it is
         * @param port zero if the packet has its outer header; otherwise it is tunnel data to this port, without one
         * @param typeOfService of datagrams
         * @param segment how much of the packet each datagram carries; zero if there is but one
         */
        void begin(Binding binding, int remote, int port, int typeOfService, int segment);

        /** Pieces of it: so much of the headers' memory, then so much of the memory that the packet was in. */
        void piece(int header, int headerLength, int body, int bodyLength);

        void end();

        /** Whether there is no room for a packet with as many pieces, and what is there has to go first. */
        boolean isFull(int pieces);

        /** Lets go what is there: the headers' memory is free again. */
        void flush();

        /** A packet, and what is in front of it, goes back where it came from, to be routed anew. */
        void back(int at, int length);
    }

    /** For {@link Outlet}'s pieces. */
    static final int HEADERS = 256;

    /** Outer header, and what else is copied. */
    private static final int HEADER_SIZE = OuterHeader.LONGEST + 2 * 60;

    static final int HEADERS_SIZE = HEADERS * HEADER_SIZE;

    /** So many datagrams the kernel sends as one. */
    private static final int MOST_AS_ONE = 64;

    private static final int LONGEST_AS_ONE = 65_000;

    private final Bindings bindings;
    private final int self;
    private final AgentEntry agent;
    private final int kept;
    private final Drops drops;
    private final ByteBuffer headers;
    private final Outlet outlet;
    private final int mostSegment;
    private int taken;
    private int fragments;

    /**
     * @param headers of {@link #HEADERS_SIZE}
     */
    Encapsulator(Bindings bindings, AgentEntry agent, Drops drops, ByteBuffer headers, Outlet outlet) {
        this.bindings = bindings;
        this.agent = agent;
        this.self = TunnelEnd.number(agent.address());
        this.mostSegment = agent.segment();
        this.kept = agent.policy() == MtuPolicy.FRAGMENT_OUTER ? 0 : Ip.DONT_FRAGMENT;
        this.drops = drops;
        this.headers = headers;
        this.outlet = outlet;
    }

    /**
     * What left by the agent's device: a {@link Offloaded} header, and a packet, which may be changed. To whom it belongs follows from its
     * addresses.
     */
    void take(ByteBuffer in, int at, int length) {
        int inner = at + Offloaded.LENGTH;
        int innerLength = length - Offloaded.LENGTH;
        // The kernel sends a device something of its own when it is set up.
        if (!Ip.isWhole(in, inner, innerLength)) {
            return;
        }
        Binding binding = bindings.get(in.getInt(inner + Ip.DESTINATION));
        TunnelEnd[] into = binding.toHome;
        boolean visits = binding.visits;
        if (into.length == 0) {
            binding = bindings.get(in.getInt(inner + Ip.SOURCE));
            into = binding.fromHome;
        }
        if (into.length != 0) {
            take(in, at, innerLength, binding, into);
        } else if (visits) {
            // It was redirected when it was routed to here, and isn't now.
            outlet.back(at, length);
        } else {
            drops.count(Drop.UNLISTED, binding);
        }
    }

    /** A packet, behind a {@link Offloaded} header, that a visitor sends through its reverse tunnel. */
    void reverse(ByteBuffer in, int at, int length) {
        int inner = at + Offloaded.LENGTH;
        Binding visitor = bindings.get(in.getInt(inner + Ip.SOURCE));
        if (visitor.fromHome.length == 0) {
            drops.count(Drop.UNLISTED, visitor);
        } else {
            take(in, at, length - Offloaded.LENGTH, visitor, visitor.fromHome);
        }
    }

    /** A packet of the agent's own. */
    void send(ByteBuffer in, int at, int length, TunnelEnd tunnel) {
        put(in, at, length, tunnel, Binding.NONE);
    }

    private void take(ByteBuffer in, int at, int length, Binding binding, TunnelEnd[] into) {
        int inner = at + Offloaded.LENGTH;
        if (isLoop(in, inner, length, into)) {
            drops.count(Drop.LOOP, binding);
            return;
        }
        boolean partial = Offloaded.needsChecksum(in, at);
        Ip.clamp(in, inner, length, mostSegment, !partial);
        boolean cut = Offloaded.isToBeCut(in, at);
        if (!cut && partial && !Offloaded.complete(in, at, length)) {
            drops.count(Drop.REFUSED, binding);
            return;
        }
        for (TunnelEnd tunnel : into) {
            if (cut) {
                cut(in, inner, length, Offloaded.segment(in, at), tunnel, binding);
            } else if (put(in, inner, length, tunnel, binding)) {
                binding.countEncapsulated(1, length);
            }
        }
    }

    /**
     * RFC 2003 §3.2, RFC 3344 §4.2.3: it came out of one of the tunnels that it would go into, or this agent had sent it into one; then it
     * goes into none. Only a marker comes back to who sent it.
     */
    private boolean isLoop(ByteBuffer in, int inner, int length, TunnelEnd[] into) {
        int source = in.getInt(inner + Ip.SOURCE);
        boolean suspect = source == self && isTunnelled(in, inner, length);
        for (TunnelEnd tunnel : into) {
            suspect |= source == tunnel.remote;
        }
        return suspect && !Markers.is(in, inner, length);
    }

    private static boolean isTunnelled(ByteBuffer in, int inner, int length) {
        int behind = inner + Ip.headerLength(in, inner);
        return switch (Ip.protocol(in, inner)) {
            case 4, 47, 55 -> true;
            case 17 ->
                length >= behind - inner + Ip.UDP_HEADER + 1
                        && in.getShort(behind) == Tunnel.OWN_PORT
                        && in.get(behind + Ip.UDP_HEADER) == Tunnel.DATA;
            default -> false;
        };
    }

    /** Whether it went. */
    private boolean put(ByteBuffer in, int inner, int length, TunnelEnd tunnel, Binding binding) {
        int protocol = OuterHeader.protocol(tunnel, in, inner);
        int header = header();
        OuterHeader.write(headers, header, self, tunnel, protocol, in, inner, length, kept);
        int headerLength = OuterHeader.length(protocol);
        int replaced = OuterHeader.replaces(protocol);
        int total = headerLength + length - replaced;
        if (total <= agent.uplinkMtu()) {
            whole(tunnel.remote, header, headerLength, inner + replaced, length - replaced, binding);
            return true;
        }
        if ((headers.getShort(header + Ip.FRAGMENT) & Ip.DONT_FRAGMENT) != 0) {
            drops.count(Drop.TOO_BIG, binding);
            return false;
        }
        fragment(tunnel.remote, binding, header, headerLength, inner + replaced, length - replaced);
        return true;
    }

    private void whole(int remote, int header, int headerLength, int body, int bodyLength, Binding binding) {
        if (outlet.isFull(2)) {
            outlet.flush();
        }
        outlet.begin(binding, remote, 0, 0, 0);
        outlet.piece(header, headerLength, body, bodyLength);
        outlet.end();
    }

    /** RFC 791 §3.2. What is between the outer IP header and the inner packet goes with the first fragment. */
    private void fragment(int remote, Binding binding, int first, int headerLength, int body, int bodyLength) {
        int between = headerLength - Ip.HEADER;
        int most = (agent.uplinkMtu() - Ip.HEADER) & ~7;
        int payload = between + bodyLength;
        int identification = (fragments++ % 0xffff) + 1; // zero would be the kernel's to choose, for each
        int before = headers.getShort(first + Ip.FRAGMENT) & 0xffff;
        for (int offset = 0; offset < payload; offset += most) {
            int header = offset == 0 ? first : header();
            if (offset != 0) {
                copy(first, header, Ip.HEADER);
            }
            int length = Math.min(most, payload - offset);
            boolean more = offset + length < payload || (before & Ip.MORE_FRAGMENTS) != 0;
            int bits = ((before & Ip.OFFSET) + offset / 8) | (more ? Ip.MORE_FRAGMENTS : 0);
            headers.putShort(header + Ip.TOTAL_LENGTH, (short) (Ip.HEADER + length))
                    .putShort(header + Ip.FRAGMENT, (short) bits);
            if (headers.getShort(header + Ip.IDENTIFICATION) == 0) {
                headers.putShort(header + Ip.IDENTIFICATION, (short) identification);
            }
            Ip.writeChecksum(headers, header, Ip.HEADER);
            int own = offset == 0 ? between : 0;
            whole(remote, header, Ip.HEADER + own, body + Math.max(0, offset - between), length - own, binding);
        }
    }

    private void copy(int from, int to, int length) {
        for (int i = 0; i < length; i += Integer.BYTES) {
            headers.putInt(to + i, headers.getInt(from + i));
        }
    }

    /** Cuts a TCP segment as its device would have (RFC 9293 §3.1), and puts what comes of it into the tunnel. */
    private void cut(ByteBuffer in, int inner, int length, int size, TunnelEnd tunnel, Binding binding) {
        int ipHeader = Ip.headerLength(in, inner);
        int tcp = inner + ipHeader;
        int both = ipHeader + (length >= ipHeader + Ip.TCP_HEADER ? Ip.tcpHeaderLength(in, tcp) : length);
        if (size == 0 || both >= length || both < ipHeader + Ip.TCP_HEADER) {
            drops.count(Drop.REFUSED, binding);
            return;
        }
        int protocol = OuterHeader.protocol(tunnel, in, inner);
        boolean asOne = protocol == Encapsulation.UDP.protocol()
                && (in.getShort(inner + Ip.FRAGMENT) & Ip.DONT_FRAGMENT) != 0
                && both + Math.min(size, length - both) + OuterHeader.length(protocol) <= agent.uplinkMtu();
        int datagram = OuterHeader.TUNNEL_DATA_HEADER + both + size;
        int most = asOne ? Math.max(1, Math.min(MOST_AS_ONE, LONGEST_AS_ONE / datagram)) : 1;
        int begun = 0;
        int packets = 0;
        long octets = 0;
        for (int from = both; from < length; from += size) {
            int payload = Math.min(size, length - from);
            if (asOne && begun == 0) {
                int rest = Math.min(most, (length - from + size - 1) / size);
                if (outlet.isFull(2 * rest) || taken + rest > HEADERS) {
                    flush();
                }
                outlet.begin(
                        binding,
                        tunnel.remote,
                        tunnel.port,
                        in.get(inner + Ip.TYPE_OF_SERVICE) & 0xff,
                        rest == 1 ? 0 : datagram);
            }
            int header = header();
            int segment = header + OuterHeader.LONGEST;
            segment(in, inner, ipHeader, both, from, payload, length, segment, packets);
            boolean sent = true;
            if (asOne) {
                headers.putInt(segment - OuterHeader.TUNNEL_DATA_HEADER, OuterHeader.TUNNEL_DATA);
                outlet.piece(
                        segment - OuterHeader.TUNNEL_DATA_HEADER,
                        OuterHeader.TUNNEL_DATA_HEADER + both,
                        inner + from,
                        payload);
                begun++;
                if (begun == most || from + payload == length) {
                    outlet.end();
                    begun = 0;
                }
            } else {
                sent = put(segment, both, inner + from, payload, tunnel, protocol, binding);
            }
            if (sent) {
                octets += both + payload;
            }
            packets++;
        }
        if (octets != 0) {
            binding.countEncapsulated(packets, octets);
        }
    }

    /** A segment whose headers are among ours, with room in front. */
    private boolean put(int segment, int both, int body, int payload, TunnelEnd tunnel, int protocol, Binding binding) {
        int replaced = OuterHeader.replaces(protocol);
        int outer = OuterHeader.length(protocol);
        int header = segment + replaced - outer;
        OuterHeader.write(headers, header, self, tunnel, protocol, headers, segment, both + payload, kept);
        int headerLength = outer + both - replaced;
        if (headerLength + payload <= agent.uplinkMtu()) {
            whole(tunnel.remote, header, headerLength, body, payload, binding);
            return true;
        }
        if ((headers.getShort(header + Ip.FRAGMENT) & Ip.DONT_FRAGMENT) != 0) {
            drops.count(Drop.TOO_BIG, binding);
            return false;
        }
        fragment(tunnel.remote, binding, header, headerLength, body, payload);
        return true;
    }

    private void segment(
            ByteBuffer in, int inner, int ipHeader, int both, int from, int payload, int length, int out, int number) {
        for (int i = 0; i < both; i += Integer.BYTES) {
            headers.putInt(out + i, in.getInt(inner + i));
        }
        int tcp = out + ipHeader;
        boolean last = from + payload == length;
        int flags = headers.get(tcp + Ip.TCP_FLAGS) & (last ? ~0 : ~(Ip.FIN | Ip.PSH)) & (number == 0 ? ~0 : ~Ip.CWR);
        int identification = headers.getShort(out + Ip.IDENTIFICATION) + number;
        headers.putShort(out + Ip.TOTAL_LENGTH, (short) (both + payload))
                .putShort(out + Ip.IDENTIFICATION, (short) identification);
        Ip.writeChecksum(headers, out, ipHeader);
        headers.put(tcp + Ip.TCP_FLAGS, (byte) flags)
                .putInt(tcp + Ip.TCP_SEQUENCE, headers.getInt(tcp + Ip.TCP_SEQUENCE) + from - both)
                .putShort(tcp + Ip.TCP_CHECKSUM, (short) 0);
        long sum = Ip.pseudoHeader(headers, out, both - ipHeader + payload);
        sum = Checksum.add(headers, tcp, both - ipHeader, sum);
        sum = Checksum.add(in, inner + from, payload, sum);
        headers.putShort(tcp + Ip.TCP_CHECKSUM, (short) ~Checksum.fold(sum));
    }

    /** Where the next headers go. */
    private int header() {
        if (taken == HEADERS) {
            flush();
        }
        return HEADER_SIZE * taken++;
    }

    /** Lets go what is there. */
    void flush() {
        outlet.flush();
        taken = 0;
    }
}
