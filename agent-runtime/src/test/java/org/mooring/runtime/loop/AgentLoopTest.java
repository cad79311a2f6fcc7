package org.mooring.runtime.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mooring.runtime.RecordingSupervisor;

@Timeout(120)
@DisplayName("The agent's loop")
class AgentLoopTest {
    /** A clock that is set by hand, as an operator may do. */
    private static final class SetClock extends Clock {
        private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }

        /** Only one thread at a time does. */
        void advance(Duration by) {
            Instant later = now.plus(by);
            now = later;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private final RecordingSupervisor supervisor = new RecordingSupervisor();
    private final SetClock clock = new SetClock();
    private final AgentLoop<String, String> loop = new AgentLoop<>("test-agent", clock, supervisor);
    private final BlockingQueue<String> done = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        loop.close();
    }

    /** A core that wants each event done twice. */
    private void start() {
        loop.start(event -> List.of(event + ".1", event + ".2"), done::add);
    }

    @Test
    void runsTheActionsOfEachEventInOrder() throws Exception {
        start();
        loop.post("a");
        loop.post("b");
        assertEquals(List.of("a.1", "a.2", "b.1", "b.2"), take(4));
    }

    @Test
    void keepsWhatWasPostedBeforeItHadItsAgent() throws Exception {
        loop.post("early");
        start();
        loop.post("late");
        assertEquals(List.of("early.1", "early.2", "late.1", "late.2"), take(4));
    }

    @Test
    void handlesAnEventThatAnActionPostsAfterTheOthersOfItsEvent() throws Exception {
        loop.start(event -> event.equals("a") ? List.of("post", "second") : List.of(event), action -> {
            if (action.equals("post")) {
                loop.post("posted");
            }
            done.add(action);
        });
        loop.post("a");
        assertEquals(List.of("post", "second", "posted"), take(3));
    }

    @Test
    void ownsOneThread() throws Exception {
        BlockingQueue<Thread> threads = new LinkedBlockingQueue<>();
        loop.start(
                event -> {
                    threads.add(Thread.currentThread());
                    return List.of(event);
                },
                action -> threads.add(Thread.currentThread()));
        loop.post("a");
        loop.execute(() -> threads.add(Thread.currentThread()));
        Thread first = threads.take();
        assertTrue(first.getName().startsWith("test-agent"), first.getName());
        assertSame(first, threads.take());
        assertSame(first, threads.take());
    }

    @Test
    void firesATimerOnceTheClockSaysSo() throws Exception {
        start();
        loop.execute(() -> {
            loop.arm("renewal", clock.instant().plus(Duration.ofMillis(20)), now -> "timer");
            clock.advance(Duration.ofMillis(20));
        });
        assertEquals(List.of("timer.1", "timer.2"), take(2));
    }

    @Test
    void noticesThatTheClockWasSetForward() throws Exception {
        start();
        loop.execute(() -> loop.arm("expiry", clock.instant().plus(Duration.ofHours(1)), Instant::toString));
        loop.post("before");
        assertEquals(List.of("before.1", "before.2"), take(2));
        clock.advance(Duration.ofHours(2));
        assertEquals(List.of("2026-01-01T02:00:00Z.1", "2026-01-01T02:00:00Z.2"), take(2));
    }

    @Test
    void firesNoTimerEarlyWhenTheClockWasSetBack() throws Exception {
        start();
        loop.execute(() -> {
            loop.arm("expiry", clock.instant().plus(Duration.ofMillis(50)), now -> "expired");
            clock.advance(Duration.ofHours(-1));
        });
        // A later timer by the clock as it is now, whose firing shows that the loop had looked.
        loop.execute(() -> {
            loop.arm("probe", clock.instant().plus(Duration.ofMillis(100)), now -> "probe");
            clock.advance(Duration.ofMillis(100));
        });
        assertEquals(List.of("probe.1", "probe.2"), take(2));
        clock.advance(Duration.ofHours(1));
        assertEquals(List.of("expired.1", "expired.2"), take(2));
    }

    @Test
    void endsTheProgramAtABugAndHandlesNothingMore() throws Exception {
        List<String> handled = new ArrayList<>();
        loop.start(
                event -> {
                    handled.add(event);
                    throw new IllegalStateException("a bug");
                },
                done::add);
        loop.post("a");
        loop.post("b");
        RecordingSupervisor.Crash crash = supervisor.firstCrash().get();
        assertEquals("handling a", crash.doing());
        assertEquals("a bug", crash.cause().getMessage());
        CompletableFuture<List<String>> later = new CompletableFuture<>();
        loop.execute(() -> later.complete(handled));
        assertEquals(List.of("a"), later.get());
    }

    @Test
    void endsTheProgramAtABugInAnAction() throws Exception {
        loop.start(List::of, action -> {
            throw new AssertionError(action);
        });
        loop.post("a");
        assertEquals("handling a", supervisor.firstCrash().get().doing());
    }

    @Test
    void takesWhatItsWorkersFindAsEvents() throws Exception {
        start();
        try (Worker<String> kernel = loop.worker("kernel")) {
            for (int i = 0; i < 100; i++) {
                int number = i;
                kernel.submit(() -> Thread.currentThread().getName() + number);
            }
        }
        List<String> expected = IntStream.range(0, 100)
                .boxed()
                .flatMap(i -> List.of("kernel" + i + ".1", "kernel" + i + ".2").stream())
                .toList();
        assertEquals(expected, take(200));
    }

    @Test
    void endsTheProgramAtABugOfAWorker() throws Exception {
        try (Worker<String> kernel = loop.worker("kernel")) {
            kernel.submit(() -> {
                throw new IllegalStateException("a bug");
            });
            assertEquals(
                    "working on the kernel thread",
                    supervisor.firstCrash().get().doing());
        }
    }

    @Test
    void dropsWhatComesAfterItsEnd() {
        start();
        loop.close();
        loop.post("late");
        assertTrue(done.isEmpty());
    }

    private List<String> take(int count) throws InterruptedException {
        List<String> taken = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            taken.add(done.take());
        }
        return taken;
    }
}
