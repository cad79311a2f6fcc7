package org.mooring.protocol.discovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mooring.protocol.discovery.AdvertisementSeries.Window;
import org.mooring.protocol.wire.AdvertisementExtension.MobilityAgent;
import org.mooring.protocol.wire.AdvertisementExtension.Padding;
import org.mooring.protocol.wire.AdvertisementExtension.PrefixLengths;
import org.mooring.protocol.wire.AgentAdvertisement.Router;
import org.mooring.protocol.wire.Ipv4Address;

@DisplayName("RFC 3344 §2.3: when an agent advertises itself, and how it counts")
class Section2_3Test {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final Ipv4Address AGENT = Ipv4Address.of("10.1.0.1");

    private final AdvertisementSeries series = new AdvertisementSeries();

    @Test
    @DisplayName(
            "RFC 1256 §4.1, §6: begins at once, then three quarters of the interval to all of it; the first ones sooner")
    void isSpread() {
        assertEquals(window(0, 1), AdvertisementSeries.first(NOW));
        assertEquals(window(12, 16), series.next(each(60), NOW));
        assertEquals(window(12, 16), series.next(each(60), NOW));
        assertEquals(window(45, 60), series.next(each(60), NOW));
        assertEquals(window(45, 60), series.next(each(60), NOW));
    }

    @Test
    @DisplayName("an interval that is shorter than that of the first ones holds for them, too")
    void isNeverSlowerThanConfigured() {
        assertEquals(window(3, 4), series.next(each(4), NOW));
    }

    @Test
    @DisplayName("§2.3.2: counts from 0; 256 follows 0xffff")
    void counts() {
        var counted = IntStream.rangeClosed(0, 0x10001)
                .map(i -> series.nextSequence())
                .toArray();

        assertEquals(0, counted[0]);
        assertEquals(1, counted[1]);
        assertEquals(0xffff, counted[0xffff]);
        assertEquals(256, counted[0x10000]);
        assertEquals(257, counted[0x10001]);
    }

    @ParameterizedTest
    @CsvSource({"4, 12", "60, 180", "3000, 9000", "4000, 9000", "0, 1800"})
    @DisplayName(
            "§2.1, RFC 1256 §4.1: holds for three intervals, for 9000 seconds at most, and for some time where nobody but who asks is told")
    void lifetime(int interval, int lifetime) {
        assertEquals(Duration.ofSeconds(lifetime), each(interval).lifetime());
        assertEquals(
                lifetime,
                AdvertisementSeries.advertisement(AGENT, each(interval), List.of())
                        .lifetime());
    }

    @Test
    void onSolicitation() {
        assertFalse(AdvertisementInterval.ON_SOLICITATION.isUnsolicited());
        assertTrue(each(4).isUnsolicited());
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.0.5, 10.1.0.5",
        "203.0.113.9, 203.0.113.9",
        "0.0.0.0, 255.255.255.255",
        "224.0.0.1, 255.255.255.255"
    })
    @DisplayName("an answer goes to the address of who asked, a neighbour's or not, if there is one")
    void answer(String from, String to) {
        assertEquals(Ipv4Address.of(to), AdvertisementSeries.answerTo(Ipv4Address.of(from)));
    }

    @Test
    @DisplayName("§2.1: code 16, so that hosts which are no mobile nodes stay with their router; one router, the agent")
    void advertisement() {
        var says = new MobilityAgent(7, 600, MobilityAgent.HOME_AGENT, List.of());

        var advertisement = AdvertisementSeries.advertisement(AGENT, each(60), List.of(says, PrefixLengths.of(24)));

        assertEquals(16, advertisement.code());
        assertEquals(List.of(new Router(AGENT, 0)), advertisement.routers());
        assertEquals(List.of(says, PrefixLengths.of(24), new Padding()), advertisement.extensions());
    }

    private static AdvertisementInterval each(int seconds) {
        return new AdvertisementInterval(Duration.ofSeconds(seconds));
    }

    private static Window window(int earliest, int latest) {
        return new Window(NOW.plusSeconds(earliest), NOW.plusSeconds(latest));
    }
}
