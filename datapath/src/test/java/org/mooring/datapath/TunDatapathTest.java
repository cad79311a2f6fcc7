package org.mooring.datapath;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Nested;

class TunDatapathTest extends DatapathTest {
    @Override
    Set<Encapsulation> carries() {
        return EnumSet.allOf(Encapsulation.class);
    }

    @Override
    boolean knowsWhatQueuesDrop() {
        return false;
    }

    @Override
    HomeDatapath openHome(HomeDatapathConfig config, Collection<HomeForwarding> installed, Waiting waiting)
            throws DatapathException {
        return TunHomeDatapath.open(config, installed, waiting);
    }

    @Override
    VisitorDatapath openVisitors(VisitorDatapathConfig config, Collection<VisitorForwarding> installed, Waiting waiting)
            throws DatapathException {
        return TunVisitorDatapath.open(config, installed, waiting);
    }

    @Nested
    class Headers extends HeadersTest {
        Headers() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class MinimalHeaders extends MinimalHeadersTest {
        MinimalHeaders() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class Streams extends StreamsTest {
        Streams() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class Segments extends SegmentsTest {
        Segments() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class Mtu extends MtuTest {
        Mtu() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class ClampedSegments extends ClampedSegmentsTest {
        ClampedSegments() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class OuterFragments extends OuterFragmentsTest {
        OuterFragments() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class Fragments extends FragmentsTest {
        Fragments() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class GreChecksum extends GreChecksumTest {
        GreChecksum() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class Errors extends ErrorsTest {
        Errors() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class Forgery extends ForgeryTest {
        Forgery() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class SimultaneousBindings extends SimultaneousBindingsTest {
        SimultaneousBindings() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class Drops extends OutgoingDropsTest {
        Drops() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class Redirect extends RedirectTest {
        Redirect() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class Changes extends ChangesTest {
        Changes() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class Delivery extends DeliveryTest {
        Delivery() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class EncapsulatingDelivery extends EncapsulatingDeliveryTest {
        EncapsulatingDelivery() {
            super(TunDatapathTest.this);
        }
    }

    @Nested
    class Hold extends HoldTest {
        Hold() {
            super(TunDatapathTest.this);
        }
    }
}
