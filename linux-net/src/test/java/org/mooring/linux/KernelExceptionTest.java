package org.mooring.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class KernelExceptionTest {
    @Test
    void saysWhatWeWereDoingAndWhatHelps() {
        assertEquals(
                "cannot add route 10.1.0.50/32: EPERM: operation not permitted"
                        + "; run as root, or with the capabilities CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF",
                new KernelException("add route 10.1.0.50/32", Errno.EPERM).getMessage());
        assertEquals(
                "cannot add route 10.1.0.50/32: EINVAL: invalid argument: Nexthop has invalid gateway",
                new KernelException("add route 10.1.0.50/32", Errno.EINVAL, "Nexthop has invalid gateway")
                        .getMessage());
    }

    @Test
    void comesFromANegativeAnswer() throws KernelException {
        assertEquals(7, KernelException.check(7, () -> "count"));
        KernelException refusal = assertThrows(KernelException.class, () -> KernelException.check(-19, () -> "count"));
        assertEquals(Errno.ENODEV, refusal.errno());
        assertEquals("count", refusal.operation());
    }
}
