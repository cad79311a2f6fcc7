package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Carried.AGENT;
import static org.mooring.datapath.Carried.CORRESPONDENT;
import static org.mooring.datapath.Carried.HOME;
import static org.mooring.datapath.Carried.PEER;
import static org.mooring.datapath.Carried.entry;
import static org.mooring.datapath.Carried.offloaded;
import static org.mooring.datapath.Carried.tunnel;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.net.Inet4Address;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.datapath.AgentEntry.Role;
import org.mooring.linux.batch.OffHeap;
import org.mooring.linux.batch.OutgoingMessages;
import org.mooring.linux.packet.Ipv4Packet;

/** What goes through the agent itself makes no garbage, whose collection would make all packets wait. */
class NoGarbageTest {
    private static final int PACKETS = 100_000;

    private final OffHeap packets = new OffHeap(70_000);
    private final ByteBuffer in = packets.octets();
    private final OffHeap headers = new OffHeap(Encapsulator.HEADERS_SIZE);
    private final OutgoingMessages messages = new OutgoingMessages(64, 512);
    private final Bindings bindings = new Bindings();
    private final Drops drops = new Drops();
    private long out;

    private final Encapsulator.Outlet entrance = new Encapsulator.Outlet() {
        @Override
        public void begin(Binding binding, int remote, int port, int typeOfService, int segment) {
            messages.begin(remote, port);
        }

        @Override
        public void piece(int header, int headerLength, int body, int bodyLength) {
            messages.add(headers, header, headerLength);
            messages.add(packets, body, bodyLength);
        }

        @Override
        public void end() {
            messages.end();
        }

        @Override
        public boolean isFull(int pieces) {
            return messages.isFullFor(pieces);
        }

        @Override
        public void flush() {
            out += messages.count();
            messages.clear();
        }

        @Override
        public void back(int at, int length) {}
    };

    @ParameterizedTest
    @EnumSource
    void onTheWayIn(Encapsulation encapsulation) {
        bindings.put(HOME, entry(tunnel(encapsulation, PEER)));
        var encapsulator = new Encapsulator(
                bindings, Carried.agent(Role.HOME_AGENT, MtuPolicy.CLAMP_AT_HOME), drops, headers.octets(), entrance);
        var packet = offloaded(packet(CORRESPONDENT, HOME));
        assertNoGarbage(() -> {
            in.put(0, packet, 0, packet.limit());
            encapsulator.take(in, 0, packet.limit());
        });
        encapsulator.flush();
        assertEquals(2 * PACKETS, out);
    }

    @ParameterizedTest
    @EnumSource
    void onTheWayOut(Encapsulation encapsulation) {
        bindings.put(HOME, entry(tunnel(encapsulation, PEER)));
        var coalescer = new Coalescer(packets, 1500, pieces -> out++);
        var outlet = new Decapsulator.Outlet() {
            @Override
            public void arrive(int at, int length, int remote) {
                coalescer.add(at, length);
            }

            @Override
            public boolean sentHome(int at, int length, int remote) {
                return false;
            }

            @Override
            public void reverse(int at, int length) {}
        };
        var decapsulator =
                new Decapsulator(bindings, Carried.agent(Role.HOME_AGENT, MtuPolicy.CLAMP_AT_HOME), drops, in, outlet);
        var packet = Encapsulated.in(encapsulation, PEER, AGENT, packet(HOME, CORRESPONDENT))
                .toOctets();
        int peer = TunnelEnd.number(PEER);
        assertNoGarbage(() -> {
            in.put(0, packet, 0, packet.limit());
            if (encapsulation == Encapsulation.UDP) {
                decapsulator.takeDatagram(28, packet.limit() - 28, peer, 434, 0);
            } else {
                decapsulator.take(0, packet.limit());
            }
            coalescer.flush();
        });
        assertEquals(2 * PACKETS, out);
    }

    /** Once what is called often is known to be. */
    private static void assertNoGarbage(Runnable packet) {
        run(packet);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(thread);
        run(packet);
        long allocated = threads.getThreadAllocatedBytes(thread) - before;
        assertTrue(allocated < PACKETS, allocated + " octets for " + PACKETS + " packets");
    }

    private static void run(Runnable packet) {
        for (int i = 0; i < PACKETS; i++) {
            packet.run();
        }
    }

    private static Ipv4Packet packet(Inet4Address from, Inet4Address to) {
        return Ipv4Packet.of(
                from, to, Ipv4Packet.TCP, 60, ByteBuffer.allocate(1400).put(12, (byte) 0x50));
    }
}
