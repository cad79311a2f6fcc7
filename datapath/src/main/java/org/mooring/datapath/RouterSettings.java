package org.mooring.datapath;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.mooring.linux.Sysctl;

/**
 * The kernel's settings that a tunnel end needs, be it a router or a host. They were made when its program started, or are its operator's; whoever else administers the
 * machine may have changed them since.
 *
 * @param forwarding devices between which it has to forward
 * @param filtering devices where packets from afar arrive, or packets of guests whose addresses are elsewhere
 */
public record RouterSettings(List<String> forwarding, List<String> filtering) {
    private static final String FORWARDING = "forwarding";
    private static final String REVERSE_PATH_FILTER = "rp_filter";
    private static final String STRICT = "1";

    /** What is wrong, each with what mends it. */
    public List<String> wrong() {
        List<String> wrong = new ArrayList<>();
        for (String device : forwarding) {
            if (read(device, FORWARDING).equals("0")) {
                wrong.add(name(device, FORWARDING) + " is off, so that guests' packets are dropped: sysctl -w "
                        + name(device, FORWARDING) + "=1");
            }
        }
        for (String device : filtering) {
            if (isStrict(device)) {
                wrong.add(name(device, REVERSE_PATH_FILTER)
                        + " is strict, so that packets from afar are dropped: sysctl -w "
                        + name(device, REVERSE_PATH_FILTER) + "=2");
            }
        }
        return wrong;
    }

    /** The greater of two settings is in force (Linux, ip-sysctl). */
    private static boolean isStrict(String device) {
        List<String> both = List.of(read(device, REVERSE_PATH_FILTER), read("all", REVERSE_PATH_FILTER));
        return both.contains(STRICT) && !both.contains("2");
    }

    /** Empty where there is no such device any more. */
    private static String read(String device, String key) {
        try {
            return Sysctl.ipv4Device(device, key).read();
        } catch (IOException gone) {
            return "";
        }
    }

    /** As sysctl(8) takes it, where the name of a device may hold a dot. */
    private static String name(String device, String key) {
        return "net/ipv4/conf/" + device + "/" + key;
    }
}
