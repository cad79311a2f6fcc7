package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Site.*;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/** Random sequences of what may happen, with a kernel, a store and a home agent that answer late or not at all. */
@DisplayName("However events interleave, kernel, store and visitor list agree in the end")
class SequenceTest {
    private static final int SEQUENCES = 100;
    private static final int STEPS = 200;

    @Test
    void agree() {
        int served = 0;
        for (long seed = 0; seed < SEQUENCES; seed++) {
            var world = new World(seed);
            for (int step = 0; step < STEPS; step++) {
                world.step();
            }
            world.settle();
            served += world.everServed;
            String message = "seed " + seed;
            assertEquals(world.agent.visitors(), List.copyOf(world.kernel.values()), message);
            assertEquals(world.agent.visitors(), List.copyOf(world.store.values()), message);
            assertTrue(
                    world.agent.visitors().stream().allMatch(visitor -> world.now.isBefore(visitor.expiry())), message);
            assertEquals(List.of(), world.agent.pending(), message);
        }
        assertTrue(served > SEQUENCES, "too few visitors for this to mean anything: " + served);
    }

    private static final class World implements Action.Executor {
        private final Random random;
        private final ForeignAgent agent = new ForeignAgent(POLICY);
        private final Map<Ipv4Address, Visitor> kernel = new TreeMap<>();
        private final Map<Ipv4Address, Visitor> store = new TreeMap<>();
        private final Map<Event.Timer, Instant> timers = new HashMap<>();

        /** What the kernel and the store have been told and not answered, each in its order. */
        private final Deque<Runnable> kernelWork = new ArrayDeque<>();

        private final Deque<Runnable> storeWork = new ArrayDeque<>();
        private final List<RegistrationRequest> atHomeAgent = new ArrayList<>();
        private Instant now = NOW;
        private Identification identification = ID;
        private int everServed;

        World(long seed) {
            random = new Random(seed);
        }

        void step() {
            now = now.plusMillis(random.nextInt(500));
            fireTimers();
            switch (random.nextInt(8)) {
                case 0, 1 -> request();
                case 2, 3 -> answer();
                case 4, 5 -> runOne(kernelWork);
                case 6 -> runOne(storeWork);
                default -> now = now.plusSeconds(random.nextInt(5));
            }
        }

        void settle() {
            do {
                runAll(kernelWork);
                runAll(storeWork);
                now = now.plusSeconds(2);
                fireTimers();
            } while (!agent.pending().isEmpty() || !kernelWork.isEmpty() || !storeWork.isEmpty());
        }

        private void request() {
            identification = identification.next();
            var home = Ipv4Address.of("10.1.0." + (50 + random.nextInt(3)));
            int lifetime = random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(20);
            var request = request0(home, lifetime);
            handle(requestReceived(now, sealed(request)));
        }

        private RegistrationRequest request0(Ipv4Address home, int lifetime) {
            var request = Site.request(home, lifetime, identification);
            return lifetime == 0 && random.nextBoolean() ? withCareOfAddress(request, home) : request;
        }

        /** The home agent answers any request, in any order, or never. */
        private void answer() {
            if (atHomeAgent.isEmpty()) {
                return;
            }
            var request = atHomeAgent.remove(random.nextInt(atHomeAgent.size()));
            var code = random.nextInt(5) == 0 ? ReplyCode.HA_IDENTIFICATION_MISMATCH : ReplyCode.ACCEPTED;
            handle(replyReceived(now, sealed(reply(request, code, request.lifetime()))));
        }

        private void fireTimers() {
            for (var timer : List.copyOf(timers.keySet())) {
                var due = timers.get(timer);
                if (due != null && !due.isAfter(now)) {
                    timers.remove(timer);
                    handle(new Event.TimerFired(now, timer));
                }
            }
        }

        private void runAll(Deque<Runnable> work) {
            while (!work.isEmpty()) {
                runOne(work);
            }
        }

        private void runOne(Deque<Runnable> work) {
            if (!work.isEmpty()) {
                work.removeFirst().run();
            }
        }

        private void handle(Event event) {
            agent.handle(event).forEach(action -> action.on(this));
        }

        @Override
        public void execute(Action.RelayToHomeAgent action) {
            var message = (Decoded.Message) RegistrationCodec.decode(action.message());
            atHomeAgent.add((RegistrationRequest) message.message());
        }

        @Override
        public void execute(Action.SendToVisitor action) {
            // Whether it arrives changes nothing here.
        }

        @Override
        public void execute(Action.InstallVisitor action) {
            boolean refused = random.nextInt(6) == 0;
            kernelWork.add(() -> {
                if (refused) {
                    handle(new Event.VisitorNotInstalled(now, action.visitor(), "refused"));
                } else {
                    everServed++;
                    kernel.put(action.visitor().homeAddress(), action.visitor());
                    handle(new Event.VisitorInstalled(now, action.visitor()));
                }
            });
        }

        @Override
        public void execute(Action.RemoveVisitor action) {
            kernelWork.add(() -> {
                kernel.remove(action.homeAddress());
                handle(new Event.VisitorRemoved(now, action.homeAddress()));
            });
        }

        @Override
        public void execute(Action.StoreVisitor action) {
            storeWork.add(() -> {
                store.put(action.visitor().homeAddress(), action.visitor());
                handle(new Event.VisitorStored(now, action.visitor()));
            });
        }

        @Override
        public void execute(Action.ForgetVisitor action) {
            storeWork.add(() -> store.remove(action.homeAddress()));
        }

        @Override
        public void execute(Action.ArmTimer action) {
            timers.put(action.timer(), action.at());
        }

        @Override
        public void execute(Action.Report action) {
            // Facts change nothing.
        }
    }
}
