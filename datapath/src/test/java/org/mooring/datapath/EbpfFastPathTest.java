package org.mooring.datapath;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Nested;

/** With a fast path all is as without one, but for what {@link FastPathTest} says. */
class EbpfFastPathTest extends EbpfDatapathTest {
    /** Where a test names none, it is {@link Encapsulation#IPIP}. {@code -Dsoak=true} has them all. */
    @Override
    Set<Encapsulation> carries() {
        return Boolean.getBoolean("soak") ? super.carries() : EnumSet.of(Encapsulation.GRE, Encapsulation.UDP);
    }

    @Override
    HomeDatapath openHome(HomeDatapathConfig config, Collection<HomeForwarding> installed, Waiting waiting)
            throws DatapathException {
        var fast = new HomeDatapathConfig(
                config.address(), config.device(), config.homeLink(), config.uplinks(), config.mtuPolicy(), true);
        return super.openHome(fast, installed, waiting);
    }

    @Override
    VisitorDatapath openVisitors(VisitorDatapathConfig config, Collection<VisitorForwarding> installed, Waiting waiting)
            throws DatapathException {
        var fast = new VisitorDatapathConfig(
                config.careOfAddress(),
                config.device(),
                config.visitorLinks(),
                config.uplinks(),
                config.mtuPolicy(),
                true);
        return super.openVisitors(fast, installed, waiting);
    }

    @Nested
    class FastPath extends FastPathTest {
        FastPath() {
            super(EbpfFastPathTest.this);
        }
    }
}
