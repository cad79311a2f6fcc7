package org.mooring.runtime.preflight;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.mooring.runtime.Failure;

@DisplayName("Capabilities")
class CapabilityTest {
    @Test
    void areReadFromProc() {
        assertEquals(
                EnumSet.of(Capability.NET_BIND_SERVICE, Capability.NET_ADMIN, Capability.NET_RAW, Capability.BPF),
                Capability.ofStatus(List.of(
                        "Name:\tjava", "CapInh:\t000001ffffffffff", "CapEff:\t0000008000003400", "Seccomp:\t0")));
        assertEquals(EnumSet.allOf(Capability.class), Capability.ofStatus(List.of("CapEff:\t000001ffffffffff")));
        assertEquals(Set.of(), Capability.ofStatus(List.of("CapEff:\t0000000000000000")));
    }

    @Test
    void thatAreMissingAreAllNamed() {
        Failure refused = assertThrows(
                Failure.class,
                () -> Capability.require(
                        Set.of(Capability.NET_RAW), Capability.NET_ADMIN, Capability.NET_RAW, Capability.BPF));
        assertEquals(
                List.of("needs CAP_NET_ADMIN, CAP_BPF: run as root or grant them (AmbientCapabilities= in the unit)"),
                refused.lines());
    }

    @Test
    void forBpfComeWithSysAdminToo() {
        assertDoesNotThrow(() -> Capability.require(Set.of(Capability.SYS_ADMIN), Capability.BPF, Capability.PERFMON));
    }
}
