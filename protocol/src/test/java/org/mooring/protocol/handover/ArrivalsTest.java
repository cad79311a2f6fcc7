package org.mooring.protocol.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.protocol.handover.Arrival.Room.NEW;
import static org.mooring.protocol.handover.Arrival.Room.OLD;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mooring.protocol.handover.Arrival.Opening;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.Arrivals.Refusal;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.handover.HandoverMessage.Redirected;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;

@DisplayName("docs/handover.md, \"In order\"")
class ArrivalsTest {
    private static final int ENTERPRISE = HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;
    private static final Ipv4Address HOME = Ipv4Address.of("10.1.0.50");
    private static final Ipv4Address OTHER_HOME = Ipv4Address.of("10.1.0.51");
    private static final HandoverId ID = new HandoverId(0xfedcba9876543210L);
    private static final HandoverId OTHER_ID = new HandoverId(7);
    private static final Optional<Refusal> FOLLOWED = Optional.empty();

    /** What was wanted, in words. */
    private final List<String> wanted = new ArrayList<>();

    private final List<Instant> armed = new ArrayList<>();
    private final Arrivals arrivals = new Arrivals(new Recorder());
    private Instant now = Instant.parse("2026-11-22T12:00:00Z");

    @Nested
    @DisplayName("Of a guest that comes from another site")
    class FromAbroad {
        @BeforeEach
        void hold() {
            arrivals.expect(HOME, ID);
            arrivals.hold(HOME, Set.of(OLD, NEW));
            arrivals.reach(HOME, now);
        }

        @Test
        void allWaitsAtFirst() {
            assertEquals(Set.of(OLD, NEW), arrival().closed());
            assertWanted();
        }

        @Test
        void whatIsRescuedDoesNotWait() {
            rescue(0, 1, 2);

            assertWanted("deliver 0", "deliver 1", "deliver 2");
            assertEquals(3, arrival().rescued());
            assertEquals(0, arrival().kept());
        }

        @Test
        void whatIsRescuedIsDeliveredInTheOrderOfItsNumbers() {
            rescue(2, 0, 3);
            assertWanted("deliver 0");
            assertEquals(2, arrival().kept());

            rescue(1);
            assertWanted("deliver 1", "deliver 2", "deliver 3");
        }

        @Test
        void endOpensTheOldWay() {
            rescue(0, 1);
            end(2);

            assertWanted("deliver 0", "deliver 1", "ended 2/2", "open OLD END");
            assertEquals(Set.of(NEW), arrival().closed());
            assertEquals(Optional.of(Opening.END), arrival().opening(OLD));
        }

        @Test
        void endBeforeAnythingWasRescuedOpensTheOldWayIfNothingIs() {
            end(0);

            assertWanted("ended 0/0", "open OLD END");
        }

        @Test
        void endThatOvertakesWhatItCountsWaitsForIt() {
            end(2);
            rescue(1);
            assertWanted("ended 0/2");

            rescue(0);
            assertWanted("deliver 0", "deliver 1", "open OLD END");
        }

        @Test
        void whatIsMissingIsWaitedForAHundredMillisecondsAfterEnd() {
            rescue(1);
            end(2);
            assertWanted("ended 1/2");
            assertEquals(List.of(now.plusMillis(100)), armed);

            pass(100);
            arrivals.due(HOME, now);

            assertWanted("deliver 1", "open OLD DEADLINE");
        }

        @Test
        void endIsSentAgain() {
            rescue(0);
            end(1);
            end(1);
            end(1);

            assertWanted("deliver 0", "ended 1/1", "open OLD END");
        }

        @Test
        void theHighestCountIsTheRightOne() {
            rescue(0);
            end(3);
            end(1);
            assertWanted("deliver 0", "ended 1/3");
            assertEquals(OptionalInt.of(3), arrival().count());

            end(-1); // is 4,294,967,295
            rescue(1, 2);
            assertWanted("ended 1/-1", "deliver 1", "deliver 2");
        }

        @Test
        void endBeforeTheFirstPacketThatWouldWaitOpensAllTheSame() {
            end(0);
            arrivals.began(HOME, OLD, now);

            assertWanted("ended 0/0", "open OLD END");
            assertEquals(List.of(), armed);
        }

        @Test
        void theOldWayIsOpenedAHundredMillisecondsAfterTheFirstPacketThere() {
            rescue(0);
            arrivals.began(HOME, OLD, now);
            assertEquals(List.of(now.plusMillis(100)), armed);

            pass(99);
            arrivals.due(HOME, now);
            assertWanted("deliver 0");

            pass(1);
            arrivals.due(HOME, now);
            assertWanted("open OLD DEADLINE");
        }

        @Test
        void endIsWaitedForAsLongAsTheRescueGoesOn() {
            arrivals.began(HOME, OLD, now);
            pass(90);
            rescue(0);
            pass(90);
            arrivals.due(HOME, now);
            assertWanted("deliver 0");

            end(1);
            assertWanted("ended 1/1", "open OLD END");
        }

        @Test
        void butForASecondAtMost() {
            arrivals.began(HOME, OLD, now);
            for (int next = 0; next < 12; next++) {
                pass(90);
                arrivals.due(HOME, now);
                rescue(next);
            }
            assertEquals(Optional.of(Opening.DEADLINE), arrival().opening(OLD));
        }

        @Test
        void afterMarkerOnlyWhatIsOlderIsWaitedFor() {
            arrivals.began(HOME, NEW, now);
            mark();
            arrivals.began(HOME, OLD, now);
            for (int next = 0; next < 3; next++) {
                pass(90);
                rescue(next);
                arrivals.due(HOME, now);
            }
            assertWanted("deliver 0", "deliver 1", "deliver 2");

            end(3);
            assertWanted("ended 3/3", "open OLD END", "open NEW MARKER");
        }

        @Test
        void whatIsMissingIsWaitedForNoLonger() {
            rescue(2, 3);
            arrivals.began(HOME, OLD, now);
            pass(100);
            arrivals.due(HOME, now);

            assertWanted("deliver 2", "deliver 3", "open OLD DEADLINE");
        }

        @Test
        void whatWasMissingIsDeliveredLate() {
            rescue(1);
            arrivals.began(HOME, OLD, now);
            pass(100);
            arrivals.due(HOME, now);
            rescue(0, 2);

            assertWanted("deliver 1", "open OLD DEADLINE", "deliver 0", "deliver 2");
        }

        @Test
        void markerOpensTheNewWayOnceTheOldOneIsOpen() {
            mark();
            assertWanted();

            end(0);
            assertWanted("ended 0/0", "open OLD END", "open NEW MARKER");
            assertEquals(Set.of(), arrival().closed());
        }

        @Test
        void markerOpensTheNewWayAtOnceWhereTheOldOneIsOpen() {
            end(0);
            mark();

            assertWanted("ended 0/0", "open OLD END", "open NEW MARKER");
        }

        @Test
        void aLostMarkerIsWaitedForForTwoHundredMilliseconds() {
            end(0);
            arrivals.began(HOME, NEW, now);
            assertEquals(List.of(now.plusMillis(200)), armed);

            pass(199);
            arrivals.due(HOME, now);
            assertWanted("ended 0/0", "open OLD END");

            pass(1);
            arrivals.due(HOME, now);
            assertWanted("open NEW DEADLINE");
        }

        @Test
        void theOldWayIsOpenedBeforeTheNewOneWhateverOpensThat() {
            arrivals.began(HOME, NEW, now);
            pass(200);
            arrivals.due(HOME, now);

            assertWanted("open OLD DEADLINE", "open NEW DEADLINE");
        }

        @Test
        void eachWayHasATimeOfItsOwn() {
            arrivals.began(HOME, NEW, now);
            pass(50);
            arrivals.began(HOME, OLD, now);
            pass(100);
            arrivals.due(HOME, now);
            assertWanted("open OLD DEADLINE");

            pass(50);
            arrivals.due(HOME, now);
            assertWanted("open NEW DEADLINE");
            // The first one's, the earlier one's, then the first one's again.
            assertEquals(List.of(now, now.minusMillis(50), now), armed);
        }

        @Test
        @DisplayName("the word of the old site may be under way when the guest runs already")
        void confirmOpensBothWhereNothingIsHeardFromTheOldSiteForAHundredMilliseconds() {
            arrivals.confirm(HOME, now);
            assertWanted();
            assertEquals(List.of(now.plusMillis(100)), armed);

            pass(99);
            arrivals.due(HOME, now);
            assertWanted();
            pass(1);
            arrivals.due(HOME, now);
            assertWanted("open OLD CONFIRM", "open NEW CONFIRM");
        }

        @Test
        void aSecondConfirmMakesItNoLonger() {
            arrivals.confirm(HOME, now);
            pass(70);
            arrivals.confirm(HOME, now);
            pass(30);
            arrivals.due(HOME, now);
            assertWanted("open OLD CONFIRM", "open NEW CONFIRM");
        }

        @Test
        void whatIsHeardInTheMeantimeIsWaitedForAsEver() {
            arrivals.confirm(HOME, now);
            pass(10);
            rescue(0);
            pass(90);
            arrivals.due(HOME, now);
            assertWanted("deliver 0");

            end(1);
            mark();
            assertWanted("ended 1/1", "open OLD END", "open NEW MARKER");
        }

        @Test
        void nothingWaitsForAGuestThatWasNotCommitted() {
            arrivals.plain(HOME, now);

            assertWanted("open OLD CONFIRM", "open NEW CONFIRM");
        }

        @Test
        void aGuestThatWasCommittedAndRunsLetsNothingGoForThat() {
            arrivals.runs(HOME, now);
            assertWanted();
            assertEquals(Set.of(OLD, NEW), arrival().closed());

            pass(5000);
            arrivals.due(HOME, now);
            assertWanted("open OLD DEADLINE", "open NEW OVER");
        }

        @Test
        void confirmChangesNothingWhereSomethingWasRescued() {
            rescue(0);
            arrivals.confirm(HOME, now);
            assertEquals(Set.of(OLD, NEW), arrival().closed());

            end(1);
            mark();
            assertWanted("deliver 0", "ended 1/1", "open OLD END", "open NEW MARKER");
        }

        @Test
        void confirmChangesNothingAfterEnd() {
            end(1);
            arrivals.confirm(HOME, now);

            assertEquals(Set.of(OLD, NEW), arrival().closed());
        }

        @Test
        void whatIsRescuedAfterThatIsDeliveredAtOnce() {
            arrivals.confirm(HOME, now);
            pass(100);
            arrivals.due(HOME, now);
            rescue(5, 0);

            assertWanted("open OLD CONFIRM", "open NEW CONFIRM", "deliver 5", "deliver 0");
        }

        @Test
        void nothingWaitsLongerThanFiveSecondsAfterConfirm() {
            rescue(1);
            arrivals.confirm(HOME, now);
            pass(100);
            arrivals.due(HOME, now);
            assertWanted("deliver 1", "open OLD DEADLINE");
            assertEquals(List.of(now, now.plusMillis(4900)), armed);

            pass(4900);
            arrivals.due(HOME, now);

            assertWanted("open NEW OVER");
            assertTrue(arrival().isOver());
            assertEquals(Optional.of(Refusal.UNKNOWN_HANDOVER), receive(rescued(ID, HOME, 0)));
            assertEquals(Optional.of(Refusal.UNKNOWN_HANDOVER), receive(new End(ID, 1)));
            assertWanted();
            assertEquals(1, arrival().rescued());
        }

        @Test
        void renewalsAfterConfirmMakeItNoLonger() {
            arrivals.confirm(HOME, now);
            pass(3000);
            arrivals.confirm(HOME, now);
            pass(2000);
            arrivals.due(HOME, now);

            assertTrue(arrival().isOver());
        }

        @Test
        void aGuestThatDoesNotComeLeavesNothingThatWaits() {
            rescue(1);
            arrivals.end(HOME);

            assertWanted("open OLD OVER", "open NEW OVER");
            assertEquals(0, arrival().kept());
            assertEquals(Optional.of(Refusal.UNKNOWN_HANDOVER), receive(rescued(ID, HOME, 0)));
            assertEquals(Optional.of(Refusal.UNKNOWN_HANDOVER), markerFor(HOME, ID));
            arrivals.began(HOME, OLD, now);
            arrivals.due(HOME, now.plusSeconds(1));
            arrivals.end(HOME);
            assertWanted();
        }

        @Test
        void anotherHandoverOfTheGuestEndsThisOne() {
            assertTrue(arrivals.expect(HOME, OTHER_ID));

            assertWanted("open OLD OVER", "open NEW OVER");
            assertEquals(OTHER_ID, arrival().id());
            assertEquals(Optional.of(Refusal.UNKNOWN_HANDOVER), receive(rescued(ID, HOME, 0)));
        }

        @Test
        void theSameHandoverIsExpectedOnce() {
            rescue(0);
            end(1);
            assertFalse(arrivals.expect(HOME, ID));

            assertEquals(Set.of(NEW), arrival().closed());
            assertEquals(1, arrival().rescued());
        }

        @Test
        void nobodyTakesOverAnothersId() {
            assertFalse(arrivals.expect(OTHER_HOME, ID));
            arrivals.hold(OTHER_HOME, Set.of(OLD, NEW));

            assertEquals(Optional.empty(), arrivals.find(OTHER_HOME));
            assertEquals(FOLLOWED, receive(rescued(ID, HOME, 0)));
        }

        @Test
        void packetsThatWaitedAreNewsOnce() {
            assertEquals(3, arrivals.held(HOME, ID, 3));
            assertEquals(0, arrivals.held(HOME, ID, 3));
            assertEquals(2, arrivals.held(HOME, ID, 5));
            assertEquals(0, arrivals.held(HOME, ID, 4));
            assertEquals(5, arrival().held());

            assertEquals(0, arrivals.held(HOME, OTHER_ID, 9), "of another handover");
            assertEquals(0, arrivals.held(OTHER_HOME, ID, 9), "of another guest");
            assertEquals(5, arrival().held());
        }

        @Test
        void whatIsForgottenIsNotThereAnyMore() {
            arrivals.forget(HOME);

            assertEquals(List.of(), arrivals.all());
            assertWanted("open OLD OVER", "open NEW OVER");
        }

        @Test
        void whatWaitsForAMissingPacketIsBounded() {
            for (int sequence = 1; sequence <= Arrival.MAX_KEPT; sequence++) {
                rescue(sequence);
            }
            assertWanted();
            assertEquals(Arrival.MAX_KEPT, arrival().kept());

            rescue(Arrival.MAX_KEPT + 1);
            assertEquals(0, arrival().kept());
            assertEquals(Arrival.MAX_KEPT + 1, wanted.size());
            assertEquals("deliver 1", wanted.get(0));
        }

        @Test
        void whatIsRescuedTwiceIsDeliveredOnce() {
            rescue(0, 2);

            assertEquals(Optional.of(Refusal.REPEATED), receive(rescued(ID, HOME, 0)));
            assertEquals(Optional.of(Refusal.REPEATED), receive(rescued(ID, HOME, 2)));
            assertWanted("deliver 0");
            assertEquals(2, arrival().rescued());
        }

        @Test
        void takesNoMessageOfAnUnknownHandover() {
            assertEquals(Optional.of(Refusal.UNKNOWN_HANDOVER), receive(rescued(OTHER_ID, HOME, 0)));
            assertEquals(Optional.of(Refusal.UNKNOWN_HANDOVER), receive(new End(OTHER_ID, 0)));
            assertEquals(Optional.of(Refusal.UNKNOWN_HANDOVER), markerFor(HOME, OTHER_ID));
            assertWanted();
        }

        @Test
        void takesNoPacketForAnotherGuest() {
            assertEquals(Optional.of(Refusal.ANOTHER_HOME_ADDRESS), receive(rescued(ID, OTHER_HOME, 0)));
            assertWanted();
            assertEquals(0, arrival().rescued());
        }

        @Test
        void takesNoMarkerThatCameForAnotherGuest() {
            assertEquals(Optional.of(Refusal.UNKNOWN_HANDOVER), markerFor(OTHER_HOME, ID));
            assertWanted();
        }

        @Test
        void takesNoNumberThatIsOutOfAllProportion() {
            for (int sequence : new int[] {Arrival.MAX_RESCUED, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
                assertEquals(Optional.of(Refusal.TOO_MANY), receive(rescued(ID, HOME, sequence)));
            }
            assertEquals(FOLLOWED, receive(rescued(ID, HOME, Arrival.MAX_RESCUED - 1)));
            assertEquals(1, arrival().kept());
        }

        @Test
        void takesNothingMalformedAndNothingThatComesAnotherWay() {
            assertEquals(Optional.of(Refusal.MALFORMED), arrivals.receive(Octets.ofHex("ff"), ENTERPRISE, now));
            assertEquals(
                    Optional.of(Refusal.MALFORMED),
                    arrivals.receive(new End(ID, 0).encode(ENTERPRISE), ENTERPRISE + 1, now));
            assertEquals(Optional.of(Refusal.UNEXPECTED), receive(new Marker(ID)));
            assertEquals(Optional.of(Refusal.UNEXPECTED), receive(new Redirected(ID)));
            assertEquals(Optional.of(Refusal.MALFORMED), arrivals.mark(HOME, Octets.ofHex("ff04"), ENTERPRISE, now));
            assertEquals(
                    Optional.of(Refusal.UNEXPECTED),
                    arrivals.mark(HOME, new End(ID, 0).encode(ENTERPRISE), ENTERPRISE, now));
            assertWanted();
        }
    }

    @Nested
    @DisplayName("Of a guest that was at home")
    class FromHome {
        @BeforeEach
        void hold() {
            arrivals.expect(HOME, ID);
            arrivals.hold(HOME, Set.of(NEW));
            arrivals.reach(HOME, now);
        }

        @Test
        void endOpensTheNewWay() {
            rescue(0);
            end(1);

            assertWanted("deliver 0", "ended 1/1", "open NEW END");
            assertEquals(Optional.empty(), arrival().opening(OLD));
        }

        @Test
        void theNewWayIsOpenedAHundredMillisecondsAfterTheFirstPacketThere() {
            rescue(1);
            arrivals.began(HOME, NEW, now);
            assertEquals(List.of(now.plusMillis(100)), armed);
            pass(100);
            arrivals.due(HOME, now);

            assertWanted("deliver 1", "open NEW DEADLINE");
        }

        @Test
        void confirmOpensItWhereNothingIsHeard() {
            arrivals.confirm(HOME, now);
            pass(100);
            arrivals.due(HOME, now);

            assertWanted("open NEW CONFIRM");
        }

        @Test
        void nobodySendsAMarker() {
            mark();

            assertEquals(Set.of(NEW), arrival().closed());
        }
    }

    @Nested
    @DisplayName("Of a guest that goes home")
    class ToHome {
        @BeforeEach
        void expect() {
            arrivals.expect(HOME, ID);
        }

        @Test
        void whatIsRescuedIsKeptUntilCommit() {
            rescue(1, 0);
            assertWanted();
            assertEquals(2, arrival().kept());

            arrivals.hold(HOME, Set.of(OLD, NEW));
            arrivals.reach(HOME, now);
            assertWanted("deliver 0", "deliver 1");
        }

        @Test
        void endBeforeCommitOpensTheOldWayThen() {
            end(1);
            rescue(0);
            arrivals.hold(HOME, Set.of(OLD, NEW));
            assertWanted("ended 0/1");

            arrivals.reach(HOME, now);
            assertWanted("deliver 0", "open OLD END");
        }

        @Test
        void packetsMayWaitBeforeTheKernelHasAnswered() {
            arrivals.hold(HOME, Set.of(OLD, NEW));
            arrivals.began(HOME, OLD, now);
            assertEquals(List.of(), armed);

            pass(100);
            arrivals.due(HOME, now);
            assertWanted();

            arrivals.reach(HOME, now);
            assertWanted("open OLD DEADLINE");
        }

        @Test
        void whatIsKeptIsBounded() {
            for (int sequence = 0; sequence < Arrival.MAX_KEPT; sequence++) {
                rescue(sequence);
            }
            assertEquals(Optional.of(Refusal.TOO_MANY), receive(rescued(ID, HOME, Arrival.MAX_KEPT)));

            arrivals.reach(HOME, now);
            assertEquals(Arrival.MAX_KEPT, wanted.size());
            wanted.clear();
            rescue(Arrival.MAX_KEPT);
            assertWanted("deliver " + Arrival.MAX_KEPT);
        }

        @Test
        void withoutARoomWhatIsMissingIsNotWaitedFor() {
            rescue(1);
            arrivals.reach(HOME, now);
            rescue(0);

            assertWanted("deliver 1", "deliver 0");
        }

        @Test
        void aGuestThatGoesBackGetsNothingOfIt() {
            rescue(0, 1);
            arrivals.hold(HOME, Set.of(OLD, NEW));
            arrivals.end(HOME);

            assertWanted("open OLD OVER", "open NEW OVER");
            arrivals.reach(HOME, now);
            assertWanted();
        }

        @Test
        void aGuestThatNeverCameHadNothingThatWaited() {
            rescue(0);
            arrivals.end(HOME);

            assertWanted();
        }
    }

    @ParameterizedTest
    @EnumSource(Room.class)
    void nobodyIsExpected(Room room) {
        arrivals.hold(HOME, Set.of(room));
        arrivals.reach(HOME, now);
        arrivals.began(HOME, room, now);
        arrivals.confirm(HOME, now);
        arrivals.plain(HOME, now);
        arrivals.due(HOME, now);
        arrivals.end(HOME);
        arrivals.forget(HOME);

        assertEquals(Optional.of(Refusal.UNKNOWN_HANDOVER), receive(rescued(ID, HOME, 0)));
        assertWanted();
        assertEquals(List.of(), arrivals.all());
    }

    @Test
    void guestsDoNotMixUp() {
        arrivals.expect(HOME, ID);
        arrivals.expect(OTHER_HOME, OTHER_ID);
        for (var home : List.of(HOME, OTHER_HOME)) {
            arrivals.hold(home, Set.of(OLD, NEW));
            arrivals.reach(home, now);
        }
        end(0);

        assertEquals(Set.of(NEW), arrival().closed());
        assertEquals(Set.of(OLD, NEW), arrivals.find(OTHER_HOME).orElseThrow().closed());
        assertEquals(
                List.of(HOME, OTHER_HOME),
                arrivals.all().stream().map(Arrival::homeAddress).toList());
        assertFalse(arrival().isOver());
    }

    // What happens

    private Arrival arrival() {
        return arrivals.find(HOME).orElseThrow();
    }

    private void pass(long milliseconds) {
        now = now.plus(Duration.ofMillis(milliseconds));
    }

    private void rescue(int... sequences) {
        IntStream.of(sequences).forEach(sequence -> assertEquals(FOLLOWED, receive(rescued(ID, HOME, sequence))));
    }

    private void end(int count) {
        assertEquals(FOLLOWED, receive(new End(ID, count)));
    }

    private void mark() {
        assertEquals(FOLLOWED, markerFor(HOME, ID));
    }

    private Optional<Refusal> markerFor(Ipv4Address home, HandoverId id) {
        return arrivals.mark(home, new Marker(id).encode(ENTERPRISE), ENTERPRISE, now);
    }

    private Optional<Refusal> receive(HandoverMessage message) {
        return arrivals.receive(message.encode(ENTERPRISE), ENTERPRISE, now);
    }

    /** The packet tells its number. */
    private static Rescued rescued(HandoverId id, Ipv4Address home, int sequence) {
        return new Rescued(
                id,
                sequence,
                Octets.ofHex("45000018 00010000 40110000 cb007102 %08x %08x".formatted(home.bits(), sequence)));
    }

    private void assertWanted(String... words) {
        assertEquals(List.of(words), wanted);
        wanted.clear();
    }

    private final class Recorder implements Arrivals.Out {
        @Override
        public void deliver(Ipv4Address homeAddress, Octets packet) {
            assertEquals(HOME, homeAddress);
            wanted.add("deliver " + packet.int32(20));
        }

        @Override
        public void open(Arrival arrival, Room room, Opening why) {
            wanted.add("open " + room + " " + why);
        }

        @Override
        public void arm(Ipv4Address homeAddress, Instant at) {
            armed.add(at);
        }

        @Override
        public void ended(Arrival arrival) {
            wanted.add("ended " + arrival.rescued() + "/" + arrival.count().orElseThrow());
        }
    }
}
