package org.mooring.datapath;

import java.util.Collection;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** One datapath: how it is opened, and what it can carry. Which {@link Behaviour}s it has is said by its nested classes. */
@Tag("netns")
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class DatapathTest {
    private Topology net;

    abstract Set<Encapsulation> carries();

    /** What an outer header has for the type of service of an inner one (RFC 6040 §4.1). */
    int outerTos(int inner) {
        return inner;
    }

    /** Whether an outer header says "don't fragment", if the inner one doesn't (RFC 2003 §3.1 has it either way). */
    boolean addsDontFragment(Encapsulation encapsulation) {
        return false;
    }

    /** Whether segments that travel as one count as what they will be. */
    boolean countsSegments() {
        return true;
    }

    /** Whether a maximum segment size is lowered that is at an odd octet, too. */
    boolean clampsAtOddOctets() {
        return true;
    }

    /** Whether it knows if a tunnelled packet's source is the tunnel's. */
    boolean comparesSources() {
        return true;
    }

    /** Whether it knows whose packet finds no room in a queue of the kernel's. */
    boolean knowsWhatQueuesDrop() {
        return true;
    }

    abstract HomeDatapath openHome(HomeDatapathConfig config, Collection<HomeForwarding> installed, Waiting waiting)
            throws DatapathException;

    abstract VisitorDatapath openVisitors(
            VisitorDatapathConfig config, Collection<VisitorForwarding> installed, Waiting waiting)
            throws DatapathException;

    final Topology net() {
        return net;
    }

    @BeforeAll
    void raise() throws Exception {
        net = new Topology();
    }

    @AfterAll
    void tearDown() {
        net.close();
    }
}
