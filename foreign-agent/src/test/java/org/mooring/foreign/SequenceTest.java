package org.mooring.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mooring.foreign.Site.*;
import static org.mooring.protocol.handover.HandoverExtension.DEFAULT_ENTERPRISE_NUMBER;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.protocol.handover.Arrival.Room;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Abort;
import org.mooring.protocol.handover.HandoverExtension.Commit;
import org.mooring.protocol.handover.HandoverExtension.Prepare;
import org.mooring.protocol.handover.HandoverExtension.Previous;
import org.mooring.protocol.handover.HandoverExtension.Staged;
import org.mooring.protocol.handover.HandoverId;
import org.mooring.protocol.handover.HandoverMessage;
import org.mooring.protocol.handover.HandoverMessage.End;
import org.mooring.protocol.handover.HandoverMessage.Marker;
import org.mooring.protocol.handover.HandoverMessage.Rescued;
import org.mooring.protocol.security.Seal;
import org.mooring.protocol.wire.Decoded;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.DeviceId;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationCodec;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.protocol.wire.ReplyCode;

/** Random sequences of what may happen, with a kernel, a store and a home agent that answer late or not at all. */
@DisplayName("However events interleave, kernel, store and visitor list agree in the end")
class SequenceTest {
    private static final int SEQUENCES = 150;
    private static final int STEPS = 200;
    private static final Ipv4Address ELSEWHERE = Ipv4Address.of("198.51.100.3");

    @Test
    void agree() {
        int served = 0;
        int everStaged = 0;
        int everRedirected = 0;
        int everHeld = 0;
        for (long seed = 0; seed < SEQUENCES; seed++) {
            var world = new World(seed);
            for (int step = 0; step < STEPS; step++) {
                world.step();
            }
            world.settle();
            served += world.everServed;
            String message = "seed " + seed;
            assertEquals(world.agent.visitors(), List.copyOf(world.kernel.values()), message);
            assertEquals(world.agent.staged(), List.copyOf(world.staged.values()), message);
            assertEquals(world.redirected(), world.redirects, message);
            assertEquals(List.of(), world.stuck(), message);
            everHeld += world.everHeld;
            everStaged += world.everStaged;
            everRedirected += world.everRedirected;
            assertEquals(world.agent.visitors(), List.copyOf(world.store.values()), message);
            assertTrue(
                    world.agent.visitors().stream().allMatch(visitor -> world.now.isBefore(visitor.expiry())), message);
            assertEquals(List.of(), world.agent.pending(), message);
        }
        assertTrue(served > SEQUENCES, "too few visitors for this to mean anything: " + served);
        assertTrue(everStaged > SEQUENCES / 2, "too few staged visitors: " + everStaged);
        assertTrue(everRedirected > SEQUENCES / 2, "too few redirected visitors: " + everRedirected);
        assertTrue(everHeld > SEQUENCES / 2, "too few packets that waited: " + everHeld);
    }

    private static final class World implements Action.Executor {
        private final Random random;
        private final ForeignAgent agent = new ForeignAgent(POLICY);
        private final Map<Ipv4Address, Visitor> kernel = new TreeMap<>();
        private final Map<Ipv4Address, StagedVisitor> staged = new TreeMap<>();
        private final Map<Ipv4Address, Ipv4Address> redirects = new TreeMap<>();
        private final Map<Ipv4Address, Visitor> store = new TreeMap<>();

        /** Where packets wait. */
        private final Map<Ipv4Address, Set<Room>> held = new TreeMap<>();

        /** The handover that brings each mobile node here, as far as its hook knows. */
        private final Map<Ipv4Address, HandoverId> prepared = new HashMap<>();

        /** The handover that takes each mobile node away. */
        private final Map<Ipv4Address, HandoverId> handovers = new HashMap<>();

        private final Map<Event.Timer, Instant> timers = new HashMap<>();

        /** What the kernel and the store have been told and not answered, each in its order. */
        private final Deque<Runnable> kernelWork = new ArrayDeque<>();

        private final Deque<Runnable> storeWork = new ArrayDeque<>();
        private final List<RegistrationRequest> atHomeAgent = new ArrayList<>();
        private Instant now = NOW;
        private Identification identification = ID;
        private int everServed;
        private int everStaged;
        private int everRedirected;
        private int everHeld;
        private int refusals;
        private long everHandedOver;

        World(long seed) {
            random = new Random(seed);
        }

        void step() {
            now = now.plusMillis(random.nextInt(500));
            fireTimers();
            switch (random.nextInt(9)) {
                case 8 -> message();
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
            } while (!agent.pending().isEmpty()
                    || !kernelWork.isEmpty()
                    || !storeWork.isEmpty()
                    || timers.keySet().stream().anyMatch(timer -> timer.purpose() == Event.Timer.Purpose.ARRIVAL));
        }

        private void request() {
            identification = identification.next();
            var home = home();
            int lifetime = random.nextInt(6) == 0 ? 0 : 5 + random.nextInt(30);
            var request = withExtensions(request0(home, lifetime), extensions(home));
            handle(requestReceived(now, sealed(request)));
        }

        private Extension[] extensions(Ipv4Address home) {
            var id = handovers.getOrDefault(home, new HandoverId(0));
            var device = DeviceId.ethernet(MAC);
            return switch (random.nextInt(8)) {
                case 0, 1 -> {
                    var next = random.nextBoolean() && prepared.containsKey(home)
                            ? prepared.get(home)
                            : new HandoverId(++everHandedOver);
                    prepared.put(home, next);
                    yield new Extension[] {device, says(new Prepare(next, random.nextInt(10)))};
                }
                case 2, 3 -> new Extension[] {device, says(new Commit(id))};
                case 4 -> new Extension[] {device, says(new Abort(id))};
                default -> new Extension[] {device};
            };
        }

        /** To the foreign agent, if it says anything. */
        private Octets word(Ipv4Address home) {
            var id = new HandoverId(++everHandedOver);
            return switch (random.nextInt(5)) {
                case 0, 1 -> word(new Previous(ELSEWHERE));
                case 2, 3 -> {
                    handovers.put(home, id);
                    yield word(new Staged(id, random.nextBoolean() ? ELSEWHERE : home, 60));
                }
                default -> Octets.EMPTY;
            };
        }

        private static Octets word(HandoverExtension extension) {
            return RegistrationCodec.encode(List.of(says(extension)));
        }

        private static Extension says(HandoverExtension extension) {
            return extension.toExtension(DEFAULT_ENTERPRISE_NUMBER);
        }

        private Map<Ipv4Address, Ipv4Address> redirected() {
            var redirected = new TreeMap<Ipv4Address, Ipv4Address>();
            for (var visitor : agent.visitors()) {
                var home = visitor.homeAddress();
                agent.redirected(home).ifPresent(careOfAddress -> redirected.put(home, careOfAddress));
            }
            return redirected;
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
            var forVisitor = Seal.encode(reply(request, code, request.lifetime()), BY_HOME_AGENT);
            var home = request.homeAddress();
            handle(replyReceived(now, FOR_FOREIGN_AGENT.appendTo(forVisitor.concat(word(home)))));
        }

        private void hold(Ipv4Address home, Set<Room> rooms) {
            held.computeIfAbsent(home, none -> EnumSet.noneOf(Room.class)).addAll(rooms);
            for (var room : rooms) {
                if (random.nextBoolean()) {
                    everHeld++;
                    handle(new Event.WaitBegan(now, home, room));
                }
            }
        }

        /** What the old site's hook sends, and a marker. */
        private void message() {
            var home = home();
            var id = prepared.getOrDefault(home, new HandoverId(0));
            int number = random.nextInt(4);
            switch (random.nextInt(4)) {
                case 0 -> handle(new Event.MarkerReceived(now, home, new Marker(id).encode(DEFAULT_ENTERPRISE_NUMBER)));
                case 1 -> receive(new End(id, number));
                default -> receive(new Rescued(id, number, packet(home)));
            }
        }

        private void receive(HandoverMessage message) {
            var datagram = message.encode(DEFAULT_ENTERPRISE_NUMBER);
            handle(new Event.HandoverMessageReceived(now, ELSEWHERE, datagram));
        }

        private static Octets packet(Ipv4Address home) {
            return Octets.ofHex("4500001400010000400100 00 cb007102 %08x".formatted(home.bits()));
        }

        private Ipv4Address home() {
            return Ipv4Address.of("10.1.0." + (50 + random.nextInt(3)));
        }

        /** Where packets wait for somebody who is there, and runs. */
        private List<Ipv4Address> stuck() {
            return held.entrySet().stream()
                    .filter(entry -> !entry.getValue().isEmpty())
                    .map(Map.Entry::getKey)
                    .filter(home -> !staged.containsKey(home))
                    .toList();
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
        public void execute(Action.Advertise action) {
            // No mobile node here looks for an agent.
        }

        @Override
        public void execute(Action.ArmAdvertisement action) {
            // Nor waits for an advertisement.
        }

        @Override
        public void execute(Action.RelayToHomeAgent action) {
            var message = (Decoded.Message) RegistrationCodec.decode(action.message());
            atHomeAgent.add((RegistrationRequest) message.message());
        }

        @Override
        public void execute(Action.SendKeepalive action) {
            // No tunnel of this test is carried in UDP.
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
                    refusals++;
                    handle(new Event.VisitorNotInstalled(now, action.visitor(), "refused"));
                } else {
                    everServed++;
                    kernel.put(action.visitor().homeAddress(), action.visitor());
                    redirects.remove(action.visitor().homeAddress());
                    handle(new Event.VisitorInstalled(now, action.visitor()));
                }
            });
        }

        @Override
        public void execute(Action.RemoveVisitor action) {
            kernelWork.add(() -> {
                kernel.remove(action.homeAddress());
                staged.remove(action.homeAddress());
                held.remove(action.homeAddress());
                redirects.remove(action.homeAddress());
                handle(new Event.VisitorRemoved(now, action.homeAddress()));
            });
        }

        @Override
        public void execute(Action.StageVisitor action) {
            boolean refused = random.nextInt(6) == 0;
            kernelWork.add(() -> {
                if (refused) {
                    refusals++;
                    handle(new Event.VisitorNotStaged(now, action.staged(), "refused"));
                } else {
                    everStaged++;
                    var home = action.staged().visitor().homeAddress();
                    staged.put(home, action.staged());
                    hold(home, action.closed());
                    handle(new Event.VisitorStaged(now, action.staged()));
                }
            });
        }

        @Override
        public void execute(Action.UnstageVisitor action) {
            kernelWork.add(() -> {
                staged.remove(action.homeAddress());
                if (!kernel.containsKey(action.homeAddress())) {
                    held.remove(action.homeAddress());
                }
                handle(new Event.VisitorUnstaged(now, action.homeAddress()));
            });
        }

        @Override
        public void execute(Action.RedirectVisitor action) {
            boolean refused = random.nextInt(6) == 0;
            var home = action.homeAddress();
            kernelWork.add(() -> {
                assertTrue(kernel.containsKey(home), "only an installed visitor can be redirected");
                if (refused) {
                    handle(new Event.VisitorNotRedirected(now, home, action.id(), "refused"));
                } else {
                    everRedirected++;
                    redirects.put(home, action.careOfAddress());
                    handle(new Event.VisitorRedirected(now, home, action.id()));
                }
            });
        }

        @Override
        public void execute(Action.CountRedirected action) {
            Optional<Long> packets = random.nextInt(6) == 0 ? Optional.empty() : Optional.of(random.nextLong(1000));
            kernelWork.add(() -> handle(new Event.RedirectedCounted(now, action.homeAddress(), action.id(), packets)));
        }

        @Override
        public void execute(Action.RecallVisitor action) {
            boolean refused = random.nextInt(6) == 0;
            kernelWork.add(() -> {
                if (refused) {
                    handle(new Event.VisitorNotRecalled(now, action.homeAddress(), "refused"));
                } else {
                    redirects.remove(action.homeAddress());
                    handle(new Event.VisitorRecalled(now, action.homeAddress()));
                }
            });
        }

        @Override
        public void execute(Action.DeliverPacket action) {
            int refusedBefore = refusals;
            kernelWork.add(() -> assertTrue(
                    kernel.containsKey(action.homeAddress())
                            || staged.containsKey(action.homeAddress())
                            || refusals > refusedBefore,
                    "packets are delivered to visitors only, and to those that the agent takes for one"));
        }

        @Override
        public void execute(Action.OpenRoom action) {
            kernelWork.add(() -> {
                held.getOrDefault(action.homeAddress(), EnumSet.noneOf(Room.class))
                        .remove(action.room());
                handle(new Event.RoomOpened(now, action, 0));
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
        public void execute(Action.InstallNamesake action) {
            throw new AssertionError(action);
        }

        @Override
        public void execute(Action.RemoveNamesake action) {
            throw new AssertionError(action);
        }

        @Override
        public void execute(Action.StoreNamesake action) {
            throw new AssertionError(action);
        }

        @Override
        public void execute(Action.ForgetNamesake action) {
            throw new AssertionError(action);
        }

        @Override
        public void execute(Action.StoreCoLocated action) {
            throw new AssertionError(action);
        }

        @Override
        public void execute(Action.ForgetCoLocated action) {
            throw new AssertionError(action);
        }

        @Override
        public void execute(Action.SendRevocationMessage action) {
            throw new AssertionError(action);
        }

        @Override
        public void execute(Action.StoreRevocation action) {
            throw new AssertionError(action);
        }

        @Override
        public void execute(Action.ForgetRevocation action) {
            throw new AssertionError(action);
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
