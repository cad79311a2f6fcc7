package org.mooring.migrator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArrivalTest {
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final Instant RESUMED = NOW.minusMillis(1);
    private static final Preparation STAGED = new Preparation("staged", "");

    private final Arrival arrival = new Arrival(true);

    @Test
    void announcesTheGuestAtResume() {
        assertEquals(List.of(new ArrivalAction.AnnounceReady(STAGED), awaitsSourceSince(NOW)), listening());
        assertEquals(List.of(new ArrivalAction.AnnounceRunning(RESUMED)), resumed());
        assertEquals(List.of(new ArrivalAction.Finish(true)), arrival.handle(new ArrivalEvent.SessionEnded(NOW)));
    }

    @Test
    void offersItselfOnlyWhenTheHookHasAnswered() {
        assertEquals(List.of(), arrival.handle(new ArrivalEvent.Listening(NOW)));
        assertEquals(
                List.of(new ArrivalAction.AnnounceReady(STAGED), awaitsSourceSince(NOW)),
                arrival.handle(new ArrivalEvent.Prepared(NOW, STAGED)));
    }

    @Test
    void givesUpASourceThatIsNeverHeard() {
        Instant late = NOW.plusSeconds(50);
        arrival.handle(new ArrivalEvent.Listening(NOW));
        // However long it took to be ready, the source is silent only from then on.
        assertEquals(
                List.of(new ArrivalAction.AnnounceReady(STAGED), awaitsSourceSince(late)),
                arrival.handle(new ArrivalEvent.Prepared(late, STAGED)));
    }

    @Test
    void waitsForASourceThatIsHeard() {
        listening();
        Instant later = NOW.plusSeconds(5);
        assertEquals(List.of(awaitsSourceSince(later)), arrival.handle(new ArrivalEvent.SourceHeard(later)));
    }

    @Test
    void waitsForAsLongAsTheOperatorWantsWhoStartedItHimself() {
        var byHand = new Arrival(false);
        byHand.handle(new ArrivalEvent.Listening(NOW));
        assertEquals(
                List.of(new ArrivalAction.AnnounceReady(STAGED)),
                byHand.handle(new ArrivalEvent.Prepared(NOW, STAGED)));
    }

    @Test
    void isOnItsWayOutWhateverTheHookAnswers() {
        arrival.handle(new ArrivalEvent.Listening(NOW));
        arrival.handle(new ArrivalEvent.AbortRequested(NOW));
        assertEquals(List.of(), arrival.handle(new ArrivalEvent.Prepared(NOW, STAGED)));
    }

    @Test
    void endsWithTheSessionBeforeTheGuestRuns() {
        listening();
        assertEquals(List.of(new ArrivalAction.QuitQemu()), arrival.handle(new ArrivalEvent.SessionEnded(NOW)));
        assertEquals(gone("the session with the source was lost before the guest ran"), qemuEnded(""));
    }

    @Test
    void endsOnRequestButOnlyOnce() {
        listening();
        assertEquals(List.of(new ArrivalAction.QuitQemu()), arrival.handle(new ArrivalEvent.AbortRequested(NOW)));
        assertEquals(List.of(), arrival.handle(new ArrivalEvent.SessionEnded(NOW)));
        assertEquals(gone("ended on the source's request"), qemuEnded(""));
    }

    @Test
    void keepsARunningGuestWhateverTheSourceWanted() {
        listening();
        resumed();
        assertEquals(List.of(), arrival.handle(new ArrivalEvent.AbortRequested(NOW)));
        assertEquals(List.of(new ArrivalAction.Finish(true)), arrival.handle(new ArrivalEvent.SessionEnded(NOW)));
    }

    @Test
    void givesARunningGuestUpWhenTheSourceHasTakenItBack() {
        listening();
        resumed();
        assertEquals(List.of(new ArrivalAction.QuitQemu()), arrival.handle(new ArrivalEvent.EvictRequested(NOW)));
        assertEquals(gone("ended because the source has taken the guest back"), qemuEnded(""));
    }

    @Test
    void saysWhatQemuHadToSayWhenItWasEnded() {
        listening();
        arrival.handle(new ArrivalEvent.AbortRequested(NOW));
        assertEquals(
                gone("ended on the source's request: load of migration failed"), qemuEnded("load of migration failed"));
    }

    @Test
    void clearsUpAfterAQemuThatDied() {
        listening();
        assertEquals(gone("load of migration failed"), qemuEnded("load of migration failed"));
        assertEquals(List.of(), arrival.handle(new ArrivalEvent.SessionEnded(NOW)));
    }

    @Test
    void clearsUpAfterAGuestThatDiedOnceItRan() {
        listening();
        resumed();
        assertEquals(gone("killed"), qemuEnded("killed"));
    }

    @Test
    void clearsUpWhenQemuRefusesToListen() {
        assertEquals(
                List.of(new ArrivalAction.QuitQemu()),
                arrival.handle(new ArrivalEvent.Refused(NOW, "no port is free")));
        assertEquals(gone("no port is free"), qemuEnded(""));
    }

    @Test
    void doesNotTakeAResumeForAnArrivalOnceItIsEnding() {
        listening();
        arrival.handle(new ArrivalEvent.AbortRequested(NOW));
        assertEquals(List.of(), resumed());
        assertEquals(gone("ended on the source's request"), qemuEnded(""));
    }

    private List<ArrivalAction> listening() {
        arrival.handle(new ArrivalEvent.Prepared(NOW, STAGED));
        return arrival.handle(new ArrivalEvent.Listening(NOW));
    }

    private List<ArrivalAction> resumed() {
        return arrival.handle(new ArrivalEvent.Resumed(NOW, RESUMED));
    }

    private List<ArrivalAction> qemuEnded(String reason) {
        return arrival.handle(new ArrivalEvent.QemuEnded(NOW, reason));
    }

    private static ArrivalAction awaitsSourceSince(Instant heard) {
        return new ArrivalAction.AwaitSource(heard.plus(Arrival.LONGEST_SILENCE));
    }

    private static List<ArrivalAction> gone(String reason) {
        return List.of(new ArrivalAction.ClearAndAnnounceGone(reason), new ArrivalAction.Finish(false));
    }
}
