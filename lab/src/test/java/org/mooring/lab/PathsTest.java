package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What the added delay of a packet is measured against. */
class PathsTest {
    private static final Paths PATHS = new Paths(Site.A, 10);

    @Test
    void aPacketToAGuestAbroadComesByWayOfItsHome() {
        assertEquals(100, PATHS.arrival(100, Site.A));
        assertEquals(110, PATHS.arrival(100, Site.B));
    }

    @Test
    void beforeTheFlipItGoesToTheOldSiteAndAfterStopOnFromThere() {
        var change = new Paths.Change(Site.B, Site.C, 200, 210, 230);

        assertEquals(199, PATHS.arrival(189, change), "it was there before STOP");
        assertEquals(210, PATHS.arrival(190, change), "redirected");
        assertEquals(229, PATHS.arrival(209, change), "redirected");
        assertEquals(220, PATHS.arrival(210, change), "the home agent sends it to the new site");
    }

    @Test
    void whatLiesAtHomeGoesOnFromThereOrStays() {
        var away = new Paths.Change(Site.A, Site.B, 200, 200, 230);
        assertEquals(199, PATHS.arrival(199, away));
        assertEquals(210, PATHS.arrival(200, away));

        var home = new Paths.Change(Site.B, Site.A, 200, 210, 230);
        assertEquals(229, PATHS.arrival(209, home), "sent home from the old site");
        assertEquals(210, PATHS.arrival(210, home));
    }
}
