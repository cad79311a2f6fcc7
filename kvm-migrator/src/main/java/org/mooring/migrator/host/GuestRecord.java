package org.mooring.migrator.host;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import org.mooring.runtime.json.Json;

/**
 * What {@code GUESTS-DIR/NAME.json} says of a guest on this host, to the hook and to later calls of this program.
 *
 * @param incoming the guest is on its way here and doesn't run yet
 * @param pid QEMU's process, or 0 before it was started
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record GuestRecord(String tap, boolean incoming, long pid, String mac, String bridge, Guest guest) {

    static GuestRecord of(Guest guest, String bridge, boolean incoming) {
        return new GuestRecord(guest.tap(), incoming, 0, guest.mac(), bridge, guest);
    }

    GuestRecord withPid(long process) {
        return new GuestRecord(tap, incoming, process, mac, bridge, guest);
    }

    GuestRecord arrived() {
        return new GuestRecord(tap, false, pid, mac, bridge, guest);
    }

    String toJson() throws JsonProcessingException {
        return Json.MAPPER.writeValueAsString(this) + "\n";
    }

    static GuestRecord parse(String json) throws JsonProcessingException {
        return Json.MAPPER.readValue(json, GuestRecord.class);
    }
}
