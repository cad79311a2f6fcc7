package org.mooring.protocol.handover;

import java.util.HexFormat;

/** One handover of one guest, drawn at random by the hook to which the guest goes. Who knows it may commit it. */
public record HandoverId(long bits) {
    /** In hexadecimal digits, as logs and timelines show it. */
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(bits);
    }
}
