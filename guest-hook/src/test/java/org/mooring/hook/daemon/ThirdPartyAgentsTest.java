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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
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
    private static final String AGENT = "10.2.0.2";
    private static final Ipv4Address HOME_AGENT = Ipv4Address.of("10.1.0.1");
    private static final String ASSOCIATION_TABLE = "[guest.association]";

    @TempDir
    Path directory;

    private final Opened opened = new Opened();
    private KvmHost kvmHost;
    private ScriptedAgents agents;

    @BeforeEach
    void raise() throws Exception {
        kvmHost = KvmHost.create();
        agents = ScriptedAgents.on(kvmHost, "10.2.0.1", AGENT);
        Files.createDirectory(directory.resolve("guests"));
    }

    @AfterEach
    void tearDown() {
        opened.close();
        kvmHost.close();
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Algorithm.class)
    @DisplayName("§5.1: registered with each algorithm, by an agent that is heard")
    void registersWithEachAlgorithm(Algorithm algorithm) throws Exception {
        SecurityAssociation association =
                association(algorithm, new ReplayProtection.Timestamps(Duration.ofSeconds(7)));
        agents.answer(request -> answerPlainly(request, association));
        HookProcess hook = hook(discovering(algorithm, "timestamps"));
        advertise(600);
        hook.awaitLine("foreign agent heard");
        tell("running");
        hook.awaitLine("registration accepted guest=web");
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
        HookProcess hook = hook(discovering(Algorithm.MD5_PREFIX_SUFFIX, "nonces"));
        advertise(4);
        hook.awaitLine("foreign agent heard");
        tell("running");
        hook.awaitLine("registration accepted guest=web home=10.1.0.50 care-of=198.51.100.2 lifetime=4s");
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
        HookProcess hook = hook(discovering(Algorithm.HMAC_MD5, "timestamps"));
        advertise(600);
        hook.awaitLine("foreign agent heard");
        JsonNode prepared = tell("arriving");
        assertEquals("plain", prepared.path("prepared").asText());
        assertEquals(
                "no answer from foreign-agent 10.2.0.2", prepared.path("why").asText());
        tell("running");
        hook.awaitLine("registration accepted guest=web");
        tell("leaving");
        hook.awaitLine("armed guest=web handover=none");
        tell("stopped");
        hook.awaitLine("guest stopped by its migration guest=web");
        tell("left");
        hook.awaitLine("guest left guest=web");
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
        HookProcess hook = hook(discovering(Algorithm.HMAC_MD5, "timestamps"));
        advertise(600);
        hook.awaitLine("foreign agent heard");
        JsonNode prepared = tell("arriving");
        assertEquals("plain", prepared.path("prepared").asText());
        assertTrue(prepared.path("why").asText().contains("code " + code), prepared::toString);
        tell("running");
        hook.awaitLine("registration accepted guest=web");
    }

    @Test
    @DisplayName(
            "§3.6.3: requests that nobody answers are a second apart, then two; what a handover repeats sooner is none")
    void requestsAreASecondApart() throws Exception {
        SecurityAssociation association =
                association(Algorithm.HMAC_MD5, new ReplayProtection.Timestamps(Duration.ofSeconds(7)));
        HookProcess hook = hook(discovering(Algorithm.HMAC_MD5, "timestamps"));
        advertise(600);
        hook.awaitLine("foreign agent heard");
        tell("arriving");
        assertApart(request -> true, 1);
        tell("running");
        agents.request(); // Which is dated ahead.
        assertApart(request -> true, 2);
        agents.accept(association);
        hook.awaitLine("registration accepted guest=web");
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
            boolean mine = request.request().homeAgent().equals(HOME_AGENT);
            agents.replyAs(
                    HOME_AGENT, request, mine ? 0 : 136, request.request().lifetime(), association);
        });
        HookProcess hook =
                hook(discovering(Algorithm.HMAC_MD5, "timestamps").replaceFirst("(?m)^home-agent = .*\\n", ""));
        advertise(600);
        hook.awaitLine("foreign agent heard");
        tell("running");
        hook.awaitLine("home agent tells its address guest=web home-agent=10.1.0.1");
        hook.awaitLine("registration accepted guest=web");
        assertEquals(Ipv4Address.of("10.1.0.255"), agents.request().request().homeAgent());
        assertEquals(HOME_AGENT, agents.request().request().homeAgent());
        assertEquals("10.1.0.1", control().get("/guests/web").path("home-agent").asText());
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
        agents.solicitation();
        agents.advertise(
                AGENT,
                AgentAdvertisement.of(
                        0,
                        1800,
                        List.of(new Router(Ipv4Address.of(AGENT), 0)),
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
        return control().post("/guests/web/events", Map.of("phase", phase, "tap", "tap0"));
    }

    private JsonNode guest() throws Exception {
        return control().get("/guests/web").path("guest");
    }

    private HookProcess hook(String config) throws Exception {
        HookProcess hook = opened.add(HookProcess.start(
                kvmHost.host,
                "run",
                "--config",
                SecretFile.write(directory.resolve("guest-hook.toml"), config).toString()));
        hook.awaitLine("ready");
        return hook;
    }

    private ControlClient control() {
        return new ControlClient("guest-hook", directory.resolve("hook.sock"), Duration.ofSeconds(30));
    }
}
