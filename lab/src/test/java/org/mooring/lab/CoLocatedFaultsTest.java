package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.mooring.lab.Fault.Kind;
import org.mooring.lab.Fault.Moment;

/** As {@link FaultCampaignTest}, at other moments, where no site has a foreign agent: the hooks are the ends of the tunnels, and store nothing. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CoLocatedFaultsTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();

    /** When PREPARE is under way, ARM has left, after COMMIT, and after RESUME. */
    private static final List<Moment> STEPS = List.of(Moment.ASKED, Moment.COPYING, Moment.PAUSE, Moment.AFTER);

    private final Lab lab =
            Testbed.raiseWithoutGuests(HandoverBench.SITES, Set.of(Site.B, Site.C), FaultCampaign.LIFETIME);
    private final FaultCampaign campaign = new FaultCampaign(lab, SOURCES, Duration.ofMillis(20), 1);
    private int handovers;

    @AfterAll
    void removeEverything() {
        campaign.close();
        Testbed.close(lab, "co-located-faults");
    }

    @Test
    @Order(1)
    void theNewHookDies() {
        STEPS.forEach(step -> strike(Kind.NEW_HOOK, step));
    }

    @Test
    @Order(2)
    void theOldHookDies() {
        STEPS.stream().skip(1).forEach(step -> strike(Kind.OLD_HOOK, step));
    }

    @Test
    @Order(3)
    void theHomeAgentDies() {
        STEPS.forEach(step -> strike(Kind.HOME_AGENT, step));
    }

    @Test
    @Order(4)
    void messagesAreLostOrComeTwiceOrLate() {
        List.of(Kind.LOST, Kind.TWICE, Kind.LATE).forEach(kind -> strike(kind, Moment.PREPARING));
    }

    @Test
    @Order(5)
    void theMigrationFailsOrIsCancelled() {
        strike(Kind.CANCELLED, Moment.COPYING);
        strike(Kind.FAILED, Moment.PAUSE);
    }

    @Test
    @Order(6)
    void theSourceHostDies() {
        strike(Kind.SOURCE_HOST_DEAD, Moment.PAUSE);
    }

    @Test
    @Order(7)
    void nothingIsLeftBehind() {
        assertTrue(handovers > 0, "nothing was struck");
        assertEquals(List.of(), campaign.settle(++handovers));
    }

    private void strike(Kind kind, Moment moment) {
        Site to = campaign.at() == Site.B ? Site.C : Site.B;
        System.out.print(
                campaign.strike(++handovers, to, new Fault(kind, moment, 0, 0)).row());
    }
}
