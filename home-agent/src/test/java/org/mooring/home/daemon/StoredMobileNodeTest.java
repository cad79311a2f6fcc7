package org.mooring.home.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mooring.datapath.Encapsulation;
import org.mooring.home.BindingList;
import org.mooring.home.Endpoint;
import org.mooring.home.MobileNodeRecord;
import org.mooring.home.MobilityBinding;
import org.mooring.home.Peer;
import org.mooring.protocol.revocation.RevocationTerms;
import org.mooring.protocol.wire.Identification;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.RegistrationRequest.Flags;
import org.mooring.runtime.json.Json;

class StoredMobileNodeTest {
    private static final Ipv4Address HOME_ADDRESS = Ipv4Address.of("10.1.0.50");

    private static final MobileNodeRecord AWAY = new MobileNodeRecord(
            HOME_ADDRESS,
            7,
            BindingList.of(binding("198.51.100.2", 7)),
            Map.of(0x100, new Identification(-1), 0x8000_0100, new Identification(0xe8b4_1f00_1234_abcdL)));

    /** What is in a store now must be readable by every later release. */
    private static final String AWAY_JSON = "{\"home-address\":\"10.1.0.50\",\"generation\":7,\"binding\":{"
            + "\"care-of-address\":\"198.51.100.2\",\"port\":0,\"encapsulation\":\"ipip\",\"flags\":2,\"lifetime\":600,"
            + "\"granted-at\":\"2026-03-01T12:00:00.123456789Z\",\"identification\":\"e8b41f001234abcd\","
            + "\"spi\":2147483904,\"from-address\":\"198.51.100.2\",\"from-port\":434,\"generation\":7},"
            + "\"newest\":{\"2147483904\":\"e8b41f001234abcd\",\"256\":\"ffffffffffffffff\"}}";

    private static final MobileNodeRecord BOTH_AWAY = new MobileNodeRecord(
            HOME_ADDRESS, 9, BindingList.of(binding("203.0.113.77", 9), binding("198.51.100.2", 7)), Map.of());

    private static final String BOTH_AWAY_JSON = "{\"home-address\":\"10.1.0.50\",\"generation\":9,\"binding\":{"
            + "\"care-of-address\":\"198.51.100.2\",\"port\":0,\"encapsulation\":\"ipip\",\"flags\":2,\"lifetime\":600,"
            + "\"granted-at\":\"2026-03-01T12:00:00.123456789Z\",\"identification\":\"e8b41f001234abcd\","
            + "\"spi\":2147483904,\"from-address\":\"198.51.100.2\",\"from-port\":434,\"generation\":7},\"others\":[{"
            + "\"care-of-address\":\"203.0.113.77\",\"port\":0,\"encapsulation\":\"ipip\",\"flags\":2,\"lifetime\":600,"
            + "\"granted-at\":\"2026-03-01T12:00:00.123456789Z\",\"identification\":\"e8b41f001234abcd\","
            + "\"spi\":2147483904,\"from-address\":\"203.0.113.77\",\"from-port\":434,\"generation\":9}],\"newest\":{}}";

    private static final MobileNodeRecord HOME = new MobileNodeRecord(HOME_ADDRESS, 8, BindingList.NONE, Map.of());
    private static final String HOME_JSON =
            "{\"home-address\":\"10.1.0.50\",\"generation\":8,\"binding\":null,\"newest\":{}}";

    private static final MobileNodeRecord BEHIND_NAT = new MobileNodeRecord(
            HOME_ADDRESS,
            9,
            BindingList.of(new MobilityBinding(
                    HOME_ADDRESS,
                    Ipv4Address.of("192.168.7.20"),
                    new Peer(Ipv4Address.of("203.0.113.9"), 61434, Encapsulation.UDP),
                    Flags.REVERSE_TUNNELING,
                    60,
                    Instant.parse("2026-03-01T12:00:00Z"),
                    new Identification(1),
                    0x100,
                    new Endpoint(Ipv4Address.of("203.0.113.9"), 61434),
                    9)),
            Map.of());

    @Test
    void keepsThatSeveralHostsSpeakForIt() throws Exception {
        var handedOver = new MobileNodeRecord(HOME_ADDRESS, 8, BindingList.NONE, List.of(), Map.of(), true);
        var json = Json.MAPPER.writeValueAsString(StoredMobileNode.of(handedOver));
        assertEquals(HOME_JSON.replace("{}}", "{},\"handed-over\":true}"), json);
        assertEquals(
                handedOver, Json.MAPPER.readValue(json, StoredMobileNode.class).toRecord());
    }

    @Test
    void keepsWhatANatHasMadeOfTheCareOfAddress() throws Exception {
        var json = Json.MAPPER.writeValueAsString(StoredMobileNode.of(BEHIND_NAT));
        assertEquals(
                BEHIND_NAT, Json.MAPPER.readValue(json, StoredMobileNode.class).toRecord());
    }
    /** One binding at a foreign agent that can revoke it, and one that is revoked and not acknowledged. */
    private static final MobileNodeRecord REVOCABLE = new MobileNodeRecord(
            HOME_ADDRESS,
            9,
            BindingList.of(revocable(9, 0xf000_0000)),
            List.of(revocable(8, 0x6942_0000)),
            Map.of(),
            false);

    private static final String REVOCABLE_JSON = "{\"home-address\":\"10.1.0.50\",\"generation\":9,\"binding\":"
            + revocableJson(9, 0xf000_0000L) + ",\"revoked\":[" + revocableJson(8, 0x6942_0000L) + "],\"newest\":{}}";

    @Test
    void writesTheFormat() throws Exception {
        assertEquals(REVOCABLE_JSON, Json.MAPPER.writeValueAsString(StoredMobileNode.of(REVOCABLE)));
        assertEquals(AWAY_JSON, Json.MAPPER.writeValueAsString(StoredMobileNode.of(AWAY)));
        assertEquals(BOTH_AWAY_JSON, Json.MAPPER.writeValueAsString(StoredMobileNode.of(BOTH_AWAY)));
        assertEquals(HOME_JSON, Json.MAPPER.writeValueAsString(StoredMobileNode.of(HOME)));
    }

    @Test
    void readsTheFormat() throws Exception {
        assertEquals(
                AWAY, Json.MAPPER.readValue(AWAY_JSON, StoredMobileNode.class).toRecord());
        assertEquals(
                BOTH_AWAY,
                Json.MAPPER.readValue(BOTH_AWAY_JSON, StoredMobileNode.class).toRecord());
        assertEquals(
                HOME, Json.MAPPER.readValue(HOME_JSON, StoredMobileNode.class).toRecord());
        assertEquals(
                REVOCABLE,
                Json.MAPPER.readValue(REVOCABLE_JSON, StoredMobileNode.class).toRecord());
    }

    private static MobilityBinding revocable(long generation, int told) {
        return new MobilityBinding(
                HOME_ADDRESS,
                Ipv4Address.of("198.51.100.2"),
                new Peer(Ipv4Address.of("198.51.100.2"), 0, Encapsulation.IPIP),
                Flags.REVERSE_TUNNELING,
                600,
                Instant.parse("2026-03-01T12:00:00Z"),
                new Identification(0xe8b4_1f00_1234_abcdL),
                0x100,
                new Endpoint(Ipv4Address.of("198.51.100.2"), 434),
                generation,
                Optional.of(new RevocationTerms(told, 7, true)));
    }

    private static String revocableJson(long generation, long told) {
        return "{\"care-of-address\":\"198.51.100.2\",\"port\":0,\"encapsulation\":\"ipip\",\"flags\":2,\"lifetime\":600,"
                + "\"granted-at\":\"2026-03-01T12:00:00Z\",\"identification\":\"e8b41f001234abcd\",\"spi\":256,"
                + "\"from-address\":\"198.51.100.2\",\"from-port\":434,\"generation\":" + generation
                + ",\"revocation\":{\"told\":" + told + ",\"heard\":7,\"informs\":true}}";
    }

    private static MobilityBinding binding(String careOfAddress, long generation) {
        return new MobilityBinding(
                HOME_ADDRESS,
                Ipv4Address.of(careOfAddress),
                new Peer(Ipv4Address.of(careOfAddress), 0, Encapsulation.IPIP),
                Flags.REVERSE_TUNNELING,
                600,
                Instant.parse("2026-03-01T12:00:00.123456789Z"),
                new Identification(0xe8b4_1f00_1234_abcdL),
                0x8000_0100,
                new Endpoint(Ipv4Address.of(careOfAddress), 434),
                generation);
    }
}
