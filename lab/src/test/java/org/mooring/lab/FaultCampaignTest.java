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

/**
 * Whatever goes wrong in a handover of a simulated guest, the guest is reachable again and bound where it runs, nothing stays staged or held, no kernel
 * has anything of it that no daemon knows of, an agent that was started again knows whom it knew, and in the end nothing is left behind; how soon, {@code ./bench faults} says. Each daemon is killed at some of the steps of which it has a part, and with the tests tagged {@code soak} at all of them. Faults by chance besides: {@code -Dfaults.handovers=100 -Dfaults.seed=7}.
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
        strike(Kind.SOURCE_HOST_DEAD, Moment.AFTER);
    }

    @Test
    @Order(2)
    void theDestinationDiesAfterTheGuestHasRunThere() {
        strike(Kind.DESTINATION_DEAD, Moment.AFTER);
    }

    @Test
    @Order(3)
    void theHomeAgentDies() {
        dies(Kind.HOME_AGENT, Moment.PREPARING, Moment.STOP, Moment.RESUME);
    }

    @Test
    @Order(4)
    void theOldForeignAgentDies() {
        dies(Kind.OLD_AGENT, Moment.ARMING, Moment.STOP, Moment.AFTER);
    }

    @Test
    @Order(5)
    void theNewForeignAgentDies() {
        dies(Kind.NEW_AGENT, Moment.PREPARING, Moment.COPYING, Moment.RESUME);
    }

    @Test
    @Order(6)
    void theOldHookDies() {
        dies(Kind.OLD_HOOK, Moment.ARMING, Moment.STOP, Moment.AFTER);
    }

    @Test
    @Order(7)
    void theNewHookDies() {
        dies(Kind.NEW_HOOK, Moment.PREPARING, Moment.COPYING, Moment.PAUSE);
    }

    /** Where the home agent is itself the agent at the one end. */
    @Test
    @Order(8)
    void theHomeAgentDiesWhileTheGuestComesHomeOrLeaves() {
        comesHomeAndLeavesWithout(Moment.STOP);
    }

    private void comesHomeAndLeavesWithout(Moment homeAgentDies) {
        strike(Site.A, new Fault(Kind.HOME_AGENT, homeAgentDies, 0, 0));
        strike(Site.B, new Fault(Kind.HOME_AGENT, homeAgentDies, 0, 0));
    }

    @Test
    @Tag("soak")
    @Order(8)
    void eachDaemonDiesAtTheOtherSteps() {
        dies(Kind.HOME_AGENT, Moment.ARMING, Moment.COPYING, Moment.PAUSE);
        dies(Kind.OLD_AGENT, Moment.COPYING, Moment.PAUSE, Moment.RESUME);
        dies(Kind.NEW_AGENT, Moment.ARMING, Moment.STOP, Moment.PAUSE);
        dies(Kind.OLD_HOOK, Moment.COPYING, Moment.PAUSE);
        dies(Kind.NEW_HOOK, Moment.ASKED, Moment.ARMING, Moment.RESUME);
        comesHomeAndLeavesWithout(Moment.RESUME);
    }

    @Test
    @Order(9)
    void messagesAreLostOrComeTwiceOrLate() {
        strike(Kind.LOST, Moment.PREPARING);
        strike(Kind.TWICE, Moment.PREPARING);
        strike(Kind.LATE, Moment.PREPARING);
    }

    @Test
    @Order(10)
    void theMigrationFailsOrIsCancelled() {
        strike(Kind.CANCELLED, Moment.COPYING);
        strike(Kind.FAILED, Moment.COPYING);
        strike(Kind.FAILED, Moment.PAUSE);
    }

    @Test
    @Tag("soak")
    @Order(11)
    void faultsByChance() {
        for (int more = Integer.getInteger("faults.handovers", 1); more > 0; more--) {
            System.out.print(campaign.strike(++handovers).row());
        }
    }

    @Test
    @Order(12)
    void nothingIsLeftBehindAndTheGuestLivesOn() {
        assertTrue(handovers > 0, "nothing was struck");
        campaign.soak(++handovers, FaultCampaign.SOAK);
        assertEquals(List.of(), campaign.settle(++handovers));
    }

    /** Dead from just before each step on, until it has been started again. PREPARE leaves in the first, then ARM, COMMIT, CONFIRM; in the pause, COMMIT has just left. */
    private void dies(Kind daemon, Moment... steps) {
        for (Moment step : steps) {
            strike(elsewhereAbroad(), new Fault(daemon, step, 0, 0));
        }
    }

    private void strike(Kind kind, Moment moment) {
        strike(elsewhereAbroad(), new Fault(kind, moment, 10, 300));
    }

    private Site elsewhereAbroad() {
        return campaign.at() == Site.B ? Site.C : Site.B;
    }

    /** Returns when the guest answers, and is bound where it runs. */
    private void strike(Site to, Fault fault) {
        System.out.print(campaign.strike(++handovers, to, fault).row());
    }
}
