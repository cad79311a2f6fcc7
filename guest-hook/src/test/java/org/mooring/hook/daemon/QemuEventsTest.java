package org.mooring.hook.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.hook.Happening;

@DisplayName("What QEMU's events mean for its guest")
class QemuEventsTest {
    private final QemuEvents qemu = new QemuEvents();

    @Test
    void onItsWayOut() {
        assertEquals(List.of(Happening.RUNNING), heard("RESUME"));
        assertFalse(qemu.mustBeArriving());
        assertEquals(
                List.of(
                        Happening.MIGRATION_STARTED,
                        Happening.MIGRATION_STARTED,
                        Happening.STOPPED,
                        Happening.MIGRATION_STARTED,
                        Happening.MIGRATION_COMPLETED),
                heard("MIGRATION setup", "MIGRATION active", "STOP", "MIGRATION device", "MIGRATION completed"));
    }

    @Test
    void whenItMayStopForItsMigration() {
        qemu.awaitGuest();
        heard("MIGRATION setup", "MIGRATION active", "MIGRATION completed", "RESUME", "STOP", "RESUME");
        assertFalse(qemu.isLeaving(), "only a pause");
        heard("MIGRATION setup", "MIGRATION active");
        assertTrue(qemu.isLeaving());
        heard("STOP", "MIGRATION failed", "RESUME");
        assertFalse(qemu.isLeaving(), "it goes on here");
        heard("MIGRATION setup", "MIGRATION active", "STOP", "RESUME");
        assertFalse(qemu.isLeaving(), "paused and resumed while it is copied, its core has taken back that it leaves");
    }

    @Test
    void onItsWayInAndOutAgain() {
        assertTrue(qemu.mustBeArriving());
        qemu.awaitGuest();
        assertFalse(qemu.mustBeArriving());
        assertEquals(
                List.of(Happening.RUNNING),
                heard("MIGRATION setup", "MIGRATION active", "MIGRATION completed", "RESUME"));
        assertEquals(List.of(Happening.MIGRATION_STARTED), heard("MIGRATION setup"));
    }

    @Test
    @DisplayName("under libvirt the guest runs before QEMU is done with what it came by")
    void aCompletionAfterResumeIsOfTheWayIn() {
        qemu.awaitGuest();
        assertEquals(List.of(Happening.RUNNING), heard("MIGRATION active", "RESUME", "MIGRATION completed"));
        assertEquals(List.of(Happening.MIGRATION_STARTED), heard("MIGRATION setup"));
    }

    @Test
    void aMigrationThatFails() {
        qemu.hasRun();
        assertEquals(
                List.of(Happening.MIGRATION_STARTED, Happening.MIGRATION_FAILED, Happening.RUNNING),
                heard("MIGRATION active", "MIGRATION cancelling", "MIGRATION cancelled", "RESUME"));
    }

    @Test
    void whatIsOfNoUse() {
        assertEquals(List.of(), heard("NIC_RX_FILTER_CHANGED", "MIGRATION none"));
        assertEquals(List.of(Happening.ENDED), heard("SHUTDOWN"));
    }

    private List<Happening> heard(String... events) {
        List<Happening> meaning = new ArrayList<>();
        for (String event : events) {
            String[] words = event.split(" ", 2);
            qemu.meaning(words[0], words.length > 1 ? words[1] : "").ifPresent(meaning::add);
        }
        return meaning;
    }
}
