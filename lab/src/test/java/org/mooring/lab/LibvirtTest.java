package org.mooring.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A real guest that libvirt starts and migrates: its monitor is libvirt's alone, and the hooks hear of it from there. */
@Tag("e2e")
class LibvirtTest {
    private static final Guest GUEST = Guest.ONE;

    @Test
    void aGuestThatLibvirtMigratesIsHandedOverInTwoPhasesAndItsSessionLives() throws Exception {
        Lab lab = Testbed.raise();
        try (var here = new Libvirtd(lab.run(), lab.namespace("ka"), "ka");
                var there = new Libvirtd(lab.run(), lab.namespace("kb"), "kb");
                var seen = Capture.everywhere(lab.run(), "ra", lab.namespace("ra"), 1500, "udp port 434")) {
            hearFrom(lab.hook(Site.A), here);
            hearFrom(lab.hook(Site.B), there);
            lab.start(List.of(lab.homeAgent(Site.A), lab.foreignAgent(Site.B), lab.hook(Site.A), lab.hook(Site.B)));

            Path console = lab.run().resolve("ka/console.log");
            Path domain = lab.run().write("ka/domain.xml", domain(lab.image(), console));
            here.virsh("create", domain.toString());
            Await.until(
                    "the guest has booted, see " + console,
                    () -> Files.exists(console) && Files.readString(console).contains("GUEST-READY"));
            awaitPhase(lab.hook(Site.A), "running");
            try (var session = new CounterSession("counter", lab.namespace("cn"), GUEST.address())) {
                String key = withAnotherKey(lab.hook(Site.B));
                Command denied = migrate(here, there, lab);
                assertEquals(1, denied.status(), denied::toString);
                assertTrue(denied.errors().contains("the keys differ"), denied::toString);
                Files.writeString(lab.hook(Site.B).configuration(), key);
                lab.hook(Site.B).reload();

                Command moved = migrate(here, there, lab);
                assertEquals(0, moved.status(), moved::toString);
                awaitPhase(lab.hook(Site.B), "running");
                awaitLife(session, console);
                JsonNode bindings =
                        lab.homeAgent(Site.A).control().get("/bindings").path("bindings");
                assertEquals(
                        Site.B.careOfAddress(),
                        bindings.path(0).path("care-of-address").asText(),
                        bindings::toString);
                List<SeenRegistration> registrations = SeenRegistration.in(seen.frames());
                assertTrue(
                        registrations.stream().anyMatch(one -> one.isCommit() && one.isAcceptedAmong(registrations)),
                        "the home agent accepted no COMMIT");
                assertFalse(session.isBroken(), () -> "a session broke: " + session.end());

                there.virsh("destroy", GUEST.name());
                awaitPhase(lab.hook(Site.B), "gone");
            }
        } finally {
            Testbed.close(lab, "libvirt");
        }
    }

    private static Command migrate(Libvirtd from, Libvirtd to, Lab lab) {
        return from.attempt(
                "migrate",
                "--live",
                GUEST.name(),
                to.connection(),
                "--migrateuri",
                "unix://" + lab.run().resolve("stream.sock"));
    }

    /** Has the hook read a wrong key for the guest; returns the configuration with the right one. */
    private static String withAnotherKey(Daemon hook) throws Exception {
        String good = Files.readString(hook.configuration());
        int key = good.indexOf("key = \"") + "key = \"".length();
        Files.writeString(
                hook.configuration(),
                good.substring(0, key) + (good.charAt(key) == '0' ? '1' : '0') + good.substring(key + 1));
        hook.reload();
        return good;
    }

    private static void hearFrom(Daemon hook, Libvirtd libvirt) throws Exception {
        Files.writeString(
                hook.configuration(),
                "\n[libvirt]\nconnection = \"" + libvirt.connection() + "\"\n",
                StandardOpenOption.APPEND);
    }

    private static void awaitPhase(Daemon hook, String phase) {
        Await.until("the guest is " + phase + " at the hook " + hook.configuration(), () -> {
            for (JsonNode guest : hook.control().get("/guests").path("guests")) {
                if (guest.path("name").asText().equals(GUEST.name())) {
                    return guest.path("phase").asText().equals(phase);
                }
            }
            return false;
        });
    }

    private static void awaitLife(Session session, Path console) {
        long now = Clock.now();
        Await.until("the session goes on", () -> {
            Lab.assertKernelRuns(GUEST, console);
            return session.isBroken() || session.arrivals().firstAfterOrNone(now) >= 0;
        });
    }

    private static String domain(GuestImage image, Path console) {
        return """
                <domain type='qemu'>
                  <name>%s</name>
                  <memory unit='MiB'>112</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>
                    <kernel>%s</kernel>
                    <initrd>%s</initrd>
                    <cmdline>%s</cmdline>
                  </os>
                  <features><acpi/></features>
                  <devices>
                    <controller type='usb' model='none'/>
                    <memballoon model='none'/>
                    <interface type='bridge'>
                      <mac address='%s'/>
                      <source bridge='br0'/>
                      <model type='virtio'/>
                      <rom enabled='no'/>
                    </interface>
                    <serial type='file'><source path='%s'/></serial>
                  </devices>
                </domain>
                """.formatted(
                GUEST.name(), image.kernel(), image.initrd(), GuestImage.commandLine(GUEST), GUEST.mac(), console);
    }
}
