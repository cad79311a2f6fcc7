package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mooring.hook.daemon.ScriptedAgents.Heard;
import org.mooring.protocol.handover.HandoverExtension;
import org.mooring.protocol.handover.HandoverExtension.Arm;
import org.mooring.protocol.security.Algorithm;
import org.mooring.protocol.security.Key;
import org.mooring.protocol.security.NonceGuard;
import org.mooring.protocol.security.ReplayProtection;
import org.mooring.protocol.security.SecurityAssociation;
import org.mooring.protocol.security.Verified;
import org.mooring.protocol.security.Verifier;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AgentAdvertisement;
import org.mooring.protocol.wire.AgentAdvertisement.Router;
import org.mooring.protocol.wire.Extension;
import org.mooring.protocol.wire.Extension.Authentication.Kind;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.protocol.wire.RegistrationRequest;
import org.mooring.runtime.control.ControlClient;

/**
 * The program with agents that aren't ours: they know RFC 3344 and no vendor's extensions. What those make of an extension of type 38, which is
 * in 0 to 127, is what §1.8 says: they drop the message.
 */
@Tag("netns")
@DisplayName("guest-hook, with agents of others")
class ThirdPartyAgentsTest {
    private static final String KEY = "00112233445566778899aabbccddeeff";
    private static final String ASSOCIATION_TABLE = "[guest.association]";

    @TempDir
    private static Path directory;

    private static int tests;
    private static KvmHost kvmHost;
    private static ScriptedAgents agents;

    /** Serves all tests, one after the other: a start takes more of the processor than most of them. */
    private static HookProcess hook;

    /** Of the guest and its agents the program knows nothing before: each test has its own. */
    private final int number = tests++;

    private final String guest = "web" + number;
    private final String agent = "10.2.0." + (20 + number);
    private final Ipv4Address homeAgent = Ipv4Address.of("10.1.0." + (100 + number));

    @BeforeAll
    static void raise() throws Exception {
        kvmHost = KvmHost.create();
        agents = ScriptedAgents.on(kvmHost, "10.2.0.1");
        Files.createDirectory(directory.resolve("guests"));
        hook = HookProcess.start(
                kvmHost.host,
                "run",
                "--config",
                write(DiscoveryProgramTest.DISCOVERING).toString());
        hook.awaitLine("ready");
        agents.solicitation();
    }

    @AfterAll
    static void tearDown() {
        hook.close();
        kvmHost.close();
    }

    /** The guest isn't here any more, and no agent is. */
    @AfterEach
    void leave() throws Exception {
        agents.answer(request -> {});
        tell("gone");
        advertise(0, 0);
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Algorithm.class)
    @DisplayName("§5.1: registered with each algorithm, by an agent that is heard")
    void registersWithEachAlgorithm(Algorithm algorithm) throws Exception {
        SecurityAssociation association =
                association(algorithm, new ReplayProtection.Timestamps(Duration.ofSeconds(7)));
        agents.answer(request -> answerPlainly(request, association));
        configure(discovering(algorithm, "timestamps"));
        advertise(600);
        hook.awaitLine("foreign agent heard");
        tell("running");
        hook.awaitLine("registration accepted guest=" + guest);
        Heard heard = agents.request();
        assertEquals(
                new Verified.By(association),
                Verifier.verify(heard.received(), Kind.MOBILE_HOME, List.of(association)));
        assertEquals(300, heard.request().lifetime());
        assertTrue(
                heard.request().extensions().stream().noneMatch(ThirdPartyAgentsTest::isBelow128),
                "nothing that they would have to know: " + heard.request());
    }

    @Test
    @DisplayName("§5.7.2: with nonces, keyed MD5, a short lifetime that is advertised, and renewals")
    void registersAndRenewsWithNonces() throws Exception {
        SecurityAssociation association = association(Algorithm.MD5_PREFIX_SUFFIX, new ReplayProtection.Nonces());
        int[] random = {1};
        NonceGuard guard = new NonceGuard(() -> random[0] += 0x1234_5677);
        agents.answer(request -> {
            Identification id = request.request().identification();
            boolean fresh = guard.isFresh(id, Instant.now());
            agents.reply(
                    request,
                    fresh ? 0 : 133,
                    request.request().lifetime(),
                    fresh ? guard.accepted(id) : guard.denied(id, Instant.now()),
                    association);
        });
        configure(discovering(Algorithm.MD5_PREFIX_SUFFIX, "nonces"));
        advertise(4);
        hook.awaitLine("foreign agent heard");
        tell("running");
        hook.awaitLine("registration accepted guest=" + guest + " home=10.1.0.50 care-of=198.51.100.2 lifetime=4s");
        Identification denied = agents.request().request().identification();
        Identification accepted = agents.request().request().identification();
        Identification renewed = agents.request().request().identification();
        assertFalse(denied.high() == accepted.high() || accepted.high() == renewed.high());
        // The answer to the renewal may still be under way, and to the next one, too.
        Instant deadline = Instant.now().plusSeconds(60);
        while (!guest().path("registration").asText().equals("accepted")) {
            assertTrue(Instant.now().isBefore(deadline), "never accepted again");
        }
    }

    @Test
    @DisplayName(
            "§1.8: who doesn't know a handover's extensions says nothing, and the guest is registered when it runs")
    void whoIsSilentAboutHandoversRegistersTheGuestAllTheSame() throws Exception {
        SecurityAssociation association =
                association(Algorithm.HMAC_MD5, new ReplayProtection.Timestamps(Duration.ofSeconds(7)));
        agents.answer(request -> answerPlainly(request, association));
        configure(discovering(Algorithm.HMAC_MD5, "timestamps"));
        advertise(600);
        hook.awaitLine("foreign agent heard");
        JsonNode prepared = tell("arriving");
        assertEquals("plain", prepared.path("prepared").asText());
        assertEquals(
                "no answer from foreign-agent " + agent, prepared.path("why").asText());
        tell("running");
        hook.awaitLine("registration accepted guest=" + guest);
        tell("leaving");
        hook.awaitLine("armed guest=" + guest + " handover=none");
        tell("stopped");
        hook.awaitLine("guest stopped by its migration guest=" + guest);
        tell("left");
        hook.awaitLine("guest left guest=" + guest);
        assertEquals("none", guest().path("registration").asText());
    }

    @ParameterizedTest(name = "code {0}")
    @ValueSource(ints = {100, 140, 141})
    @DisplayName(
            "RFC 3115 §2.4: who knows of such extensions denies this one, and the guest is registered when it runs")
    void whoDeniesHandoversRegistersTheGuestAllTheSame(int code) throws Exception {
        SecurityAssociation association =
                association(Algorithm.HMAC_MD5, new ReplayProtection.Timestamps(Duration.ofSeconds(7)));
        agents.answer(request -> {
            boolean critical = request.request().extensions().stream().anyMatch(ThirdPartyAgentsTest::isBelow128);
            agents.reply(request, critical ? code : 0, request.request().lifetime(), association);
        });
        configure(discovering(Algorithm.HMAC_MD5, "timestamps"));
        advertise(600);
        hook.awaitLine("foreign agent heard");
        JsonNode prepared = tell("arriving");
        assertEquals("plain", prepared.path("prepared").asText());
        assertTrue(prepared.path("why").asText().contains("code " + code), prepared::toString);
        tell("running");
        hook.awaitLine("registration accepted guest=" + guest);
    }

    @Test
    @DisplayName(
            "§3.6.3: requests that nobody answers are a second apart, then two; what a handover repeats sooner is none")
    void requestsAreASecondApart() throws Exception {
        SecurityAssociation association =
                association(Algorithm.HMAC_MD5, new ReplayProtection.Timestamps(Duration.ofSeconds(7)));
        configure(discovering(Algorithm.HMAC_MD5, "timestamps"));
        advertise(600);
        hook.awaitLine("foreign agent heard");
        tell("arriving");
        assertApart(request -> true, 1);
        tell("running");
        agents.request(); // Which is dated ahead.
        assertApart(request -> true, 2);
        agents.accept(association);
        hook.awaitLine("registration accepted guest=" + guest);
        agents.answer(request -> {});
        tell("leaving");
        agents.request(
                ThirdPartyAgentsTest::isArm); // Which is dated after the last registration, that was dated ahead.
        assertApart(ThirdPartyAgentsTest::isArm, 2);
    }

    private static boolean isArm(RegistrationRequest request) {
        return HandoverExtension.first(Arm.class, request.extensions(), HandoverExtension.DEFAULT_ENTERPRISE_NUMBER)
                .isPresent();
    }

    /** Of the next requests that satisfy {@code condition}: by when they say that they were made. */
    private void assertApart(Predicate<RegistrationRequest> condition, int... seconds) throws Exception {
        Instant before = made(agents.request(condition));
        for (int least : seconds) {
            Instant next = made(agents.request(condition));
            Duration apart = Duration.between(before, next);
            assertTrue(apart.compareTo(Duration.ofSeconds(least).minusMillis(1)) >= 0, apart::toString);
            before = next;
        }
    }

    private static Instant made(Heard request) {
        return request.request().identification().toInstant(Instant.now());
    }

    @Test
    @DisplayName("M18: a home agent that isn't configured is found by the broadcast that the foreign agent relays")
    void findsItsHomeAgent() throws Exception {
        SecurityAssociation association =
                association(Algorithm.HMAC_MD5, new ReplayProtection.Timestamps(Duration.ofSeconds(7)));
        agents.answer(request -> {
            boolean mine = request.request().homeAgent().equals(homeAgent);
            agents.replyAs(homeAgent, request, mine ? 0 : 136, request.request().lifetime(), association);
        });
        configure(discovering(Algorithm.HMAC_MD5, "timestamps").replaceFirst("(?m)^home-agent = .*\\n", ""));
        advertise(600);
        hook.awaitLine("foreign agent heard");
        tell("running");
        hook.awaitLine("home agent tells its address guest=" + guest + " home-agent=" + homeAgent);
        hook.awaitLine("registration accepted guest=" + guest);
        assertEquals(Ipv4Address.of("10.1.0.255"), agents.request().request().homeAgent());
        assertEquals(homeAgent, agents.request().request().homeAgent());
        assertEquals(
                homeAgent.toString(),
                control().get("/guests/" + guest).path("home-agent").asText());
    }

    /** Types of 0 to 127 that aren't RFC 3344's own authentication extensions. */
    private static boolean isBelow128(Extension extension) {
        return extension.type() < 128 && !(extension instanceof Extension.Authentication);
    }

    /** §1.8: drops what has an extension below 128 that RFC 3344 doesn't have. */
    private void answerPlainly(Heard request, SecurityAssociation association) throws Exception {
        if (request.request().extensions().stream().noneMatch(ThirdPartyAgentsTest::isBelow128)) {
            agents.reply(request, 0, request.request().lifetime(), association);
        }
    }

    private void advertise(int registrationLifetime) throws Exception {
        advertise(1800, registrationLifetime);
    }

    private void advertise(int lifetime, int registrationLifetime) throws Exception {
        agents.advertise(
                agent,
                AgentAdvertisement.of(
                        0,
                        lifetime,
                        List.of(new Router(Ipv4Address.of(agent), 0)),
                        List.of(new MobilityAgent(
                                3,
                                registrationLifetime,
                                MobilityAgent.FOREIGN_AGENT | MobilityAgent.REVERSE_TUNNELING,
                                List.of(Ipv4Address.of("198.51.100.2"))))));
    }

    private static String discovering(Algorithm algorithm, String replayProtection) {
        return DiscoveryProgramTest.DISCOVERING.replace(
                ASSOCIATION_TABLE,
                ASSOCIATION_TABLE + "\nalgorithm = \""
                        + algorithm.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-')
                        + "\"\nreplay-protection = \"" + replayProtection + "\"");
    }

    private static SecurityAssociation association(Algorithm algorithm, ReplayProtection replayProtection) {
        return new SecurityAssociation(256, new Key(Octets.ofHex(KEY)), algorithm, replayProtection);
    }

    private JsonNode tell(String phase) throws Exception {
        return control().post("/guests/" + guest + "/events", Map.of("phase", phase, "tap", "tap0"));
    }

    private JsonNode guest() throws Exception {
        return control().get("/guests/" + guest).path("guest");
    }

    /** The program knows the guest, and no other one, from now on. */
    private void configure(String config) throws Exception {
        write(config.replace("\"web\"", "\"" + guest + "\"")
                .replace("home-agent = \"10.1.0.1\"", "home-agent = \"" + homeAgent + "\""));
        agents.add(agent, ScriptedAgents.MAC);
        hook.forget();
        hook.signal("HUP");
        hook.awaitLine("configuration re-read");
        agents.forget();
    }

    private static Path write(String config) throws Exception {
        return SecretFile.write(directory.resolve("guest-hook.toml"), config);
    }

    private ControlClient control() {
        return new ControlClient("guest-hook", directory.resolve("hook.sock"), Duration.ofSeconds(30));
    }
}
