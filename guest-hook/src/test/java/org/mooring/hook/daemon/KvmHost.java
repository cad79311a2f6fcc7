package org.mooring.hook.daemon;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.mooring.linux.KernelException;
import org.mooring.linux.NetworkNamespace;
import org.mooring.linux.netlink.Netlink;
import org.mooring.linux.packet.EthernetFrame;
import org.mooring.linux.packet.PacketFilter;
import org.mooring.linux.packet.PacketSocket;
import org.mooring.linux.packet.ReceivedFrame;
import org.mooring.linux.tun.Tun;

/**
 * A KVM host in a namespace: bridge br0 with the ports up0, to a router in another namespace, and tap0, whose other end is
 * in the test's hands as it would be in QEMU's.
 *
 * <pre>
 *   the guest ── tap0 ── br0 (10.2.0.10/24) ── up0 ── lan ── the link, in the test's hands as well
 * </pre>
 */
final class KvmHost implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;

    final NetworkNamespace host;
    final NetworkNamespace router;
    private final Tun tap;
    private final PacketSocket link;
    private final BlockingQueue<EthernetFrame> atGuest = new LinkedBlockingQueue<>();
    private final BlockingQueue<EthernetFrame> onLink = new LinkedBlockingQueue<>();

    private KvmHost(NetworkNamespace host, NetworkNamespace router, Tun tap, PacketSocket link) {
        this.host = host;
        this.router = router;
        this.tap = tap;
        this.link = link;
    }

    static KvmHost create() throws Exception {
        NetworkNamespace host = NetworkNamespace.create();
        NetworkNamespace router = NetworkNamespace.create();
        quiet(host);
        quiet(router);
        host.exec("ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0");
        host.exec("ip", "address", "add", "10.2.0.10/24", "dev", "br0");
        host.connect("up0", router, "lan");
        Tun tap = host.run(() -> Tun.open("tap0", Tun.Layer.ETHERNET));
        for (String port : List.of("up0", "tap0")) {
            host.exec("ip", "link", "set", port, "master", "br0", "up");
        }
        host.exec("ip", "link", "set", "br0", "up");
        PacketSocket link = router.run(() -> {
            try (Netlink netlink = Netlink.open()) {
                return PacketSocket.open(
                        netlink.links().get("lan").device(), PacketFilter.EVERYTHING, PacketSocket.Option.PROMISCUOUS);
            }
        });
        KvmHost kvmHost = new KvmHost(host, router, tap, link);
        kvmHost.receive("guest", tap::read, kvmHost.atGuest);
        kvmHost.receive("link", () -> link.receive().map(ReceivedFrame::octets), kvmHost.onLink);
        return kvmHost;
    }

    /** The guest, or QEMU in its place, sends. */
    void guestSends(EthernetFrame frame) throws KernelException {
        if (!tap.write(frame.toOctets())) {
            throw new AssertionError("tap0 is down");
        }
    }

    /** Somebody on the link sends. */
    void linkSends(EthernetFrame frame) throws KernelException {
        link.send(frame);
    }

    /** All that has come to the guest up to the first frame that {@code last} accepts, which is the last element. */
    List<EthernetFrame> atGuestUntil(Predicate<EthernetFrame> last) throws InterruptedException {
        return until(atGuest, last);
    }

    /** All that has come on the link up to the first frame that {@code last} accepts, which is the last element. */
    List<EthernetFrame> onLinkUntil(Predicate<EthernetFrame> last) throws InterruptedException {
        return until(onLink, last);
    }

    @Override
    public void close() {
        link.close();
        tap.close();
        host.close();
        router.close();
    }

    /** No frames but the test's. */
    private static void quiet(NetworkNamespace namespace) {
        namespace.exec(
                "sysctl", "-q", "-w", "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1");
    }

    private interface Source {
        Optional<ByteBuffer> next() throws KernelException;
    }

    private void receive(String name, Source source, BlockingQueue<EthernetFrame> queue) {
        Thread thread = new Thread(
                () -> {
                    try {
                        for (var octets = source.next(); octets.isPresent(); octets = source.next()) {
                            EthernetFrame.parse(octets.get()).ifPresent(queue::add);
                        }
                    } catch (KernelException closed) {
                        // The test is over.
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    private static List<EthernetFrame> until(BlockingQueue<EthernetFrame> queue, Predicate<EthernetFrame> last)
            throws InterruptedException {
        List<EthernetFrame> frames = new ArrayList<>();
        while (true) {
            EthernetFrame frame = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (frame == null) {
                throw new AssertionError("never came; only these did: " + frames);
            }
            frames.add(frame);
            if (last.test(frame)) {
                return frames;
            }
        }
    }
}
