package org.mooring.runtime.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.linux.MacAddress;
import org.mooring.protocol.wire.Ipv4Address;
import org.mooring.protocol.wire.Octets;
import org.mooring.runtime.config.Ipv4Prefix;

@DisplayName("JSON")
class JsonTest {
    private enum Phase {
        RUNNING,
        PRE_SWITCHOVER
    }

    private record All(
            Ipv4Address homeAddress,
            Ipv4Prefix homeNetwork,
            MacAddress mac,
            Octets wire,
            Instant expiry,
            Duration lifetime,
            Phase phase,
            @Nullable String note,
            List<Integer> codes) {}

    private static final All ALL = new All(
            Ipv4Address.of("10.1.0.50"),
            Ipv4Prefix.of("10.1.0.0/24"),
            MacAddress.of("52:54:00:01:00:50"),
            Octets.ofHex("00ff"),
            Instant.parse("2026-01-01T00:00:00.000001Z"),
            Duration.ofMillis(1500),
            Phase.PRE_SWITCHOVER,
            null,
            List.of(0, 133));

    @Test
    void isWrittenAsPeopleWriteIt() throws Exception {
        assertEquals(
                "{\"home-address\":\"10.1.0.50\",\"home-network\":\"10.1.0.0/24\",\"mac\":\"52:54:00:01:00:50\","
                        + "\"wire\":\"00ff\",\"expiry\":\"2026-01-01T00:00:00.000001Z\",\"lifetime\":\"PT1.5S\","
                        + "\"phase\":\"pre-switchover\",\"note\":null,\"codes\":[0,133]}",
                Json.MAPPER.writeValueAsString(ALL));
    }

    @Test
    void isReadBack() throws Exception {
        assertEquals(ALL, Json.MAPPER.readValue(Json.MAPPER.writeValueAsString(ALL), All.class));
    }

    @Test
    void ofANewerReleaseIsRead() throws Exception {
        record Binding(Ipv4Address home) {}
        assertEquals(
                new Binding(Ipv4Address.of("10.1.0.50")),
                Json.MAPPER.readValue("{\"home\":\"10.1.0.50\",\"generation\":7}", Binding.class));
    }

    @Test
    void thatMeansNothingIsRefused() {
        record Binding(Ipv4Address home) {}
        assertThrows(
                JsonProcessingException.class, () -> Json.MAPPER.readValue("{\"home\":\"10.1.0.500\"}", Binding.class));
    }

    @Test
    void hasNullForWhatIsNotThere() throws Exception {
        record View(Optional<Ipv4Address> careOf, Optional<String> name) {}
        assertEquals(
                "{\"care-of\":\"192.0.2.2\",\"name\":null}",
                Json.MAPPER.writeValueAsString(new View(Optional.of(Ipv4Address.of("192.0.2.2")), Optional.empty())));
    }
}
