package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

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

/**
 * Whatever goes wrong in a handover of a simulated guest, the guest is reachable again and bound where it runs, and in the end nothing is left behind;
 * how soon, {@code ./bench faults} says. Faults by chance besides: {@code -Dfaults.handovers=100 -Dfaults.seed=7}.
 */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FaultCampaignTest {
    private static final Path SOURCES = Path.of("src/main/simulated").toAbsolutePath();

    private final Lab lab = Testbed.raiseWithoutGuests(HandoverBench.SITES, Set.of(), FaultCampaign.LIFETIME);
    private final FaultCampaign campaign =
            new FaultCampaign(lab, SOURCES, Duration.ofMillis(20), Long.getLong("faults.seed", 1));
    private int handovers;

    @AfterAll
    void removeEverything() {
        campaign.close();
        Testbed.close(lab, "faults");
    }

    @Test
    @Order(1)
    void theSourceHostDies() {
        strike(Kind.SOURCE_HOST_DEAD, Moment.COPYING);
        strike(Kind.SOURCE_HOST_DEAD, Moment.PAUSE);
    }

    @Test
    @Order(2)
    void theDestinationDiesAfterTheGuestHasRunThere() {
        strike(Kind.DESTINATION_DEAD, Moment.AFTER);
    }

    @Test
    @Order(3)
    void theHomeAgentDies() {
        strike(Kind.HOME_AGENT, Moment.COPYING);
        strike(Kind.HOME_AGENT, Moment.PAUSE);
    }

    @Test
    @Order(4)
    void theOldForeignAgentDies() {
        strike(Kind.OLD_AGENT, Moment.COPYING);
        strike(Kind.OLD_AGENT, Moment.PAUSE);
    }

    @Test
    @Order(5)
    void theNewForeignAgentDies() {
        strike(Kind.NEW_AGENT, Moment.PAUSE);
    }

    @Test
    @Order(6)
    void theOldHookDies() {
        strike(Kind.OLD_HOOK, Moment.COPYING);
        strike(Kind.OLD_HOOK, Moment.PAUSE);
    }

    @Test
    @Order(7)
    void theNewHookDies() {
        strike(Kind.NEW_HOOK, Moment.COPYING);
        strike(Kind.NEW_HOOK, Moment.PAUSE);
    }

    @Test
    @Order(8)
    void messagesAreLostOrComeTwiceOrLate() {
        strike(Kind.LOST, Moment.PREPARING);
        strike(Kind.TWICE, Moment.PREPARING);
        strike(Kind.LATE, Moment.PREPARING);
    }

    @Test
    @Order(9)
    void faultsByChance() {
        for (int more = Integer.getInteger("faults.handovers", 0); more > 0; more--) {
            System.out.print(campaign.strike(++handovers).row());
        }
    }

    @Test
    @Order(10)
    void nothingIsLeftBehindAndTheGuestLivesOn() {
        assertEquals(List.of(), campaign.settle(++handovers));
    }

    /** From one foreign site to the other; returns when the guest answers, and is bound where it runs. */
    private void strike(Kind kind, Moment moment) {
        Site to = campaign.at() == Site.B ? Site.C : Site.B;
        System.out.print(campaign.strike(++handovers, to, new Fault(kind, moment, 10, 300))
                .row());
    }
}
