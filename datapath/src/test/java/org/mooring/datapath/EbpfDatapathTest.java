package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.datapath.Encapsulation.GRE;
import static org.mooring.datapath.Topology.GUEST;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mooring.linux.NetworkNamespace;

class EbpfDatapathTest extends DatapathTest {
    @Override
    Set<Encapsulation> carries() {
        return EnumSet.allOf(Encapsulation.class);
    }

    @Override
    HomeDatapath openHome(HomeDatapathConfig config, Collection<HomeForwarding> installed, Waiting waiting)
            throws DatapathException {
        return EbpfHomeDatapath.open(config, installed, waiting);
    }

    @Override
    VisitorDatapath openVisitors(VisitorDatapathConfig config, Collection<VisitorForwarding> installed, Waiting waiting)
            throws DatapathException {
        return EbpfVisitorDatapath.open(config, installed, waiting);
    }

    @Nested
    class Headers extends HeadersTest {
        Headers() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class MinimalHeaders extends MinimalHeadersTest {
        MinimalHeaders() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class Streams extends StreamsTest {
        Streams() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class Segments extends SegmentsTest {
        Segments() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class Mtu extends MtuTest {
        Mtu() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class ClampedSegments extends ClampedSegmentsTest {
        ClampedSegments() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class OuterFragments extends OuterFragmentsTest {
        OuterFragments() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class Fragments extends FragmentsTest {
        Fragments() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class GreChecksum extends GreChecksumTest {
        GreChecksum() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class Errors extends ErrorsTest {
        Errors() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class Forgery extends ForgeryTest {
        Forgery() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class SimultaneousBindings extends SimultaneousBindingsTest {
        SimultaneousBindings() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class Drops extends OutgoingDropsTest {
        Drops() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class Redirect extends RedirectTest {
        Redirect() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class Changes extends ChangesTest {
        Changes() {
            super(EbpfDatapathTest.this);
        }

        @Test
        void losesNoCount() throws Exception {
            HomeDatapath home = home(toVisitorAt(net.near));
            visitors(net.near, VISITOR);
            visitors(net.far, VISITOR);
            open(new Echo(net.near.host()));
            open(new Echo(net.far.host()));
            try (Flow flow = new Flow(net.correspondent, GUEST)) {
                home.stage(toVisitorAt(net.far));
                for (int flip = 0; flip < 100; flip++) {
                    until(flow.moreAnswers(2));
                    home.flip(GUEST);
                }
                flow.stop();
                until(() -> flow.answered() == flow.sent());
                assertEquals(flow.sent(), traffic(home).packetsEncapsulated());
                assertEquals(flow.sent(), traffic(home).packetsDecapsulated());
                assertEquals(flow.sent(), home.encapsulated(GUEST));
            }
        }
    }

    @Nested
    class Preparation extends Behaviour {
        Preparation() {
            super(EbpfDatapathTest.this);
        }

        /** What can't be cut can't be carried, and is refused until it can. */
        @Test
        void refusesWhatItCouldNotPrepareFor() throws Exception {
            NetworkNamespace router = net.home.router();
            router.exec("sh", "-c", "ip link del mip-ha-gso 2>&1 || true");
            HomeDatapath home = home();
            visitors(net.near, visitor(GRE));
            router.exec("ip", "link", "add", "mip-ha-gso", "type", "bridge");
            for (int i = 0; i < 2; i++) {
                assertThrows(DatapathException.class, () -> home.install(toVisitorAt(net.near, GRE)));
            }
            router.exec("ip", "link", "del", "mip-ha-gso");
            home.install(toVisitorAt(net.near, GRE));
            open(new Echo(net.near.host()));
            open(new Probe(net.correspondent)).exchange(GUEST, "now it can");
            assertTrue(ip(net.home, "-o link show mip-ha-gso").contains("mip-ha-seg"));
        }

        /** A reverse-path filter on the agent's device costs each packet out of a tunnel a second look at rules and routes. */
        @Test
        void filtersNoMoreThanTheRouterDoes() throws Exception {
            NetworkNamespace router = net.home.router();
            try {
                for (String all : List.of("0", "1", "2")) {
                    router.sysctl("net.ipv4.conf.all.rp_filter", Integer.parseInt(all));
                    home().close();
                    assertEquals(
                            all.equals("0") ? "0" : "2",
                            router.exec("cat", "/proc/sys/net/ipv4/conf/mip-ha/rp_filter")
                                    .strip());
                }
            } finally {
                router.sysctl("net.ipv4.conf.all.rp_filter", 1);
            }
        }

        /** The kernel follows a million instructions of a program, and takes a second for that: ours leave it a margin, and start at once. */
        @Test
        void costsTheVerifierLittle() throws Exception {
            open(Programs.loadAll());
            try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fdinfo"))) {
                List<Integer> verified = descriptors
                        .flatMap(Preparation::lines)
                        .filter(line -> line.startsWith("verified_insns:"))
                        .map(line -> Integer.valueOf(line.split("\\s+", 2)[1]))
                        .toList();
                assertTrue(verified.stream().anyMatch(count -> count > 10_000), verified::toString);
                assertTrue(verified.stream().allMatch(count -> count < 100_000), verified::toString);
            }
        }

        /** None of a descriptor that another thread has closed. */
        private static Stream<String> lines(Path file) {
            try {
                return Files.readAllLines(file).stream();
            } catch (IOException e) {
                return Stream.of();
            }
        }
    }

    @Nested
    class Survival extends SurvivalTest {
        Survival() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class Delivery extends DeliveryTest {
        Delivery() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class EncapsulatingDelivery extends EncapsulatingDeliveryTest {
        EncapsulatingDelivery() {
            super(EbpfDatapathTest.this);
        }
    }

    @Nested
    class Hold extends HoldUnderLoadTest {
        Hold() {
            super(EbpfDatapathTest.this);
        }
    }
}
