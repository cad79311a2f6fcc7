package org.mooring.datapath;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mooring.linux.Ipv4;

class SlotsTest {
    private static final HomeForwarding NEAR = to("198.51.100.2");
    private static final HomeForwarding FAR = to("198.51.100.3");
    private static final Tunnel NEW = Tunnel.ipip(Ipv4.address("198.51.100.4"));

    private final Slots<HomeForwarding> nothing = Slots.empty();

    @Test
    void whatIsStagedSurvivesARenewal() {
        Slots<HomeForwarding> slots = nothing.stage(FAR).install(NEAR).install(NEAR);
        assertEquals(List.of(NEAR, FAR), slots.all().toList());
        assertEquals(Optional.of(NEAR), slots.foremost());
        assertEquals(List.of(NEAR), slots.unstage().all().toList());
    }

    @Test
    void flippingTwiceChangesNothing() {
        Slots<HomeForwarding> slots = nothing.install(NEAR).stage(FAR);
        assertEquals(List.of(FAR, NEAR), slots.flip().all().toList());
        assertEquals(slots, slots.flip().flip());
    }

    @Test
    void flippingFromHomeLeavesNothingStaged() {
        Slots<HomeForwarding> slots = nothing.stage(FAR);
        assertEquals(Optional.of(FAR), slots.foremost());
        assertEquals(Optional.empty(), slots.installed());
        assertEquals(nothing.install(FAR), slots.flip());
        assertThrows(IllegalStateException.class, () -> slots.flip().flip());
    }

    @Test
    void aVisitorThatIsInstalledAgainIsNotRedirected() {
        Slots<HomeForwarding> left = nothing.install(NEAR).stage(FAR).redirect(NEW);
        assertEquals(
                List.of(NEAR.tunnels().get(0), FAR.tunnels().get(0), NEW),
                left.tunnels().toList());
        assertEquals(Optional.empty(), left.install(NEAR).redirected());
        assertEquals(Optional.empty(), left.flip().redirected());
        assertEquals(Optional.of(NEW), left.unstage().redirected());
        assertThrows(IllegalStateException.class, () -> nothing.stage(FAR).redirect(NEW));
    }

    @Test
    void whatComesForAVisitorThatWentHomeGoesBackThroughItsTunnel() {
        Slots<HomeForwarding> home = nothing.install(NEAR).redirect(NEW).sendHome();
        assertEquals(Optional.of(NEAR.tunnels().get(0)), home.redirected());
        assertEquals(nothing.install(NEAR), home.install(NEAR));
        assertEquals(nothing.install(NEAR), home.recall());
        assertEquals(nothing.install(NEAR), nothing.install(NEAR).redirect(NEW).recall());
        assertEquals(nothing.install(NEAR).redirect(NEW), home.redirect(NEW));
        assertThrows(IllegalStateException.class, () -> nothing.stage(FAR).sendHome());
    }

    @Test
    void aRetiredTunnelIsTakenFromButNotSentInto() {
        Slots<HomeForwarding> retired = nothing.install(NEAR).stage(FAR).retire();
        assertEquals(new Slots<>(Optional.empty(), Optional.of(NEAR), Optional.empty(), true), retired);
        for (Slots<HomeForwarding> next : List.of(retired.stage(FAR), retired.install(FAR), retired.flip())) {
            assertFalse(next.retired(), "it has left, or is about to");
        }
        assertThrows(IllegalStateException.class, () -> nothing.stage(FAR).retire());
    }

    private static HomeForwarding to(String careOfAddress) {
        return new HomeForwarding(Ipv4.address("10.1.0.50"), Tunnel.ipip(Ipv4.address(careOfAddress)));
    }
}
