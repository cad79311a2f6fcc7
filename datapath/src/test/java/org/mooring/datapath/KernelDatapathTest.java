package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mooring.datapath.Topology.GUEST;
import static org.mooring.datapath.Topology.GUEST_MAC;

import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Ipv4;

@Tag("stock")
class KernelDatapathTest extends DatapathTest {
    @Override
    Set<Encapsulation> carries() {
        return EnumSet.of(Encapsulation.IPIP, Encapsulation.GRE);
    }

    /** As RFC 3168 §9.1.1 has it: congestion that is noted already is not repeated. */
    @Override
    int outerTos(int inner) {
        return (inner & 3) == 3 ? (inner & ~3) | 2 : inner;
    }

    @Override
    boolean comparesSources() {
        return false;
    }

    /** An ipip device with a time to live of its own has no other way. */
    @Override
    boolean addsDontFragment(Encapsulation encapsulation) {
        return encapsulation == Encapsulation.IPIP;
    }

    @Override
    boolean countsSegments() {
        return false;
    }

    /** The kernel would not mend the checksum. */
    @Override
    boolean clampsAtOddOctets() {
        return false;
    }

    @Override
    boolean knowsWhatQueuesDrop() {
        return false;
    }

    @Override
    HomeDatapath openHome(HomeDatapathConfig config, Collection<HomeForwarding> installed, Waiting waiting)
            throws DatapathException {
        return KernelHomeDatapath.open(config, installed, waiting);
    }

    @Override
    VisitorDatapath openVisitors(VisitorDatapathConfig config, Collection<VisitorForwarding> installed, Waiting waiting)
            throws DatapathException {
        return KernelVisitorDatapath.open(config, installed, waiting);
    }

    @Nested
    class Headers extends HeadersTest {
        Headers() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class Streams extends StreamsTest {
        Streams() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class Segments extends SegmentsTest {
        Segments() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class Mtu extends MtuTest {
        Mtu() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class ClampedSegments extends ClampedSegmentsTest {
        ClampedSegments() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class Fragments extends FragmentsTest {
        Fragments() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class ReverseTunnels extends Behaviour {
        ReverseTunnels() {
            super(KernelDatapathTest.this);
        }

        /** There are only so many numbers for them. */
        @Test
        void takeNoNumberOnceNobodyHasThem() throws Exception {
            VisitorDatapath near = visitors(net.near);
            for (String homeAgent : List.of("192.0.2.1", "192.0.2.2")) {
                near.install(
                        new VisitorForwarding(GUEST, Tunnel.ipip(Ipv4.address(homeAgent)), "lan", GUEST_MAC, true));
                assertEquals(1, ways());
            }
            near.remove(GUEST);
            assertEquals(0, ways());
            near.install(VISITOR);
            close(VisitorDatapath.class);
            assertEquals(1, ways());
            visitors(net.near);
            assertEquals(0, ways());
        }

        private long ways() {
            return ip(net.near, "rule")
                    .lines()
                    .filter(line -> line.startsWith("435:"))
                    .count();
        }
    }

    @Nested
    class Errors extends ErrorsTest {
        Errors() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class Forgery extends ForgeryTest {
        Forgery() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class Drops extends DropsTest {
        Drops() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class Redirect extends RedirectTest {
        Redirect() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class Delivery extends DeliveryTest {
        Delivery() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class Changes extends ChangesTest {
        Changes() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class Survival extends SurvivalTest {
        Survival() {
            super(KernelDatapathTest.this);
        }
    }

    @Nested
    class SimultaneousBindings extends SimultaneousBindingsTest {
        SimultaneousBindings() {
            super(KernelDatapathTest.this);
        }

        /** For each tunnel that copies go into there is a route, for as long. */
        @Test
        void leaveNoRoutes() throws Exception {
            HomeForwarding toNear = toVisitorAt(net.near);
            Tunnel near = toNear.tunnels().get(0);
            Tunnel far = Tunnel.ipip(net.far.careOfAddress());
            HomeForwarding both = new HomeForwarding(GUEST, List.of(near, far));
            HomeDatapath home = home(both);
            home.install(new HomeForwarding(Ipv4.address("10.1.0.51"), List.of(near, far)));
            assertEquals(List.of("198.51.103.2"), routes());
            home.install(new HomeForwarding(GUEST, List.of(far, near)));
            assertEquals(List.of("198.51.102.2", "198.51.103.2"), routes());
            home.retire(Ipv4.address("10.1.0.51"));
            assertEquals(List.of("198.51.102.2"), routes());
            home.remove(GUEST);
            assertEquals(List.of(), routes());
            home.install(both);
            close(HomeDatapath.class);
            assertEquals(List.of("198.51.103.2"), routes());
            home(toNear);
            assertEquals(List.of(), routes());
        }

        private List<String> routes() {
            return ip(net.home, "route show table all")
                    .lines()
                    .filter(line -> line.contains("table 438"))
                    .map(line -> line.substring(0, line.indexOf(' ')))
                    .sorted()
                    .toList();
        }
    }

    @Nested
    class Hold extends HoldTest {
        Hold() {
            super(KernelDatapathTest.this);
        }
    }
}
