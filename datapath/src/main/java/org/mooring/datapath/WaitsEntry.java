package org.mooring.datapath;

import java.net.Inet4Address;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * {@code struct waits} of mip.bpf.c.
 *
 * @param old outer source of what comes by the old path
 * @param oldPassesAfter how many packets have gone to wait when the next one on the old path needn't
 * @param newPassesAfter the same of the new path
 */
record WaitsEntry(Optional<Inet4Address> old, long oldPassesAfter, long newPassesAfter) {
    static final long ALL_WAIT = -1;
    static final long NONE_WAIT = -2;

    private static final int SIZE = 24;

    ByteBuffer encode() {
        ByteBuffer out = ByteBuffer.allocate(SIZE).order(ByteOrder.nativeOrder());
        out.put(old.map(Inet4Address::getAddress).orElseGet(() -> new byte[Integer.BYTES]));
        return out.putInt(0).putLong(oldPassesAfter).putLong(newPassesAfter).flip();
    }
}
